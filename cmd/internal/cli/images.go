package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/images"
	"github.com/hippotion/roster/internal/source/fetch"
)

// deployedImage is an image that applications deploy.
type deployedImage struct {
	text         string // as the manifests have it
	repository   string // empty when the text is no name of an image
	tag, digest  string
	applications []string // codes
}

// newerImage is what a registry has besides it.
type newerImage struct {
	deployedImage
	within, newest string // of the same major version, and of all
	unknown        bool   // whether the tag does not say which version it is
	err            error  // why the registry did not say
}

// images are those that the applications deploy, as far as these can be rendered with what was fetched. It says which cannot.
func (e *elsewhere) images() ([]deployedImage, error) {
	in := e.in
	in.Want.Workloads = true
	if e.lockText != nil {
		var err error
		if in.Sources, err = sourcesOf(e.lock); err != nil {
			return nil, err
		}
	}
	out, _, err := fleet.Build(in)
	if err != nil {
		return nil, err
	}
	found := map[string]*deployedImage{}
	for _, a := range out.Applications {
		if a.Workload == nil || a.Failed() {
			_, _ = fmt.Fprintf(e.stderr, "%s: its images are not known: it is not rendered here (see roster lint)\n", a.Code)
			continue
		}
		for _, y := range a.Yields {
			object, _ := y.Value().(map[string]any)
			for _, text := range images.Of(object) {
				if found[text] == nil {
					i, _ := images.Parse(text)
					found[text] = &deployedImage{text: text, repository: i.Repository, tag: i.Tag, digest: i.Digest}
				}
				if of := &found[text].applications; !slices.Contains(*of, a.Code) {
					*of = append(*of, a.Code)
				}
			}
		}
	}
	var all []deployedImage
	for _, i := range found {
		all = append(all, *i)
	}
	slices.SortFunc(all, func(a, b deployedImage) int {
		return cmp.Or(cmp.Compare(a.repository, b.repository), cmp.Compare(a.text, b.text))
	})
	return all, nil
}

// newerImages asks for the tags of all images that have a version, and returns those images of which there are newer ones, or of
// which nobody knows.
func newerImages(ctx context.Context, deployed []deployedImage, n *fetch.Network) []newerImage {
	repositories := map[string]bool{}
	for _, i := range deployed {
		if _, _, known := images.Newer(i.tag, nil); known {
			repositories[i.repository] = true
		}
	}
	tags := fetch.TagsOf(ctx, slices.Sorted(maps.Keys(repositories)), n)
	var out []newerImage
	for _, i := range deployed {
		of := newerImage{deployedImage: i, err: tags[i.repository].Err}
		var known bool
		of.within, of.newest, known = images.Newer(i.tag, tags[i.repository].Tags)
		if of.unknown = !known; of.unknown {
			of.err = nil // it was not asked for this one
		}
		if of.unknown || of.err != nil || of.newest != "" {
			out = append(out, of)
		}
	}
	return out
}

// locked is what is deployed.
func (i newerImage) locked() string { return cmp.Or(i.tag, i.digest) }

// latest is the newest tag, unless it is the one of the same major version.
func (i newerImage) latest() string {
	if i.newest == i.within {
		return ""
	}
	return i.newest
}

// row is a line of the table.
func (i newerImage) row() string {
	const most = 19 // of a digest, sha256: and what tells it from others
	locked, latest := i.locked(), cmp.Or(i.latest(), "-")
	if i.tag == "" {
		locked = locked[:min(len(locked), most)]
	}
	if i.unknown {
		latest = "unknown"
	}
	name := i.repository
	if name == "" {
		name = diag.Beginning(i.text, 100)
	}
	return diag.Visible(cmp.Or(locked, "-")) + "\t" + cmp.Or(i.within, "-") + "\t" + latest + "\timage " + diag.Visible(name) + " of " + few(i.applications) + "\n"
}

// few are the first of some names, and how many more there are.
func few(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// unaskedImages are the reasons why images could not be asked for, each once with those that it is true of.
func unaskedImages(all []newerImage) []error {
	var reasons []string
	of := map[string][]string{}
	for _, i := range all {
		if i.err == nil {
			continue
		}
		host, _, _ := strings.Cut(i.repository, "/")
		key := host + "\x00" + i.err.Error()
		if of[key] == nil {
			reasons = append(reasons, key)
		}
		if !slices.Contains(of[key], i.repository) {
			of[key] = append(of[key], i.repository)
		}
	}
	var out []error
	for _, key := range reasons {
		_, reason, _ := strings.Cut(key, "\x00")
		out = append(out, errors.New("image "+few(of[key])+": "+reason))
	}
	return out
}
