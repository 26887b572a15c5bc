package routes

import (
	"fmt"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/bounds"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/secrets"
)

// middleware is one as Traefik builds it: its kind, what is in there, and where that is.
type middleware struct {
	*subject
	kind string
	spec map[string]any // of the kind
}

// middlewareKinds are the kinds of middlewares, with what Traefik refuses to build; nil where it builds all (pkg/server/middleware/middlewares.go,
// the New of each package in pkg/middlewares and, for what is read of Secrets, pkg/provider/kubernetes/crd/kubernetes.go).
var middlewareKinds = map[string]func(m *middleware){
	"addPrefix":         func(m *middleware) { m.required("prefix") },
	"basicAuth":         func(m *middleware) { m.users(true) },
	"buffering":         (*middleware).buffering,
	"chain":             (*middleware).chain,
	"circuitBreaker":    (*middleware).circuitBreaker,
	"compress":          (*middleware).compress,
	"contentType":       nil,
	"digestAuth":        func(m *middleware) { m.users(false) },
	"encodedCharacters": nil,
	"errors":            (*middleware).errors,
	"forwardAuth":       (*middleware).forwardAuth,
	"grpcWeb":           nil,
	"headers":           (*middleware).headers,
	"inFlightReq":       (*middleware).inFlightReq,
	"ipAllowList":       (*middleware).addresses,
	"ipWhiteList":       (*middleware).addresses,
	"passTLSClientCert": nil,
	"plugin":            (*middleware).plugin,
	"rateLimit":         (*middleware).rateLimit,
	"redirectRegex":     func(m *middleware) { m.regexp("regex") },
	"redirectScheme":    func(m *middleware) { m.required("scheme") },
	"replacePath":       nil,
	"replacePathRegex":  func(m *middleware) { m.regexp("regex") },
	"retry":             (*middleware).retry,
	"stripPrefix":       nil,
	"stripPrefixRegex":  func(m *middleware) { m.regexps("regex") },
}

func (s *subject) middleware() {
	spec := specOf(s.object)
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(middlewareKinds)) {
		if spec[kind] != nil {
			kinds = append(kinds, kind)
		}
	}
	switch len(kinds) {
	case 0:
		s.fault(BrokenMiddleware, []string{"spec"}, "", "Middleware %s is of no kind that Traefik knows", s.object.Name)
		return
	case 1:
	default:
		s.fault(BrokenMiddleware, []string{"spec", kinds[1]}, "put each into a Middleware of its own, and all into a chain", "Middleware %s is of more than one kind, %s", s.object.Name, strings.Join(kinds, " and "))
		return
	}
	content, ok := spec[kinds[0]].(map[string]any)
	if refused := middlewareKinds[kinds[0]]; ok && refused != nil {
		refused(&middleware{s, kinds[0], content})
	}
}

// bad notes why Traefik cannot build the middleware; the text goes on after its name.
func (m *middleware) bad(at []string, hint, format string, args ...any) {
	m.fault(BrokenMiddleware, slices.Concat([]string{"spec", m.kind}, at), hint, "Middleware %s %s", m.object.Name, fmt.Sprintf(format, args...))
}

func (m *middleware) get(fields ...string) any {
	return deployed.FieldAt(m.object, slices.Concat([]string{"spec", m.kind}, fields)...)
}

func (m *middleware) text(fields ...string) string {
	text, _ := m.get(fields...).(string)
	return text
}

func (m *middleware) number(fields ...string) (n int64, there bool) {
	switch v := m.get(fields...).(type) {
	case int64:
		return v, true
	case float64:
		return int64(v), true
	}
	return 0, false
}

func (m *middleware) texts(fields ...string) []string {
	return textsAt(m.object, slices.Concat([]string{"spec", m.kind}, fields)...)
}

func (m *middleware) required(field string) bool {
	if m.text(field) == "" {
		m.bad(nil, "", "has no %s", field)
		return false
	}
	return true
}

// regexp notes an expression that Go does not read. One that is too large is not judged.
func (m *middleware) regexp(fields ...string) {
	pattern := m.text(fields...)
	if m.kind == "replacePathRegex" || m.kind == "stripPrefixRegex" {
		pattern = strings.TrimSpace(pattern)
	}
	if r, problem := bounds.Regexp(pattern); r != nil || problem != "" {
		return
	}
	_, err := syntax.Parse(pattern, syntax.Perl)
	m.bad(fields, "", "has a regular expression that cannot be read: %s", diag.Beginning(fmt.Sprint(err), longestDetail))
}

// longestDetail is how much of an error is said.
const longestDetail = 200

