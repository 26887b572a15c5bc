package gardener

import (
	"bytes"
	"iter"
	"net/url"
	"path"
	"slices"
	"strings"
)

// link is a link as it is written: [[target]], [text](target), or [name]: target.
type link struct {
	start, end int // in the text of the note
	line       int // from 1
	wiki       bool
	target     string // without escapes; of a wiki link, without heading and alias
}

// parsed is the contents of a note.
type parsed struct {
	links []link
	prose []byte // the text, with blanks for front matter, code, and the targets of links
	front front
	body  []byte // what follows the front matter
}

// Longest parts of links. Bounds are what keeps the time linear on text that only looks like links.
const (
	maxWiki   = 1 << 10
	maxTarget = 2 << 10
	maxNested = 32 // parentheses in a target
)

// parse reads a note. It knows as much of CommonMark and of Obsidian as links need: front matter, fenced code and code spans,
// escapes, and the forms of links. Code by indentation is not known: in a list it would be text. In front matter, a link is one in quotes,
// as Obsidian requires: without, [[a]] is a list in a list.
func parse(text []byte) parsed {
	at := frontMatter(text)
	s := scanner{text: text, line: 1, parsed: parsed{prose: bytes.Clone(text), body: text[at:], front: readFront(text[:at])}}
	s.properties(at)
	s.blank(0, at)
	start, fence := at, []byte(nil)
	for at < len(text) {
		end := lineEnd(text, at)
		line := text[at:end]
		switch {
		case fence != nil:
			if closes(line, fence) {
				fence = nil
			}
			s.blank(at, end)
			start = end
		case opens(line) != nil:
			fence = opens(line)
			s.block(start, at)
			s.blank(at, end)
			start = end
		case len(bytes.TrimSpace(line)) == 0:
			s.block(start, at)
			start = end
		}
		at = end
	}
	if fence == nil {
		s.block(start, len(text))
	}
	return s.parsed
}

// lineEnd is where the next line begins.
func lineEnd(text []byte, at int) int {
	if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(text)
}

// opens returns the fence that begins a code block in this line, or nil. It may be in a list or a quotation.
func opens(line []byte) []byte {
	line = bytes.TrimLeft(line, " \t>")
	for _, marker := range []string{"- ", "* ", "+ "} {
		line = bytes.TrimLeft(bytes.TrimPrefix(line, []byte(marker)), " \t")
	}
	if len(line) == 0 || line[0] != '`' && line[0] != '~' {
		return nil
	}
	rest := bytes.TrimLeft(line, string(line[0]))
	fence := line[:len(line)-len(rest)]
	if len(fence) < 3 || fence[0] == '`' && bytes.IndexByte(rest, '`') >= 0 {
		return nil
	}
	return fence
}

func closes(line, fence []byte) bool {
	line = bytes.TrimRight(bytes.TrimLeft(line, " \t>"), " \t\r\n")
	return len(line) >= len(fence) && len(bytes.Trim(line, string(fence[0]))) == 0
}

type scanner struct {
	parsed
	text          []byte
	counted, line int // lines are counted up to here
}

func (s *scanner) blank(from, to int) {
	for i := from; i < to; i++ {
		s.prose[i] = ' '
	}
}

func (s *scanner) add(start, end int, wiki bool, target string) {
	s.line += bytes.Count(s.text[s.counted:start], []byte{'\n'})
	s.counted = start
	s.links = append(s.links, link{start, end, s.line, wiki, target})
}

// properties finds the links of the front matter, which ends at end.
func (s *scanner) properties(end int) {
	for i := 1; i < end; i++ {
		if quote := s.text[i-1]; s.text[i] == '[' && (quote == '"' || quote == '\'') {
			if target, after, ok := s.wiki(i, end); ok {
				s.add(i, after, true, target)
				i = after - 1
			}
		}
	}
}

