// Package fetch brings what a list refers to into the cache: charts of HTTP repositories and OCI registries, Git repositories and
// single files. It is the only package that uses the network, and asks no server but those that a reference names, and those that
// these name in turn.
//
// It does not know what a reference is for, and it does not look into what it brings, but for what would harm those who unpack it.
package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-multierror"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/cache"
)

// Options say how All fetches.
type Options struct {
	Cache   *cache.Cache
	Lock    source.Lock // as it was
	Network *Network
	// Locked takes exactly what the lock has, and nothing that it has not.
	Locked bool
	// Update reports whether a reference is resolved anew, whatever the lock has. Nil stands for none.
	Update func(source.Reference) bool
	// Copies are in the repository: what is pinned comes from there before a server is asked.
	Copies source.Copies
	// Progress is told when a reference is asked for, and when that is done. It is not called twice at once, and may be nil.
	Progress func(Event)
}

// Event is a step of a run.
type Event struct {
	Reference source.Reference
	Done      bool
	Err       error // why it could not be had; only when it is done
}

// Bounds of a run. What is fetched may name what has to be fetched next, and so on.
const (
	maxRounds     = 20
	maxReferences = 10_000
	parallel      = 8
)

// All fetches what there are references to: those that are known with what is fetched so far, and again, until there are no more.
// Without an error, all is in the cache, and the lock is the new one. With ErrPart, the lock is what could be had. That error joins one for
// each reference that could not be; each of them names it.
func All(ctx context.Context, references func(source.Sources) ([]source.Reference, error), o Options) (source.Lock, error) {
	r := &run{Options: o, got: map[source.Reference]source.Locked{}, failed: map[source.Reference]error{}}
	for range maxRounds {
		known, err := references(cache.Pinned{Folder: o.Cache.Folder(), Lock: source.NewLock(slices.Collect(maps.Values(r.got))...)})
		if err != nil {
			return nil, err
		}
		slices.SortFunc(known, source.Reference.Compare)
		known = slices.Compact(known)
		if len(known) > maxReferences {
			return nil, fmt.Errorf("expected at most %d references, found %d", maxReferences, len(known))
		}
		missing := slices.DeleteFunc(slices.Clone(known), r.settled)
		if len(missing) == 0 {
			return r.lock(known), r.err()
		}
		r.each(ctx, missing)
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
	}
	return nil, fmt.Errorf("what was fetched refers to more, %d times over: expected an end", maxRounds)
}

// ErrPart is in an error that joins those of some references: the others could be had.
var ErrPart = errors.New("some could not be had")

// part is such an error.
type part struct{ error }

func (p part) Unwrap() []error { return []error{p.error, ErrPart} }

// run is one call of All.
type run struct {
	Options

	mu     sync.Mutex
	got    map[source.Reference]source.Locked
	failed map[source.Reference]error
}

func (r *run) settled(ref source.Reference) bool {
	_, got := r.got[ref]
	return got || r.failed[ref] != nil
}

// lock is what was had of some references.
func (r *run) lock(of []source.Reference) source.Lock {
	var parts []source.Locked
	for _, ref := range of {
		if k, ok := r.got[ref]; ok {
			parts = append(parts, k)
		}
	}
	return source.NewLock(parts...)
}

// err joins what went wrong, in the order of the references.
func (r *run) err() error {
	var failed []source.Reference
	for ref := range r.failed {
		failed = append(failed, ref)
	}
	slices.SortFunc(failed, source.Reference.Compare)
	all := &multierror.Error{ErrorFormat: func(errs []error) string {
		var lines []string
		for _, err := range errs {
			lines = append(lines, err.Error())
		}
		return strings.Join(lines, "\n")
	}}
	for _, ref := range failed {
		all = multierror.Append(all, r.failed[ref])
	}
	if err := all.ErrorOrNil(); err != nil {
		return part{err}
	}
	return nil
}

