package muxer

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

// TestParse has the errors that Traefik 3.7 has for the same rules; a rule without one is accepted.
func TestParse(t *testing.T) {
	for _, c := range []struct {
		rule   string
		syntax Syntax
		err    string
	}{
		{"Host(`a.example`) && (Path(`/x`) || !PathPrefix(`/y`))", V3, ""},
		{"host(`a`) && HOSTREGEXP(`^a`) && Clientip(`10.0.0.0/8`) && Query(`q`)", V3, ""},
		{"hostRegexp(`a`)", V3, "unsupported function: hostRegexp"},
		{"Host(`a.example`", V3, "missing ',' before newline in argument list"},
		{"Host(`a.example)", V3, "raw string literal not terminated"},
		{"Host('a.example')", V3, "illegal rune literal"},
		{"HostRegex(`a`)", V3, "unsupported function: HostRegex"},
		{"HostSNI(`a`)", V3, "unsupported function: HostSNI"},
		{"PathPrefix(`admin`)", V3, `path "admin" does not start with a '/'`},
		{"Host(`a`) AND Host(`b`)", V3, "expected 'EOF', found AND"},
		{"Host(`a`)\n&& Path(`/x`)", V3, "expected 'EOF', found '&&'"},
		{"Host(`a`) &&\nPath(`/x`)", V3, ""},
		{"Host(`bücher.example`)", V3, "non-ASCII characters are not allowed"},
		{"Host(``)", V3, "empty args for matcher Host"},
		{"Host()", V3, "no args for matcher Host"},
		{"Host(`a`, `b`)", V3, "unexpected number of parameters; got 2, expected one of [1]"},
		{"PathRegexp(`(`)", V3, "missing closing )"},
		{"ClientIP(`10.0.0.0/33`)", V3, "invalid CIDR address"},
		{"Host(`a`) == Host(`b`)", V3, "== is not supported"},
		{"-Host(`a`)", V3, "- is not supported"},
		{"`a`", V3, "`a` is no matcher"},
		{"Host", V3, "Host is not defined"},
		{"Host(1)", V3, "an argument of Host is no text"},
		{"x.Host(`a`)", V3, "this is no matcher"},
		{"x[1]", V3, "this is no matcher"},
		{"Host(`a`, `b`) && Path(`/{x:[a-z]{2}}`)", V2, ""},
		{"HostRegexp(`{x`)", V2, "unbalanced braces"},
		{"HostRegexp(`{:a}`)", V2, "missing name or pattern"},
		{"HostRegexp(`{x:(}`)", V2, "missing closing )"},
		{"Path(`a`)", V2, "path must start with a slash"},
		{"Headers(`a`)", V2, "number of parameters must be multiple of 2"},
		{"HeadersRegexp(`a`, `b`, `c`, `(`)", V2, "missing closing )"},
		{"Query(`a`)", V2, "number of parameters must be multiple of 2"},
		{"Query(`a={b:(}`)", V2, "missing closing )"},
		{"Query(`a={b}`) && Headers(`a`, `b`) && HeadersRegexp(`a`, `^b`)", V2, ""},
		{"Header(`a`, `b`)", V2, "unsupported function: Header"},
		{strings.Repeat("(Host(`a`) || Host(`b`)) && ", 11) + "Path(`/x`)", V3, "has more than 1024 alternatives"},
		{"PathRegexp(`(a{1000}){1000}`)", V3, "invalid repeat count"},
		{"PathRegexp(`" + strings.Repeat("a{1000}", 100) + "`)", V3, "has a regular expression that repeats too much"},
	} {
		_, err := Parse(c.rule, c.syntax)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: %v, want %q", c.rule, err, c.err)
		}
	}
	var unknown UnknownMatcherError
	if _, err := Parse("Headers(`a`, `b`)", V3); !errors.As(err, &unknown) || unknown.Name != "Headers" {
		t.Errorf("%v", err)
	}
}

