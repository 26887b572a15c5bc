package fetch

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/syntax"
)

// Argo CD and kustomize bring submodules with a repository, and those in them (git submodule update --init --recursive). The commit of
// the repository pins theirs, so they are a part of its tree.

// modulesFile is where a commit says where its submodules are. Without it, Git brings none.
const modulesFile = ".gitmodules"

// Bounds of submodules.
const (
	maxModules = 100 // in all
	maxInner   = 8   // in one another
)

// trees is a tree that is made of several repositories.
type trees struct {
	*source.TreeWriter
	workspace func() (folder string, remove func(), err error)
	total     int64 // bytes of files so far
	modules   int   // so far
	inner     int
}

// module is a submodule.
type module struct{ path, commit string }

// submodules adds the files of the submodules of a commit.
func (g *git) submodules(ctx context.Context, commit string, modules []module, to *trees, prefix string) error {
	if len(modules) == 0 {
		return nil
	}
	text, err := g.run(ctx, "config", "--no-includes", "--blob", commit+":"+modulesFile, "-z", "--get-regexp", `^submodule\..*\.(path|url)$`)
	if err != nil {
		return fmt.Errorf("its %s names no submodules, but it has some", modulesFile)
	}
	paths, urls := map[string]string{}, map[string]string{}
	for entry := range strings.SplitSeq(text, "\x00") {
		key, value, _ := strings.Cut(entry, "\n")
		key = strings.TrimPrefix(key, "submodule.")
		if name, is := strings.CutSuffix(key, ".path"); is {
			paths[value] = name
		} else if name, is := strings.CutSuffix(key, ".url"); is {
			urls[name] = value
		}
	}
	if to.inner++; to.inner > maxInner {
		return fmt.Errorf("it has submodules in more than %d submodules", maxInner)
	}
	defer func() { to.inner-- }()
	if to.modules += len(modules); to.modules > maxModules {
		return fmt.Errorf("it has more than %d submodules", maxModules)
	}
	for _, m := range modules {
		address := urls[paths[m.path]]
		if address == "" {
			return fmt.Errorf("its submodule %s has no URL in %s", syntax.Quote(prefix+m.path), modulesFile)
		}
		if err := g.submodule(ctx, m, address, to, prefix); err != nil {
			return fmt.Errorf("its submodule %s: %w", syntax.Quote(prefix+m.path), err)
		}
	}
	return nil
}

func (g *git) submodule(ctx context.Context, m module, address string, to *trees, prefix string) error {
	address, err := beside(g.asked, address)
	if err != nil {
		return err
	}
	if problem := (source.Reference{Kind: source.Git, URL: address, Version: m.commit}).Problem(); problem != "" {
		return errors.New(problem)
	}
	if strings.HasPrefix(g.asked, "https://") && strings.HasPrefix(address, "http://") {
		return errors.New("its URL is one without https, which is not followed")
	}
	folder, remove, err := to.workspace()
	if err != nil {
		return err
	}
	defer remove()
	of, err := g.gitAt(ctx, folder, address)
	if err != nil {
		return err
	}
	if _, err := of.run(ctx, "init", "--quiet", "--bare", "--template=", "."); err != nil {
		return err
	}
	commit, err := of.fetch(ctx, m.commit)
	if err != nil {
		return err
	}
	return of.tree(ctx, commit, to, prefix+m.path+"/")
}

// beside is the URL of a submodule, which may be seen from that of its repository (git-submodule(1), add).
func beside(of, address string) (string, error) {
	if !strings.HasPrefix(address, "./") && !strings.HasPrefix(address, "../") {
		return address, nil
	}
	base, between := strings.TrimRight(of, "/"), "/"
	for {
		if rest, same := strings.CutPrefix(address, "./"); same {
			address = rest
			continue
		}
		rest, up := strings.CutPrefix(address, "../")
		if !up {
			return base + between + address, nil
		}
		address = rest
		i := strings.LastIndexAny(base, "/:")
		switch scp := !strings.Contains(base, "://"); {
		case i < 0, between == ":", !scp && (base[i] == ':' || strings.HasSuffix(base[:i+1], "://")):
			return "", errors.New("its URL leads above that of the repository")
		case base[i] == ':': // git@git.example:apps.git
			between = ":"
		}
		base = base[:i]
	}
}
