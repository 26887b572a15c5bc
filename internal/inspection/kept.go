package inspection

import (
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"time"

	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/rendered"
	"github.com/hippotion/roster/internal/trace"
)

// asked is what a result depends on besides files.
type asked struct {
	At, Dir, Shown string
	Tree           string // the object of a commit's files: else two commits would take turns, and find what the other one has looked at
	Fetched        bool   // whether there are sources
	Only           []string
	Today          string
}

func (in *Input) request(store *rendered.Store, kind string) rendered.Request {
	return store.Of(kind, asked{in.Place.At, in.Place.Dir, in.Place.Shown, in.Place.Tree.ID, in.Sources != nil, in.Only, in.Today.Format(time.RFC3339[:len("2006-01-02")])})
}

// Where the repository begins, and its copies are, is known only when the list was read, so it is kept apart.
const (
	kindPlaces = "places"
	kindResult = "findings"
)

type places struct{ Root, Copies string }

// placeTree is the files of the place; those without a name are the repository's.
const placeTree = "place"

// find is the result that was kept, if everything is as it was.
func (in *Input) find(store *rendered.Store) *Result {
	text, _, ok := store.Find(in.request(store, kindPlaces), trace.Verify(nil, nil, 0))
	var at places
	if !ok || json.Unmarshal(text, &at) != nil {
		return nil
	}
	place, closePlace, err := (&fleet.Output{Root: "."}).Open(in.Place)
	if err != nil {
		return nil
	}
	defer func() { _ = closePlace() }() // of files that were only read
	repository, closeRepository, err := (&fleet.Output{Root: at.Root}).Open(in.Place)
	if err != nil {
		return nil
	}
	defer func() { _ = closeRepository() }()
	sources := in.Place.SourcesIn(at.Root, at.Copies, in.Sources)
	text, _, ok = store.Find(in.request(store, kindResult), trace.Verify(map[string]fs.FS{placeTree: place, "": repository}, sources, trace.MaxBytes))
	r := &Result{}
	if !ok || json.Unmarshal(text, r) != nil {
		return nil
	}
	return r
}

// keep keeps a result, and what was looked at for it.
func (in *Input) keep(store *rendered.Store, r *Result, seen *fleet.Seen) {
	text, err := json.Marshal(r)
	at, failed := json.Marshal(places{r.Root, seen.Copies})
	all := seen.Place.In(placeTree)
	if store == nil || errors.Join(err, failed) != nil || !all.Add(seen.Repository) || slices.ContainsFunc(r.Findings, accidental) {
		return
	}
	store.Keep(in.request(store, kindPlaces), trace.Seen{}, nil, at)
	store.Keep(in.request(store, kindResult), all, nil, text)
}

// accidental reports whether a finding depends on how much time or memory there was.
func accidental(f lint.Finding) bool { return f.Code == codeTooSlow || f.Code == codeNotChecked }
