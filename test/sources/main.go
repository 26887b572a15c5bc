// The command sources prints what one application deploys, as roster render --app does, with what the application takes from
// elsewhere out of folders: for comparisons with the tools that fetch it themselves.
//
//	sources SOURCES.json CODE DIR
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
)

// shelf is what there is.
type shelf []struct {
	source.Reference
	Folder string
}

// Open implements source.Sources.
func (s shelf) Open(ref source.Reference) (fs.FS, error) {
	for _, there := range s {
		if there.Reference == ref {
			root, err := os.OpenRoot(there.Folder)
			if err != nil {
				return nil, err
			}
			return root.FS(), nil
		}
	}
	return nil, fmt.Errorf("%v: %w", ref, source.ErrNotFetched)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) == 2 && os.Args[1] == fleet.WorkerVerb {
		return fleet.Serve(os.Stdin, os.Stdout, func(data json.RawMessage) (source.Sources, error) {
			var s shelf
			err := json.Unmarshal(data, &s)
			return s, err
		})
	}
	if len(os.Args) != 4 {
		return errors.New("usage: sources SOURCES.json CODE DIR")
	}
	var there shelf
	data, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(data, &there)
	}
	if err != nil {
		return err
	}
	place, err := fleet.Find(os.Args[3], os.Args[3])
	if err != nil {
		return err
	}
	in := fleet.Input{Place: place, Sources: there, Want: fleet.Want{Application: os.Args[2]}}
	refs, diags, err := fleet.References(in)
	if err != nil || len(diags) > 0 {
		return fmt.Errorf("asking for references: %w, %v", err, diags)
	}
	fmt.Fprintln(os.Stderr, refs)
	out, diags, err := fleet.Build(in)
	if err != nil {
		return err
	}
	if len(diags) > 0 {
		return errors.Join(diags.Print(os.Stderr, out.Frame), errors.New("it is not rendered"))
	}
	var objects []object.Object
	for _, y := range out.Applications[0].Yields {
		objects = append(objects, y.Object)
	}
	return render.Write(os.Stdout, objects)
}
