// Package alertrule finds what Prometheus refuses in a rule. It does not know where the rule is.
package alertrule

import (
	"errors"
	"strings"
	"text/template/parse"

	"github.com/prometheus/prometheus/promql/parser"
)

// Expression is what is wrong with an expression of PromQL, by Prometheus' own parser; empty when nothing is. What Prometheus refuses only
// without a flag is assumed to be permitted.
func Expression(text string) string {
	_, err := parser.ParseExpr(text)
	var all parser.ParseErrors
	if !errors.As(err, &all) {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	for _, e := range all {
		if text := e.Err.Error(); !strings.Contains(text, "enabled") {
			return text
		}
	}
	return ""
}

// Template is what is wrong with an annotation, or with the value of a label of an alert; empty when nothing is. Names of functions are
// not checked.
func Template(text string) string {
	// What Prometheus sets before (prometheus model/rulefmt, testTemplateParsing).
	const variables = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
	t := parse.New("")
	t.Mode = parse.SkipFuncCheck
	if _, err := t.Parse(variables+text, "", "", map[string]*parse.Tree{}); err != nil {
		return strings.TrimPrefix(err.Error(), "template: :")
	}
	return ""
}
