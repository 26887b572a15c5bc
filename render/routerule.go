package render

import (
	"regexp"
	"strings"

	"github.com/hippotion/roster/catalog"
)

// match is the rule of a route for one of its hosts.
func match(in *catalog.Route, host string) string {
	parts := append([]string{hostRule(host)}, requestRules(in)...)
	return strings.Join(parts, " && ")
}

func hostRule(host string) string {
	if strings.Contains(host, "*") {
		return "HostRegexp(`" + hostPattern(host) + "`)"
	}
	return "Host(`" + host + "`)"
}

// hostPattern is a host with a *, which stands for characters of one part, as a regular expression.
func hostPattern(host string) string {
	return "^" + strings.Replace(regexp.QuoteMeta(host), `\*`, "[^.]+", 1) + "$"
}

// requestRules are what a rule says besides the host.
func requestRules(in *catalog.Route) []string {
	var out []string
	if in.Path != "" {
		out = append(out, pathRule(in))
	}
	if len(in.Methods) > 0 {
		methods := make([]string, len(in.Methods))
		for i, m := range in.Methods {
			methods[i] = "Method(`" + m + "`)"
		}
		rule := strings.Join(methods, " || ")
		if len(methods) > 1 {
			rule = "(" + rule + ")"
		}
		out = append(out, rule)
	}
	for _, m := range in.Headers {
		out = append(out, matcherRule("Header", m))
	}
	for _, m := range in.Query {
		out = append(out, matcherRule("Query", m))
	}
	return out
}

// pathRule is the rule of a path. PathPrefix(`/api`) alone would also match /apix.
func pathRule(in *catalog.Route) string {
	switch in.PathType {
	case catalog.PathExact:
		return "Path(`" + in.Path + "`)"
	case catalog.PathRegex:
		return "PathRegexp(`" + whole(in.Path) + "`)"
	}
	return "(Path(`" + in.Path + "`) || PathPrefix(`" + in.Path + "/`))"
}

func matcherRule(name string, m catalog.Matcher) string {
	value := m.Value
	if m.Regex {
		name, value = name+"Regexp", whole(value)
	}
	return name + "(`" + m.Name + "`, `" + value + "`)"
}

// whole is a regular expression of a whole text.
func whole(expression string) string { return "^(?:" + expression + ")$" }

// priority is that of a rule; 0 for its length. An exact path comes before the prefixes that it begins with, though their rules are longer. A host
// with a * comes after each that is written out, whatever their rules' lengths: so it is less than the length of the shortest rule of a host below it,
// and the longer the more it says besides.
func priority(in *catalog.Route, host string) int {
	if in.Priority != 0 {
		return in.Priority
	}
	if !strings.Contains(host, "*") {
		if in.PathType != catalog.PathExact {
			return 0
		}
		prefix := *in
		prefix.PathType = catalog.PathPrefix
		return len(match(&prefix, host)) + 1
	}
	first, below, _ := strings.Cut(host, ".")
	most := len("Host(`x." + below + "`)")
	specific := len(first) + len(in.Path) + len(in.Methods) + len(in.Headers) + len(in.Query)
	return min(specific, most-1)
}
