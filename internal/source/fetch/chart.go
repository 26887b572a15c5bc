package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/source"
)

// index is the index of a chart repository, asked for once in a run.
func (n *Network) index(ctx context.Context, home string) ([]byte, error) {
	return n.indexes.get(home, func() ([]byte, error) {
		data, err := n.read(ctx, strings.TrimSuffix(home, "/")+"/index.yaml", home, n.limits().Index)
		if err != nil {
			return nil, fmt.Errorf("the repository's index.yaml: %w", err)
		}
		return data, nil
	})
}

// homeOf is where a repository of charts is. What one stands for that is known by a name is what a map says, what the lock has, or what
// Helm's repositories.yaml has; named is that URL unless a map says it.
func (n *Network) homeOf(r source.Reference, old *source.Locked) (home, named string, err error) {
	home, err = n.Map.of(r.URL)
	switch {
	case err != nil:
		return "", "", err
	case !r.Named():
		return home, "", nil
	case home != r.URL:
	case old != nil && old.Repository != "":
		home, named = old.Repository, old.Repository
	default:
		at := n.Credentials.repositoryOf(r.URL[1:])
		if at == nil {
			return "", "", fmt.Errorf("there is no repository of that name in Helm's repositories.yaml\n  hint: say in platform.yml what it is, sources: {map: [{url: \"%s\", to: https://…}]}, or run helm repo add", r.URL)
		}
		home, named = at.url, at.url
	}
	if u, err := url.Parse(home); err != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "file" {
		return "", "", fmt.Errorf("expected the name of a repository of charts over HTTP: %s is none", r.URL)
	}
	home, err = n.Map.of(home)
	return home, named, err
}

// chart fetches a chart of an HTTP repository.
func (n *Network) chart(ctx context.Context, w wanted) (source.Locked, error) {
	home, named, err := n.homeOf(w.Reference, w.old)
	if err != nil {
		return source.Locked{}, err
	}
	index, err := n.index(ctx, home)
	if err != nil {
		return source.Locked{}, err
	}
	versions, err := versionsOf(index, w.Name)
	if err != nil {
		return source.Locked{}, err
	}
	version := ""
	if w.pinned {
		version = w.old.Resolved
	} else if version, err = chosen(names(versions), w.Version); err != nil {
		return source.Locked{}, err
	}
	i := slices.IndexFunc(versions, func(v indexed) bool { return v.Version == version })
	what := "version " + version
	same := w.old != nil && w.old.Resolved == version
	if i < 0 {
		return source.Locked{}, &Moved{what, string(w.old.Digest), ""}
	}
	said := source.Digest("sha256:" + strings.TrimPrefix(versions[i].Digest, "sha256:"))
	if versions[i].Digest == "" {
		said = ""
	}
	if same && said.Valid() && said != w.old.Digest {
		return source.Locked{}, &Moved{what, string(w.old.Digest), string(said)}
	}
	if same && w.has() {
		return *w.old, nil
	}
	address, err := n.chartURL(home, versions[i].URLs[0])
	if err != nil {
		return source.Locked{}, err
	}
	out, err := n.store(ctx, w.cache, address, home, n.limits().Chart)
	if err != nil {
		return source.Locked{}, fmt.Errorf("version %s: %w", version, err)
	}
	defer out.Discard()
	digest := out.Digest()
	if said != "" && digest != said {
		return source.Locked{}, fmt.Errorf("version %s: expected the content that the repository's index names, %s, found %s", version, said, digest)
	}
	if err := checkChart(out.Content()); err != nil {
		return source.Locked{}, fmt.Errorf("version %s: %w", version, err)
	}
	return source.Locked{Reference: w.Reference, Resolved: version, Repository: named, Digest: digest}, w.commit(out, digest, what, same)
}

func names(versions []indexed) []string {
	var out []string
	for _, v := range versions {
		out = append(out, v.Version)
	}
	return out
}

// chartURL is where a chart lies, as the index says: seen from the repository, unless it is a URL of its own, which may be mapped, too.
func (n *Network) chartURL(home, said string) (string, error) {
	at, err := url.Parse(said)
	if err != nil {
		return "", errors.New("the repository's index names a URL that is none")
	}
	if at.IsAbs() {
		if at.Scheme == "file" {
			return "", errors.New("the repository's index names a file of this machine, which is not read")
		}
		return n.Map.of(said)
	}
	base, err := url.Parse(home)
	if err != nil {
		return "", err
	}
	base.Path = strings.TrimSuffix(base.Path, "/") + "/"
	return base.ResolveReference(at).String(), nil
}

// file fetches a single file.
func (n *Network) file(ctx context.Context, w wanted) (source.Locked, error) {
	home, err := n.Map.of(w.URL)
	if err != nil {
		return source.Locked{}, err
	}
	out, err := n.store(ctx, w.cache, home, home, n.limits().File)
	if err != nil {
		return source.Locked{}, err
	}
	defer out.Discard()
	return source.Locked{Reference: w.Reference, Digest: out.Digest()}, w.commit(out, out.Digest(), "the file", w.pinned)
}
