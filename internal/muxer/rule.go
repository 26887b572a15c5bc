// Package muxer reads the rules of Traefik's HTTP routers as Traefik's own package of that name does (github.com/traefik/traefik/v3/pkg/muxer/http),
// and decides which requests match them: whether there is any, whether one rule answers for all that another one does, and an example.
//
// It knows rules, and neither routers nor entry points. Traefik's package is not part of the program, because its requirements would move
// those of Argo CD's; a module of its own under test/ holds this package against it.
package muxer

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
)

// Syntax is the language of a rule, as in the field syntax of a route.
type Syntax string

const (
	V3 Syntax = "v3" // and every name that Traefik does not know
	V2 Syntax = "v2" // deprecated, and still there in Traefik 3.7
)

// SyntaxOf is the syntax that Traefik takes for a name.
func SyntaxOf(name string) Syntax {
	if name == string(V2) {
		return V2
	}
	return V3
}

// Rule is a rule that Traefik accepts: a request matches it when it matches one of the alternatives.
type Rule struct {
	Alternatives []Conjunction
}

// Conjunction is matchers that must all match a request.
type Conjunction []*Matcher

// Host is the only host that the matchers permit; empty when there may be several.
func (c Conjunction) Host() string {
	for _, m := range c {
		if l, ok := m.words.(literal); ok && m.field == host && !m.Not {
			return string(l)
		}
	}
	return ""
}

// Path is what paths begin with, as far as the matchers demand it; with exact, it is the only path.
func (c Conjunction) Path() (begins string, exact bool) { return c.begins(path) }

func (c Conjunction) begins(f field) (begins string, exact bool) {
	for _, m := range c {
		if m.field != f || m.Not {
			continue
		}
		begin := ""
		switch w := m.words.(type) {
		case literal:
			return string(w), true
		case prefix:
			begin = string(w)
		case matched:
			begin = w.begins
		}
		if len(begin) > len(begins) {
			begins = begin
		}
	}
	return begins, false
}

// Apart reports whether it is easily seen that no request matches both.
func (c Conjunction) Apart(other Conjunction) bool {
	for _, f := range []field{host, path} {
		a, exactA := c.begins(f)
		b, exactB := other.begins(f)
		aGoesOn, bGoesOn := !exactA && strings.HasPrefix(b, a), !exactB && strings.HasPrefix(a, b)
		if a != b && !aGoesOn && !bGoesOn {
			return true
		}
	}
	return false
}

// Plain reports whether the matchers ask for a host and for a path, or for one of them, and for nothing else.
func (c Conjunction) Plain() bool {
	seen := map[field]bool{}
	for _, m := range c {
		_, one := m.words.(literal)
		_, many := m.words.(prefix)
		if m.Not || seen[m.field] || !one && !many || m.field != host && m.field != path {
			return false
		}
		seen[m.field] = true
	}
	return true
}

// PermitsHost reports whether the matchers that are about the host permit one.
func (c Conjunction) PermitsHost(name string) bool {
	return !slices.ContainsFunc(c, func(m *Matcher) bool { return m.field == host && !m.Matches(&Request{Host: name}) })
}

// Matcher is one call in a rule, such as Host(`a.example`).
type Matcher struct {
	Name string // as Traefik spells it
	Args []string
	Not  bool

	condition
}

// String is the matcher as in a rule.
func (m *Matcher) String() string {
	text := m.Name + "(`" + strings.Join(m.Args, "`, `") + "`)"
	if m.Not {
		return "!" + text
	}
	return text
}

// not is the matcher for all other requests.
func (m *Matcher) not() *Matcher {
	other := *m
	other.Not = !m.Not
	return &other
}

// mostAlternatives is how many alternatives of a rule are looked at. Nobody writes that many; a program can, with && between long lists.
const mostAlternatives = 1024

// ErrTooLarge is the error of a rule that Traefik may accept, but that is larger than what is looked at here.
var ErrTooLarge = errors.New("is too large")

// tooLarge is an ErrTooLarge that says in which way, as in "has more than 1024 alternatives".
type tooLarge string

func (e tooLarge) Error() string        { return string(e) }
func (e tooLarge) Is(target error) bool { return target == ErrTooLarge }

// String is the matchers as in a rule.
func (c Conjunction) String() string {
	var texts []string
	for _, m := range c {
		texts = append(texts, m.String())
	}
	return strings.Join(texts, " && ")
}

// Parse reads a rule. The error is Traefik's, without what it says about the rule as a whole, or ErrTooLarge.
//
// Traefik, too, reads rules with Go's own parser of expressions (github.com/vulcand/predicate, parse.go).
func Parse(text string, syntax Syntax) (*Rule, error) {
	expression, err := parser.ParseExpr(text)
	if err != nil {
		return nil, err
	}
	t, err := read(expression, matchersOf(syntax))
	if err != nil {
		return nil, err
	}
	alternatives, ok := t.alternatives(false)
	if !ok {
		return nil, tooLarge("has more than " + strconv.Itoa(mostAlternatives) + " alternatives")
	}
	return &Rule{alternatives}, nil
}

// tree is a rule as it is written. A leaf has a matcher.
type tree struct {
	matcher     *Matcher
	or, not     bool
	left, right *tree // right is nil for a negation
}

