package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"

	"github.com/hippotion/roster/internal/muxer"
)

// languages is how many rules one question has: each is behind an entry point of its own, so that nothing but the rule decides.
const languages = 16

// compareRules holds what muxer says of random rules against Traefik: whether it accepts them, and whether requests match them.
func compareRules(j *judge, seed uint64, t *tally) error {
	m := maker{rand.New(rand.NewPCG(seed, 3))}
	q := &question{ID: fmt.Sprint("rules ", seed), Repeat: 1, Args: []string{"--providers.kubernetescrd"},
		Objects: []any{map[string]any{"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"name": "x", "namespace": "web"},
			"spec": map[string]any{"selector": map[string]any{"app": "x"}, "ports": []any{map[string]any{"port": 80}}}}}}
	type asked struct {
		rule    int
		request *muxer.Request
	}
	var texts, syntaxes []string
	var parsed []*muxer.Rule
	var errs []error
	var ask []asked
	for i := range languages {
		entryPoint := fmt.Sprintf("e%d", i)
		q.Args = append(q.Args, "--entryPoints."+entryPoint+".address=:"+fmt.Sprint(9000+i))
		syntax := m.pick("", "v3", "other", "v2")
		text := m.anyRule(3, syntax == "v2")
		route := map[string]any{"kind": "Rule", "match": text, "services": []any{map[string]any{"name": "x", "port": 80}}}
		if syntax != "" {
			route["syntax"] = syntax
		}
		q.Objects = append(q.Objects, map[string]any{"apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute", "metadata": map[string]any{"name": entryPoint, "namespace": "web"},
			"spec": map[string]any{"entryPoints": []any{entryPoint}, "routes": []any{route}}})
		rule, err := muxer.Parse(text, muxer.SyntaxOf(syntax))
		texts, syntaxes, parsed, errs = append(texts, text), append(syntaxes, syntax), append(parsed, rule), append(errs, err)
		var requests []*muxer.Request
		for range 6 {
			requests = append(requests, m.request())
		}
		if rule != nil {
			requests = append(requests, m.examples(rule, parsed[m.IntN(i+1)])...)
		}
		for _, r := range requests {
			ask = append(ask, asked{i, r})
			q.Requests = append(q.Requests, request{entryPoint, false, r.Method, r.Host, target(r), r.Client.String(), r.Header})
		}
	}
	v, err := j.ask(q)
	if err != nil {
		return err
	}
	accepted := map[string]bool{}
	why := map[string][]string{}
	for _, r := range v.Routers {
		accepted[r.Name] = accepted[r.Name] || r.Status == "enabled"
		why[r.Name] = r.Errors
	}
	differ := func(format string, args ...any) {
		t.differences = append(t.differences, fmt.Sprintf("rules %d: ", seed)+fmt.Sprintf(format, args...))
	}
	for i, text := range texts {
		t.rules++
		if errs[i] != nil {
			t.invalid++
		}
		if name := fmt.Sprintf("e%d", i); text != "" && accepted[name] == (errs[i] != nil) {
			differ("%q %s: Traefik accepts it: %v %v; the error is %v", text, syntaxes[i], accepted[name], why[name], errs[i])
		}
	}
	for i, a := range ask {
		t.requests++
		if rule := parsed[a.rule]; rule != nil && !strings.Contains(texts[a.rule], "Query(`a=") && rule.Matches(a.request) != (v.Answers[i].Backend != "") {
			differ("%q %s and %s: %v, Traefik answers %d", texts[a.rule], syntaxes[a.rule], a.request, rule.Matches(a.request), v.Answers[i].Status)
		}
	}
	return nil
}

// examples are requests of which the solver says that they match a rule, and not, or also, another one: those of which it is wrong
// are among the requests that are compared. What it says there is none of is tried with random requests.
func (m maker) examples(rule, other *muxer.Rule) []*muxer.Request {
	var out []*muxer.Request
	solver := muxer.NewSolver(1_000_000)
	for _, c := range rule.Alternatives {
		if r, found := solver.Find(c); found == muxer.Yes {
			out = append(out, r)
		}
		if other == nil {
			continue
		}
		r, found := solver.Find(c, other.Alternatives...)
		if found == muxer.Yes {
			out = append(out, r)
		}
		for range 20 {
			if r := m.request(); found == muxer.No && c.Matches(r) && !other.Matches(r) {
				out = append(out, &muxer.Request{Host: "the-solver-is-wrong", Path: "/", Method: "GET", Client: r.Client})
			}
		}
	}
	return out
}

