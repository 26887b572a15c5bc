package routes

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// Matcher is one call in a rule of Traefik's, such as Host(`a.example`).
type Matcher struct {
	Name string // as Traefik 3 spells it, or as written when it is unknown to Traefik 3
	Args []string
	Not  bool
}

// matchers are those of Traefik 3, with the numbers of arguments that they take (pkg/muxer/http/matcher.go).
var matchers = map[string][]int{
	"ClientIP": {1}, "Method": {1}, "Host": {1}, "HostRegexp": {1}, "Path": {1}, "PathRegexp": {1}, "PathPrefix": {1},
	"Header": {2}, "HeaderRegexp": {2}, "Query": {1, 2}, "QueryRegexp": {1, 2},
}

// TakesOne reports whether it takes one argument, and not more.
func (m *Matcher) TakesOne() bool { return slices.Equal(matchers[m.Name], []int{1}) }

// mostMatchers bounds how much of a rule is understood. Nobody writes a larger one by hand.
const mostMatchers = 64

// matchRule is a rule that was understood: requests match it when all matchers of one of its alternatives do.
type matchRule [][]Matcher

// ParseMatch reads a rule. Traefik, too, reads its rules with Go's own expression parser (vulcand/predicate, parse.go).
// A rule that is not understood is nil; tooLarge is why, if it is larger than what is read.
func ParseMatch(text string) (rule matchRule, tooLarge string) {
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
			m.Not = not
			return matchRule{{m}}, true
		}
	}
	return nil, true
}

func matcherOf(e *ast.CallExpr) (m Matcher, ok bool) {
	name, ok := e.Fun.(*ast.Ident)
	if !ok {
		return m, false
	}
	m.Name = name.Name
	for known := range matchers {
		if strings.EqualFold(known, m.Name) {
			m.Name = known
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
		m.Args = append(m.Args, text)
	}
	return m, true
}

// Valid reports whether Traefik 3 accepts the call.
func (m *Matcher) Valid() bool {
	if !slices.Contains(matchers[m.Name], len(m.Args)) || slices.Contains(m.Args, "") {
		return false
	}
	return m.Name != "Path" && m.Name != "PathPrefix" || strings.HasPrefix(m.Args[0], "/")
}

func (m *Matcher) String() string {
	text := m.Name + "(`" + strings.Join(m.Args, "`,`") + "`)"
	if m.Not {
		return "!" + text
	}
	return text
}

// Scope is what an alternative matches, for comparisons.
type Scope struct {
	Host  string // in lower case; empty for any
	Path  string // without the slash at the end of a prefix; empty for any
	Exact bool   // whether the path is one, and not a prefix
	Rest  string // all other matchers, in order
	Named bool   // whether there is anything about the host
}

// longestPath is how long a path may be to be compared as one; a longer one is equal to itself only.
const longestPath = 512

// scopes are those of a rule's alternatives, without those that match nothing; nil when Traefik 3 would not accept the rule.
func (r matchRule) scopes() []Scope {
	var out []Scope
	for _, alternative := range r {
		var s Scope
		var rest []string
		never := false
		for _, m := range alternative {
			switch {
			case !m.Valid():
				return nil
			case m.Name == "Host" && !m.Not && m.Args[0] == "*":
			case m.Name == "Host" && !m.Not && !strings.HasPrefix(m.Args[0], "*"):
				host := strings.ToLower(strings.TrimSuffix(m.Args[0], "."))
				never = never || s.Host != "" && s.Host != host
				s.Host, s.Named = host, true
			case (m.Name == "Path" || m.Name == "PathPrefix") && !m.Not && s.Path == "" && !s.Exact && len(m.Args[0]) <= longestPath:
				s.Path, s.Exact = m.Args[0], m.Name == "Path"
				if s.Path == "/" && !s.Exact {
					s.Path = ""
				}
			default:
				rest = append(rest, m.String())
				s.Named = s.Named || m.Name == "Host" || m.Name == "HostRegexp"
			}
		}
		slices.Sort(rest)
		if s.Rest = strings.Join(slices.Compact(rest), " && "); !never {
			out = append(out, s)
		}
	}
	return out
}

// Covers reports whether all that narrow matches matches s as well, as far as can be seen.
func (s *Scope) Covers(narrow *Scope) bool {
	if s.Rest != "" && s.Rest != narrow.Rest || s.Host != "" && s.Host != narrow.Host {
		return false
	}
	if s.Exact {
		return narrow.Exact && narrow.Path == s.Path
	}
	return strings.HasPrefix(narrow.Path, s.Path)
}

// String is the address, as in messages.
func (s *Scope) String() string {
	switch {
	case s.Host != "":
		return s.Host + s.Path
	case s.Path != "":
		return s.Path
	}
	return "all requests"
}
