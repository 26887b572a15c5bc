package catalog

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
)

// headerShape is a token of RFC 9110: what may be the name of a header. The length is ours.
const headerShape = "^[-!#$%&'*+.^_`|~0-9A-Za-z]{1,128}$"

var header = lazy.Regexp(headerShape)

// maxIdentityHeaders is more than any login sends. They are rendered for each namespace.
const maxIdentityHeaders = 64

// visitors are headers that each visitor may send: an application with a login of its own reads them. Traefik would not remove Host.
var visitors = []string{"authorization", "cookie", "host", "proxy-authorization"}

// identityHeadersOf are the names of headers, each once.
func identityHeadersOf(in []text) []string {
	if len(in) > maxIdentityHeaders {
		in[maxIdentityHeaders].Report("too-large", "", "expected at most %d headers, found %d", maxIdentityHeaders, len(in))
		return nil
	}
	first := map[string]*syntax.Node{}
	for _, h := range in {
		if !h.IsSet() {
			continue
		}
		name := strings.ToLower(h.V)
		switch {
		case !header().MatchString(h.V):
			h.Report("bad-header", "", "expected the name of a header such as X-Auth-Request-User, found %s", shown(h.V))
		case slices.Contains(visitors, name):
			h.Report("reserved-name", "name the headers that only the login may set", "%s is not a login's alone: hosts with auth: app or none could not use it any more", h.V)
		case first[name] != nil:
			h.ReportWith(first[name], "first here", "duplicate-header", "remove one of them", "the header %s is listed twice: upper and lower case are the same", h.V)
		default:
			first[name] = h.Node
		}
	}
	return texts(in)
}

// identityKept reports identity headers that a route would set: the backend, which may be that of another namespace, would take each visitor for
// somebody who has logged in.
func (s *settings) identityKept(in *headerChangeInput) {
	if in == nil {
		return
	}
	for _, item := range slices.Concat(in.Set.Items, in.Add.Items) {
		if slices.ContainsFunc(s.identityHeaders, func(h string) bool { return strings.EqualFold(h, item.Key) }) {
			item.At.Report("reserved-name", "remove it, and name the login under auth", "%s says who has logged in: only a login of the platform may set it", item.Key)
		}
	}
}

// withoutLogin reports whether an application has a route that goes through no login of the platform.
func withoutLogin(a Application) bool {
	return slices.ContainsFunc(a.Routes, func(r Route) bool { return !r.Auth.Asks() && r.Protocol == HTTP })
}

// RemovesByMiddleware reports whether a Middleware of Traefik removes IdentityHeaders: an HTTPRoute does it by itself.
func (n *Namespace) RemovesByMiddleware() bool {
	return len(n.IdentityHeaders) > 0 && slices.ContainsFunc(n.Applications, func(a Application) bool {
		return slices.ContainsFunc(a.Routes, func(r Route) bool { return !r.Auth.Asks() && r.Protocol == HTTP && r.Kind() != GatewayRoutes })
	})
}
