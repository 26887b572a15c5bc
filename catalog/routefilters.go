package catalog

import (
	"cmp"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/bounds"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// resolved is the path, and how it is compared. Traefik cleans the path of a request before it looks for a rule.
func (in *pathInput) resolved() (string, PathType) {
	if in == nil {
		return "", PathPrefix
	}
	t, ok := oneOf(in.Node, []string{"prefix", "exact", "regex"}, in.Prefix, in.Exact, in.Regex)
	switch {
	case !ok:
		return "", PathPrefix
	case in.Regex.IsSet():
		if strings.ContainsRune(t.V, '`') || !strings.HasPrefix(t.V, "/") {
			t.Report("bad-path", "", "expected a regular expression of the whole path, such as /v[0-9]+/users, found %s", shown(t.V))
		} else {
			expression(t, "bad-path")
		}
		return t.V, PathRegex
	case in.Exact.IsSet():
		if !isPath(t.V) || t.V != "/" && path.Clean(t.V) != strings.TrimSuffix(t.V, "/") {
			t.Report("bad-path", "", "expected a path such as /healthz, found %s", syntax.Quote(t.V))
		}
		return t.V, PathExact
	}
	prefix := strings.TrimRight(t.V, "/")
	if !isPath(t.V) || prefix != "" && path.Clean(prefix) != prefix {
		t.Report("bad-path", "", "expected a path prefix such as /api, found %s", syntax.Quote(t.V))
	}
	return prefix, PathPrefix
}

// isPath reports whether a text is a path without what has a meaning in a rule, a pattern or a URL.
func isPath(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.ContainsAny(s, "`(){}*?#% ") && !strings.ContainsFunc(s, notPrinted)
}

// longestExpression bounds what is compiled: twice as much takes twice as long.
const longestExpression = 1000

// expression checks a regular expression of Go, which Traefik's are.
func expression(t text, code string) {
	if len(t.V) > longestExpression {
		t.Report(code, "", "expected a regular expression of at most %d characters, found %d", longestExpression, len(t.V))
		return
	}
	switch re, problem := bounds.Regexp(t.V); {
	case problem != "":
		t.Report(code, "", "expected a regular expression of Go, and this one %s: %s", problem, shown(t.V))
	case re == nil || strings.ContainsFunc(t.V, notPrinted):
		t.Report(code, "", "expected a regular expression of Go, found %s", shown(t.V))
	}
}

// httpMethods are those that an HTTPRoute knows.
var httpMethods = []string{"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}

// resolved is what requests must have besides host and path.
func (in *matchInput) resolved() (methods []string, headers, query []Matcher) {
	if in == nil {
		return nil, nil, nil
	}
	for _, m := range present(in.Methods...) {
		if !slices.Contains(httpMethods, m.V) {
			m.Report("unknown-value", diag.DidYouMean(strings.ToUpper(m.V), httpMethods), "expected a method such as GET, found %s", shown(m.V))
		}
	}
	methods = set(texts(in.Methods))
	if len(methods)+len(in.Headers.Items)+len(in.Query.Items) == 0 && !in.Flawed("methods", "headers", "query") {
		in.Report("missing-field", "write it like this: match: {methods: [GET]}", "expected methods, headers or query: all requests would match")
	}
	headers = matchers(in.Headers, func(item syntax.Item[matcherInput]) bool {
		return headerNamed(item.At, item.Key)
	})
	for i := range headers {
		headers[i].Name = http.CanonicalHeaderKey(headers[i].Name)
	}
	query = matchers(in.Query, func(item syntax.Item[matcherInput]) bool {
		if item.Key == "" || strings.ContainsRune(item.Key, '`') || strings.ContainsFunc(item.Key, notPrinted) {
			item.At.Report("bad-name", "", "expected the name of a parameter, such as version, found %s", syntax.Quote(item.Key))
			return false
		}
		return true
	})
	return methods, headers, query
}

// matchers are in the order of names.
func matchers(in syntax.Map[matcherInput], named func(syntax.Item[matcherInput]) bool) []Matcher {
	var out []Matcher
	for _, item := range in.Items {
		if item.Value.Node == nil || !named(item) {
			continue
		}
		t, ok := oneOf(item.Value.Node, []string{"exact", "regex"}, item.Value.Exact, item.Value.Regex)
		switch {
		case !ok:
			continue
		case strings.ContainsRune(t.V, '`') || strings.ContainsFunc(t.V, notPrinted):
			t.Report("bad-value", "", "expected text without backquotes, on one line, found %s", shown(t.V))
		case item.Value.Regex.IsSet():
			expression(t, "bad-value")
		}
		out = append(out, Matcher{Name: item.Key, Value: t.V, Regex: item.Value.Regex.IsSet()})
	}
	slices.SortFunc(out, func(a, b Matcher) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// headerNamed checks the name of a header.
func headerNamed(at *syntax.Node, name string) bool {
	if header().MatchString(name) {
		return true
	}
	at.Report("bad-header", "", "expected the name of a header such as X-Frame-Options, found %s", shown(name))
	return false
}

// redirectOf is where requests are sent instead.
func (in *ingressInput) redirectOf(r *Route) *Redirect {
	to := in.Redirect
	if to == nil {
		return nil
	}
	out := &Redirect{Scheme: to.Scheme.V, Host: to.Host.V, Port: to.Port.V, Path: to.Path.V, Prefix: to.Prefix.V, Permanent: to.Permanent.Or(false)}
	if to.Host.IsSet() {
		hostname(to.Host)
	}
	if to.Port.IsSet() {
		portOr(to.Port, 0)
	}
	newPath(to.Path, to.Prefix, r)
	switch {
	case len(present(to.Host, to.Scheme, to.Path, to.Prefix)) == 0 && !to.Port.IsSet() && !to.Flawed("host", "scheme", "port", "path", "prefix"):
		to.Report("missing-field", "write it like this: redirect: www.home.example; or redirect: {path: /new}", "expected host, scheme, port, path or prefix: requests would be redirected to where they are")
	case len(present(to.Scheme, to.Path, to.Prefix)) == 0 && !to.Port.IsSet() && slices.Contains(r.Hosts, out.Host):
		to.Host.Report("bad-redirect", "name another host", "%s is redirected to itself", out.Host)
	}
	return out
}

// rewriteOf is what the backend gets.
func (in *ingressInput) rewriteOf(r *Route) *Rewrite {
	to := in.Rewrite
	if to == nil {
		return nil
	}
	if in.Redirect != nil {
		to.Report("no-effect", "remove it", "rewrite has no effect: all requests are redirected")
	}
	if to.Host.IsSet() {
		hostname(to.Host)
	}
	newPath(to.Path, to.Prefix, r)
	if len(present(to.Host, to.Path, to.Prefix)) == 0 && !to.Flawed("host", "path", "prefix") {
		to.Report("missing-field", "write it like this: rewrite: {prefix: /}, which removes the prefix of path", "expected host, path or prefix: nothing would be rewritten")
	}
	return &Rewrite{Host: to.Host.V, Path: to.Path.V, Prefix: to.Prefix.V}
}

// newPath checks what replaces a path, or the prefix of one.
func newPath(whole, prefix text, r *Route) {
	for _, t := range present(whole, prefix) {
		if !isPath(t.V) || strings.Contains(t.V, "$") {
			t.Report("bad-path", "", "expected a path such as /new, found %s", syntax.Quote(t.V))
		}
	}
	switch {
	case !prefix.IsSet():
	case whole.IsSet():
		prefix.Report("bad-choice", "keep one of them, and remove the other", "expected one of path and prefix, found both")
	case r.PathType != PathPrefix:
		prefix.Report("no-effect", "write path: /new for the whole path; or a prefix as the path of the route", "there is no prefix to replace: the route is not for a prefix")
	case prefix.V == "/" && r.Path == "":
		prefix.Report("no-effect", "set path: /api, whose prefix is replaced", "there is no prefix to remove: the route is for all paths")
	}
}

// resolved is what becomes of headers.
func (in *headerChangeInput) resolved() (out HeaderChange) {
	if in == nil {
		return out
	}
	seen := map[string]*syntax.Node{}
	once := func(at *syntax.Node, name string) bool {
		switch first := seen[strings.ToLower(name)]; {
		case !headerNamed(at, name):
			return false
		case strings.EqualFold(name, "Host"):
			at.Report("reserved-name", "write rewrite: {host: whoami.internal}", "the host of a request is no header like others")
			return false
		case first != nil:
			at.ReportWith(first, "first here", "duplicate-header", "remove one of them", "the header %s is changed twice: upper and lower case are the same", name)
			return false
		}
		seen[strings.ToLower(name)] = at
		return true
	}
	list := func(in syntax.Map[text]) []Header {
		var out []Header
		for _, item := range in.Items {
			if !once(item.At, item.Key) || !item.Value.IsSet() {
				continue
			}
			if item.Value.V == "" || strings.ContainsFunc(item.Value.V, notPrinted) {
				item.Value.Report("bad-value", "to remove the header, write remove: ["+item.Key+"]", "expected a text on one line, and not an empty one")
			}
			out = append(out, Header{item.Key, item.Value.V})
		}
		slices.SortFunc(out, func(a, b Header) int { return cmp.Compare(a.Name, b.Name) })
		return out
	}
	out.Set, out.Add = list(in.Set), list(in.Add)
	for _, t := range present(in.Remove...) {
		if once(t.Node, t.V) {
			out.Remove = append(out.Remove, t.V)
		}
	}
	slices.Sort(out.Remove)
	if len(in.Set.Items)+len(in.Add.Items)+len(in.Remove) == 0 && !in.Flawed("set", "add", "remove") {
		in.Report("missing-field", "write it like this: {set: {X-Frame-Options: DENY}}", "expected set, add or remove: nothing would be changed")
	}
	return out
}

// resolved are how long requests may take.
func (in *timeoutsInput) resolved() (out Timeouts) {
	if in == nil {
		return out
	}
	out = Timeouts{Request: timeout(in.Request), Backend: timeout(in.BackendRequest)}
	switch {
	case len(present(in.Request, in.BackendRequest)) == 0 && !in.Flawed("request", "backendRequest"):
		in.Report("missing-field", "write it like this: timeouts: {backendRequest: 30s}", "expected request or backendRequest: there would be no timeout")
	case out.Request > 0 && out.Backend > out.Request:
		in.BackendRequest.Report("bad-duration", "write at most "+in.Request.V, "the backend would have more time than the whole request")
	}
	return out
}

// timeout is a time as the Gateway API has them: no fraction of a millisecond, and not more than five digits of a unit.
func timeout(t text) time.Duration {
	if !t.IsSet() {
		return 0
	}
	d, err := time.ParseDuration(t.V)
	if err != nil || d < time.Millisecond || d%time.Millisecond != 0 || d > 24*time.Hour {
		t.Report("bad-duration", "", "expected a time from 1ms to 24h, such as 30s, found %s", shown(t.V))
		return 0
	}
	return d
}

// tlsOf is the certificate of a route's hosts.
func (in *ingressInput) tlsOf(r *Route) *RouteTLS {
	t := in.TLS
	if t == nil {
		return nil
	}
	out := &RouteTLS{SecretName: t.SecretName.V, Issuer: t.Issuer.V, CertResolver: t.CertResolver.V}
	optionalSubdomain(t.SecretName)
	optionalSubdomain(t.Issuer)
	filled(t.CertResolver, "the name of a resolver of Traefik")
	switch {
	case r.Protocol == TCP || r.Protocol == UDP:
		t.Report("no-effect", "write protocol: TLS, for connections that name their server", "there is no TLS on a route with protocol: %s", r.Protocol)
	case len(present(t.SecretName, t.Issuer, t.CertResolver)) == 0 && !t.Flawed("secretName", "issuer", "certResolver"):
		t.Report("missing-field", "write it like this: tls: whoami-tls, the name of a Secret; or tls: {issuer: letsencrypt}, of cert-manager", "expected secretName, issuer or certResolver")
	case t.CertResolver.IsSet() && len(present(t.SecretName, t.Issuer)) > 0:
		t.CertResolver.Report("bad-choice", "keep one of them", "the certificate comes either from a Secret or from a resolver of Traefik")
	}
	if !t.Issuer.IsSet() {
		if t.IssuerKind.IsSet() {
			t.IssuerKind.Report("no-effect", "set issuer, or remove it", "issuerKind has no effect without issuer")
		}
		return out
	}
	out.IssuerKind = t.IssuerKind.Or("ClusterIssuer")
	for _, h := range in.hosts() {
		if strings.Contains(strings.TrimPrefix(h.V, "*."), "*") {
			h.Report("bad-host", "write *.home.example, or tls: SECRET with a certificate of your own", "no certificate can be for the pattern %s", shown(h.V))
		}
	}
	if out.SecretName == "" && r.Host != "" {
		out.SecretName = strings.Replace(r.Host, "*", "wildcard", 1) + "-tls"
		if validation.IsDNS1123Subdomain(out.SecretName) != nil {
			t.Report("bad-name", "set secretName", "the host is too long for the name of a Secret")
		}
	}
	return out
}

// routeAnnotations are annotations of a route's object. Controllers have theirs under domains of Kubernetes.
func routeAnnotations(in syntax.Map[text]) map[string]string {
	return annotationsBut(in, func(key string) *reservation {
		switch held := reserved(key); {
		case key == "kubernetes.io/ingress.class":
			return &reservation{key, "is written by roster", "set ingress.class in " + PlatformFile}
		case strings.HasPrefix(key, "traefik.ingress.kubernetes.io/router."):
			return &reservation{key, fromRoster, "the keys of the route say it, such as expose, middlewares, priority and tls"}
		case held != nil && held.whose == forKubernetes && !strings.HasPrefix(key, "kubernetes.io/"):
			return nil
		default:
			return held
		}
	})
}

// issues reports whether cert-manager makes a certificate for a route of the application.
func (in *app) issues() bool {
	return in != nil && slices.ContainsFunc(in.Ingress, func(i ingressInput) bool { return i.TLS != nil && i.TLS.Issuer.IsSet() })
}
