package rules_test

import (
	"slices"
	"strings"
	"testing"
)

// contestRules are the rules about rules, and about which route answers.
var contestRules = strings.Fields("broken-rule-fails-open deprecated-rule-syntax invalid-rule old-rule-syntax random-route rule-matches-nothing shadowed-route")

// TestContest has awkward rules beside an open route for a.home.example, and whether there is a finding of each kind; what Traefik 3.7
// does with them was observed.
func TestContest(t *testing.T) {
	const (
		service = "services: [{name: x, port: 80}]"
		login   = "middlewares: [{name: login}], " + service
		broad   = "match: 'Host(`a.home.example`)', " + service
	)
	for _, c := range []struct {
		name  string
		rules []string
		want  string // the rules that find something, in order
		text  string // in one of the messages or hints
	}{
		{"what the documentation shows", []string{broad, "match: 'Host(`a.home.example`) && PathPrefix(`/admin`)', " + login}, "", ""},

		// Traefik cannot read them.
		{"no slash", []string{broad, "match: 'Host(`a.home.example`) && PathPrefix(`admin`)', " + login},
			"broken-rule-fails-open invalid-rule", `path "admin" does not start with a '/'`},
		{"no slash, and nothing beside it", []string{"match: 'Host(`a.home.example`) && PathPrefix(`admin`)', " + login}, "invalid-rule", "begin the path with a slash"},
		{"unclosed parenthesis", []string{broad, "match: 'Host(`a.home.example`) && (Path(`/admin`) || PathPrefix(`/admin/`)', " + login},
			"broken-rule-fails-open invalid-rule", "close each ( with a )"},
		{"unclosed backtick", []string{broad, "match: 'Host(`a.home.example`) && PathPrefix(`/admin)', " + login}, "broken-rule-fails-open invalid-rule", "close each backtick"},
		{"other quotes", []string{broad, `match: "Host('a.home.example') && PathPrefix('/admin')", ` + login}, "broken-rule-fails-open invalid-rule", "in backticks"},
		{"typographic quotes", []string{"match: 'Host(“a.home.example”)', " + login}, "invalid-rule", "in backticks"},
		{"typographic quotes beside an open route", []string{broad, "match: 'Host(“a.home.example”) && PathPrefix(“/admin”)', " + login}, "broken-rule-fails-open invalid-rule", "answers for a.home.example"},
		{"no quotes", []string{broad, "match: 'Host(a.home.example) && PathPrefix(/admin)', " + login}, "broken-rule-fails-open invalid-rule", "answers for a.home.example"},
		{"unknown matcher", []string{"match: 'HostRegex(`^a`)', " + login}, "invalid-rule", "did you mean \"HostRegexp\"?"},
		{"another case", []string{"match: 'hostRegexp(`^a`)', " + login}, "invalid-rule", "unsupported function: hostRegexp"},
		{"a rule for TCP", []string{"match: 'HostSNI(`a.home.example`)', " + login}, "invalid-rule", "write Host: HostSNI is for an IngressRouteTCP"},
		{"AND", []string{broad, "match: 'Host(`a.home.example`) AND PathPrefix(`/admin`)', " + login}, "broken-rule-fails-open invalid-rule", "write && or ||"},
		{"a line break", []string{broad, `match: "Host(` + "`a.home.example`" + `)\n&& PathPrefix(` + "`/admin`" + `)", ` + login}, "broken-rule-fails-open invalid-rule", "end the line with &&"},
		{"a line break behind &&", []string{broad, `match: "Host(` + "`a.home.example`" + `) &&\n PathPrefix(` + "`/admin`" + `)", ` + login}, "", ""},
		{"a host that is not ASCII", []string{"match: 'Host(`bücher.home.example`)', " + login}, "invalid-rule", "begins with xn--"},
		{"an empty host", []string{"match: 'Host(``)', " + login}, "invalid-rule", "empty args for matcher Host"},
		{"a bad expression", []string{"match: 'Host(`b`) && PathRegexp(`^/(a`)', " + login}, "invalid-rule", "missing closing )"},
		{"a bad network", []string{"match: 'Host(`b`) && ClientIP(`10.0.0.0/33`)', " + login}, "invalid-rule", "invalid CIDR address"},
		{"too many arguments", []string{"match: 'Host(`b`) && Header(`a`)', " + login}, "invalid-rule", "unexpected number of parameters; got 1, expected one of [2]"},
		{"an older matcher", []string{"match: 'Host(`b`) && Headers(`a`, `b`)', " + login}, "old-rule-syntax", "write Header"},

		// They match nothing.
		{"a host with port", []string{"match: 'Host(`a.home.example:8443`)', " + login}, "rule-matches-nothing", "without the port"},
		{"a placeholder for a host", []string{"match: 'Host(`a.<secret:domain>`)', " + login}, "rule-matches-nothing", "none matches Host(`a.<secret:domain>`) ()"},
		{"a host with scheme", []string{"match: 'Host(`https://a.home.example`)', " + login}, "rule-matches-nothing", "a host has no scheme"},
		{"a host with path", []string{"match: 'Host(`a.home.example/x`)', " + login}, "rule-matches-nothing", "write Host(`a.home.example`) && PathPrefix(`/x`)"},
		{"a host with space", []string{"match: 'Host(`a.home.example b.home.example`)', " + login}, "rule-matches-nothing", "remove the space"},
		{"two hosts", []string{"match: 'Host(`b`) && Host(`c`)', " + login}, "rule-matches-nothing", "write || between hosts"},
		{"a star that is part of a label", []string{"match: 'Host(`*a.home.example`)', " + login}, "rule-matches-nothing", "one whole label"},
		{"capitals", []string{"match: 'HostRegexp(`^A\\.home`)', " + login}, "rule-matches-nothing", "lower case"},
		{"a question mark", []string{"match: 'Host(`b`) && PathPrefix(`/a?b`)', " + login}, "rule-matches-nothing", "write PathPrefix(`/a`)"},
		{"a part", []string{"match: 'Host(`b:80`) || Host(`c`)', " + login}, "rule-matches-nothing", "a part of the rule: Host(`b:80`)"},
		{"several hosts in one", []string{"match: 'Host(`b.home.example,c.home.example`)', " + login}, "rule-matches-nothing", "write Host(`a`) || Host(`b`)"},
		{"a star within a host", []string{"match: 'Host(`a.*.example`)', " + login}, "rule-matches-nothing", "a host with a star in its name: no usual request has one"},
		{"a sign that is in no name", []string{"match: 'Host(`%61.home.example`)', " + login}, "rule-matches-nothing", "a host with % in its name"},
		{"a star for a label", []string{"match: 'Host(`*.b.home.example`) && Path(`/a_b-c.d`)', " + login}, "", ""},
		{"an underscore in a host", []string{"match: 'Host(`a_b.home.example`)', " + login}, "", ""},
		{"a star within a path", []string{"match: 'Host(`b`) && PathPrefix(`/admin/*`)', " + login}, "rule-matches-nothing", "write PathRegexp"},
		{"several paths in one", []string{"match: 'Host(`b`) && Path(`/a|/b`)', " + login}, "rule-matches-nothing", "a path with | in it"},
		{"all but a star within a path", []string{"match: 'Host(`b`) && !PathPrefix(`/admin/*`)', " + login}, "", ""},
		{"several methods in one", []string{"match: 'Host(`b`) && Method(`GET|POST`)', " + login}, "rule-matches-nothing", "write Method(`GET`) || Method(`POST`)"},
		{"an assignment", []string{"match: 'Host(`b`) && Query(`x=1`)', " + login}, "rule-matches-nothing", "write Query(`x`, `1`)"},
		{"a query", []string{"match: 'Host(`b`) && Query(`x`, `1`)', " + login}, "", ""},
		{"no host of several", []string{"match: '!Host(`b`) && !Host(`c`)', priority: 1, " + login}, "", ""},

		// They are never reached.
		{"a priority below the length", []string{broad, "match: 'Host(`a.home.example`) && PathPrefix(`/admin`)', priority: 10, " + login}, "shadowed-route", "without its login"},
		{"a priority of the broad one", []string{"match: 'Host(`a.home.example`)', priority: 1000, " + service, "match: 'Host(`a.home.example`) && PathPrefix(`/admin`)', " + login},
			"shadowed-route", "IngressRoute a of web: its rule Host(`a.home.example`) answers for all of it, without its login, with the priority 1000, which is higher than 46"},
		{"by length", []string{"match: 'Host(`a.home.example`) || Host(`a-very-long-name.home.example`)', " + service, "match: 'Host(`a.home.example`) && PathPrefix(`/admin`)', " + login},
			"shadowed-route", "without its login"},
		{"by a pattern", []string{"match: 'HostRegexp(`^[a-z]+\\.home\\.example$`)', priority: 99, " + service, "match: 'Host(`a.home.example`) && PathPrefix(`/admin`)', " + login},
			"shadowed-route", "without its login"},
		{"by two together", []string{"match: 'Host(`a.home.example`) && Method(`GET`)', priority: 99, " + service, "match: 'Host(`a.home.example`) && !Method(`GET`)', priority: 99, " + service,
			"match: 'Host(`a.home.example`) && PathPrefix(`/admin`)', " + login}, "shadowed-route", "with 1 more,"},
		{"by one that a dropped one replaces", []string{broad, "match: 'Host(`a.home.example`)', middlewares: [{name: gone}], " + service,
			"match: 'Host(`a.home.example`) && PathPrefix(`/admin`)', priority: 10, " + login}, "", ""},
		{"but for one method", []string{"match: 'Host(`a.home.example`) && Method(`GET`)', priority: 99, " + service, "match: 'Host(`a.home.example`) && PathPrefix(`/admin`)', " + login}, "", ""},
		{"but for one host", []string{"match: 'Host(`a.home.example`)', priority: 99, " + service, "match: '(Host(`a.home.example`) || Host(`b`)) && PathPrefix(`/admin`)', " + login}, "", ""},

		// Either may win.
		{"a wildcard and a host", []string{"match: 'Host(`*.home.example`)', " + service, "match: 'Host(`a.home.example`)', priority: 22, " + login}, "random-route", "answers for a.home.example as well"},
		{"an expression", []string{"match: 'HostRegexp(`^a\\.`)', priority: 7, " + service, "match: 'Host(`a.home.example`)', priority: 7, " + login}, "random-route", "a.home.example"},
		{"a method and a client", []string{"match: 'Host(`b`) && Method(`POST`)', priority: 7, " + service, "match: 'Host(`b`) && ClientIP(`10.0.0.0/8`)', priority: 7, " + login},
			"random-route", "POST b from 10.0.0.0 as well"},
		{"two networks", []string{"match: 'Host(`b`) && ClientIP(`10.0.0.0/9`)', " + service, "match: 'Host(`b`) && ClientIP(`10.128.0.0/9`)', priority: 34, " + login}, "", ""},
		{"a path and an expression", []string{"match: 'Host(`b`) && PathRegexp(`^/v[0-9]/`)', priority: 7, " + service, "match: 'Host(`b`) && PathPrefix(`/v1`)', priority: 7, " + login},
			"random-route", "b/v1/ as well"},
		{"where another one wins", []string{"match: 'Host(`b`) && PathRegexp(`^/v[0-9]/`)', priority: 7, " + service, "match: 'Host(`b`) && Path(`/v1/`)', priority: 7, " + login,
			"match: 'Host(`b`) && PathPrefix(`/v1/`)', " + service}, "shadowed-route", ""},
		{"many alternatives", []string{"match: '" + strings.Repeat("Host(`x.home.example`) || ", 70) + "Host(`b`)', priority: 7, " + service, "match: 'Host(`b`)', priority: 7, " + login},
			"random-route", "answers for b as well"},
		{"one of them is dropped", []string{"match: 'Host(`b`)', middlewares: [{name: gone}], " + service, "match: 'Host(`b`)', priority: 9, " + login}, "", ""},

		// What answers instead of a route that is dropped.
		{"a wildcard", []string{"match: 'Host(`*.home.example`)', " + service, "match: 'Host(`a.home.example`) && Path(`/admin`)', middlewares: [{name: gone}], " + service},
			"broken-rule-fails-open", "answers for a.home.example/admin, without a login"},
		{"a catch-all", []string{"match: 'PathPrefix(`/`)', priority: 1, " + service, "match: 'Host(`a.home.example`)', middlewares: [{name: gone}], " + service},
			"broken-rule-fails-open", "answers for a.home.example, without a login"},
		{"a catch-all with a login", []string{"match: 'PathPrefix(`/`)', priority: 1, " + login, "match: 'Host(`a.home.example`)', middlewares: [{name: gone}], " + service}, "", ""},
		{"one for other paths", []string{"match: 'Host(`a.home.example`) && PathPrefix(`/b`)', " + service, "match: 'Host(`a.home.example`) && PathPrefix(`/admin`)', middlewares: [{name: gone}], " + service}, "", ""},

		// The syntax of Traefik 2.
		{"version 2", []string{"syntax: v2, match: 'Host(`b`, `c`) && Path(`/{name:[a-z]+}`)', " + service}, "deprecated-rule-syntax", ""},
		{"version 2 that is invalid", []string{"syntax: v2, match: 'Host(`b`) && Header(`a`, `b`)', " + service}, "deprecated-rule-syntax invalid-rule", "unsupported function: Header"},
		{"version 2 beside version 3", []string{"syntax: v2, match: 'HostRegexp(`{name:[a-z]+}.home.example`)', priority: 7, " + service, "match: 'Host(`b.home.example`)', priority: 7, " + login},
			"deprecated-rule-syntax random-route", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := exposurePlatform + "-- applications.yml --\n- namespace: web\n  networkPolicies: web-app-internal\n  applications: [{applicationCode: route, path: route}]\n" +
				"-- route/route.yaml --\n" + brought("a", "entryPoints: [websecure]", c.rules...) +
				"---\napiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 80}]}\n" +
				"---\napiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: login}\nspec: {forwardAuth: {address: 'http://x'}}\n"
			var got, texts []string
			for _, f := range run(t, folder, false).Findings {
				if slices.Contains(contestRules, f.Code) {
					got, texts = append(got, f.Code), append(texts, f.Message+" ("+f.Hint+")")
				}
			}
			slices.Sort(got)
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %v, want %s\n%s", got, c.want, strings.Join(texts, "\n"))
			}
			if c.text != "" && !strings.Contains(strings.Join(texts, "\n"), c.text) {
				t.Errorf("%q is not in\n%s", c.text, strings.Join(texts, "\n"))
			}
		})
	}
}

