package fetch

import (
	"context"
	"errors"
	"strings"
	"sync"
)

// Tags are those of a repository in a registry.
type Tags struct {
	Tags []string
	Err  error // why they are not known
}

// TagsOf asks registries for the tags of repositories, HOST/PATH, each once. A registry that cannot be reached is not asked again.
func TagsOf(ctx context.Context, repositories []string, n *Network) map[string]Tags {
	byHost := map[string][]string{}
	for _, r := range repositories {
		host, _, _ := strings.Cut(r, "/")
		byHost[host] = append(byHost[host], r)
	}
	out := map[string]Tags{}
	var mu sync.Mutex
	var group sync.WaitGroup
	places := make(chan struct{}, parallel)
	ask := func(repository string) error {
		places <- struct{}{}
		defer func() { <-places }()
		tags, err := n.tagsAt(ctx, repository)
		mu.Lock()
		defer mu.Unlock()
		out[repository] = Tags{tags, err}
		return err
	}
	for _, of := range byHost {
		group.Go(func() {
			var answered *statusError
			if err := ask(of[0]); err != nil && !errors.As(err, &answered) {
				mu.Lock()
				defer mu.Unlock()
				for _, r := range of[1:] {
					out[r] = Tags{nil, err}
				}
				return
			}
			for _, r := range of[1:] {
				group.Go(func() { _ = ask(r) })
			}
		})
	}
	group.Wait()
	return out
}

func (n *Network) tagsAt(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, n.limits().Each, errSlow)
	defer cancel()
	repository, err := n.repository("oci://" + name)
	if err != nil {
		return nil, err
	}
	tags, err := n.tagsOf(ctx, repository)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return tags, err
}
