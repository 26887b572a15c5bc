// Package gardener tends a Git repository of Markdown notes, the vault, in four stages.
//
// Detect reads the notes and reports orphans, links to nothing, notes that should link to each other, and stale summaries: the
// same notes give the same bytes. Decide runs a program of the user on a copy of the notes. Commit compares the copy with
// what it was, refuses what the user did not permit, and lands the rest as one commit. Report notifies people and programs.
//
// The program never sees the vault, nor a Git directory, nor a credential; all it can do is to write files that are read once,
// checked, and then committed by this package. So there is nothing to roll back: what is refused was never there.
package gardener

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
)

// Report is what Detect finds. All lists are sorted: suggestions by descending score, the others by path and line.
type Report struct {
	Version     int          `json:"version"` // of this schema
	Notes       int          `json:"notes"`
	Orphans     []string     `json:"orphans"`
	Broken      []Broken     `json:"broken"`
	Suggestions []Suggestion `json:"suggestions"`
	Stale       []Stale      `json:"stale"`
	Skipped     []Skipped    `json:"skipped"`
	Truncated   bool         `json:"truncated"` // a list was longer than what is reported
}

// Broken is a link to nothing.
type Broken struct {
	Note string `json:"note"`
	Line int    `json:"line"`
	Link string `json:"link"` // the target as written, and [[target]] for a wiki link
}

// Suggestion is a pair of notes that no link joins.
type Suggestion struct {
	A     string   `json:"a"`
	B     string   `json:"b"`
	Terms []string `json:"terms"` // the rarest of those that both have
	Score float64  `json:"score"`
}

// Stale is a note whose body is not the one that its summary was made from.
type Stale struct {
	Note     string `json:"note"`
	Recorded string `json:"recorded"` // what the note has; empty when it has none
	Body     string `json:"body"`     // what it should have
}

// Skipped is a note that was not read.
type Skipped struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

const (
	reportVersion = 1
	maxListed     = 10_000 // entries of a list of the report
	maxLink       = 200    // characters of a broken link
)

// Options say what to look for.
type Options struct {
	Ignore      []string          // globs of notes that may be orphans and need no suggestions
	Rare        int               // a term is rare if it is in at most so many notes
	Suggestions int               // how many, at most
	Withheld    map[string]string // files that exist, though not in the file system, and why
}

// Detect reads a vault.
func Detect(fsys fs.FS, o Options) (*Report, error) {
	v, err := list(fsys, o.Withheld)
	if err != nil {
		return nil, err
	}
	r := &Report{ // JSON has empty lists, not null
		Version: reportVersion, Notes: len(v.notes), Orphans: []string{}, Broken: []Broken{}, Stale: []Stale{}, Skipped: []Skipped{},
	}
	x, ignored := newIndex(v), globs(o.Ignore)
	terms := &termIndex{rare: o.Rare, notes: map[string][]int32{}}
	linked, found, total := map[pair]bool{}, make([]bool, len(v.notes)), 0
	for id, name := range v.notes {
		text, err := readNote(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("reading the vault: %w", err)
		}
		if total += len(text); total > maxText {
			return nil, fmt.Errorf("reading the vault: the notes have more than %d bytes", maxText)
		}
		p := parse(text)
		for _, l := range p.links {
			switch to := x.resolve(name, l); {
			case to == nowhere:
				if len(r.Broken) < maxListed {
					r.Broken = append(r.Broken, Broken{name, l.line, l.shown()})
				} else {
					r.Truncated = true
				}
			case to >= 0 && to != id:
				found[to] = true
				linked[pair{int32(min(id, to)), int32(max(id, to))}] = true
			}
		}
		if hash, stale := p.stale(); stale {
			r.Stale = append(r.Stale, Stale{name, clean(p.front.summarized, 64), hash})
		}
		if !ignored.match(name) {
			terms.add(id, name, p.prose)
		}
	}
	for id, name := range v.notes {
		if !found[id] && !ignored.match(name) {
			r.Orphans = append(r.Orphans, name)
		}
	}
	r.Suggestions = terms.suggest(v.notes, linked, o.Suggestions)
	r.Skipped = append(r.Skipped, v.skipped...)
	r.cut(maxListed)
	return r, nil
}

func (l link) shown() string {
	if l.wiki {
		return clean("[["+l.target+"]]", maxLink)
	}
	return clean(l.target, maxLink)
}

// cut shortens the lists.
func (r *Report) cut(most int) {
	r.Truncated = r.Truncated || max(len(r.Orphans), len(r.Broken), len(r.Stale), len(r.Skipped), len(r.Suggestions)) > most
	r.Orphans = r.Orphans[:min(most, len(r.Orphans))]
	r.Broken = r.Broken[:min(most, len(r.Broken))]
	r.Suggestions = r.Suggestions[:min(most, len(r.Suggestions))]
	r.Stale = r.Stale[:min(most, len(r.Stale))]
	r.Skipped = r.Skipped[:min(most, len(r.Skipped))]
}

// JSON is the report as text.
func (r *Report) JSON() ([]byte, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	return append(data, '\n'), err
}

// summary is the report in one line.
func (r *Report) summary() string {
	parts := []string{count(r.Notes, "note")}
	for _, part := range []string{
		count(len(r.Orphans), "orphan"), count(len(r.Broken), "broken link"), count(len(r.Suggestions), "suggestion"),
		counts(len(r.Stale), "stale summary", "stale summaries"),
	} {
		if !strings.HasPrefix(part, "0 ") {
			parts = append(parts, part)
		}
	}
	if len(parts) == 1 {
		parts = append(parts, "nothing to do")
	}
	return strings.Join(parts, ", ")
}

func count(n int, one string) string { return counts(n, one, one+"s") }

func counts(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}
