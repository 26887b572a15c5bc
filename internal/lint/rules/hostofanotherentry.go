package rules

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/lint/models/traefik"
)

var hostOfAnotherEntry = lint.Rule{
	Name:     "host-of-another-entry",
	Severity: lint.Error,
	Summary:  "an entry answers for part of a host that belongs to another entry",
	Doc: `The login of a host guards nothing if a route of another entry takes a path of it, without a login and with a longer rule or a higher
` + "`priority`" + `; and its answers come from an address that people trust. A host belongs to the entry whose route has the most of it: all
paths, or else the shortest; of two that have the same, to the one in the list. Applications of one entry share its hosts. Routes
with a pattern of hosts or for all hosts are checked as well, if they win, and those on other entry points; not those of an entry that
provides the login of the host. A rule that is too large to be read is reported, since it may take any host.
If it is intended, the owner permits it with ` + "`sharedWith`" + ` at the host or, where the host is that of an IngressRoute of its application, with the
annotation ` + "`" + sharedWith + "`" + ` there.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress:
  auth: {oauth: {name: oauth, namespace: sys-login}}
-- applications.yml --
- namespace: web-vault
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-vault
      repoURL: https://git.example/vault.git
      path: deploy
      ingress:
        - {host: vault, service: vault, port: 8200, auth: oauth}
- namespace: web-docs
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-docs
      repoURL: https://git.example/docs.git
      path: deploy
      ingress:
        - {host: vault, path: /docs, service: docs, port: 80, auth: app}
`,
	Mend: []string{`        - {host: vault, service: vault, port: 8200, auth: oauth}`,
		`        - {host: vault, service: vault, port: 8200, auth: oauth, sharedWith: [web-docs]}`},
	Check: func(in *lint.Context, report lint.Report) {
		settings, routers := in.Traefik.Settings(), in.Routes.Routers()
		owners := ownersOf(routers, settings)
		for _, r := range routers {
			if r.TooLarge != "" {
				report(r.At("match"), "split it into several routes", "the rule %s: whether it answers for hosts of other entries is unknown", r.TooLarge)
			}
			if r.Refused {
				continue
			}
			for i := range r.Scopes {
				owner, where := owners.robbed(r, &r.Scopes[i])
				if owner == nil {
					continue
				}
				login := ""
				if r.Own != nil && r.Own.Auth.Name == "none" || r.Own == nil && len(r.Middlewares)+len(r.Guards)+len(r.Unclear) == 0 {
					login = ", without a login"
				}
				report(r.At("match"), shareHint(owner, r.Namespace), "%s answers for %s%s, which belongs to %s", r.Namespace, where, login, owner.Namespace)
				break
			}
		}
	},
}

// sharedWith is the annotation of an IngressRoute that names the namespaces whose applications may answer for parts of its hosts.
const sharedWith = "roster.hippotion.github.io/shared-with"

// hostOwners finds out which entry a host belongs to, without comparing each route with each.
type hostOwners struct {
	traefik  *traefik.Settings
	shared   map[*routes.Router]map[string]bool // with which namespaces an owner shares its hosts, as far as it was asked for
	hosts    map[string]*hostPaths
	names    []string // of the hosts
	compared int      // how often a host was compared with a pattern
}

// hostPaths are routers that match a host and nothing but a path, by that path; for an exact one, with exactPath after it. Of each
// path it has a few of the first entry that has it.
type hostPaths struct {
	byPath   map[string][]*routes.Router
	lengths  []int  // of the prefixes, the shortest first
	shortest string // of the prefixes
}

const (
	exactPath  = "\x00"
	ownRouters = 16 // of a path
	// mostCompared bounds how often hosts are compared with patterns.
	mostCompared = 500_000
)

func ownersOf(routers []*routes.Router, t *traefik.Settings) *hostOwners {
	out := &hostOwners{traefik: t, shared: map[*routes.Router]map[string]bool{}, hosts: map[string]*hostPaths{}}
	for _, r := range routers { // those of the list come first
		for _, s := range r.Scopes {
			if s.Host != "" && s.Plain {
				out.add(r, &s)
			}
		}
	}
	for _, h := range out.hosts {
		slices.Sort(h.lengths)
		h.lengths = slices.Compact(h.lengths)
	}
	return out
}

