package diff

import (
	"bytes"
	"io/fs"
	"slices"

	"github.com/hippotion/roster/internal/diag"
)

// hunk is a run of lines that differ: the first line on each side, counted from 1, and how many there are. Where there are none, First is the
// line that follows.
type hunk struct{ before, after run }

type run struct{ first, count int }

// of is what a hunk is on a side.
func (h *hunk) of(side int) run {
	if side == 0 {
		return h.before
	}
	return h.after
}

// within reports whether a run touches the lines from first to before end.
func (r run) within(first, end int) bool {
	if r.count == 0 { // it is between two lines
		return first < r.first && r.first < end
	}
	return r.first < end && r.first+r.count > first
}

// files compares the files of both sides, each when it is asked for.
type files struct {
	sides   [2]*Side
	known   map[string][]hunk
	folders map[string][]string
	split   [2]map[string][][]byte // in lines
	guesses map[string]*clues      // by the names of their files
}

func newFiles(before, after *Side) *files {
	return &files{sides: [2]*Side{before, after}, known: map[string][]hunk{}, folders: map[string][]string{}, split: [2]map[string][][]byte{{}, {}}, guesses: map[string]*clues{}}
}

// lines are those of a file of a side.
func (f *files) lines(side int, name string) [][]byte {
	out, known := f.split[side][name]
	if !known {
		out = bytes.Split(f.read(side, name), []byte("\n"))
		f.split[side][name] = out
	}
	return out
}

// read is a file of a side; nil when it has none, or when it is too long.
func (f *files) read(side int, name string) []byte {
	if f.sides[side].Files == nil || !fs.ValidPath(name) {
		return nil
	}
	info, err := fs.Stat(f.sides[side].Files, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > longestFile {
		return nil
	}
	data, _ := fs.ReadFile(f.sides[side].Files, name)
	return data
}

// hunks are what differs in a file.
func (f *files) hunks(name string) []hunk {
	if h, known := f.known[name]; known {
		return h
	}
	h := hunks(f.read(0, name), f.read(1, name))
	f.known[name] = h
	return h
}

// below are the files of a folder, or the file, that differ, in order.
func (f *files) below(name string) []string {
	if out, known := f.folders[name]; known {
		return out
	}
	names := map[string]bool{}
	for _, side := range f.sides {
		if side.Files == nil || !fs.ValidPath(name) {
			continue
		}
		_ = fs.WalkDir(side.Files, name, func(at string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil
			case len(names) >= mostFiles:
				return fs.SkipAll
			case !e.IsDir():
				names[at] = true
			}
			return nil
		})
	}
	var out []string
	for at := range names {
		if len(f.hunks(at)) > 0 {
			out = append(out, at)
		}
	}
	slices.Sort(out)
	f.folders[name] = out
	return out
}

// with is the line with one of some words in the hunk of a cause.
func (f *files) with(cause Cause, words []string) (_ Cause, some bool) {
	if len(words) == 0 {
		return Cause{}, false
	}
	for _, h := range f.hunks(cause.Pos.File) {
		if !h.of(cause.side()).within(cause.Pos.Line, cause.Pos.Line+1) {
			continue
		}
		for _, side := range []int{1, 0} {
			text, r := f.lines(side, cause.Pos.File), h.of(side)
			for line := r.first; line < r.first+r.count && line <= len(text); line++ {
				if slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(text[line-1], []byte(w)) }) {
					return f.causeAt(side, cause.Pos.File, line), true
				}
			}
		}
	}
	return Cause{}, false
}

// cause is the first line of a hunk that is not empty, on a side, or on the other one where only that has lines. Lines that are edited in place are
// shown as they are after the change.
func (f *files) cause(h hunk, file string, side int) Cause {
	switch {
	case h.of(side).count == 0 && h.of(1-side).count > 0:
		side = 1 - side
	case h.before.count == h.after.count:
		side = 1
	}
	r := h.of(side)
	text := f.lines(side, file)
	line := r.first
	for line < r.first+r.count-1 && line < len(text) && len(bytes.TrimSpace(text[line-1])) == 0 {
		line++
	}
	return f.causeAt(side, file, line)
}

// causeFrom is the same for the part of a hunk that begins at a line of a side. The lines of a hunk follow each other as on the other side, as far as
// anybody can tell.
func (f *files) causeFrom(h hunk, s site, file string, shown int) Cause {
	side := s.side
	from, into := h.before, h.after
	if side == 1 {
		from, into = into, from
	}
	skipped := s.first - from.first
	if skipped <= 0 {
		return f.cause(h, file, shown)
	}
	from.first, from.count = s.first, from.count-skipped
	into.first, into.count = into.first+min(skipped, max(into.count-1, 0)), max(into.count-skipped, min(into.count, 1))
	if side == 1 {
		from, into = into, from
	}
	return f.cause(hunk{from, into}, file, shown)
}

// causeAt is a line, from its first character on.
func (f *files) causeAt(side int, file string, line int) Cause {
	column := 1
	if text := f.lines(side, file); line <= len(text) {
		column += len(text[line-1]) - len(bytes.TrimLeft(text[line-1], " "))
	}
	return Cause{diag.Position{File: file, Line: line, Column: column}, side == 0}
}

// blockEnd is the first line behind what begins at a place of a YAML file in blocks.
func (f *files) blockEnd(side int, at diag.Position) int {
	text := f.lines(side, at.File)
	end := at.Line + 1
	for i := at.Line; i < len(text); i++ { // text[i] is line i+1
		line := bytes.TrimRight(text[i], " \r")
		content := bytes.TrimLeft(line, " ")
		switch indent := len(line) - len(content); {
		case len(content) == 0 || content[0] == '#': // it may belong to what follows
		case indent < at.Column-1:
			return end
		default:
			end = i + 2
		}
	}
	return end
}

// documentEnd is the first line behind the document of a place.
func (f *files) documentEnd(side int, at diag.Position) int {
	text := f.lines(side, at.File)
	for i := at.Line; i < len(text); i++ {
		if bytes.HasPrefix(text[i], []byte("---")) {
			return i + 1
		}
	}
	return len(text) + 1
}

// around are the lines near a place.
func (f *files) around(c Cause) string {
	const near = 8
	text := f.lines(c.side(), c.Pos.File)
	return string(bytes.Join(text[max(0, min(len(text), c.Pos.Line-near)):min(len(text), c.Pos.Line+near)], []byte("\n")))
}