// block finds the links of a paragraph or what else has no empty line in it.
func (s *scanner) block(from, to int) {
	runs := map[int][]int{} // where runs of so many backticks begin
	for i := from; i < to; {
		n := s.run(i, to)
		if n > 0 {
			runs[n] = append(runs[n], i)
		}
		i += max(n, 1)
	}
	depth, open := 0, 0
	for i := from; i < to; {
		switch s.text[i] {
		case '\\':
			i++
			if i < to && isPunctuation(s.text[i]) {
				i++
			}
			continue
		case '`':
			n := s.run(i, to)
			after := i + n
			for len(runs[n]) > 0 && runs[n][0] < after {
				runs[n] = runs[n][1:]
			}
			if len(runs[n]) > 0 {
				after = runs[n][0] + n
				s.blank(i, after)
			}
			i = after
			continue
		case '<': // <https://example.org>
			if target, after, ok := s.target(i, to); ok && after > i && s.text[after-1] == '>' && hasScheme(target) {
				s.blank(i, after)
				i = after
				continue
			}
		case '[':
			if target, after, ok := s.wiki(i, to); ok {
				s.add(i, after, true, target)
				i = after
				continue
			}
			if depth == 0 {
				open = i
			}
			depth++
		case ']':
			if depth == 0 {
				break
			}
			depth--
			target, after, ok := "", 0, false
			if i+1 < to && s.text[i+1] == '(' {
				target, after, ok = s.inline(i+2, to)
			} else if i+1 < to && s.text[i+1] == ':' && depth == 0 && s.begins(open, from) && s.text[open+1] != '^' {
				target, after, ok = s.definition(i+2, to)
			}
			if ok {
				s.add(i, after, false, target)
				s.blank(i, after)
				i = after
				continue
			}
		}
		i++
	}
}

// run is how many backticks are at i.
func (s *scanner) run(i, to int) int {
	n := 0
	for i+n < to && s.text[i+n] == '`' {
		n++
	}
	return n
}

// begins reports whether there is only white space before i in its line.
func (s *scanner) begins(i, from int) bool {
	for n := 0; i > from && s.text[i-1] != '\n'; i, n = i-1, n+1 {
		if n > 3 || s.text[i-1] != ' ' {
			return false
		}
	}
	return true
}

