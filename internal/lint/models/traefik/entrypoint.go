package traefik

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
)

// EntryPoint is where requests enter Traefik.
type EntryPoint struct {
	Name        string
	Address     string
	UDP         bool
	TLS         bool // http.tls: routes have TLS whatever they say
	TLSOptions  bool // whether http.tls.options names some
	AsDefault   bool
	Middlewares string   // of all routes, with commas between
	Redirect    Redirect // of all requests to another entry point

	// What encodedCharacters says of a slash and a backslash: true, false, or nothing.
	EncodedSlash, EncodedBackSlash string
}

// Redirect is http.redirections.entryPoint. The zero value is that there is none.
type Redirect struct {
	To, Scheme string
	Priority   int // of the router that redirects
}

// ToHTTPS reports whether a router of a priority is not asked on the entry point, because all requests are redirected to HTTPS before it.
func (e *EntryPoint) ToHTTPS(priority int) bool {
	return e.Redirect.To != "" && e.Redirect.Scheme == "https" && e.Redirect.Priority > priority
}

// Through are the names of its middlewares.
func (e *EntryPoint) Through() []string {
	var out []string
	for name := range strings.SplitSeq(e.Middlewares, ",") {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// Port is the one it listens on; empty when unknown.
func (e *EntryPoint) Port() string {
	return e.Address[strings.LastIndex(e.Address, ":")+1:]
}

// instance is one Traefik.
type instance struct {
	*options
	version   Version
	namespace string
	at        catalog.Place
	place     func(entryPoint string, fields ...string) catalog.Place // where a field of an entry point is set, or what is nearest to it
}

// internal is the entry point of Traefik's own pages, which is no default of any route.
const internal = "traefik"

// entryPoints are those of an instance, by name.
func (o *options) entryPoints() map[string]*EntryPoint {
	out := map[string]*EntryPoint{}
	for name, e := range o.below("entrypoints") {
		address, protocol, _ := strings.Cut(e.values["address"], "/")
		out[name] = &EntryPoint{
			Name: name, Address: address, UDP: strings.EqualFold(protocol, "udp"), TLS: e.has("http.tls"), TLSOptions: e.values["http.tls.options"] != "", AsDefault: e.on("asdefault"),
			Middlewares:  e.values["http.middlewares"],
			EncodedSlash: e.values["http.encodedcharacters.allowencodedslash"], EncodedBackSlash: e.values["http.encodedcharacters.allowencodedbackslash"],
		}
		if to := e.values["http.redirections.entrypoint.to"]; to != "" {
			r := Redirect{to, cmp.Or(e.values["http.redirections.entrypoint.scheme"], "https"), math.MaxInt - 1}
			if text := e.values["http.redirections.entrypoint.priority"]; text != "" {
				r.Priority, _ = strconv.Atoi(text) // or else Traefik does not start
			}
			out[name].Redirect = r
		}
	}
	for _, e := range out {
		if port := strings.TrimPrefix(e.Redirect.To, ":"); out[e.Redirect.To] == nil && (port == e.Redirect.To || !isNumber(port)) {
			e.Redirect = Redirect{} // Traefik has an error in its log instead
		}
	}
	if len(out) == 0 {
		out["http"] = &EntryPoint{Name: "http", Address: ":80"}
	}
	if out[internal] == nil && o.internal() {
		out[internal] = &EntryPoint{Name: internal, Address: ":8080"}
	}
	return out
}

func isNumber(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// internal reports whether Traefik adds the entry point for its own pages (pkg/config/static, SetEffectiveConfiguration).
func (o *options) internal() bool {
	answers := func(what string) bool {
		return o.has(what) && !o.on(what+".manualrouting") && cmp.Or(o.values[what+".entrypoint"], internal) == internal
	}
	return o.on("api.insecure") || o.on("providers.rest.insecure") || answers("ping") || answers("metrics.prometheus")
}