// TestFind asks for a request that matches one rule and not the other. An empty one is none.
func TestFind(t *testing.T) {
	for _, c := range []struct{ rule, without, want string }{
		{"Host(`a`) && PathPrefix(`/admin`)", "Host(`a`)", ""},
		{"Host(`a`)", "Host(`a`) && PathPrefix(`/admin`)", "a"},
		{"Host(`A.x.`)", "Host(`a.x`)", ""},
		{"Host(`a.x`)", "Host(`*.x`)", ""},
		{"Host(`a.b.x`)", "Host(`*.x`)", "a.b.x"},
		{"HostRegexp(`^[a-c]\\.x$`)", "Host(`a.x`) || Host(`b.x`)", "c.x"},
		{"HostRegexp(`^[a-c]\\.x$`)", "Host(`a.x`) || Host(`b.x`) || Host(`c.x`)", ""},
		{"HostRegexp(`^(a\\.x)?$`)", "Host(`a.x`)", "any.example"}, // it matches the alias of all hosts, which is empty
		{"Host(`a:80`)", "", ""},
		{"Host(`http://a`)", "", ""},
		{"Host(`a b`)", "", ""},
		{"HostRegexp(`^A`)", "", ""},
		{"HostRegexp(`(?i)^A`)", "", "any.example"},
		{"PathPrefix(`/api`)", "Path(`/api`) || PathPrefix(`/api/`)", "any.example/apix"},
		{"Path(`/api`) || PathPrefix(`/api/`)", "PathRegexp(`^/api(/|$)`)", ""},
		{"PathRegexp(`^/a.$`)", "PathRegexp(`^/[^b]+$`)", "any.example/ab"},
		{"PathRegexp(`\\bx\\b`)", "PathRegexp(`/x/`)", "any.example/x"},
		{"Path(`/a//b`) || Path(`/a/../b`) || Path(`/a?b`) || PathPrefix(`/a%2f`)", "", ""},
		{"Method(`GET`) || Method(`post`)", "Method(`GET`)", "POST any.example"},
		{"!Method(`GET`)", "Method(`POST`)", "x any.example"},
		{"ClientIP(`10.0.0.0/8`)", "ClientIP(`10.0.0.0/9`)", "any.example from 10.128.0.0"},
		{"ClientIP(`10.0.0.0/8`)", "ClientIP(`10.0.0.0/9`) || ClientIP(`10.128.0.0/9`)", ""},
		{"Header(`x`, `1`)", "HeaderRegexp(`X`, `^.$`)", ""},
		{"HeaderRegexp(`x`, `^[12]$`)", "Header(`X`, `1`)", "any.example with the header X: 2"},
		{"Header(`Host`, `a`)", "", ""},
		{"Query(`a`) || QueryRegexp(`a`, `^[0-9]$`)", "Query(`a`, `1`) || Query(`a`)", "any.example with the parameter a=0"},
		{"!Host(`a`) && !Host(`b`)", "!Host(`a`)", ""},
		{"Host(`a`) && Header(`X-Forwarded-Proto`, `https`)", "Host(`a`)", ""},
		{"Host(`a`) && Header(`X-Forwarded-Proto`, `https`)", "Header(`X-Forwarded-Proto`, `https`)", ""},
		{"Host(`a`) && Header(`X-Forwarded-Proto`, `https`)", "Host(`b`)", "?"},
		{"Host(`a`)", "Header(`X-Forwarded-Proto`, `https`)", "?"},
	} {
		rule, err := Parse(c.rule, V3)
		if err != nil {
			t.Fatal(c.rule, err)
		}
		var none []Conjunction
		if c.without != "" {
			without, err := Parse(c.without, V3)
			if err != nil {
				t.Fatal(c.without, err)
			}
			none = without.Alternatives
		}
		got, solver := "", NewSolver(1_000_000)
		for _, alternative := range rule.Alternatives {
			switch r, answer := solver.Find(alternative, none...); answer {
			case Yes:
				got = r.String()
				if !rule.Matches(r) {
					t.Errorf("%s does not match %s", c.rule, r)
				}
			case Unknown:
				got = "?"
			}
			if got != "" {
				break
			}
		}
		if got != c.want {
			t.Errorf("%s without %s: %q, want %q", c.rule, c.without, got, c.want)
		}
	}
}

