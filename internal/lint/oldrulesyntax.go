package lint

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/bounds"
)

var oldRuleSyntax = Rule{
	Name:     "old-rule-syntax",
	Severity: Error,
	Summary:  "a rule has the syntax of an older Traefik",
	Doc: `Traefik 3 drops a rule that it does not understand, or reads it as something else: ` + "`Host`" + ` has one argument,
` + "`HostRegexp`" + ` is a Go regular expression without ` + "`{name:…}`" + `, ` + "`Headers`" + ` is named ` + "`Header`" + `, and what changes
the path is a Middleware. The setting ` + "`syntax: v2`" + ` restores the old syntax for a while, and is deprecated (Traefik: migration guide from 2 to 3).`,
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
	Check: func(in *Input, report Report) {
		for _, o := range in.ingressRoutes() {
			for i, rule := range o.Routes {
				at := func(field string) catalog.Place { return in.field(o.Object, "spec", "routes", strconv.Itoa(i), field) }
				if problem := bounds.TraefikRule.Exceeded(rule.Match); problem != "" {
					report(at("match"), "write several rules", "the rule %s: it is not checked", problem)
				} else if rule.Syntax != "" && rule.Syntax != "v3" {
					report(at("syntax"), "write the rule for Traefik 3, and remove syntax", "the rule is written in the syntax %s, which is deprecated", rule.Syntax)
				} else if what, hint := oldSyntax(rule.Match); what != "" {
					report(at("match"), hint, "%s, which is unknown to Traefik 3", what)
				}
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
func oldSyntax(text string) (what, hint string) {
	if m := colonRule.FindString(text); m != "" {
		return "the rule begins with " + strings.TrimSpace(m), "write Host(`a.example`) && PathPrefix(`/api/`)"
	}
	rule, _ := parseMatch(text)
	for _, alternative := range rule {
		for _, m := range alternative {
			arguments := matchers[m.name]
			switch {
			case renamed[m.name] != "":
				return "the rule has the matcher " + m.name, "write " + renamed[m.name]
			case len(arguments) == 1 && arguments[0] == 1 && len(m.args) > 1:
				return "the rule has " + m.name + " with several arguments", "write " + m.name + "(`a`) || " + m.name + "(`b`)"
			case strings.HasPrefix(m.name, "Host") || strings.HasPrefix(m.name, "Path"):
				for _, arg := range m.args {
					if part := namedPart.FindString(arg); part != "" {
						kind := m.name[:len("Host")] // or Path
						return "the rule has " + part + " in " + m.name, "write a Go regular expression, in " + kind + "Regexp"
					}
				}
			}
		}
	}
	return "", ""
}
