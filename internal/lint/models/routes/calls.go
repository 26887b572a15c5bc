package routes

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// Owner is an application that answers for a host, or a path of it.
type Owner struct {
	App       *catalog.Application
	Namespace string
	Route     *catalog.Route
	Backend   *catalog.Backend // the Service that it leads to
	Address   string           // how to reach it inside the cluster, once that was asked for
}

// owners are those of one host.
type owners struct {
	codes   map[string]bool
	byPath  map[string]*Owner // the first for each
	lengths map[int]bool      // of the paths
}

// hosts are the owners of the hosts that the list routes.
func (in *Model) hosts() map[string]*owners {
	return in.routedHosts.Get(func() map[string]*owners {
		out := map[string]*owners{}
		for _, a := range in.deployed.Applications() {
			for k := range a.Routes {
				r := &a.Routes[k]
				if b := r.Inside(); b != nil {
					for _, host := range r.Hosts {
						own(out, host, &Owner{App: a, Namespace: b.Namespace, Route: r, Backend: b})
					}
				}
			}
		}
		return out
	})
}

// own notes who answers for a host, unless somebody does already.
func own(all map[string]*owners, host string, by *Owner) {
	o := all[host]
	if o == nil {
		o = &owners{codes: map[string]bool{}, byPath: map[string]*Owner{}, lengths: map[int]bool{}}
		all[host] = o
	}
	o.codes[by.App.Code] = true
	if o.byPath[by.Route.Path] == nil {
		o.byPath[by.Route.Path] = by
		o.lengths[len(by.Route.Path)] = true
	}
}

// of is the owner that answers for a path; nil when there is none, or when the host is one of the caller's own.
func (o *owners) of(caller *deployed.Object, path string) *Owner {
	if o.codes[caller.Application.Code] {
		return nil
	}
	longest := -1
	for length := range o.lengths {
		if length > longest && length <= len(path) && (length == 0 || length == len(path) || path[length] == '/') && o.byPath[path[:length]] != nil {
			longest = length
		}
	}
	if longest < 0 {
		return nil
	}
	return o.byPath[path[:longest]]
}

// Call is a URL of a host of the list that another application seems to call.
type Call struct {
	Line, URL string // its line, and the URL up to its host
	Owner     *Owner
}

const (
	// mostHosts is how many hosts of the list an object may name: with more, it is a page of links, or watches them.
	mostHosts = 2
	// longestBefore is how much of a line before a URL is read to find out who uses it.
	longestBefore = 1000
)

// Calls are those of an object, each once in a line. What is for people and their browsers is left out, as far as that can be recognized.
func (in *Model) Calls(o *deployed.Object) []Call {
	out, known := in.callsOf[o]
	if !known {
		if in.callsOf == nil {
			in.callsOf = map[*deployed.Object][]Call{}
		}
		out = readCalls(o, in.hosts())
		in.callsOf[o] = out
	}
	return out
}

func readCalls(o *deployed.Object, hosts map[string]*owners) []Call {
	// Catalog applications know the addresses, and use the public one where they have to, such as on a node.
	if len(hosts) == 0 || o.Application.Catalog != "" || slices.Contains(outsideKinds, o.Kind) {
		return nil
	}
	var out []Call
	named := map[string]bool{}
	for _, line := range linesUnder(nil, "", o.Content()) {
		if !strings.Contains(line.text, "://") {
			continue
		}
		people := forPeople.MatchString(line.key)
		seen := map[Call]bool{}
		for _, m := range urlHost.FindAllStringSubmatchIndex(line.text, -1) {
			url, host, path := line.text[m[2]:m[3]], line.text[m[4]:m[5]], ""
			if m[6] >= 0 {
				path = line.text[m[6]:m[7]]
			}
			owners := hosts[host]
			if owners == nil {
				continue
			}
			named[host] = true
			c := Call{"", url, owners.of(o, path)}
			if c.Owner != nil && !seen[c] && !people && !forPeople.MatchString(line.text[max(0, m[0]-longestBefore):m[0]]) {
				seen[c] = true
				out = append(out, Call{line.text, url, c.Owner})
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

// outsideKinds are those that hold addresses for use from outside, and call none of them from a pod of their own.
var outsideKinds = []string{
	"Certificate", "CustomResourceDefinition", "GRPCRoute", "Gateway", "HTTPRoute", "Ingress", "IngressRoute", "IngressRouteTCP", "Middleware",
	"Probe", "PrometheusRule", "ServersTransport", "TLSRoute",
}

// forPeople is what precedes addresses that browsers open, or that must be the same for browsers and servers.
var forPeople = regexp.MustCompile(`(?i)issuer|oidc|oauth|openid|(?:\b|_)auth|\bsso|log_?-?(?:in|out)|sign_?-?(?:in|out|up)|redirect` +
	`|callback|origin|cors|allow|trusted|whitelist|href|(?:\b|_)links?(?:\b|_)|docs|runbook|^\s*#`)

// settingLine is a line of a text, and its key.
type settingLine struct{ key, text string }

// linesUnder adds all lines of texts in a value, without metadata. The key of an environment variable's value is the variable's name.
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