func (m maker) request() *muxer.Request {
	r := &muxer.Request{
		Host: m.pick("a", "b", "a.x", "b.x", "c.x", "a.b.x", "y", "xx", "a_b", "x"), Path: m.pick("/", "/a", "/a/", "/a/b", "/ab", "/A", "/c", "/a%2Fb", "/a b", "/ä", "/b", "/b/", "/a/b/"),
		Method: m.pick("GET", "POST", "PUT"), Client: netip.MustParseAddr(m.pick("10.0.0.1", "10.1.2.3", "192.0.2.1", "::1", "2001:db8::1", "1.1.1.1")),
	}
	if m.one(2) {
		r.Header = map[string][]string{"X": {m.pick("1", "2", "a", "")}}
	}
	if m.one(3) {
		r.Query = map[string][]string{"a": {m.pick("1", "2", "")}}
	}
	return r
}

// anyRule is a text that may be a rule.
func (m maker) anyRule(depth int, old bool) string {
	switch n := m.IntN(6); {
	case depth > 0 && n < 2:
		return m.anyRule(depth-1, old) + m.pick(" && ", "&&", " || ", " && ", " || ", " && ", " || ", " AND ", "\n&& ", " & ", " && \n", " == ", "") + m.anyRule(depth-1, old)
	case depth > 0 && n == 2:
		return "(" + m.anyRule(depth-1, old) + ")"
	case depth > 0 && n == 3:
		return "!" + m.anyRule(depth-1, old)
	}
	if m.one(40) {
		return m.pick("Host()", "Host(``)", "Foo(`a`)", "HostSNI(`a`)", "Path(`a`)", "host(`a`)", "HOST(`a`)", "hostregexp(`a`)", "hostRegexp(`a`)", "Hostregexp(`b`)", "Host('a')", "Host('ab')", "Host(1)", "`a`", "Host",
			"Host(`a`", "Host(`é`)", "ClientIP(`10.0.0.0/33`)", "PathRegexp(`(`)", "Host(\"a\\x62\")", "Host((`a`))", "Host(Host(`a`))", "x.Host(`a`)", "Host[`a`]", "-Host(`a`)", "Host(`a`, `b`)", "Query(`a`,`b`,`c`)",
			"Host(`a`...)", "Host(`a`,)", "func(){}", "Host(\"a\nb\")", "Headers(`X`, `1`)", "HeadersRegexp(`X`, `[12]`)")
	}
	host := func() string {
		return m.pick("a", "b", "a.x", "b.x", "A.x", "a.x.", "*.x", "*", "*a", "a:80", "http://a", "a b", "*.a.x", "a.b.x", "a_b")
	}
	path := func() string {
		return m.pick("/", "/a", "/a/", "/a/b", "/ab", "/a/b/", "/A", "/a%2Fb", "/a%2fb", "/a b", "//", "/a/../b", "/a?b", "/.", "/ä", "/b")
	}
	expression := func() string {
		return m.pick("^/a", "/a$", "^/(a|b)/?$", "a", "^a\\.x$", "^[a-z]+\\.x$", "(?i)^A", "^.*$", "\\.x$", "^/[^/]+$", "\\bx\\b", "^/a(/|$)", "^$", "x{2,3}", "^(a|b)\\.x$", "A", "[^a]", "^/a.b$", "(?s)^.+$", "ä", "^[^.]+\\.x$")
	}
	network := func() string {
		return m.pick("10.0.0.0/8", "10.0.0.1", "10.1.0.0/16", "0.0.0.0/0", "::1", "2001:db8::/32", "::/0", "::ffff:10.0.0.0/104", "192.0.2.0/24")
	}
	arg := func(name string, args ...string) string { return name + "(`" + strings.Join(args, "`, `") + "`)" }
	if old {
		return m.pick(arg("Host", host()), arg("Host", host(), host()), arg("HostRegexp", m.pick("{s:[a-z]+}.x", "{s}.x", "a.x", "{s:}", "{a", "{s:a{2}}.x")), arg("Path", m.pick("/a", "/{x}", "/{x:[a-z]+}/b", "a")),
			arg("PathPrefix", m.pick("/a", "/{x}", "/a/", "/"), path()), arg("Method", "get", "POST"), arg("ClientIP", network(), network()), arg("HostHeader", host()), arg("Headers", "x", m.pick("1", "2")),
			arg("HeadersRegexp", "X", m.pick("1", "^[12]$", "(")), arg("Query", m.pick("a=1", "a=", "a", "a={x:(}")), arg("Headers", "X"))
	}
	return m.pick(arg("Host", host()), arg("Host", host()), arg("Host", host()), arg("HostRegexp", expression()), arg("Path", path()), arg("PathPrefix", path()), arg("PathPrefix", path()), arg("PathRegexp", expression()),
		arg("Method", m.pick("GET", "post", "G T")), arg("ClientIP", network()), arg("Header", m.pick("X", "x", "Host", "Y", "A B"), m.pick("1", "2", " 1", "a")), arg("HeaderRegexp", m.pick("X", "Y"), m.pick("1", "^[12]$", "a+", "^$")),
		arg("Query", m.pick("a", "b")), arg("Query", m.pick("a", "b"), m.pick("1", "2")), arg("QueryRegexp", m.pick("a", "b"), m.pick("1", "^[12]$")))
}
