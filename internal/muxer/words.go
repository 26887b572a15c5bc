package muxer

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// words is a set of texts.
type words interface {
	contains(text string) bool
	// machine reads a text rune by rune; nil when the set is too large to be searched. Those of expressions are kept in known.
	machine(known machines) machine
	String() string
}

// literal is one text.
type literal string

func (l literal) contains(text string) bool { return text == string(l) }
func (l literal) String() string            { return string(l) }
func (l literal) machine(machines) machine  { return spelling{[]rune(string(l)), false} }

// prefix is all texts that begin with one.
type prefix string

func (p prefix) contains(text string) bool { return strings.HasPrefix(text, string(p)) }
func (p prefix) String() string            { return string(p) + "…" }
func (p prefix) machine(machines) machine  { return spelling{[]rune(string(p)), true} }

// matched is all texts in which a regular expression matches.
type matched struct {
	*regexp.Regexp
	begins string // how all of them begin, as far as that is easily seen
}

func pattern(re *regexp.Regexp) words {
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil || parsed.Op != syntax.OpConcat || parsed.Sub[0].Op != syntax.OpBeginText {
		return matched{re, ""}
	}
	if first := parsed.Sub[1]; first.Op == syntax.OpLiteral && first.Flags&syntax.FoldCase == 0 {
		return matched{re, string(first.Rune)}
	}
	return matched{re, ""}
}

func (m matched) contains(text string) bool {
	return strings.HasPrefix(text, m.begins) && m.MatchString(text)
}

// mostInstructions is how large the program of a regular expression may be to be searched.
const mostInstructions = 1000

func (m matched) machine(known machines) machine {
	out, ok := known[m.Regexp]
	if !ok {
		out = m.newMachine()
		known[m.Regexp] = out
	}
	return out
}

func (m matched) newMachine() machine {
	parsed, err := syntax.Parse(m.Regexp.String(), syntax.Perl)
	if err != nil {
		return nil
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(program.Inst) > mostInstructions {
		return nil
	}
	return &automaton{program: program, numbers: map[string]int{}, steps: map[transition]int{}}
}

// union is the texts of several sets.
type union []words

// oneOf is the union of sets, of which there is at least one.
func oneOf(all []words) words {
	if len(all) == 1 {
		return all[0]
	}
	return union(all)
}

func (u union) contains(text string) bool {
	return slices.ContainsFunc(u, func(w words) bool { return w.contains(text) })
}

func (u union) String() string {
	var texts []string
	for _, w := range u {
		texts = append(texts, w.String())
	}
	return strings.Join(texts, " or ")
}

func (u union) machine(known machines) machine {
	out := &several{numbers: map[string]int{}}
	for _, w := range u {
		m := w.machine(known)
		if m == nil {
			return nil
		}
		out.machines = append(out.machines, m)
	}
	return out
}
