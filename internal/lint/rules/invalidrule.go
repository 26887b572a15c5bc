package rules

import (
	"errors"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/muxer"
)

var invalidRule = lint.Rule{
	Name:     "invalid-rule",
	Severity: lint.Error,
	Summary:  "Traefik cannot read a rule, and drops the route",
	Doc: `Traefik drops a route whose rule it cannot read, with a line in its log, and keeps the others: the host answers with 404, or
another route answers in its place, perhaps without the login (see ` + "`broken-rule-fails-open`" + `). A rule is matchers such as
` + "`Host(…)`" + `, ` + "`PathPrefix(…)`" + ` and ` + "`ClientIP(…)`" + `, with their arguments in backticks or double quotes, joined by ` + "`&&`" + ` and ` + "`||`" + `, and ` + "`!`" + ` before
what must not match. The message is Traefik's own (Traefik 3.7: pkg/rules, pkg/muxer/http).`,
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
      match: Host(` + "`photos.home.example`" + `) && PathPrefix(` + "`admin/`" + `)
      services: [{name: photos, port: 80}]
`,
	Mend: []string{`PathPrefix(` + "`admin/`" + `)`, `PathPrefix(` + "`/admin/`" + `)`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, r := range in.Routes.Routers() {
			if r.Invalid == nil {
				continue
			}
			if what, _ := oldSyntax(r); what == "" {
				report(r.At("match"), ruleHint(in, r.Text, r.Invalid), "Traefik drops the route, because it cannot read its rule: %s", oneLine(r.Invalid.Error()))
			}
		}
	},
}

// oneLine is a message without the line breaks that it quotes.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

var (
	wordOperator   = lazy.Regexp(`(?i)\)\s*(and|or)\s*[!(A-Za-z]`)
	singleQuotes   = lazy.Regexp(`\(\s*['‘’“”]`)
	brokenOperator = lazy.Regexp(`[\r\n]\s*(&&|\|\|)`)
)

// ruleHint is what to write instead of a rule that cannot be read; empty when that is unknown.
func ruleHint(in *lint.Context, text string, err error) string {
	var unknown muxer.UnknownMatcherError
	switch {
	case errors.As(err, &unknown) && strings.HasPrefix(strings.ToLower(unknown.Name), "hostsni"):
		return "write Host: HostSNI is for an IngressRouteTCP"
	case errors.As(err, &unknown):
		names := muxer.Names()
		return in.Deployed.DidYouMean(unknown.Name, len(names), slices.Values(names))
	case singleQuotes().MatchString(text):
		return "write the arguments in backticks"
	case wordOperator().MatchString(text):
		return "write && or ||"
	case brokenOperator().MatchString(text):
		return "end the line with && or ||: a rule ends where a line ends with a matcher"
	case strings.HasPrefix(err.Error(), `path "`):
		return "begin the path with a slash"
	case strings.Contains(err.Error(), "non-ASCII"):
		return "write the name as it is in DNS, which begins with xn--"
	case strings.Count(text, "(") != strings.Count(text, ")"):
		return "close each ( with a )"
	case strings.Count(text, "`")%2 != 0:
		return "close each backtick"
	}
	return ""
}
