package lint

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
)

// owner is an application that answers for a host, or a path of it.
type owner struct {
	app       *catalog.Application
	namespace string
	route     *catalog.Route
}

// hosts are the owners of the hosts that the list routes.
func (in *Input) hosts() map[string][]owner {
	out := map[string][]owner{}
	for n, a := range in.applications() {
		for k := range a.Routes {
			r := &a.Routes[k]
			out[r.Host] = append(out[r.Host], owner{a, n.Name, r})
		}
	}
	return out
}

// ownerOf is the owner of a host that answers for a path; nil when there is none, or when the host is one of the caller's own.
func ownerOf(owners []owner, caller *Object, path string) *owner {
	var found *owner
	for i := range owners {
		o := &owners[i]
		if o.app.Code == caller.Application.Code {
			return nil
		}
		if p := o.route.Path; (path == p || strings.HasPrefix(path, p+"/") || p == "") && (found == nil || len(p) > len(found.route.Path)) {
			found = o
		}
	}
	return found
}

// call is a URL of a host of the list that another application seems to call.
type call struct {
	line, url string // the line that it stands in, and the URL up to its host
	owner     *owner
}

// mostHosts is how many hosts of the list an object may name: with more, it is a page of links, or watches them.
const mostHosts = 2

// calls are those of an object. Left out is what is for people and their browsers, as far as that can be told.
func calls(o *Object, hosts map[string][]owner) []call {
	// What roster brings knows the addresses, and takes the public one where it has to, such as on a node.
	if len(hosts) == 0 || o.Application.Catalog != "" || slices.Contains(outsideKinds, o.Kind) {
		return nil
	}
	var out []call
	named := map[string]bool{}
	for _, line := range linesUnder(nil, "", o.Content()) {
		for _, m := range urlHost.FindAllStringSubmatchIndex(line.text, -1) {
			url, host, path := line.text[m[2]:m[3]], line.text[m[4]:m[5]], ""
			if m[6] >= 0 {
				path = line.text[m[6]:m[7]]
			}
			if owners := hosts[host]; owners != nil {
				named[host] = true
				people := forPeople.MatchString(line.key) || forPeople.MatchString(line.text[:m[0]])
				if owner := ownerOf(owners, o, path); owner != nil && !people {
					out = append(out, call{line.text, url, owner})
				}
			}
		}
	}
	if len(named) > mostHosts {
		return nil
	}
	return out
}

// urlHost is a URL up to its host, the host, and the path.
var urlHost = regexp.MustCompile(`(https?://([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?))(?::[0-9]+)?(/[-a-zA-Z0-9._~/]*)?`)

// outsideKinds are those that have addresses as they are seen from outside, and call none of them from a pod of their own.
var outsideKinds = []string{
	"Certificate", "CustomResourceDefinition", "GRPCRoute", "Gateway", "HTTPRoute", "Ingress", "IngressRoute", "IngressRouteTCP", "Middleware",
	"Probe", "PrometheusRule", "ServersTransport", "TLSRoute",
}

// forPeople is what stands in front of addresses that browsers go to, or that must be the same for browsers and servers.
var forPeople = regexp.MustCompile(`(?i)issuer|oidc|oauth|openid|(?:\b|_)auth|\bsso|log_?-?(?:in|out)|sign_?-?(?:in|out|up)|redirect` +
	`|callback|origin|cors|allow|trusted|whitelist|href|(?:\b|_)links?(?:\b|_)|docs|runbook|^\s*#`)

// settingLine is a line of a text, and the key that it stands under.
type settingLine struct{ key, text string }

// linesUnder adds all lines of texts in a value, without metadata. The value of an environment variable stands under its name.
func linesUnder(out []settingLine, key string, v any) []settingLine {
	switch v := v.(type) {
	case string:
		for line := range strings.SplitSeq(v, "\n") {
			out = append(out, settingLine{key, line})
		}
	case []any:
		for _, e := range v {
			out = linesUnder(out, key, e)
		}
	case map[string]any:
		name, _ := v["name"].(string)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			switch {
			case k == "metadata":
			case k == "value" && name != "":
				out = linesUnder(out, name, v[k])
			default:
				out = linesUnder(out, k, v[k])
			}
		}
	}
	return out
}
