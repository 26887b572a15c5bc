package rules

import (
	"testing"

	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/muxer"
)

func ruleOf(text string) *routes.Router {
	return &routes.Router{Kind: "IngressRoute", Text: text, Syntax: muxer.V3}
}

// TestOldSyntax tells the rules of older versions from those of Traefik 3.
func TestOldSyntax(t *testing.T) {
	for _, old := range []string{
		"Host:a.example", "PathPrefixStrip: /api", "Host(`a`, `b`)", "HostRegexp(`{sub:[a-z]+}.example`)", "Host(`a`) && PathPrefix(`/{id}`)",
		"HostHeader(`a`)", "Headers(`a`, `b`)", "HeadersRegexp(`a`, `b`)", "Host(`a`) && PathPrefixStrip(`/a`)", "Path(`/a`, `/b`)", "Method(`GET`, `POST`)",
	} {
		if what, hint := oldSyntax(ruleOf(old)); what == "" || hint == "" {
			t.Errorf("%s: nothing is old", old)
		}
	}
	for _, current := range []string{
		"Host(`a`) || Host(`b`)", "HostRegexp(`^[a-z]{2,3}\\.example$`)", "Header(`a`, `b`)", "Query(`a`, `b`)", "QueryRegexp(`a`, `{x:y}`)",
		"PathRegexp(`^/a{1}/`)", "ClientIP(`10.0.0.0/8`)", "what is this",
	} {
		if what, _ := oldSyntax(ruleOf(current)); what != "" {
			t.Errorf("%s: %s", current, what)
		}
	}
}

// FuzzOldSyntax reads any text.
func FuzzOldSyntax(f *testing.F) {
	for _, rule := range []string{"Host:a", "HostRegexp(`{a:b}`)", "((((", "Header(`a`, \"b\")"} {
		f.Add(rule)
	}
	f.Fuzz(func(_ *testing.T, text string) { oldSyntax(ruleOf(text)) })
}
