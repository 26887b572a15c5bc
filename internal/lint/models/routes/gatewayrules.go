package routes

import (
	"fmt"
	"regexp"
	"strings"
)

// httpRule is the rule that Traefik makes of a match of an HTTPRoute, and its priority, but for the place of the rule in the route
// (pkg/provider/kubernetes/gateway/httproute.go, buildMatchRule).
func httpRule(hosts []string, m *gatewayMatch) (text string, priority int) {
	path, priority := pathRule(m.Path)
	rules := []string{path}
	if method, ok := m.Method.(string); ok {
		rules = append(rules, fmt.Sprintf("Method(%q)", method))
		priority += 1000
	}
	rules = append(rules, typedRules("Header", m.Headers)...)
	rules = append(rules, typedRules("Query", m.QueryParams)...)
	priority += 100*len(m.Headers) + 10*len(m.QueryParams)
	host, longest := hostRule(hosts)
	if host == "" {
		return strings.Join(rules, " && "), priority
	}
	return host + " && " + strings.Join(rules, " && "), priority + longest
}

func pathRule(path *typed) (string, int) {
	kind, value := "PathPrefix", "/"
	if path != nil {
		if path.Type != "" {
			kind = path.Type
		}
		if path.Value != "" {
			value = path.Value
		}
	}
	switch {
	case kind == "Exact":
		return fmt.Sprintf("Path(%q)", value), 100_000
	case kind == "RegularExpression":
		return fmt.Sprintf("PathRegexp(%q)", value), 10_000 + len(value)*100
	case kind != "PathPrefix" || value == "/":
		return `PathPrefix("/")`, 1
	}
	short := strings.TrimSuffix(value, "/")
	return fmt.Sprintf("(Path(%q) || PathPrefix(%q))", short, short+"/"), 10_000 + len(value)*100
}

func typedRules(matcher string, all []typed) []string {
	var out []string
	for _, t := range all {
		switch t.Type {
		case "", "Exact":
			out = append(out, fmt.Sprintf("%s(%q,%q)", matcher, t.Name, t.Value))
		case "RegularExpression":
			out = append(out, fmt.Sprintf("%sRegexp(%q,%q)", matcher, t.Name, t.Value))
		}
	}
	return out
}

// hostRule is the rule for hostnames, and the length of the longest (buildHostRule).
func hostRule(hosts []string) (string, int) {
	var rules []string
	longest := 0
	for _, h := range hosts {
		longest = max(longest, len(h))
		if !strings.Contains(h, "*") {
			rules = append(rules, fmt.Sprintf("Host(%q)", h))
			continue
		}
		h = strings.Replace(regexp.QuoteMeta(h), `\*\.`, `[a-z0-9-\.]+\.`, 1)
		rules = append(rules, fmt.Sprintf("HostRegexp(%q)", "^"+h+"$"))
	}
	switch len(rules) {
	case 0:
		return "", 0
	case 1:
		return rules[0], longest
	}
	return "(" + strings.Join(rules, " || ") + ")", longest
}

// grpcRule is the rule of a match of a GRPCRoute (pkg/provider/kubernetes/gateway/grpcroute.go, buildGRPCMatchRule).
func grpcRule(hosts []string, m *gatewayMatch) (text string, priority int) {
	rules := []string{`PathPrefix("/")`}
	if method, ok := m.Method.(map[string]any); ok {
		service, name := grpcName(method, "service"), grpcName(method, "method")
		rules[0] = fmt.Sprintf("PathRegexp(%q)", "/"+service+"/"+name)
	}
	rules = append(rules, typedRules("Header", m.Headers)...)
	text = strings.Join(rules, " && ")
	host, longest := hostRule(hosts)
	if host == "" {
		return text, len(text)
	}
	return host + " && " + text, longest + len(text)
}

// grpcName is the expression for a service or a method.
func grpcName(method map[string]any, field string) string {
	text, _ := method[field].(string)
	switch kind, _ := method["type"].(string); {
	case text == "":
		return "[^/]+"
	case kind == "" || kind == "Exact":
		return regexp.QuoteMeta(text)
	}
	return text
}

// precedence is the place of a match in the order of the Gateway API: an exact hostname before a pattern, the longer one first; an exact path before a
// prefix, and the longer one first; then a method, the number of headers, and that of query parameters. Of a GRPCRoute, the lengths of service
// and method come in place of the path (gateway-api: apis/v1/httproute_types.go and grpcroute_types.go, Matches).
func precedence(kind string, hosts []string, m *gatewayMatch) int {
	host, path, method := 0, 0, 0
	if len(hosts) > 0 {
		host = min(len(hosts[0]), 510)
		if !strings.HasPrefix(hosts[0], "*") {
			host = 511
		}
	}
	switch of := m.Method.(type) {
	case string:
		method = 1
	case map[string]any:
		service, _ := of["service"].(string)
		name, _ := of["method"].(string)
		path, method = min(len(service), 4094), min(len(name), 2047)
	}
	if kind == "HTTPRoute" && m.Path != nil {
		if path = min(len(strings.TrimSuffix(m.Path.Value, "/")), 4094); m.Path.Type == "Exact" {
			path = 4095
		}
	}
	return 1 + (((host<<12+path)<<11+method)<<5+min(len(m.Headers), 31))<<5 + min(len(m.QueryParams), 31)
}
