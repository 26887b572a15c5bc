package fetch

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/Masterminds/semver/v3"
	"github.com/hippotion/roster/internal/source"
)

// Newer is what a server has besides what is locked.
type Newer struct {
	source.Reference
	Locked string // the version, tag or commit in the lock
	// Wanted is what roster fetch --update would take; Latest is the newest release, whatever was asked for. Either is empty when it
	// is what is locked, or nobody can say: a branch has no latest, and a commit neither.
	Wanted, Latest string
	// Moved reports that Wanted is another content under the version that is locked.
	Moved bool
	Err   error // why the server did not say
}

// Outdated asks for newer versions of what is locked, and returns those of which there are, or of which nobody knows. Files have no
// version, and are left out.
func Outdated(ctx context.Context, lock source.Lock, n *Network) []Newer {
	all := make([]Newer, len(lock))
	var group sync.WaitGroup
	places := make(chan struct{}, parallel)
	for i, k := range lock {
		if k.Kind == source.File {
			continue
		}
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			all[i] = n.newer(ctx, k)
		})
	}
	group.Wait()
	return slices.DeleteFunc(all, func(f Newer) bool { return f.Wanted == "" && f.Latest == "" && f.Err == nil })
}

func (n *Network) newer(ctx context.Context, k source.Locked) Newer {
	ctx, cancel := context.WithTimeoutCause(ctx, n.limits().Each, errSlow)
	defer cancel()
	ask := map[source.Kind]func(context.Context, source.Locked) (Newer, error){source.Chart: n.newerChart, source.OCI: n.newerOCI, source.Git: n.newerGit}[k.Kind]
	f, err := ask(ctx, k)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		f = Newer{Err: fmt.Errorf("%s: %w", k.Reference, err)}
	}
	f.Reference, f.Locked = k.Reference, k.Resolved
	if f.Wanted == f.Locked && !f.Moved {
		f.Wanted = ""
	}
	if f.Latest == f.Locked || f.Latest == f.Wanted {
		f.Latest = ""
	}
	return f
}

func (n *Network) newerChart(ctx context.Context, k source.Locked) (f Newer, err error) {
	home, _, err := n.homeOf(k.Reference, &k)
	if err != nil {
		return f, err
	}
	index, err := n.index(ctx, home)
	if err != nil {
		return f, err
	}
	versions, err := versionsOf(index, k.Name)
	if err != nil {
		return f, err
	}
	if f.Wanted, err = chosen(names(versions), k.Version); err != nil {
		return f, err
	}
	f.Latest = latest(names(versions), k.Resolved)
	i := slices.IndexFunc(versions, func(v indexed) bool { return v.Version == f.Wanted })
	said := strings.TrimPrefix(versions[i].Digest, "sha256:")
	f.Moved = f.Wanted == k.Resolved && said != "" && said != k.Digest.Hex()
	return f, nil
}

func (n *Network) newerOCI(ctx context.Context, k source.Locked) (f Newer, err error) {
	if source.Digest(k.Version).Valid() {
		return f, nil
	}
	repository, err := n.repository(k.URL)
	if err != nil {
		return f, err
	}
	tags, err := n.tagsOf(ctx, repository)
	if err != nil {
		return f, err
	}
	versions := versionsIn(tags)
	if f.Wanted = k.Version; isRange(k.Version) {
		if f.Wanted, err = chosen(versions, k.Version); err != nil {
			return f, err
		}
	}
	if isRelease(k.Resolved) {
		f.Latest = latest(versions, k.Resolved)
	}
	if f.Wanted != k.Resolved {
		return f, nil
	}
	var found string
	err = again(ctx, func() error {
		manifest, err := repository.Resolve(ctx, strings.ReplaceAll(f.Wanted, "+", "_"))
		found = string(manifest.Digest)
		return said(err, repository.Reference.Registry)
	})
	f.Moved = found != k.Manifest
	return f, err
}

func (n *Network) newerGit(ctx context.Context, k source.Locked) (f Newer, err error) {
	if commitForm().MatchString(k.Version) {
		return f, nil
	}
	g, err := n.gitAt(ctx, string(filepath.Separator), k.URL) // in no checkout, whose settings would count
	if err != nil {
		return f, err
	}
	commit, tag, err := g.resolve(ctx, k.Version)
	if err != nil {
		return f, err
	}
	f.Wanted = commit
	if !tag {
		return f, nil
	}
	f.Moved = commit != k.Resolved && !isRange(k.Version)
	refs, err := g.refsOf(ctx)
	if err != nil {
		return f, err
	}
	if newest := latest(tagged(refs), strings.TrimPrefix(k.Version, "refs/tags/")); newest != k.Version {
		if at, _, err := g.resolve(ctx, newest); err == nil && at != k.Resolved && !isRange(k.Version) {
			f.Latest = newest
		}
	}
	return f, nil
}

// latest is the newest release of some versions, the newest of which comes first: no pre-release, unless one is locked. It is what is
// locked when that is newer.
func latest(versions []string, locked string) string {
	at, err := semver.NewVersion(locked)
	for _, v := range versions {
		parsed, bad := semver.NewVersion(v)
		if bad != nil || parsed.Prerelease() != "" && (err != nil || at.Prerelease() == "") {
			continue
		}
		if err == nil && !parsed.GreaterThan(at) {
			return locked
		}
		return v
	}
	return locked
}