// TestRuleSyntax reads the rules of a Traefik as it does, by its version and its default.
func TestRuleSyntax(t *testing.T) {
	for name, c := range map[string]struct{ controller, args, want string }{
		"nothing is known":    {"", "", "old-rule-syntax"},
		"version 2":           {", version: '2.11'", "", "old-rule-syntax"}, // which may be 2.11 or newer, for all that is known
		"version 2.11.0":      {", version: v2.11.0", "", ""},
		"version 3.7.13":      {", version: 3.7.13", "", "old-rule-syntax"},
		"a default":           {"", "--core.defaultRuleSyntax=v2", ""},
		"the usual default":   {"", "--core.defaultRuleSyntax=v3", "old-rule-syntax"},
		"what runs is newer":  {", version: v2.11.0", "--ping", "old-rule-syntax"},
		"what the list knows": {", version: v3.0.0", "--core.defaultRuleSyntax=v2", ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := "-- platform.yml --\ndomain: home.example\nrepository: {url: https://git.example/homelab.git}\ningress: {controller: {namespace: sys-traefik" + c.controller + "}}\n" +
				"-- applications.yml --\n- namespace: web\n  networkPolicies: web-app-internal\n  applications: [{applicationCode: route, path: route}]\n"
			if c.args != "" {
				folder += strings.Replace(traefikPods("args: [--providers.kubernetescrd, "+c.args+"]"), "%s", "", 1) + "}\n"
			}
			folder += "-- route/route.yaml --\n" + brought("a", "entryPoints: [http]", "match: 'Host(`b`, `c`)', services: [{name: x, port: 80}]") +
				"---\napiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 80}]}\n"
			got := ""
			for _, f := range run(t, folder, false).Findings {
				if slices.Contains(contestRules, f.Code) {
					got += f.Code
				}
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestEntryPointAsks has a login at the entry point: where it is, no route is open, whatever becomes of others.
func TestEntryPointAsks(t *testing.T) {
	folder := func(middleware, rules string) string {
		return `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress: {controller: {namespace: sys-traefik}}
-- traefik.yml --
ports: {websecure: {http: {middlewares: [` + middleware + `]}}}
-- applications.yml --
- namespace: sys-traefik
  networkPolicies: ingress-controller
  applications: [{applicationCode: traefik, chart: traefik, repoURL: 'https://traefik.github.io/charts', version: 41.3.0, valueFiles: [traefik.yml]}]
- namespace: web
  networkPolicies: web-app-internal
  applications: [{applicationCode: route, path: route}]
-- route/route.yaml --
` + brought("a", "entryPoints: [websecure]", "match: 'Host(`a.home.example`)', priority: 99, services: [{name: x, port: 80}]", rules) + `---
apiVersion: v1
kind: Service
metadata: {name: x}
spec: {ports: [{port: 80}]}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: login}
spec: {forwardAuth: {address: 'http://x'}}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: plain}
spec: {headers: {customRequestHeaders: {a: b}}}
`
	}
	const dropped, dead = "match: 'Host(`a.home.example`) && PathPrefix(`admin`)', priority: 100, middlewares: [{name: login}], services: [{name: x, port: 80}]",
		"match: 'Host(`a.home.example`) && PathPrefix(`/admin`)', middlewares: [{name: login}], services: [{name: x, port: 80}]"
	for _, c := range []struct{ middleware, rule, want, login string }{
		{"web-login@kubernetescrd", dropped, "invalid-rule", ""},
		{"web-plain@kubernetescrd", dropped, "broken-rule-fails-open invalid-rule", "without a login"},
		{"web-login@kubernetescrd", dead, "shadowed-route", ""},
		{"web-plain@kubernetescrd", dead, "shadowed-route", "without its login"},
	} {
		var got, texts []string
		for _, f := range run(t, folder(c.middleware, c.rule), false).Findings {
			if slices.Contains(contestRules, f.Code) {
				got, texts = append(got, f.Code), append(texts, f.Message)
			}
		}
		slices.Sort(got)
		text := strings.Join(texts, "\n")
		if strings.Join(got, " ") != c.want || c.login == "" && strings.Contains(text, "without") || !strings.Contains(text, c.login) {
			t.Errorf("with %s: got %v, want %s\n%s", c.middleware, got, c.want, text)
		}
	}
}
