// Package eso is what External Secrets makes of templates and of the keys of a Secret: which functions a template may call, which keys it needs, and
// which keys result. It knows no value, and neither a list nor an object.
package eso

import (
	"fmt"
	"strconv"
	"strings"
	"text/template/parse"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
)

// Mistake is what is wrong in a template. It has no text of the template but names of functions, variables and keys: people paste secrets there.
type Mistake struct {
	Line       int // in the template, from 1
	Text, Hint string
}

// Template is a template that can be parsed.
type Template struct {
	text  string
	roots []reference
}

// reference is a key that a template reads.
type reference struct {
	key  string
	line int
}

const (
	longest = 64 << 10 // bytes of a template
	deepest = 100      // braces, parentheses and blocks within each other
)

// Parse parses the text of one template, and returns what is wrong in it: it is then nil.
func Parse(text string) (*Template, []Mistake) {
	switch {
	case len(text) > longest:
		return nil, []Mistake{{1, "it is longer than " + diag.Thousands(longest) + " bytes", "put it into a ConfigMap, and name that under templateFrom"}}
	case strings.Contains(text, "{{`") || strings.Contains(text, `{{ "{{`) || strings.Contains(text, `{{"{{`) || strings.Contains(text, "{{ `{{"):
		line, _ := firstLine(text, "{{`", `{{ "{{`, `{{"{{`, "{{ `{{")
		return nil, []Mistake{{line, "it is written so that Helm leaves it alone, and no Helm renders it here: External Secrets would put the braces into the Secret", "write it without the braces around, such as {{ .password }}"}}
	}
	known := arities()
	names := map[string]any{}
	for name := range known {
		names[name] = true
	}
	trees, err := parse.Parse("template", text, "{{", "}}", names)
	if err != nil {
		return nil, []Mistake{syntaxMistake(err, names)}
	}
	t := &Template{text: text}
	w := walker{template: t, known: known, defined: trees}
	for _, name := range sortedKeys(trees) {
		w.dot = name == "template" // what a block that is called by its name gets is not known
		w.dollar = w.dot
		if trees[name].Root != nil {
			w.node(trees[name].Root, 0)
		}
	}
	if len(w.mistakes) > 0 {
		return nil, w.mistakes
	}
	return t, nil
}

// firstLine is the line of the first of some texts in another one.
func firstLine(text string, of ...string) (line, at int) {
	at = len(text)
	for _, part := range of {
		if i := strings.Index(text, part); i >= 0 {
			at = min(at, i)
		}
	}
	return 1 + strings.Count(text[:at], "\n"), at
}

var (
	parseError  = lazy.Regexp(`^template: template:(\d+): (?s:(.*))$`)
	unknownName = lazy.Regexp(`^function "([A-Za-z0-9_]{1,60})" not defined$`)
	unknownVar  = lazy.Regexp(`^undefined variable "(\$[A-Za-z0-9_]{0,60})"$`)
	begunAt     = lazy.Regexp(` started at template:(\d+)`)
	quoted      = lazy.Regexp(`(?s)"(?:[^"\\]|\\.)*"|<.*>|U\+[0-9A-F]+ '.*'`)
)

// syntaxMistake is an error of the parser without what it quotes of the template.
func syntaxMistake(err error, names map[string]any) Mistake {
	m := Mistake{Line: 1, Text: err.Error()}
	if found := parseError().FindStringSubmatch(m.Text); found != nil {
		m.Line, _ = strconv.Atoi(found[1])
		m.Text = found[2]
	}
	if found := unknownName().FindStringSubmatch(m.Text); found != nil {
		hint := "for the value of a key, write a dot before it: {{ ." + found[1] + " }}"
		if near := diag.Nearest(found[1], sortedKeys(names)); near != "" {
			hint = `did you mean "` + near + `"?`
		}
		return Mistake{m.Line, "unknown function " + found[1], hint}
	}
	if found := unknownVar().FindStringSubmatch(m.Text); found != nil {
		return Mistake{m.Line, "unknown variable " + found[1], "for the value of a key, write {{ .key }}"}
	}
	m.Text = begunAt().ReplaceAllString(m.Text, ", begun in line $1")
	m.Text = "it cannot be parsed: " + quoted().ReplaceAllString(m.Text, "something")
	return m
}

// Missing returns what is wrong where a template reads keys that are not among those that there are: External Secrets then makes no Secret at all.
func (t *Template) Missing(keys Keys) []Mistake {
	if keys.Open {
		return nil
	}
	var out []Mistake
	said := map[string]bool{}
	for _, r := range t.roots {
		if keys.Has(r.key) || said[r.key] {
			continue
		}
		said[r.key] = true
		out = append(out, Mistake{r.line, "it reads the key " + r.key + ", which nothing gives", diag.DidYouMean(r.key, keys.Sorted())})
	}
	return out
}

