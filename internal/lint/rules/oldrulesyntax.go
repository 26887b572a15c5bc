package rules

import (
	"regexp"
	"strings"

	"github.com/hippotion/roster/internal/bounds"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/muxer"
)

var oldRuleSyntax = lint.Rule{
	Name:     "old-rule-syntax",
	Severity: lint.Error,
	Summary:  "a rule has the syntax of an older Traefik",
	Doc: `Traefik 3 drops a rule that it does not understand, or reads it as something else: ` + "`Host`" + ` has one argument,
` + "`HostRegexp`" + ` is a Go regular expression without ` + "`{name:…}`" + `, ` + "`Headers`" + ` is named ` + "`Header`" + `, and what changes
the path is a Middleware (Traefik: migration guide from 2 to 3).`,
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
      match: Host(` + "`photos.home.example`" + `, ` + "`pictures.home.example`" + `)
      services: [{name: photos, port: 80}]
`,
	Mend: []string{`      match: Host(` + "`photos.home.example`" + `, ` + "`pictures.home.example`" + `)`, `      match: Host(` + "`photos.home.example`" + `) || Host(` + "`pictures.home.example`" + `)`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, r := range in.Routes.Routers() {
			if r.Kind != "IngressRoute" { // Traefik itself writes the rule
				continue
			}
			if problem := bounds.TraefikRule.Exceeded(r.Text); problem != "" {
				report(r.At("match"), "write several rules", "the rule %s: it is not checked", problem)
			} else if what, hint := oldSyntax(r); what != "" {
				report(r.At("match"), hint, "%s, which is unknown to Traefik 3", what)
			}
		}
	},
}

// colonRule is a matcher as in Traefik 1, such as Host:a.example;PathPrefix:/api.
var colonRule = regexp.MustCompile(`^\s*(?:Host(?:Regexp)?|Path(?:Prefix)?(?:Strip)?(?:Regex)?|Headers|Method|Query)\s*:`)

// namedPart is {name} or {name:regex}.
var namedPart = regexp.MustCompile(`\{[A-Za-z_][-\w]*(?::|\})`)

// renamed is what became of the matchers that Traefik 3 has removed.
var renamed = map[string]string{
	"Headers": "Header", "HeadersRegexp": "HeaderRegexp", "HostHeader": "Host",
	"PathStrip":            "Path, with a Middleware of the kind stripPrefix",
	"PathStripRegex":       "PathRegexp, with a Middleware of the kind stripPrefixRegex",
	"PathPrefixStrip":      "PathPrefix, with a Middleware of the kind stripPrefix",
	"PathPrefixStripRegex": "PathRegexp, with a Middleware of the kind stripPrefixRegex",
}

// oldSyntax returns which part of a rule is unknown to Traefik 3, and what to write; empty when there is none.
func oldSyntax(r *routes.Router) (what, hint string) {
	if r.Own != nil || r.Kind != "IngressRoute" || r.Syntax == muxer.V2 {
		return "", ""
	}
	if m := colonRule.FindString(r.Text); m != "" {
		return "the rule begins with " + strings.TrimSpace(m), "write Host(`a.example`) && PathPrefix(`/api/`)"
	}
	for _, m := range muxer.Calls(r.Text) {
		switch {
		case renamed[m.Name] != "":
			return "the rule has the matcher " + m.Name, "write " + renamed[m.Name]
		case muxer.TakesOne(m.Name) && len(m.Args) > 1:
			return "the rule has " + m.Name + " with several arguments", "write " + m.Name + "(`a`) || " + m.Name + "(`b`)"
		case strings.HasPrefix(m.Name, "Host") || strings.HasPrefix(m.Name, "Path"):
			for _, arg := range m.Args {
				if part := namedPart.FindString(arg); part != "" {
					kind := m.Name[:len("Host")] // or Path
					return "the rule has " + part + " in " + m.Name, "write a Go regular expression, in " + kind + "Regexp"
				}
			}
		}
	}
	return "", ""
}
