package rules

import (
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/muxer"
)

var ruleMatchesNothing = lint.Rule{
	Name:     "rule-matches-nothing",
	Severity: lint.Error,
	Summary:  "no request matches a rule, or a part of it",
	Doc: `Traefik accepts a rule that no request can match, and then another route answers, or none. ` + "`Host`" + ` is compared with the name
without its port, scheme and path, ` + "`HostRegexp`" + ` with the name in lower case; a path begins with ` + "`/`" + `, has no ` + "`?`" + `, and neither ` + "`//`" + ` nor ` + "`..`" + `; the
argument of ` + "`Query`" + ` is a name and a value, not ` + "`name=value`" + `; and no request has two hosts (Traefik 3.7: pkg/muxer/http/matcher.go). Signs of a
pattern, such as a star in ` + "`PathPrefix`" + ` or a comma in ` + "`Host`" + `, are text to Traefik, which no usual request has.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-photos, repoURL: 'https://git.example/photos.git', path: deploy}
    - {applicationCode: web-photos-route, path: route}
-- route/route.yaml --
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: photos}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(` + "`photos.home.example:8443`" + `)
      services: [{name: photos, port: 80}]
`,
	Mend: []string{`Host(` + "`photos.home.example:8443`" + `)`, `Host(` + "`photos.home.example`" + `)`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, r := range in.Routes.Routers() {
			if what, _ := oldSyntax(r); what != "" || r.Kind != "IngressRoute" { // the API server checks the hosts and paths of other kinds
				continue
			}
			switch never := r.Never; {
			case len(never) == 0:
				if m, what, hint := unusual(r); m != nil {
					report(r.At("match"), hint, "%s asks for %s: no usual request has one", m, what)
				}
			case len(r.Scopes) == 0:
				report(r.At("match"), neverHint(never[0]), "no request matches the rule, since none matches %s", never[0])
			default:
				report(r.At("match"), neverHint(never[0]), "no request matches a part of the rule: %s", never[0])
			}
		}
	},
}

// unusual is a matcher that is meant otherwise than Traefik reads it, what it asks for, and what to write; nil when there is none.
func unusual(r *routes.Router) (m *muxer.Matcher, what, hint string) {
	if r.Syntax != muxer.V3 {
		return nil, "", ""
	}
	for _, s := range r.Scopes {
		for _, m := range s.Conjunction {
			if what, hint := unusualMatcher(m); what != "" && !m.Not {
				return m, what, hint
			}
		}
	}
	return nil, "", ""
}

// notInHosts is what no name of a host has, but for the star of a whole label in front.
var notInHosts = lazy.Regexp(`[^A-Za-z0-9._-]`)

func unusualMatcher(m *muxer.Matcher) (what, hint string) {
	arg := m.Args[0]
	switch m.Name {
	case "Query", "QueryRegexp": // a name and a value in one argument, as in Traefik 2
		if name, value, has := strings.Cut(arg, "="); has && len(m.Args) == 1 {
			return "a parameter whose name is " + arg, "write " + m.Name + "(`" + name + "`, `" + value + "`)"
		}
	case "Host":
		switch sign := notInHosts().FindString(strings.TrimPrefix(arg, "*")); sign {
		case "":
		case "*":
			return "a host with a star in its name", "write HostRegexp: the star stands for a label only as the first one"
		case ",", "|", ";":
			return "a host with " + sign + " in its name", "write Host(`a`) || Host(`b`)"
		default:
			return "a host with " + sign + " in its name", ""
		}
	case "Path", "PathPrefix":
		if i := strings.IndexAny(arg, "*|^"); i >= 0 {
			return "a path with " + arg[i:i+1] + " in it", "write PathRegexp: in " + m.Name + ", it is text"
		}
	case "Method":
		if strings.Contains(arg, "|") {
			return "a method with | in its name", "write Method(`GET`) || Method(`POST`)"
		}
	}
	return "", ""
}

// neverHint is what to write instead of matchers that no request matches; empty when that is unknown.
func neverHint(c muxer.Conjunction) string {
	hosts := map[string]bool{}
	for _, m := range c {
		if m.Not {
			continue
		}
		arg := m.Args[0]
		switch m.Name {
		case "Host":
			hosts[strings.ToLower(arg)] = true
			switch {
			case strings.Contains(arg, "://"):
				_, rest, _ := strings.Cut(arg, "://")
				name, _, _ := strings.Cut(rest, "/")
				return "write Host(`" + name + "`): a host has no scheme"
			case strings.Contains(arg, "/"):
				name, path, _ := strings.Cut(arg, "/")
				return "write Host(`" + name + "`) && PathPrefix(`/" + path + "`)"
			case strings.Contains(arg, ":"):
				name, port, _ := strings.Cut(arg, ":")
				if _, err := strconv.ParseUint(port, 10, 16); err != nil {
					return "" // a placeholder that something else fills in, or an address of IPv6
				}
				return "write Host(`" + name + "`): Traefik compares the name without the port"
			case strings.ContainsAny(arg, " \t"):
				return "remove the space, or write Host(`a`) || Host(`b`)"
			case strings.HasPrefix(arg, "*"):
				return "write Host(`*.` and the rest: the star stands for one whole label"
			}
		case "HostRegexp":
			if arg != strings.ToLower(arg) {
				return "write it in lower case: Traefik compares the name in lower case"
			}
		case "Path", "PathPrefix":
			if path, _, has := strings.Cut(arg, "?"); has {
				return "write " + m.Name + "(`" + path + "`), and Query for what is behind the question mark"
			}
		}
	}
	if len(hosts) > 1 {
		return "write || between hosts"
	}
	return ""
}