func (m *middleware) regexps(field string) {
	for i := range m.texts(field) {
		m.regexp(field, strconv.Itoa(i))
	}
}

func (m *middleware) durations(fields ...string) {
	for _, field := range fields {
		if v := m.get(strings.Split(field, ".")...); v != nil && !isDuration(v) {
			m.bad(strings.Split(field, "."), "write a number of seconds, or such as 30s", "has a %s that is no duration, %v", field, v)
		}
	}
}

// secret notes a Secret that is certainly missing, or lacks all of some keys. It reports whether there is nothing to note.
func (s *subject) secret(at []string, name string, keys ...string) bool {
	problem := ""
	for _, key := range keys {
		if problem = s.secrets.Missing(s.namespace(), secrets.Need{Secret: name, Key: key}); problem == "" {
			break
		}
	}
	if problem != "" {
		s.fault(MissingSecret, at, "add it under secrets: of an application of "+s.namespace(), "%s needs %s", s.object.Title(), problem)
	}
	return problem == ""
}

// secretAt notes a Secret at a field of the kind.
func (m *middleware) secretAt(field string, keys ...string) bool {
	fields := strings.Split(field, ".")
	name := m.text(fields...)
	return name == "" || m.secret(slices.Concat([]string{"spec", m.kind}, fields), name, keys...)
}

// ca notes a Secret without a CA: one of two keys, or the only one (loadCASecret).
func (m *middleware) ca(field string) {
	fields := strings.Split(field, ".")
	name := m.text(fields...)
	if name == "" || !m.secretAt(field, "") {
		return
	}
	keys, _ := m.secrets.Content(m.object.Namespace, name)
	if len(keys) > 1 && !slices.Contains(keys, "tls.ca") && !slices.Contains(keys, "ca.crt") {
		m.secretAt(field, "ca.crt")
	}
}

// users are those of a Secret with one key, or of type kubernetes.io/basic-auth (loadAuthCredentials, loadBasicAuthCredentials).
func (m *middleware) users(basic bool) {
	if !m.required("secret") || !m.secretAt("secret", "") {
		return
	}
	const pair = "kubernetes.io/basic-auth"
	name := m.text("secret")
	keys, kind := m.secrets.Content(m.object.Namespace, name)
	if o := m.deployed.Named(deployed.ID{Kind: "Secret", Namespace: m.object.Namespace, Name: name}); keys == nil && o != nil {
		if written := writtenKeys(o); len(written) > 1 { // others may add some, and remove none
			keys, kind = written, deployed.StringAt(o, "type")
			if kind == pair {
				return
			}
		}
	}
	switch at := []string{"secret"}; {
	case keys == nil:
	case basic && kind == pair:
		m.secretAt("secret", "username")
		m.secretAt("secret", "password")
	case len(keys) != 1:
		m.bad(at, "put all users into one key, each on a line of its own as NAME:HASH", "needs a Secret with one key, and %s has %s", name, diag.OneOf("", keys))
	}
}

func writtenKeys(o *deployed.Object) []string {
	var out []string
	for _, field := range []string{"data", "stringData"} {
		data, _ := o.Content()[field].(map[string]any)
		for key := range data {
			if !slices.Contains(out, key) {
				out = append(out, key)
			}
		}
	}
	slices.Sort(out)
	return out
}

func (m *middleware) buffering() {
	for _, field := range []string{"maxRequestBodyBytes", "memRequestBodyBytes", "maxResponseBodyBytes", "memResponseBodyBytes"} {
		if n, there := m.number(field); there && n < 0 {
			m.bad([]string{field}, "", "has a %s below 0", field)
		}
	}
	if text := m.text("retryExpression"); text != "" {
		m.expression("retryExpression", text, bufferingWords)
	}
}

func (m *middleware) circuitBreaker() {
	m.expression("expression", m.text("expression"), circuitWords)
	m.durations("checkPeriod", "fallbackDuration", "recoveryDuration")
}

func (m *middleware) expression(field, text string, words map[string]word) {
	if bounds.TraefikRule.Exceeded(text) != "" {
		return
	}
	if problem := wrongExpression(text, words); problem != "" {
		m.bad([]string{field}, "", "has an expression that cannot be read: %s", diag.Beginning(problem, longestDetail))
	}
}

func (m *middleware) chain() {
	list, _ := m.get("middlewares").([]any)
	for i := range list {
		var r reference
		if content, _ := list[i].(map[string]any); decode(content, &r) {
			at := item([]string{"spec", "chain", "middlewares"}, i)
			m.need(m.refer(name{"Middleware", MissingMiddleware, m.object.Namespace, r.Namespace, r.Name}, at, "name"), at...)
		}
	}
}