// Reads are the keys that a template reads, in its order.
func (t *Template) Reads() []string {
	var out []string
	for _, r := range t.roots {
		out = append(out, r.key)
	}
	return out
}

// walker follows a parsed template.
type walker struct {
	template *Template
	known    map[string]arity
	defined  map[string]*parse.Tree
	dot      bool // whether the dot is the data
	dollar   bool // whether $ is: it is not in a block that is called by its name
	mistakes []Mistake
}

func (w *walker) line(n parse.Node) int {
	return 1 + strings.Count(w.template.text[:min(int(n.Position()), len(w.template.text))], "\n")
}

func (w *walker) node(n parse.Node, depth int) {
	if depth > deepest {
		if len(w.mistakes) == 0 {
			w.mistakes = append(w.mistakes, Mistake{w.line(n), "it is nested too deeply", "make it simpler"})
		}
		return
	}
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, c := range n.Nodes {
			w.node(c, depth+1)
		}
	case *parse.ActionNode:
		w.pipe(n.Pipe, depth+1)
	case *parse.IfNode:
		w.branch(&n.BranchNode, w.dot, depth)
	case *parse.RangeNode:
		w.branch(&n.BranchNode, false, depth)
	case *parse.WithNode:
		w.branch(&n.BranchNode, isDot(n.Pipe) && w.dot, depth)
	case *parse.TemplateNode:
		if w.defined[n.Name] == nil {
			w.mistakes = append(w.mistakes, Mistake{w.line(n), "it calls a template that it does not define", "write {{ define }} for it, or the text itself"})
		}
		if n.Pipe != nil {
			w.pipe(n.Pipe, depth+1)
		}
	}
}

// branch follows a block, in whose first part the dot is the data or another value.
func (w *walker) branch(n *parse.BranchNode, dot bool, depth int) {
	w.pipe(n.Pipe, depth+1)
	before := w.dot
	w.dot = dot
	w.node(n.List, depth+1)
	w.dot = before
	w.node(n.ElseList, depth+1)
}

func isDot(p *parse.PipeNode) bool {
	if len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 1 {
		return false
	}
	_, is := p.Cmds[0].Args[0].(*parse.DotNode)
	return is
}

func (w *walker) pipe(p *parse.PipeNode, depth int) {
	for i, c := range p.Cmds {
		w.command(c, min(i, 1), depth+1)
	}
}

// command follows a command, which gets as many arguments more from the one before it.
func (w *walker) command(c *parse.CommandNode, more, depth int) {
	if id, is := c.Args[0].(*parse.IdentifierNode); is {
		a, n := w.known[id.Ident], len(c.Args)-1+more
		if n < a.least || a.most >= 0 && n > a.most {
			w.mistakes = append(w.mistakes, Mistake{w.line(id), fmt.Sprintf("%s gets %s, and takes %s", id.Ident, arguments(n), a), ""})
		}
	}
	for _, arg := range c.Args {
		w.argument(arg, depth)
	}
}

func (w *walker) argument(n parse.Node, depth int) {
	switch n := n.(type) {
	case *parse.FieldNode:
		if w.dot {
			w.reads(n, n.Ident)
		}
	case *parse.VariableNode:
		if w.dollar && n.Ident[0] == "$" && len(n.Ident) > 1 {
			w.reads(n, n.Ident[1:])
		}
	case *parse.ChainNode:
		w.argument(n.Node, depth+1)
	case *parse.PipeNode:
		if depth > deepest {
			w.node(n, depth)
			return
		}
		w.pipe(n, depth+1)
	}
}

// reads notes a key that is read, and reports what is read of its value: that is a text.
func (w *walker) reads(n parse.Node, fields []string) {
	w.template.roots = append(w.template.roots, reference{fields[0], w.line(n)})
	if len(fields) > 1 {
		w.mistakes = append(w.mistakes, Mistake{w.line(n), "it reads " + fields[1] + " of the key " + fields[0] + ", whose value is a text",
			"when that is JSON, write {{ (." + fields[0] + " | fromJson)." + fields[1] + " }}"})
	}
}

func (a arity) String() string {
	switch {
	case a.most < 0:
		return "at least " + strconv.Itoa(a.least)
	case a.most > a.least:
		return fmt.Sprintf("%d to %d", a.least, a.most)
	}
	return strconv.Itoa(a.least)
}

func arguments(n int) string {
	switch n {
	case 0:
		return "no argument"
	case 1:
		return "1 argument"
	}
	return strconv.Itoa(n) + " arguments"
}