// read is predicate's evaluation of an expression; its errors have the words of predicate, as far as they say what is wrong.
func read(e ast.Expr, known map[string]matcherKind) (*tree, error) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return read(e.X, known)
	case *ast.UnaryExpr:
		if e.Op != token.NOT {
			return nil, fmt.Errorf("%v is not supported", e.Op)
		}
		left, err := read(e.X, known)
		return &tree{not: true, left: left}, err
	case *ast.BinaryExpr:
		left, err := read(e.X, known)
		if err != nil {
			return nil, err
		}
		right, err := read(e.Y, known)
		if err != nil {
			return nil, err
		}
		if e.Op != token.LOR && e.Op != token.LAND {
			return nil, fmt.Errorf("%v is not supported", e.Op)
		}
		return &tree{or: e.Op == token.LOR, left: left, right: right}, nil
	case *ast.CallExpr:
		m, err := call(e, known)
		return &tree{matcher: m}, err
	case *ast.BasicLit:
		return nil, fmt.Errorf("%s is no matcher", e.Value)
	case *ast.Ident:
		return nil, fmt.Errorf("%s is not defined", e.Name)
	default:
		return nil, errors.New("this is no matcher")
	}
}

func call(e *ast.CallExpr, known map[string]matcherKind) (*Matcher, error) {
	name, ok := e.Fun.(*ast.Ident)
	if !ok {
		return nil, errors.New("this is no matcher")
	}
	kind, ok := known[name.Name]
	if !ok {
		return nil, UnknownMatcherError{name.Name}
	}
	m := &Matcher{Name: kind.name}
	for _, arg := range e.Args {
		literal, ok := arg.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return nil, fmt.Errorf("an argument of %s is no text", kind.name)
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			return nil, fmt.Errorf("failed to parse argument: %s, error: %w", literal.Value, err)
		}
		m.Args = append(m.Args, text)
	}
	switch {
	case len(m.Args) == 0:
		return nil, fmt.Errorf("no args for matcher %s", kind.name)
	case slices.Contains(m.Args, ""):
		return nil, fmt.Errorf("empty args for matcher %s, %v", kind.name, m.Args)
	case kind.args != nil && !slices.Contains(kind.args, len(m.Args)):
		return nil, fmt.Errorf("%s: unexpected number of parameters; got %d, expected one of %v", kind.name, len(m.Args), kind.args)
	}
	var err error
	if m.condition, err = kind.condition(m.Args); err != nil {
		return nil, err
	}
	return m, nil
}

// UnknownMatcherError is the error of a rule with a matcher that Traefik does not have.
type UnknownMatcherError struct{ Name string }

func (e UnknownMatcherError) Error() string { return "unsupported function: " + e.Name }

// spellings are the ways in which Traefik accepts the name of a matcher (pkg/rules/parser.go).
func spellings(name string) []string {
	lower, upper := strings.ToLower(name), strings.ToUpper(name)
	return []string{name, lower, upper, upper[:1] + lower[1:]}
}

// alternatives are those of a tree or, with not, of its negation; false when there are too many.
func (t *tree) alternatives(not bool) ([]Conjunction, bool) {
	switch {
	case t.matcher != nil:
		m := t.matcher
		if not {
			m = m.not()
		}
		if m.field == always && !m.Not {
			return []Conjunction{{}}, true
		}
		return []Conjunction{{m}}, true
	case t.not:
		return t.left.alternatives(!not)
	}
	left, ok := t.left.alternatives(not)
	if !ok {
		return nil, false
	}
	right, ok := t.right.alternatives(not)
	if !ok {
		return nil, false
	}
	if t.or != not {
		return append(left, right...), len(left)+len(right) <= mostAlternatives
	}
	if len(left)*len(right) > mostAlternatives {
		return nil, false
	}
	var both []Conjunction
	for _, l := range left {
		for _, r := range right {
			both = append(both, slices.Concat(l, r))
		}
	}
	return both, true
}

// Call is a call in a text, as it is written.
type Call struct {
	Name string
	Args []string // those that are texts
}

// Calls are those in a text that Go's parser can read, whether Traefik accepts them or not; nil when it cannot.
func Calls(text string) []Call {
	expression, err := parser.ParseExpr(text)
	if err != nil {
		return nil
	}
	var out []Call
	ast.Inspect(expression, func(n ast.Node) bool {
		e, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if name, ok := e.Fun.(*ast.Ident); ok {
			c := Call{Name: name.Name}
			for _, arg := range e.Args {
				if literal, ok := arg.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					if text, err := strconv.Unquote(literal.Value); err == nil {
						c.Args = append(c.Args, text)
					}
				}
			}
			out = append(out, c)
		}
		return true
	})
	return out
}

// Names are the matchers of Traefik 3.
func Names() []string {
	var out []string
	for _, k := range v3() {
		out = append(out, k.name)
	}
	return out
}

// TakesOne reports whether a matcher of Traefik 3 takes one argument, and not more.
func TakesOne(name string) bool { return slices.Equal(namesV3()[name].args, []int{1}) }

var hostCall = lazy.Regexp("(?i)\\bHost\\(\\s*[`'\"‘’“”]?([a-z0-9][-a-z0-9.]*)")

// Hosts are the hosts that a text names, in order, which is not a rule, but was meant as one.
func Hosts(text string) []string {
	var out []string
	for _, m := range hostCall().FindAllStringSubmatch(text, -1) {
		if name := strings.ToLower(m[1]); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