var encodings = []string{"gzip", "br", "zstd"}

func (m *middleware) compress() {
	if len(m.texts("excludedContentTypes")) > 0 && len(m.texts("includedContentTypes")) > 0 {
		m.bad([]string{"includedContentTypes"}, "keep one of them", "has both excludedContentTypes and includedContentTypes")
	}
	for _, field := range []string{"excludedContentTypes", "includedContentTypes"} {
		for i, text := range m.texts(field) {
			if _, _, err := mime.ParseMediaType(text); err != nil {
				m.bad(item([]string{field}, i), "", "has a content type that cannot be read, %q", text)
			}
		}
	}
	known := encodings
	if m.get("encodings") != nil {
		known = m.texts("encodings")
		if len(known) == 0 {
			m.bad([]string{"encodings"}, "", "has no encodings")
		}
	}
	for i, text := range known {
		if !slices.Contains(encodings, text) {
			m.bad(item([]string{"encodings"}, i), "write some of "+strings.Join(encodings, ", "), "has the encoding %s, which Traefik does not know", text)
		}
	}
	if text := m.text("defaultEncoding"); text != "" && !slices.Contains(known, text) {
		m.bad([]string{"defaultEncoding"}, "", "has a defaultEncoding that is not among its encodings, %s", text)
	}
}

func (m *middleware) errors() {
	m.statuses("status")
	rewrites, _ := m.get("statusRewrites").(map[string]any)
	for _, text := range slices.Sorted(maps.Keys(rewrites)) {
		if badStatus([]string{text}) >= 0 {
			m.bad([]string{"statusRewrites", text}, "", "has %q among its statusRewrites, which is no status", text)
		}
	}
	if b, ok := backendAt(m.object, "spec", "errors", "service"); ok {
		m.backend(&b, []string{"spec", "errors", "service"}, false, false)
	}
}

func (m *middleware) statuses(field string) {
	if list := m.texts(field); badStatus(list) >= 0 {
		i := badStatus(list)
		m.bad(item([]string{field}, i), "write one item for each, such as 404 and 500-599", "has %q as a status", list[i])
	}
}

func (m *middleware) forwardAuth() {
	if !m.required("address") {
		return
	}
	m.ca("tls.caSecret")
	if m.secretAt("tls.certSecret", "tls.crt") {
		m.secretAt("tls.certSecret", "tls.key")
	}
	if m.text("authResponseHeadersRegex") != "" {
		m.regexp("authResponseHeadersRegex")
	}
	// Traefik asks for each request: what it cannot ask is an answer of 500 (pkg/middlewares/auth/forward.go).
	u, err := url.Parse(m.text("address"))
	at := []string{"spec", m.kind, "address"}
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		m.wrong(BrokenMiddleware, at, "write http://HOST:PORT/PATH", "Middleware %s has an address that is no URL: Traefik answers all requests through it with 500", m.object.Name)
	default:
		m.authService(u, at)
	}
}

// authService notes a Service that is asked and certainly missing.
func (m *middleware) authService(u *url.URL, at []string) {
	service, rest, _ := strings.Cut(u.Hostname(), ".")
	namespace, domain, _ := strings.Cut(rest, ".")
	if domain != "svc" && domain != "svc.cluster.local" && domain != "svc.cluster.local." || !m.known(namespace) || m.operated(namespace) {
		return
	}
	services := m.ServicesOf(namespace)
	if services[service] == nil {
		m.wrong(MissingService, at, m.deployed.DidYouMean(service, len(services), maps.Keys(services)),
			"no application deploys Service %s of namespace %s: Traefik answers all requests through Middleware %s with 500", service, namespace, m.object.Name)
	}
}

// headers set at least one. Traefik takes a field for nothing when it is false, empty or 0, but for those that it keeps as pointers
// (pkg/config/dynamic/middlewares.go).
func (m *middleware) headers() {
	some := false
	for field, v := range m.spec {
		switch v := v.(type) {
		case nil:
		case bool:
			some = some || v
		case string:
			some = some || v != ""
		case []any:
			some = some || len(v) > 0
		case map[string]any:
			some = some || len(v) > 0
		default:
			some = some || field == "accessControlMaxAge" || field == "stsSeconds"
		}
	}
	if !some {
		m.bad(nil, "", "sets no header")
	}
	m.regexps("accessControlAllowOriginListRegex")
}

