package muxer

import (
	"encoding/binary"
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode"
)

// machine is a deterministic automaton. A state is a number, and 0 the one in the beginning; in the state dead, no text is accepted
// any more, whatever follows.
type machine interface {
	next(state int, r rune) int
	accepts(state int) bool // when the text ends here
	// edges calls yield with each rune at which a class of runes may begin, all of which the machine treats alike.
	edges(yield func(rune))
}

const dead = -1

// machines are those of regular expressions, which cost most to make.
type machines map[*regexp.Regexp]machine

// spelling accepts one text or, when it is open, all that begin with it. The state is how much of it was read.
type spelling struct {
	text []rune
	open bool
}

func (s spelling) next(state int, r rune) int {
	switch {
	case state == dead || state == len(s.text) && !s.open:
		return dead
	case state == len(s.text):
		return state
	case s.text[state] == r:
		return state + 1
	}
	return dead
}

func (s spelling) accepts(state int) bool { return state == len(s.text) }

func (s spelling) edges(yield func(rune)) {
	for _, r := range s.text {
		yield(r)
		yield(r + 1)
	}
}

// several accepts what one of its machines accepts.
type several struct {
	machines []machine
	numbers  map[string]int // of the states, by the states of all machines
	states   [][]int
}

func (s *several) state(n int) []int {
	if len(s.states) == 0 {
		s.number(make([]int, len(s.machines)))
	}
	return s.states[n]
}

func (s *several) number(states []int) int {
	key := string(packed(states))
	n, known := s.numbers[key]
	if !known {
		n = len(s.states)
		s.numbers[key], s.states = n, append(s.states, states)
	}
	return n
}

func (s *several) next(state int, r rune) int {
	if state == dead {
		return dead
	}
	states := slices.Clone(s.state(state))
	alive := false
	for i, m := range s.machines {
		states[i] = m.next(states[i], r)
		alive = alive || states[i] != dead
	}
	if !alive {
		return dead
	}
	return s.number(states)
}

func (s *several) accepts(state int) bool {
	if state == dead {
		return false
	}
	for i, n := range s.state(state) {
		if n != dead && s.machines[i].accepts(n) {
			return true
		}
	}
	return false
}

func (s *several) edges(yield func(rune)) {
	for _, m := range s.machines {
		m.edges(yield)
	}
}

func packed(numbers []int) []byte {
	var out []byte
	for _, n := range numbers {
		out = binary.AppendVarint(out, int64(n))
	}
	return out
}

// automaton accepts texts in which the program of a regular expression matches somewhere. A state is the set of instructions that may
// come next, before what has no width, and what the last rune was, as far as ^, $ and \b ask for it.
type automaton struct {
	program *syntax.Prog
	numbers map[string]int
	states  []instructions
	steps   map[transition]int
	visited int // how many instructions it has looked at, which is what it costs
}

type transition struct {
	state int
	rune  rune
}

type instructions struct {
	at      []uint32 // sorted
	last    rune     // -1 at the beginning; else one of its kind
	matched bool     // whether the expression has matched already: then all is accepted
}

func (a *automaton) state(n int) instructions {
	if len(a.states) == 0 {
		a.number(instructions{last: -1})
	}
	return a.states[n]
}

func (a *automaton) number(s instructions) int {
	key := []byte{0}
	if s.matched {
		s, key[0] = instructions{matched: true}, 1
	}
	key = binary.AppendVarint(key, int64(s.last))
	for _, at := range s.at {
		key = binary.AppendUvarint(key, uint64(at))
	}
	n, known := a.numbers[string(key)]
	if !known {
		n = len(a.states)
		a.numbers[string(key)], a.states = n, append(a.states, s)
	}
	return n
}

// reach is the instructions that read a rune, and whether the program matches, between the last rune and the next, which is -1 at the end.
func (a *automaton) reach(s instructions, next rune) (reading []uint32, match bool) {
	between := syntax.EmptyOpContext(s.last, next)
	seen := map[uint32]bool{}
	defer func() { a.visited += len(seen) }()
	stack := append([]uint32{uint32(a.program.Start)}, s.at...) // it may begin anywhere
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		switch i := &a.program.Inst[at]; i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, i.Out, i.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, i.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(i.Arg)&^between == 0 {
				stack = append(stack, i.Out)
			}
		case syntax.InstMatch:
			match = true
		case syntax.InstFail:
		default:
			reading = append(reading, at)
		}
	}
	return reading, match
}

func (a *automaton) next(state int, r rune) int {
	if state == dead {
		return dead
	}
	to, known := a.steps[transition{state, r}]
	if !known {
		to = a.step(state, r)
		a.steps[transition{state, r}] = to
	}
	return to
}

func (a *automaton) step(state int, r rune) int {
	s := a.state(state)
	if s.matched {
		return state
	}
	reading, match := a.reach(s, r)
	after := instructions{last: like(r), matched: match}
	for _, at := range reading {
		if i := &a.program.Inst[at]; i.MatchRune(r) {
			after.at = append(after.at, i.Out)
		}
	}
	slices.Sort(after.at)
	after.at = slices.Compact(after.at)
	return a.number(after)
}

// like is a rune of the same kind, as far as assertions about what lies between runes tell them apart.
func like(r rune) rune {
	switch {
	case r == '\n':
		return r
	case syntax.IsWordChar(r):
		return 'a'
	}
	return '-'
}

func (a *automaton) accepts(state int) bool {
	if state == dead {
		return false
	}
	s := a.state(state)
	if s.matched {
		return true
	}
	_, match := a.reach(s, -1)
	return match
}

func (a *automaton) edges(yield func(rune)) {
	span := func(low, high rune) {
		yield(low)
		if high < unicode.MaxRune {
			yield(high + 1)
		}
	}
	for _, i := range a.program.Inst {
		switch i.Op {
		case syntax.InstRune, syntax.InstRune1:
			if len(i.Rune) == 1 {
				span(i.Rune[0], i.Rune[0])
				for r := unicode.SimpleFold(i.Rune[0]); syntax.Flags(i.Arg)&syntax.FoldCase != 0 && r != i.Rune[0]; r = unicode.SimpleFold(r) {
					span(r, r)
				}
				continue
			}
			for k := 0; k+1 < len(i.Rune); k += 2 {
				span(i.Rune[k], i.Rune[k+1])
			}
		case syntax.InstEmptyWidth:
			span('0', '9')
			span('A', 'Z')
			span('_', '_')
			span('a', 'z')
			span('\n', '\n')
		case syntax.InstRuneAnyNotNL:
			span('\n', '\n')
		}
	}
}
