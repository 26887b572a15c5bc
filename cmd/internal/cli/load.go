package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/render/object"
)

// errIncomplete ends a render that printed all that it could, but not everything.
var errIncomplete = errors.New("some applications are not rendered here")

// build builds what is wanted, and prints what is wrong with it to stderr.
func build(in fleet.Input, stderr io.Writer) (fleet.Output, error) {
	out, diags, err := fleet.Build(in)
	if err != nil {
		return out, err
	}
	return out, told(&out, diags, stderr)
}

// told prints what of out is not rendered, what is doubtful, and what is wrong; it returns errReported when something is.
func told(out *fleet.Output, diags diag.List, stderr io.Writer) error {
	for _, a := range out.Applications {
		if a.Workload == nil {
			_, _ = fmt.Fprintf(stderr, "%s: not rendered here: %s\n", a.Name, a.Elsewhere)
		}
	}
	err := errors.Join(out.Warnings.Print(warned(stderr), out.Frame), diags.Print(stderr, out.Frame))
	if err == nil && len(diags) > 0 {
		err = errReported
	}
	return err
}

// platform reads the platform in folder dir, and prints what is wrong with it to stderr.
func platform(dir, repository string, stderr io.Writer) (fleet.Output, error) {
	place, err := fleet.Find(dir, repository)
	if err != nil {
		return fleet.Output{}, err
	}
	return build(fleet.Input{Place: place}, stderr)
}

// deployed are the objects of an application.
func deployed(a fleet.Application) []object.Object {
	out := make([]object.Object, len(a.Yields))
	for i, y := range a.Yields {
		out[i] = y.Object
	}
	return out
}

// empty reports whether an application deploys nothing, and may do so. For any other, printing nothing must not look like success.
func empty(a fleet.Application) bool {
	return a.MayBeEmpty && !a.Failed() && a.Workload != nil && len(a.Yields) == 0
}
