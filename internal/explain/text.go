package explain

import (
	"fmt"
	"io"
	"strings"
)

// width is how many characters a line of text has at most.
const width = 100

// Options are how topics are written.
type Options struct {
	Recursive bool // all keys below, with their types only
}

// Write writes what a word may mean: each topic, or a list of many.
func Write(w io.Writer, topics []Topic, o Options) error {
	p := &printer{}
	if len(topics) > few {
		p.line("%d things are called that; name one of them:", len(topics))
		p.line("")
		for _, t := range topics {
			p.item("  ", t.asked(), t.first())
		}
		topics = nil
	}
	for i := range topics {
		if i > 0 {
			p.line("")
			p.line("---")
			p.line("")
		}
		p.topic(&topics[i], o)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// Overview writes all that can be explained, a line each.
func (b *Book) Overview(w io.Writer) error {
	p := &printer{}
	headings := map[string]string{Key: "KEYS", Profile: "PROFILES", Kind: "KINDS that are rendered", Application: "CATALOG APPLICATIONS", Rule: "RULES of roster lint", Change: "WORDS of roster diff"}
	for i, sort := range Sorts() {
		if i > 0 {
			p.line("")
		}
		p.line("%s", headings[sort])
		for _, t := range b.Topics(sort) {
			p.item("  ", t.asked(), t.first())
		}
	}
	p.line("")
	p.line("roster explain WORD explains one of these, or a key below one, such as ingress.auth.")
	_, err := io.WriteString(w, p.String())
	return err
}

// asked is the word that leads to a topic and, if possible, to no other.
func (t *Topic) asked() string {
	if t.Sort == Key && t.File == "platform.yml" {
		return "platform." + t.Name
	}
	return t.Name
}

// first is the first sentence of the text.
func (t *Topic) first() string {
	text, _, _ := strings.Cut(t.Text, "\n")
	if i := strings.Index(text, ". "); i >= 0 {
		text = text[:i]
	}
	return strings.TrimSuffix(text, ".")
}

// sentence is a text that begins as a sentence does, and ends as one.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	if last := text[len(text)-1]; !strings.ContainsRune(".!?:", rune(last)) {
		text += "."
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// printer writes lines.
type printer struct{ strings.Builder }

func (p *printer) line(format string, args ...any) { fmt.Fprintf(&p.Builder, format+"\n", args...) }

// item is a word with its meaning, in two columns where the word is short.
func (p *printer) item(indent, name, text string) {
	const column = 34
	if text == "" {
		p.line("%s%s", indent, name)
		return
	}
	lines := wrap(text, width-column-len(indent))
	if len(name) >= column {
		p.line("%s%s", indent, name)
	} else {
		p.line("%s%-*s%s", indent, column, name, lines[0])
		lines = lines[1:]
	}
	for _, l := range lines {
		p.line("%s%-*s%s", indent, column, "", l)
	}
}

// fact is a label with its text.
func (p *printer) fact(label, text string) {
	if text == "" {
		return
	}
	const column = 13
	for i, l := range wrap(text, width-column) {
		if label += ":"; i > 0 {
			label = ""
		}
		p.line("%-*s%s", column, label, l)
	}
}

// section is a heading and what follows it.
func (p *printer) section(heading string) {
	p.line("")
	p.line("%s:", strings.ToUpper(heading))
}

func (p *printer) topic(t *Topic, o Options) {
	name := t.Name
	if t.File != "" {
		name += ", of " + t.File
	}
	p.fact(strings.ToUpper(t.Sort), name)
	value := t.Type
	if t.Required {
		value += ", required"
	}
	p.fact("TYPE", value)
	if o.Recursive && t.Sort == Key {
		p.section("keys")
		p.tree(t.Keys, "  ")
		return
	}
	p.fact("VALUE", t.Value)
	p.fact("DEFAULT", t.Default)
	p.fact("EXAMPLE", t.Example)
	for _, f := range t.Facts {
		p.fact(strings.ToUpper(f.Label), f.Text)
	}
	p.section("description")
	p.text(t.Text)
	for _, l := range append([]List{{"values", t.Values}, {"known values", t.Known}}, t.Lists...) {
		if len(l.Of) == 0 {
			continue
		}
		p.section(l.Heading)
		for _, m := range l.Of {
			p.item("  ", m.Name, m.Text)
		}
	}
	if len(t.Keys) > 0 {
		p.section("keys")
		p.below(t.Keys)
	}
	if t.Source != "" {
		p.section("written")
		p.verbatim(t.Source)
	}
	p.section("documented")
	for _, m := range t.Manual {
		p.line("  %s", m)
	}
}

// text is Markdown: paragraphs are wrapped, and all else is as it is.
func (p *printer) text(markdown string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(markdown), "\n\n") {
		if i > 0 {
			p.line("")
		}
		if strings.ContainsAny(paragraph[:min(1, len(paragraph))], "-|`") {
			p.verbatim(paragraph)
			continue
		}
		for _, l := range wrap(strings.Join(strings.Fields(sentence(paragraph)), " "), width-2) {
			p.line("  %s", l)
		}
	}
}

func (p *printer) verbatim(text string) {
	for l := range strings.Lines(strings.TrimSpace(text)) {
		p.line("%s", strings.TrimRight("  "+strings.TrimSuffix(l, "\n"), " "))
	}
}

// below are the keys of a mapping, with what they are.
func (p *printer) below(keys []Topic) {
	for i := range keys {
		if i > 0 {
			p.line("")
		}
		p.line("  %s", keys[i].head())
		for _, l := range wrap(sentence(keys[i].first()), width-4) {
			p.line("    %s", l)
		}
	}
}

// tree are all keys below, with their types.
func (p *printer) tree(keys []Topic, indent string) {
	for i := range keys {
		p.line("%s%s", indent, keys[i].head())
		p.tree(keys[i].Keys, indent+"  ")
	}
}

// head is a key with its type.
func (t *Topic) head() string {
	out := t.Name[strings.LastIndexByte(t.Name, '.')+1:] + " <" + t.Type + ">"
	if t.Required {
		out += " -required-"
	}
	return out
}

// wrap cuts a text into lines; what has no space is not cut.
func wrap(text string, most int) []string {
	out := []string{""}
	for _, word := range strings.Fields(text) {
		last := &out[len(out)-1]
		switch {
		case *last == "":
			*last = word
		case len([]rune(*last))+1+len([]rune(word)) > most:
			out = append(out, word)
		default:
			*last += " " + word
		}
	}
	return out
}
