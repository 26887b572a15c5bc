package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
)

// LockFile is the name of the lock. It lies beside the list.
const LockFile = "roster.lock"

// lockVersion is the version of the lock's form. One that adds a key is a new one: an older roster would drop what the key says.
const lockVersion = 1

// Digest says what a content is: sha256:HEX of a file, tree-sha256:HEX of a tree.
type Digest string

const (
	fileDigest = "sha256:"
	treeDigest = "tree-sha256:"
)

var digestForm = lazy.Regexp(`^(tree-)?sha256:[0-9a-f]{64}$`)

// Valid reports whether it is a digest.
func (d Digest) Valid() bool { return digestForm().MatchString(string(d)) }

// IsTree reports whether the content is a tree.
func (d Digest) IsTree() bool { return strings.HasPrefix(string(d), treeDigest) }

// Hex is the digest without its kind.
func (d Digest) Hex() string { return string(d[strings.IndexByte(string(d), ':')+1:]) }

// Locked is what a reference was when it was fetched.
type Locked struct {
	Reference
	// Resolved is the version of a chart, the tag of an OCI artifact (or the digest that was asked for), the commit of a Git
	// repository; empty for a File.
	Resolved   string
	Repository string // the URL of a chart repository that is known by a name, unless platform.yml or a flag has it; empty for all others
	Manifest   string // the digest of an OCI artifact's manifest; empty for all others
	Digest     Digest // of the content
}

// Lock is what each reference was when it was fetched, in their order, each once.
type Lock []Locked

// NewLock puts the parts of a lock into their order. Of two for the same reference, the first stays.
func NewLock(parts ...Locked) Lock {
	l := slices.Clone(parts)
	slices.SortStableFunc(l, func(a, b Locked) int { return a.Compare(b.Reference) })
	return slices.CompactFunc(l, func(a, b Locked) bool { return a.Reference == b.Reference })
}

// Find is what the lock says of a reference.
func (l Lock) Find(r Reference) (Locked, bool) {
	i, found := slices.BinarySearchFunc(l, r, func(k Locked, r Reference) int { return k.Compare(r) })
	if !found {
		return Locked{}, false
	}
	return l[i], true
}

// other is a part of the lock for the same thing in another version.
func (l Lock) other(r Reference) (Locked, bool) {
	i := slices.IndexFunc(l, func(k Locked) bool { return k.Kind == r.Kind && k.URL == r.URL && k.Name == r.Name })
	if i < 0 {
		return Locked{}, false
	}
	return l[i], true
}

// NotFetched is ErrNotFetched with the reference, and what the lock has in its place.
func (l Lock) NotFetched(r Reference) error {
	if k, ok := l.other(r); ok && k.Version != r.Version {
		return fmt.Errorf("%s is %w: %s has %s", r, ErrNotFetched, LockFile, syntax.Quote(k.Version))
	}
	return fmt.Errorf("%s is %w", r, ErrNotFetched)
}

// Text is the lock as a file: a line for each reference, so that one update changes one line.
func (l Lock) Text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# What was fetched from elsewhere. roster fetch writes this file: keep it in Git.\nversion: %d\nreferences:", lockVersion)
	if len(l) == 0 {
		b.WriteString(" []")
	}
	b.WriteByte('\n')
	for _, k := range l {
		fmt.Fprintf(&b, "  - {kind: %s", k.Kind)
		for _, pair := range [][2]string{{"url", k.URL}, {"name", k.Name}, {"version", k.Version}, {"resolved", k.Resolved}, {"repository", k.Repository}, {"manifest", k.Manifest}, {"digest", string(k.Digest)}} {
			if pair[1] != "" {
				fmt.Fprintf(&b, ", %s: %s", pair[0], quoted(pair[1]))
			}
		}
		b.WriteString("}\n")
	}
	return b.Bytes()
}

// quoted is a text as JSON, which is YAML, with < and > as they are: ranges of versions have them.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text is always possible
	return strings.TrimSpace(b.String())
}

type text = syntax.Value[string]

type lockInput struct {
	*syntax.Node
	Version    syntax.Value[int] `yaml:"version,required"`
	References []lockedInput     `yaml:"references,required"`
}

// lockedInput hides what is no digest: nobody looked whether a URL holds a password before this is read.
type lockedInput struct {
	*syntax.Node
	Kind       text `yaml:"kind,required" enum:"chart,oci,git,file"`
	URL        text `yaml:"url,required,hidden"`
	Name       text `yaml:"name,hidden"`
	Version    text `yaml:"version,hidden"`
	Resolved   text `yaml:"resolved,hidden"`
	Repository text `yaml:"repository,hidden"`
	Manifest   text `yaml:"manifest"`
	Digest     text `yaml:"digest,required"`
}

// ReadLock reads a lock; file is its name in messages. What is wrong with it is added to diags, and then the lock must not be used.
func ReadLock(file string, data []byte, diags *diag.List) Lock {
	var found diag.List
	document := syntax.Parse(file, data, &found)
	if document == nil {
		*diags = append(*diags, found...)
		return nil
	}
	var in lockInput
	document.Decode(&in)
	if in.Version.IsSet() && in.Version.V != lockVersion { // whatever else was found is a mistake of this program's
		in.Version.Node.Report("newer-lock", "use the version of roster that wrote it, or remove the file and run roster fetch",
			"expected a lock of version %d, found version %d", lockVersion, in.Version.V)
		diags.Add(found[len(found)-1])
		return nil
	}
	var parts []Locked
	seen := map[Reference]*syntax.Node{}
	for _, r := range in.References {
		if schemes[Kind(r.Kind.V)] == nil || !r.URL.IsSet() || !r.Digest.IsSet() {
			continue // reported
		}
		k := Locked{Reference{Kind(r.Kind.V), r.URL.V, r.Name.V, r.Version.V}, r.Resolved.V, r.Repository.V, r.Manifest.V, Digest(r.Digest.V)}
		first := seen[k.Reference]
		if problem, at := k.problem(), r.Node; problem != "" {
			at.Report("bad-lock", mendLock, "%s", problem)
		} else if first != nil {
			at.ReportWith(first, "first here", "bad-lock", mendLock, "%s occurs twice", syntax.Quote(k.String()))
		}
		seen[k.Reference] = r.Node
		parts = append(parts, k)
	}
	*diags = append(*diags, found...)
	return NewLock(parts...)
}

const mendLock = "take the file as it was before, or remove this line and run roster fetch"

var commitForm = lazy.Regexp(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// problem says what is wrong with a part of a lock; empty when nothing is.
func (k Locked) problem() string {
	if p := k.Reference.Problem(); p != "" {
		return p
	}
	manifest := Digest(k.Manifest)
	switch {
	case !k.Digest.Valid() || k.Digest.IsTree() != (k.Kind == Git) && k.Kind != OCI:
		return "expected the digest of what was fetched"
	case k.Kind == Git && !commitForm().MatchString(k.Resolved):
		return "expected a commit as what the reference was resolved to"
	case k.Kind == File && k.Resolved != "", k.Kind != File && k.Resolved == "":
		return "expected what the reference was resolved to, unless it is a file"
	case k.Kind == OCI && (!manifest.Valid() || manifest.IsTree()), k.Kind != OCI && manifest != "":
		return "expected the digest of the manifest, for an OCI artifact alone"
	case k.Repository != "" && (!k.Named() || Reference{Kind: Chart, URL: k.Repository, Name: k.Name}.Problem() != ""):
		return "expected the URL of the repository, for one that is known by a name alone"
	case len(k.Resolved) > longest:
		return "it is too long"
	}
	return ""
}