// wiki reads [[target#heading|alias]] at i. Within, there is no other one and no end of the line.
func (s *scanner) wiki(i, to int) (target string, after int, ok bool) {
	if i+1 >= to || s.text[i+1] != '[' {
		return "", 0, false
	}
	i += 2
	for j := i; j+1 < to && j-i < maxWiki; j++ {
		switch {
		case s.text[j] == '\n' || s.text[j] == '[':
			return "", 0, false
		case s.text[j] == ']' && s.text[j+1] == ']':
			target, _, _ = strings.Cut(string(s.text[i:j]), "|")
			target, _, _ = strings.Cut(strings.TrimSuffix(target, `\`), "#") // in a table, the bar is escaped
			return strings.TrimSpace(target), j + 2, true
		}
	}
	return "", 0, false
}

// inline reads what follows "](": a target, perhaps a title, and a parenthesis.
func (s *scanner) inline(i, to int) (target string, after int, ok bool) {
	i = s.spaces(i, to)
	target, i, ok = s.target(i, to)
	if !ok {
		return "", 0, false
	}
	if i = s.title(s.spaces(i, to), to); i < to && s.text[i] == ')' {
		return target, i + 1, true
	}
	return "", 0, false
}

// definition reads what follows "]:" at the start of a line: a target, perhaps a title, and the end of the line.
func (s *scanner) definition(i, to int) (target string, after int, ok bool) {
	i = s.spaces(i, to)
	start := i
	target, i, ok = s.target(i, to)
	if !ok || i == start {
		return "", 0, false
	}
	after = i
	if i = s.title(s.spaces(i, to), to); i < to && s.text[i] != '\n' && s.text[i] != '\r' {
		return "", 0, false
	}
	return target, after, true
}

func (s *scanner) spaces(i, to int) int {
	for i < to && (s.text[i] == ' ' || s.text[i] == '\t') {
		i++
	}
	return i
}

// title skips a title in quotes or parentheses, and the blanks after it.
func (s *scanner) title(i, to int) int {
	if i >= to {
		return i
	}
	end := s.text[i]
	switch end {
	case '"', '\'':
	case '(':
		end = ')'
	default:
		return i
	}
	for j := i + 1; j < to && j-i < maxTarget; j++ {
		switch s.text[j] {
		case '\\':
			j++
		case end:
			return s.spaces(j+1, to)
		case '(':
			if end == ')' {
				return i
			}
		}
	}
	return i
}

// target reads the target of a link at i: in angle brackets, or without blanks and with balanced parentheses.
func (s *scanner) target(i, to int) (target string, after int, ok bool) {
	angle := i < to && s.text[i] == '<'
	if angle {
		i++
	}
	var b strings.Builder
	nested, limit := 0, min(to, i+maxTarget)
	for ; i < limit; i++ {
		c := s.text[i]
		switch {
		case c == '\\' && i+1 < limit && isPunctuation(s.text[i+1]):
			i++
			c = s.text[i]
		case angle && (c == '<' || c == '\n'):
			return "", 0, false
		case angle && c == '>':
			return b.String(), i + 1, true
		case angle:
		case c <= ' ' || c == 0x7f:
			return b.String(), i, nested == 0
		case c == '(':
			if nested++; nested > maxNested {
				return "", 0, false
			}
		case c == ')':
			if nested == 0 {
				return b.String(), i, true
			}
			nested--
		}
		b.WriteByte(c)
	}
	return b.String(), i, i == to && !angle && nested == 0
}

func isPunctuation(c byte) bool {
	return c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}

// index answers what a link leads to, whatever the case of its letters.
type index struct {
	byPath map[string]int  // notes by their stems
	byEnd  map[string]int  // notes by every end of their stems: the one nearest to the root, then the first by name
	files  map[string]bool // the paths of all files, and of folders
	ends   map[string]bool // every end of the paths of files that are not notes
}

func newIndex(v *vaultFiles) *index {
	x := &index{map[string]int{}, map[string]int{}, map[string]bool{}, map[string]bool{}}
	order := make([]int, len(v.notes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Count(v.notes[a], "/") - strings.Count(v.notes[b], "/") })
	for _, i := range order {
		x.files[strings.ToLower(v.notes[i])] = true
		name := stem(v.notes[i])
		if _, taken := x.byPath[name]; !taken {
			x.byPath[name] = i
		}
		for end := range endsOf(name) {
			if _, taken := x.byEnd[end]; !taken {
				x.byEnd[end] = i
			}
		}
	}
	for _, name := range v.others {
		name = strings.ToLower(name)
		x.files[name] = true
		for end := range endsOf(name) {
			x.ends[end] = true
		}
	}
	for _, name := range v.folders {
		x.files[strings.ToLower(name)] = true
	}
	return x
}

// endsOf yields c, b/c and a/b/c of a/b/c: what a wiki link may name. A path has few parts, except in hostile input.
func endsOf(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, n := len(name), 0; i > 0 && n < 32; n++ {
			i = strings.LastIndexByte(name[:i], '/')
			if !yield(name[i+1:]) {
				return
			}
		}
	}
}

// What a link leads to, if not to a note.
const (
	elsewhere = -1 // a file that is not a note, a place in the note itself, or out of the vault
	nowhere   = -2
)

// resolve follows a link of the note at from.
func (x *index) resolve(from string, l link) int {
	target := l.target
	if !l.wiki {
		target, _, _ = strings.Cut(target, "#")
		if decoded, err := url.PathUnescape(target); err == nil {
			target = decoded
		}
	}
	if target == "" || isURL(target, l.wiki) {
		return elsewhere
	}
	target = strings.ToLower(target)
	here := path.Join(path.Dir(strings.ToLower(from)), target)
	root := path.Join(".", strings.TrimLeft(target, "/"))
	relative := strings.HasPrefix(target, "./") || strings.HasPrefix(target, "../")
	tries := []string{here, root}
	if strings.HasPrefix(target, "/") {
		tries = tries[1:]
	} else if relative {
		tries = tries[:1]
	}
	for _, try := range tries {
		if try == ".." || strings.HasPrefix(try, "../") {
			return elsewhere
		}
		if i, ok := x.byPath[stem(try)]; ok {
			return i
		}
		if x.files[try] || try == "." {
			return elsewhere
		}
	}
	if l.wiki && !relative {
		if i, ok := x.byEnd[stem(root)]; ok {
			return i
		}
		if x.ends[root] {
			return elsewhere
		}
	}
	return nowhere
}

// isURL reports whether a target is not a path. A wiki link names a note, which may be called "Re: this": only :// makes it a URL.
func isURL(target string, wiki bool) bool {
	if wiki {
		return strings.Contains(target, "://")
	}
	return strings.HasPrefix(target, "//") || hasScheme(target)
}

// hasScheme reports whether a target is a URL, such as https: or mailto:. One letter is not one: that is a drive.
func hasScheme(s string) bool {
	scheme, _, found := strings.Cut(s, ":")
	return found && len(scheme) > 1 && !strings.ContainsFunc(scheme, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '+' && r != '-' && r != '.'
	})
}