// TestBudget answers that it does not know, rather than searching for long.
func TestBudget(t *testing.T) {
	rule, err := Parse("PathRegexp(`^/(.*a.{12}b.*c.{12})$`) && PathRegexp(`^/(.*d.{11}e)$`)", V3)
	if err != nil {
		t.Fatal(err)
	}
	solver := NewSolver(1000)
	if _, answer := solver.Find(rule.Alternatives[0]); answer != Unknown || !solver.Exhausted() {
		t.Errorf("%v", answer)
	}
	large, err := Parse("PathRegexp(`"+strings.Repeat("(a|b)?", 400)+"`) && PathRegexp(`y`)", V3)
	if err != nil {
		t.Fatal(err)
	}
	if _, answer := NewSolver(1_000_000).Find(large.Alternatives[0]); answer != Unknown {
		t.Errorf("%v", answer)
	}
}

// TestIntricate searches for what no automaton of a usual size decides: the budget ends it, and not what the automata are made of.
func TestIntricate(t *testing.T) {
	for name, text := range map[string]string{
		"many expressions":  "PathRegexp(`^/(a|b)*0$`)" + strings.Repeat(" && PathRegexp(`(a|b)*[0-9]`) && !PathRegexp(`(c|d)*[a-f]{9}x`)", 200),
		"large expressions": "PathRegexp(`(.*a.{90})(.*b.{90})`) && !PathRegexp(`(.*c.{90})(.*d.{90})`) && !PathRegexp(`^/$`)",
	} {
		t.Run(name, func(t *testing.T) {
			rule, err := Parse(text, V3)
			if err != nil {
				t.Fatal(err)
			}
			solver := NewSolver(100_000)
			if _, found := solver.Find(rule.Alternatives[0]); found == No {
				t.Error("it says that there is no request")
			}
			visited := 0
			for _, m := range solver.machines {
				if a, ok := m.(*automaton); ok {
					visited += a.visited
				}
			}
			if visited > 500_000 { // one step may cost as much as all automata have instructions
				t.Errorf("it looked at %d instructions", visited)
			}
		})
	}
}

// TestAsks tells what a request lacks from what is not known of it, and from another host or path.
func TestAsks(t *testing.T) {
	for _, c := range []struct {
		rule   string
		client string
		answer Answer
		asks   string
	}{
		{"Host(`a`) && PathPrefix(`/x`)", "", Yes, ""},
		{"Host(`b`) && Header(`X`, `1`)", "", No, ""},
		{"Host(`a`) && Path(`/y`)", "", No, ""},
		{"Host(`a`) && Header(`X`, `1`) && Method(`POST`)", "", No, "Header(`X`, `1`) && Method(`POST`)"},
		{"Host(`a`) && !Header(`X`, `1`)", "", Yes, ""},
		{"Host(`a`) && Query(`q`)", "", No, "Query(`q`)"},
		{"Host(`a`) && ClientIP(`10.0.0.0/8`)", "", Unknown, "ClientIP(`10.0.0.0/8`)"},
		{"Host(`a`) && !ClientIP(`10.0.0.0/8`)", "", Unknown, "!ClientIP(`10.0.0.0/8`)"},
		{"Host(`a`) && ClientIP(`10.0.0.0/8`)", "10.1.1.1", Yes, ""},
		{"Host(`a`) && ClientIP(`10.0.0.0/8`)", "192.168.0.1", No, "ClientIP(`10.0.0.0/8`)"},
		{"Host(`a`) && Header(`X`, `1`) && ClientIP(`10.0.0.0/8`)", "", No, "Header(`X`, `1`) && ClientIP(`10.0.0.0/8`)"},
		{"Host(`a`) && Header(`X-Real-Ip`, `1`)", "", Unknown, "Header(`X-Real-Ip`, `1`)"},
	} {
		rule, err := Parse(c.rule, V3)
		if err != nil {
			t.Fatal(err)
		}
		client, _ := netip.ParseAddr(c.client)
		asks, answer := rule.Alternatives[0].Asks(&Request{Host: "a", Path: "/x/z", Method: "GET", Client: client})
		if answer != c.answer || Conjunction(asks).String() != c.asks {
			t.Errorf("%s from %q: %v with %s, want %v with %s", c.rule, c.client, answer, Conjunction(asks), c.answer, c.asks)
		}
	}
}