func (o *hostOwners) add(r *routes.Router, s *routes.Scope) {
	h := o.hosts[s.Host]
	if h == nil {
		h = &hostPaths{byPath: map[string][]*routes.Router{}}
		o.hosts[s.Host] = h
		o.names = append(o.names, s.Host)
	}
	path := s.Path
	if s.Exact {
		path += exactPath
	} else {
		if len(h.lengths) == 0 || len(path) < len(h.shortest) {
			h.shortest = path
		}
		h.lengths = append(h.lengths, len(path))
	}
	if of := h.byPath[path]; len(of) == 0 || of[0].Namespace == r.Namespace && len(of) < ownRouters {
		h.byPath[path] = append(of, r)
	}
}

// covering are the routers of the entry that a part of the host belongs to: those with the shortest path around it.
func (h *hostPaths) covering(s *routes.Scope) []*routes.Router {
	for _, n := range h.lengths {
		if n > len(s.Path) {
			break
		}
		if of := h.byPath[s.Path[:n]]; of != nil {
			return of
		}
	}
	if s.Exact {
		return h.byPath[s.Path+exactPath]
	}
	return nil
}

// robbed is the owner of what a scope of a router matches, and what that is; nil when it is the router's own entry, or shares it, or
// loses nothing.
func (o *hostOwners) robbed(r *routes.Router, s *routes.Scope) (owner *routes.Router, where string) {
	if h := o.hosts[s.Host]; h != nil {
		of := h.covering(s)
		if len(of) > 0 && of[0].Namespace != r.Namespace && !o.shares(of[0], r.Namespace) && !o.dead(r, of) {
			return of[0], s.String()
		}
		return nil, ""
	}
	if o.compared += len(o.names); o.compared > mostCompared {
		return nil, ""
	}
	for _, name := range o.names {
		if !s.PermitsHost(name) {
			continue
		}
		h := o.hosts[name]
		of := h.covering(s)
		if of == nil && strings.HasPrefix(h.shortest, s.Path) { // the pattern is for more than the owner has
			of = h.byPath[h.shortest]
		}
		if len(of) > 0 && of[0].Namespace != r.Namespace && !o.shares(of[0], r.Namespace) && o.wins(r, of) {
			return of[0], name + s.Path
		}
	}
	return nil, ""
}

// wins reports whether a router with a pattern takes precedence over one of the owner's: answering for what is left over does no harm.
func (o *hostOwners) wins(r *routes.Router, of []*routes.Router) bool {
	return slices.ContainsFunc(of, func(own *routes.Router) bool { return r.Priority > own.Priority && r.Meets(own, o.traefik) })
}

// dead reports whether no request reaches a router, because one of the owner's takes precedence at all of its entry points; or
// whether either may win: random-route reports that.
func (o *hostOwners) dead(r *routes.Router, of []*routes.Router) bool {
	return slices.ContainsFunc(of, func(own *routes.Router) bool {
		if !own.Meets(r, o.traefik) || own.Priority < r.Priority {
			return false
		}
		return own.Priority == r.Priority || len(own.EntryPoints) == 0 || len(r.EntryPoints) > 0 && !slices.ContainsFunc(r.EntryPoints, func(e string) bool {
			return !slices.Contains(own.EntryPoints, e) || own.TLS != r.TLS && !o.traefik.Encrypts(e)
		})
	})
}

// shares reports whether the owner lets the applications of a namespace answer for parts of its host: it permits it, or its login comes
// from there.
func (o *hostOwners) shares(owner *routes.Router, namespace string) bool {
	with := o.shared[owner]
	if with == nil {
		with = map[string]bool{}
		for _, m := range owner.Middlewares {
			with[m.Namespace] = true
		}
		if owner.Own != nil {
			for _, name := range owner.Own.SharedWith {
				with[name] = true
			}
		} else {
			names, _ := deployed.ValueOf(owner.Object, "metadata", "annotations", sharedWith)
			for name := range strings.SplitSeq(names, ",") {
				with[strings.TrimSpace(name)] = true
			}
		}
		o.shared[owner] = with
	}
	return with[namespace]
}

func shareHint(r *routes.Router, namespace string) string {
	if r.Own != nil {
		return "choose another host; or add sharedWith: [" + namespace + "] to the host " + r.Own.Host + r.Own.Path + " of " + r.Namespace
	}
	return "choose another host; or give " + r.Kind + " " + r.Name + " of " + r.Namespace + " the annotation " + sharedWith + ": " + namespace
}
