// Package source knows what an application needs from outside of the repository: charts, Git repositories, OCI artifacts and
// single files. It names them, and records in a lock exactly what they were.
//
// It uses neither the network nor the disk: internal/source/cache keeps what was fetched, and internal/source/fetch gets it there.
// It does not know what is in them.
package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// Kind is how something is fetched.
type Kind string

// The kinds of references.
const (
	Chart Kind = "chart" // a chart of an HTTP chart repository
	OCI   Kind = "oci"   // an artifact of an OCI registry: a chart, or manifests
	Git   Kind = "git"   // a Git repository, as a whole
	File  Kind = "file"  // one file of a web server: a value file, a schema, a resource of a kustomization
)

// Reference is something outside of the repository, as it was requested. It is comparable, and holds no credentials.
type Reference struct {
	Kind Kind
	// URL is that of the chart repository, of the OCI repository (oci://HOST/PATH, without the tag), of the Git repository, or of
	// the file. A chart repository may also be @NAME, which is looked up where it is fetched (see Named).
	URL string
	// Name is the chart's, in a chart repository; empty for all others.
	Name string
	// Version is a version or a range of versions, an OCI tag or digest, or a Git revision. Empty is the newest release, or HEAD of a Git
	// repository.
	Version string
}

// Sources are what was fetched already. Open returns the files of a reference: NAME.tgz alone for a chart, the file alone for a
// File, the whole tree for Git and for an OCI artifact that is not a chart. The error is ErrNotFetched (wrapped) when it is missing.
type Sources interface {
	Open(Reference) (fs.FS, error)
}

// Stated are sources that can tell what they have for a reference without reading it. The error is that of Open, unless what is there
// is damaged.
type Stated interface {
	State(Reference) (Digest, error)
}

// Opener opens sources of which another process has written what this one must know, as JSON.
type Opener func(json.RawMessage) (Sources, error)

// Reopen opens them; nil when the other process has none.
func (open Opener) Reopen(data json.RawMessage) (Sources, error) {
	if len(data) == 0 || string(data) == "null" {
		return nil, nil
	}
	sources, err := open(data)
	if err != nil {
		return nil, fmt.Errorf("opening what was fetched: %w", err)
	}
	return sources, nil
}

// ErrNotFetched is why a reference cannot be opened: it was not fetched yet, or the lock has another version of it.
var ErrNotFetched = errors.New("not fetched")
