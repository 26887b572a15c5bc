package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// matcher is one call in a rule of Traefik's, such as Host(`a.example`).
type matcher struct {
	name string // as Traefik 3 spells it, or as written when it is unknown to Traefik 3
	args []string
	not  bool
}

// matchers are those of Traefik 3, with the numbers of arguments that they take (pkg/muxer/http/matcher.go).
var matchers = map[string][]int{
	"ClientIP": {1}, "Method": {1}, "Host": {1}, "HostRegexp": {1}, "Path": {1}, "PathRegexp": {1}, "PathPrefix": {1},
	"Header": {2}, "HeaderRegexp": {2}, "Query": {1, 2}, "QueryRegexp": {1, 2},
}

// mostMatchers bounds how much of a rule is understood. Nobody writes a larger one by hand.
const mostMatchers = 64

// matchRule is a rule that was understood: requests match it when all matchers of one of its alternatives do.
type matchRule [][]matcher

// parseMatch reads a rule. Traefik, too, reads its rules with Go's own expression parser (vulcand/predicate, parse.go).
// A rule that is not understood is nil; tooLarge is why, if it is larger than what is read.
func parseMatch(text string) (rule matchRule, tooLarge string) {
	expression, err := parser.ParseExpr(text)
	if err != nil {
		return nil, ""
	}
	count := 0
	ast.Inspect(expression, func(n ast.Node) bool {
		count++
		return count < 8*mostMatchers
	})
	if count < 8*mostMatchers {
		rule, ok := alternatives(expression, false)
		if ok {
			return rule, ""
		}
	}
	return nil, "has more than " + strconv.Itoa(mostMatchers) + " parts"
}

// alternatives are those of an expression or, with not, of its negation: nil when part of it is not a rule, and false when there are too many.
func alternatives(e ast.Expr, not bool) (rule matchRule, ok bool) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return alternatives(e.X, not)
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			return alternatives(e.X, !not)
		}
	case *ast.BinaryExpr:
		left, ok := alternatives(e.X, not)
		right, also := alternatives(e.Y, not)
		if !ok || !also || len(left)*len(right) > mostMatchers {
			return nil, false
		}
		if left == nil || right == nil {
			return nil, true
		}
		switch {
		case e.Op == token.LOR && !not, e.Op == token.LAND && not:
			return slices.Concat(left, right), true
		case e.Op == token.LAND, e.Op == token.LOR:
			var both matchRule
			for _, l := range left {
				for _, r := range right {
					both = append(both, slices.Concat(l, r))
				}
			}
			return both, true
		}
	case *ast.CallExpr:
		if m, ok := matcherOf(e); ok {
			m.not = not
			return matchRule{{m}}, true
		}
	}
	return nil, true
}

func matcherOf(e *ast.CallExpr) (m matcher, ok bool) {
	name, ok := e.Fun.(*ast.Ident)
	if !ok {
		return m, false
	}
	m.name = name.Name
	for known := range matchers {
		if strings.EqualFold(known, m.name) {
			m.name = known
		}
	}
	for _, arg := range e.Args {
		literal, ok := arg.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return m, false
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			return m, false
		}
		m.args = append(m.args, text)
	}
	return m, true
}

// valid reports whether Traefik 3 accepts the call.
func (m *matcher) valid() bool {
	if !slices.Contains(matchers[m.name], len(m.args)) || slices.Contains(m.args, "") {
		return false
	}
	return m.name != "Path" && m.name != "PathPrefix" || strings.HasPrefix(m.args[0], "/")
}

func (m *matcher) String() string {
	text := m.name + "(`" + strings.Join(m.args, "`,`") + "`)"
	if m.not {
		return "!" + text
	}
	return text
}

// scope is what an alternative matches, for comparisons.
type scope struct {
	host  string // in lower case; empty for any
	path  string // without the slash at the end of a prefix; empty for any
	exact bool   // whether the path is one, and not a prefix
	rest  string // all other matchers, in order
	named bool   // whether there is anything about the host
}

// longestPath is how long a path may be to be compared as one; a longer one is equal to itself only.
const longestPath = 512

// scopes are those of a rule's alternatives, without those that match nothing; nil when Traefik 3 would not accept the rule.
func (r matchRule) scopes() []scope {
	var out []scope
	for _, alternative := range r {
		var s scope
		var rest []string
		never := false
		for _, m := range alternative {
			switch {
			case !m.valid():
				return nil
			case m.name == "Host" && !m.not && m.args[0] == "*":
			case m.name == "Host" && !m.not && !strings.HasPrefix(m.args[0], "*"):
				host := strings.ToLower(strings.TrimSuffix(m.args[0], "."))
				never = never || s.host != "" && s.host != host
				s.host, s.named = host, true
			case (m.name == "Path" || m.name == "PathPrefix") && !m.not && s.path == "" && !s.exact && len(m.args[0]) <= longestPath:
				s.path, s.exact = m.args[0], m.name == "Path"
				if s.path == "/" && !s.exact {
					s.path = ""
				}
			default:
				rest = append(rest, m.String())
				s.named = s.named || m.name == "Host" || m.name == "HostRegexp"
			}
		}
		slices.Sort(rest)
		if s.rest = strings.Join(slices.Compact(rest), " && "); !never {
			out = append(out, s)
		}
	}
	return out
}

// covers reports whether all that narrow matches matches s as well, as far as can be seen.
func (s *scope) covers(narrow *scope) bool {
	if s.rest != "" && s.rest != narrow.rest || s.host != "" && s.host != narrow.host {
		return false
	}
	if s.exact {
		return narrow.exact && narrow.path == s.path
	}
	return strings.HasPrefix(narrow.path, s.path)
}

// String is the address, as in messages.
func (s *scope) String() string {
	switch {
	case s.host != "":
		return s.host + s.path
	case s.path != "":
		return s.path
	}
	return "all requests"
}
