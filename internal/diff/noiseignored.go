package diff

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gobwas/glob"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/itchyny/gojq"
)

// ignored are the fields, as JSON pointers, that Argo CD leaves as they are in a cluster, before and after the change.
type ignored [2]map[string]bool

// ignoredOf are those of the application after the change, which Argo CD goes by. Without RespectIgnoreDifferences it only leaves them out when it
// compares, and applies them with the next change of something else.
func ignoredOf(p *Pair) ignored {
	a := p.After.Application
	if a == nil || !slices.Contains(a.SyncOptions, "RespectIgnoreDifferences=true") {
		return ignored{}
	}
	var rules []catalog.IgnoreDifference
	for _, d := range a.IgnoreDifferences { // as util/argo/normalizers of Argo CD matches them
		if globMatches(d.Group, p.ID.Group) && globMatches(d.Kind, p.ID.Kind) && (d.Name == "" || d.Name == p.ID.Name) && (d.Namespace == "" || d.Namespace == p.ID.Namespace) {
			rules = append(rules, d)
		}
	}
	if len(rules) == 0 {
		return ignored{}
	}
	var out ignored
	for side, o := range []*Object{p.Before, p.After} {
		s := selection{root: o.Content(), found: map[string]bool{}}
		s.apply(rules, o)
		out[side] = s.found
	}
	return out
}

func globMatches(pattern, text string) bool {
	if !strings.ContainsAny(pattern, `*?[]{}\!`) {
		return pattern == text
	}
	g, err := glob.Compile(pattern)
	return err == nil && g.Match(text)
}

// has reports whether a difference is in what is left to others, on each side that has it.
func (i ignored) has(d *fields.Difference) bool {
	if len(i[0])+len(i[1]) == 0 {
		return false
	}
	from, to := d.Path.Places()
	return (d.Change == fields.Added || within(from, i[0])) && (d.Change == fields.Removed || within(to, i[1]))
}

// within reports whether a path begins with one of some JSON pointers.
func within(at []string, pointers map[string]bool) bool {
	for n := range at {
		if pointers[pointer(at[:n+1])] {
			return true
		}
	}
	return false
}

func pointer(at []string) string {
	var b strings.Builder
	for _, part := range at {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(part))
	}
	return b.String()
}

// selection is what rules find in an object. Argo CD removes what a rule finds before it goes on with the next one, so that elements of lists move:
// after a rule that removes some, only what is outside of lists is sure.
type selection struct {
	root  any
	found map[string]bool
	moved bool
}

func (s *selection) apply(rules []catalog.IgnoreDifference, o *Object) {
	var forJQ any // which knows other numbers
	for _, rule := range rules {
		for _, p := range rule.JSONPointers {
			var at []string
			for part := range strings.SplitSeq(strings.TrimPrefix(p, "/"), "/") {
				at = append(at, strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
			}
			s.add([][]string{at})
		}
		for _, expression := range rule.JQPathExpressions {
			if forJQ == nil && json.Unmarshal(o.Text(), &forJQ) != nil {
				return
			}
			s.add(jqPaths(expression, forJQ))
		}
	}
}

// add adds what one rule finds.
func (s *selection) add(paths [][]string) {
	moved := s.moved
	for _, at := range paths {
		lists, last, ok := lists(s.root, at)
		if ok && (lists == 0 || !s.moved) {
			s.found[pointer(at)] = true
			moved = moved || last
		}
	}
	s.moved = moved
}

// lists is how many elements of lists a path leads through, and whether the last step is one; not ok when it leads nowhere.
func lists(v any, at []string) (n int, last, ok bool) {
	for _, part := range at {
		switch parent := v.(type) {
		case map[string]any:
			if v, ok = parent[part]; !ok {
				return 0, false, false
			}
			last = false
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(parent) || part != strconv.Itoa(i) {
				return 0, false, false
			}
			v, n, last = parent[i], n+1, true
		default:
			return 0, false, false
		}
	}
	return n, last, len(at) > 0
}

// The bounds of one expression on one object.
const (
	longestExpression = 1000
	mostInstructions  = 50_000
)

var (
	jqText = lazy.Regexp(`"(?:[^"\\]|\\[^(])*"`)
	jqWord = lazy.Regexp(`[$@.]?[A-Za-z_]\w*`)
	jqRest = lazy.Regexp(`^[\s\w.,|?:;()\[\]=!<>-]*$`)
)

// jqPaths are the fields that an expression finds, as Argo CD evaluates it: del(EXPRESSION) removes what path(EXPRESSION) yields, or nothing when
// it fails. Only what selects is evaluated: what could make large values is not, and finds nothing here.
func jqPaths(expression string, root any) [][]string {
	rest := jqText().ReplaceAllString(expression, " ")
	for _, word := range jqWord().FindAllString(rest, -1) {
		if word[0] != '.' && !slices.Contains(jqFunctions, word) {
			return nil
		}
	}
	if len(expression) > longestExpression || !jqRest().MatchString(rest) {
		return nil
	}
	query, err := gojq.Parse("path(" + expression + ")")
	if err != nil {
		return nil
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil
	}
	var out [][]string
	for iter := code.RunWithContext(&allowance{Context: context.Background(), left: mostInstructions}, root); ; {
		v, more := iter.Next()
		if !more {
			return out
		}
		steps, ok := v.([]any)
		at := make([]string, len(steps))
		for i, step := range steps {
			switch step := step.(type) {
			case string:
				at[i] = step
			case int:
				at[i] = strconv.Itoa(step)
			default: // a part of a list
				ok = false
			}
		}
		if !ok {
			return nil
		}
		out = append(out, at)
	}
}

// jqFunctions select, and make nothing that is larger than what they are given.
var jqFunctions = []string{
	"select", "test", "startswith", "endswith", "contains", "has", "any", "all", "not", "and", "or", "null", "true", "false", "type", "length",
	"empty", "first", "last", "recurse", "ascii_downcase", "index", "tostring",
}

// allowance ends an evaluation after a number of instructions: the evaluator asks before each whether it is done.
type allowance struct {
	context.Context
	left int
}

func (a *allowance) Done() <-chan struct{} {
	if a.left--; a.left > 0 {
		return nil
	}
	done := make(chan struct{})
	close(done)
	return done
}

func (a *allowance) Err() error { return errors.New("too many instructions") }
