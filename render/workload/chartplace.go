package workload

import (
	"path"

	"github.com/hippotion/roster/internal/diag"
)

// place is where a chart is: a folder, or inside an archive.
type place struct {
	origin
	path   string // of the folder or the archive
	packed bool
	inside string // the folder inside the archive
}

// at is the place of a file of the chart. Of one in an archive it is the archive, and the file is named by the prefix of
// the message.
func (p place) at(file string, line, column int) (at diag.Position, prefix string) {
	switch {
	case !p.packed:
		return p.origin.at(path.Join(p.path, file), line, column)
	case p.name != "":
		return p.origin.at(path.Join(p.inside, file), line, column)
	}
	name := diag.Position{File: path.Join(p.inside, file), Line: line, Column: column}
	if name.File == "" {
		return diag.Position{File: p.path}, ""
	}
	return diag.Position{File: p.path}, name.String() + ": "
}

func (p place) mistake(code, file string, line int, message string) diag.Diagnostic {
	at, prefix := p.at(file, line, min(line, 1))
	return diag.Diagnostic{Pos: at, Code: code, Message: prefix + message}
}

// join is the place of a chart in a folder of this one.
func (p place) join(folder string) place {
	if p.packed {
		p.inside = path.Join(p.inside, folder)
	} else {
		p.path = path.Join(p.path, folder)
	}
	return p
}