func (m *middleware) inFlightReq() {
	m.source()
	if n, _ := m.number("amount"); n <= 0 {
		m.wrong(BrokenMiddleware, []string{"spec", m.kind, "amount"}, "", "Middleware %s has no amount: Traefik answers all requests through it with 429", m.object.Name)
	}
}

// source is a sourceCriterion (pkg/middlewares/extractor.go).
func (m *middleware) source() {
	var ways []string
	if m.get("sourceCriterion", "ipStrategy") != nil {
		ways = append(ways, "ipStrategy")
	}
	if m.text("sourceCriterion", "requestHeaderName") != "" {
		ways = append(ways, "requestHeaderName")
	}
	if on, _ := m.get("sourceCriterion", "requestHost").(bool); on {
		ways = append(ways, "requestHost")
	}
	if len(ways) > 1 {
		m.bad([]string{"sourceCriterion"}, "keep one of them", "tells clients apart by %s", strings.Join(ways, " and by "))
		return
	}
	m.ipStrategy("sourceCriterion", "ipStrategy")
}

// ipStrategy is one (pkg/config/dynamic/middlewares.go, Get): with a depth, Traefik does not read excludedIPs.
func (m *middleware) ipStrategy(fields ...string) {
	field := func(name string) []string { return append(slices.Clone(fields), name) }
	depth, _ := m.number(field("depth")...)
	excluded := m.texts(field("excludedIPs")...)
	if depth <= 0 && len(excluded) > 0 {
		m.ranges(excluded, field("excludedIPs"))
		return
	}
	if n, there := m.number(field("ipv6Subnet")...); there && (n <= 0 || n > 128) {
		m.bad(field("ipv6Subnet"), "", "has an ipv6Subnet that is not between 1 and 128, %d", n)
	}
}

func (m *middleware) ranges(list, at []string) {
	for i, text := range list {
		if _, _, err := net.ParseCIDR(text); err != nil && net.ParseIP(text) == nil {
			m.bad(item(at, i), "", "has %q, which is no address and no CIDR", text)
		}
	}
}

func (m *middleware) addresses() {
	list := m.texts("sourceRange")
	if len(list) == 0 {
		m.bad(nil, "", "has no sourceRange")
	}
	m.ranges(list, []string{"sourceRange"})
	if n, _ := m.number("rejectStatusCode"); n != 0 && http.StatusText(int(n)) == "" && m.kind == "ipAllowList" {
		m.bad([]string{"rejectStatusCode"}, "", "has a rejectStatusCode that is none, %d", n)
	}
	m.ipStrategy("ipStrategy")
}

func (m *middleware) rateLimit() {
	m.source()
	m.durations("period", "redis.dialTimeout", "redis.readTimeout", "redis.writeTimeout")
	if period := fmt.Sprint(m.get("period")); strings.HasPrefix(period, "-") && isDuration(m.get("period")) {
		m.bad([]string{"period"}, "", "has a period below 0")
	}
	m.ca("redis.tls.caSecret")
	if m.secretAt("redis.tls.certSecret", "tls.crt") {
		m.secretAt("redis.tls.certSecret", "tls.key")
	}
	if m.secretAt("redis.secret", "username") {
		m.secretAt("redis.secret", "password")
	}
}

func (m *middleware) retry() {
	if n, _ := m.number("attempts"); n <= 0 {
		m.bad(nil, "", "has no attempts")
	}
	if off, _ := m.get("disableRetryOnNetworkError").(bool); off && len(m.texts("status")) == 0 {
		m.bad([]string{"disableRetryOnNetworkError"}, "", "retries neither after a network error nor after a status")
	}
	m.statuses("status")
	m.durations("initialInterval", "timeout")
}

// plugin is exactly one that Traefik has loaded. Texts in it may be keys of Secrets (loadSecretKeys).
func (m *middleware) plugin() {
	if len(m.spec) != 1 {
		m.bad(nil, "", "is not of exactly one plugin")
		return
	}
	for plugin, v := range m.spec {
		if m.strict && !m.settings.Plugins[strings.ToLower(plugin)] {
			m.bad([]string{plugin}, "add it to experimental.plugins of Traefik", "is of the plugin %s, which Traefik does not load", plugin)
		}
		for text := range deployed.Texts(v) {
			if !strings.HasPrefix(text, "urn:k8s:secret:") {
				continue
			}
			parts := strings.Split(text, ":")
			if len(parts) != 5 {
				m.bad([]string{plugin}, "write urn:k8s:secret:NAME:KEY", "has %s", diag.Beginning(text, longestDetail))
				continue
			}
			m.secret([]string{"spec", m.kind, plugin}, parts[3], parts[4])
		}
	}
}
