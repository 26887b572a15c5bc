package places

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// comment is what the user wrote after "#" on the line of a place, or on the lines directly above it.
func (in *Model) comment(at diag.Position) string {
	f := in.File(at.File)
	if f == nil || at.Line < 1 || at.Line > len(f.Lines) {
		return ""
	}
	var out []string
	if _, comment, found := strings.Cut(f.Lines[at.Line-1], " #"); found {
		out = append(out, strings.TrimSpace(comment))
	}
	for i := at.Line - 2; i >= 0; i-- {
		comment, found := strings.CutPrefix(strings.TrimSpace(f.Lines[i]), "#")
		if !found {
			break
		}
		out = append(out, strings.TrimSpace(comment))
	}
	slices.Reverse(out) // what is above comes first
	return strings.Join(out, " ")
}

// Explained reports whether there is a comment above what begins at a place, or on one of its lines.
func (in *Model) Explained(at catalog.Place) bool {
	f := in.File(at.Pos.File)
	if f == nil {
		return false
	}
	last := max(at.Pos.Line, f.lastLine(at.Pos))
	for line := at.Pos.Line; line <= last; line++ {
		pos := at.Pos
		if pos.Line = line; in.comment(pos) != "" {
			return true
		}
	}
	return false
}

// lastLine is the last line with a key of the mapping that begins at a place, or of one in it; 0 when none begins there.
func (f *File) lastLine(at diag.Position) int {
	if f.ends == nil {
		f.ends = map[diag.Position]int{}
		for _, document := range f.Documents() {
			f.noteEnds(document)
		}
	}
	return f.ends[diag.Position{Line: at.Line, Column: at.Column}]
}

func (f *File) noteEnds(n *yaml.Node) (last int) {
	for _, c := range n.Content {
		switch {
		case len(c.Content) == 0:
			last = max(last, c.Line)
		case c.Kind == yaml.MappingNode:
			last = max(last, f.noteEnds(c))
		default:
			f.noteEnds(c)
		}
	}
	if at := (diag.Position{Line: n.Line, Column: n.Column}); n.Kind == yaml.MappingNode {
		f.ends[at] = max(f.ends[at], last)
	}
	return last
}

// NextLine is the first line after a line that is not empty and not a comment; 0 when there is none.
func (f *File) NextLine(line int) int {
	if f.content == nil {
		f.content = make([]int, len(f.Lines)+1)
		for i, text := range slices.Backward(f.Lines) {
			f.content[i] = f.content[i+1]
			if text := strings.TrimSpace(text); text != "" && !strings.HasPrefix(text, "#") {
				f.content[i] = i + 1
			}
		}
	}
	return f.content[line]
}