// each gets some references, several at once.
func (r *run) each(ctx context.Context, refs []source.Reference) {
	var group sync.WaitGroup
	places := make(chan struct{}, parallel)
	for _, ref := range refs {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			got, err := r.one(ctx, ref)
			r.mu.Lock()
			defer r.mu.Unlock()
			if err != nil {
				err = fmt.Errorf("%s: %w", ref, err)
				r.failed[ref] = err
			} else {
				r.got[ref] = got
			}
		})
	}
	group.Wait()
}

func (r *run) tell(e Event) {
	if r.Progress == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Progress(e)
}

// one gets a reference: from the cache when the lock has it, else from its server.
func (r *run) one(ctx context.Context, ref source.Reference) (source.Locked, error) {
	if problem := ref.Problem(); problem != "" {
		return source.Locked{}, errors.New(problem)
	}
	locked, known := r.Lock.Find(ref)
	pinned := known && (r.Update == nil || !r.Update(ref))
	if pinned && (r.Cache.Verify(locked.Digest) == nil || r.fromCopy(locked)) {
		return locked, nil
	}
	if !known && r.Locked {
		return source.Locked{}, fmt.Errorf("it is not in %s\n  hint: run roster fetch, and commit the file", source.LockFile)
	}
	r.tell(Event{Reference: ref})
	ctx, cancel := context.WithTimeoutCause(ctx, r.Network.limits().Each, errSlow)
	defer cancel()
	w := wanted{Reference: ref, cache: r.Cache}
	if known {
		w.old, w.pinned = &locked, pinned
	}
	got, err := r.Network.fetch(ctx, w)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	r.tell(Event{ref, true, err})
	return got, err
}

var errSlow = errors.New("it took too long")

// wanted is a reference that is fetched.
type wanted struct {
	source.Reference
	cache  *cache.Cache
	old    *source.Locked // what the lock has of it; nil when nothing
	pinned bool           // whether it must be what the lock has
}

// has reports whether the content that the lock has is in the cache.
func (w wanted) has() bool { return w.old != nil && w.cache.Verify(w.old.Digest) == nil }

// fetch asks the servers of a reference.
func (n *Network) fetch(ctx context.Context, w wanted) (source.Locked, error) {
	switch w.Kind {
	case source.Chart:
		return n.chart(ctx, w)
	case source.OCI:
		return n.oci(ctx, w)
	case source.Git:
		return n.git(ctx, w)
	}
	return n.file(ctx, w)
}

// Moved is why something is not taken that is there: under the same version, the lock has another content.
type Moved struct {
	What          string // such as: version 1.2.3
	Locked, Found string // digests or commits; Found is empty when it is no longer there
}

func (m *Moved) Error() string {
	return fmt.Sprintf("%s has changed: %s has %s, the server has %s\n  hint: find out why; if it is right, run roster fetch after you have removed its line from %[2]s",
		m.What, source.LockFile, m.Locked, cmp.Or(m.Found, "nothing"))
}

// commit gives what was written its name in the cache, unless the lock has another content for the same version.
func (w wanted) commit(out *cache.Writer, digest source.Digest, what string, same bool) error {
	if same && w.old != nil && w.old.Digest != digest {
		return &Moved{what, string(w.old.Digest), string(digest)}
	}
	return out.Commit(digest, w.String())
}

// missing reports whether an error says that something is not there.
func missing(err error) bool {
	var status *statusError
	return errors.Is(err, fs.ErrNotExist) || errors.As(err, &status) && status.code == 404
}

// Limits bound what a server may send, and how long it may take. The zero value of each stands for its default.
type Limits struct {
	Index int64         // bytes of an index of charts
	Chart int64         // bytes of a packed chart
	File  int64         // bytes of a file
	Tree  int64         // bytes of an artifact with manifests, and of a Git repository, as they are transferred
	Each  time.Duration // for one reference
	Stall time.Duration // until the next byte
}

func (n *Network) limits() Limits {
	l := n.Limits
	return Limits{
		Index: cmp.Or(l.Index, 64<<20), Chart: cmp.Or(l.Chart, 32<<20), File: cmp.Or(l.File, 16<<20), Tree: cmp.Or(l.Tree, 512<<20),
		Each: cmp.Or(l.Each, 5*time.Minute), Stall: cmp.Or(l.Stall, 30*time.Second),
	}
}
