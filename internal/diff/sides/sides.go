// Package sides builds what package diff compares: a side for each state of a list.
//
// It judges nothing. What cannot be rendered is unknown on the side, with the reason.
package sides

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/inspection"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/render/object"
)

// Open builds a side of what is at a place. Close must be called when it is no longer used.
func Open(in inspection.Input, name, commit string) (side *diff.Side, closer func() error, err error) {
	in.Unstable = true // what a chart makes anew each time is no change
	opened, err := inspection.Open(in)
	if err != nil {
		return nil, nil, err
	}
	side = &diff.Side{Name: name, Commit: commit, Frame: opened.Frame, Root: opened.Root}
	for _, f := range opened.Findings {
		if f.Severity == lint.Error {
			side.Mistakes.Add(f.Diagnostic)
		}
	}
	for _, a := range opened.Output.Applications {
		side.Mistakes = append(side.Mistakes, a.Mistakes...)
	}
	side.Mistakes = side.Mistakes.Sorted()
	for i, input := range opened.Inputs {
		side.Files = input.Repository
		side.Clusters = append(side.Clusters, cluster(input, opened.Output.Clusters[i], &opened.Output))
	}
	slices.SortFunc(side.Clusters, func(a, b *diff.Cluster) int { return cmp.Compare(a.Name, b.Name) })
	return side, opened.Close, nil
}

// cluster is one of the clusters of a side.
func cluster(in *lint.Input, built *fleet.Cluster, out *fleet.Output) *diff.Cluster {
	c := &diff.Cluster{Name: built.Platform.Cluster.Name, Input: in}
	owners := newOwners(built.Platform)
	for _, o := range in.Objects {
		c.Objects = append(c.Objects, owners.object(o))
	}
	for _, o := range in.Workloads {
		c.Objects = append(c.Objects, &diff.Object{Object: o.Object, ID: idOf(o.Object), Application: o.Application, Entry: o.Entry, Deployed: o, At: o.MadeFrom()})
	}
	for i := range out.Applications {
		if a := &out.Applications[i]; a.Platform == built.Platform {
			c.Applications = append(c.Applications, application(a, in.Repository))
		}
	}
	return c
}

func idOf(o object.Object) diff.ID { return diff.ID(deployed.IDOf(&lint.Object{Object: o})) }

// application is one application, with what is not known of it.
func application(a *fleet.Application, files fs.FS) *diff.Application {
	out := &diff.Application{Application: a.Application, Entry: a.Namespace}
	switch {
	case a.ByPlugin():
		out.Unknown, out.Request = "a plugin renders it", request(a, files)
	case a.Workload == nil:
		out.Unknown, out.Request = cmp.Or(a.Elsewhere, "its source")+" is not fetched", request(a, files)
	case a.Failed():
		out.Unknown, out.Request = a.Mistakes[0].Message, request(a, files)
	}
	return out
}

// What is read to find out whether an application asks for the same: more is not known to be the same.
const (
	mostFiles = 2000
	mostBytes = 16 << 20
)

// request identifies what an application asks for: its sources, what the repository adds to them, and what is wrong with it. It is empty when that is
// too much to read.
func request(a *fleet.Application, files fs.FS) string {
	sum := sha256.New()
	encoder := json.NewEncoder(sum)
	_ = encoder.Encode([]any{a.Sources, a.Namespace.Name, a.Name, a.Elsewhere})
	for _, m := range a.Mistakes {
		_ = encoder.Encode([]string{m.Code, m.Message})
	}
	reads := a.Reads()
	for _, w := range append([]*catalog.Workload{a.Workload, a.Remote}, a.Others...) {
		if w == nil {
			continue
		}
		if reads = append(reads, w.Values...); a.GeneratePaths == nil && !w.Remote && w.Kind != catalog.Catalog {
			reads = append(reads, w.Path) // it failed before anybody knew what else it reads
		}
		for _, p := range w.Patches {
			_ = encoder.Encode(p.Patch)
		}
	}
	for _, p := range a.Patches {
		_ = encoder.Encode(p.Patch)
	}
	for _, name := range reads {
		if !contents(files, name, encoder) {
			return ""
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// contents writes what a file or a folder has. It is false when that is too much.
func contents(files fs.FS, name string, encoder *json.Encoder) bool {
	if !fs.ValidPath(name) {
		return false
	}
	count, size := 0, int64(0)
	err := fs.WalkDir(files, name, func(at string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return encoder.Encode([]any{at, err != nil})
		}
		info, err := fs.Stat(files, at)
		if err != nil || !info.Mode().IsRegular() {
			return encoder.Encode([]any{at, true})
		}
		if count, size = count+1, size+info.Size(); count > mostFiles || size > mostBytes {
			return errTooMuch
		}
		data, err := fs.ReadFile(files, at)
		return encoder.Encode([]any{at, data, err != nil})
	})
	return err == nil
}

var errTooMuch = errors.New("too much to read")
