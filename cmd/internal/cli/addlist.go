package cli

import (
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
)

// listed is the list that gets an application.
type listed struct {
	dir   string // as the user names it
	place fleet.Place
	out   fleet.Output
	empty string // the file, when it has no entries: then nothing of the list is known
}

// list reads the list.
func (o *addOptions) list(dir string, stderr io.Writer) (*listed, error) {
	place, err := fleet.Find(dir, o.repository)
	if err != nil {
		return nil, err
	}
	l := &listed{dir: dir, place: place}
	var mistakes diag.List
	if l.out, mistakes, err = fleet.Build(fleet.Input{Place: place}); err != nil || l.out.Clusters != nil {
		return l, err
	}
	within := path.Join(l.out.Frame.Within, catalog.ApplicationsFile)
	if first := mistakes[0]; len(mistakes) == 1 && first.Pos.File != path.Join(l.out.Frame.Within, catalog.PlatformFile) {
		switch {
		case first.Code == "empty":
			l.empty = first.Pos.File
			return l, nil
		case first.Code == "missing-file" && first.Pos.File == within && o.file != "":
			return l, nil
		case first.Code == "missing-file" && first.Pos.File == within && first.Pos.Line == 0:
			return nil, fmt.Errorf("%s: %s\n  hint: %s", diag.Shown(l.out.Frame.Seen(first.Pos)), first.Message, first.Hint)
		}
	}
	return nil, errors.Join(mistakes.Print(stderr, l.out.Frame), fmt.Errorf("nothing was added: the list has mistakes"))
}

// longestList is more than a file of the list may have.
const longestList = 16 << 20

// root is the repository's root on the disk.
func (l *listed) root() string { return filepath.Join(l.place.Top, filepath.FromSlash(l.out.Root)) }

// onDisk is a file of the repository on the disk, as the user would write it.
func (l *listed) onDisk(file string) string {
	if inside, err := filepath.Rel(filepath.FromSlash(l.out.Frame.Within), filepath.FromSlash(file)); err == nil && filepath.IsLocal(inside) {
		return filepath.Join(l.dir, inside)
	}
	return filepath.Join(l.root(), filepath.FromSlash(file))
}

// name is a file of the repository as the user sees it.
func (l *listed) name(file string) string {
	return diag.Shown(l.out.Frame.Seen(diag.Position{File: file}))
}

func (l *listed) shown(p catalog.Place) string { return diag.Shown(l.out.Frame.Seen(p.Pos)) }

// beside are files as they are seen from the list's folder.
func (l *listed) beside(files []string) []string {
	var out []string
	for _, f := range files {
		if rel, err := filepath.Rel(filepath.FromSlash(l.out.Frame.Within), filepath.FromSlash(f)); err == nil {
			out = append(out, filepath.ToSlash(rel))
		}
	}
	return out
}
