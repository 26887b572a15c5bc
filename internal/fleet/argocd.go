package fleet

import (
	"fmt"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
)

// ArgoCD is the platform of the cluster with that Argo CD, and then those of the clusters that it deploys to. Without a name, it is that
// of the only cluster with one.
func (o *Output) ArgoCD(name string) ([]*catalog.Platform, error) {
	var own, all []string
	var found *catalog.Platform
	for _, c := range o.Clusters {
		p := c.Platform
		all = append(all, p.Cluster.Name)
		if p.Cluster.Remote {
			continue
		}
		own = append(own, p.Cluster.Name)
		if p.Cluster.Name == name || name == "" && p.Cluster.Home {
			found = p
		}
	}
	switch {
	case found != nil:
	case name == "":
		return nil, fmt.Errorf("several clusters have an Argo CD of their own\n  hint: %s", diag.OneOf("name one with --cluster: ", own))
	default:
		for _, c := range o.Clusters {
			if p := c.Platform; p.Cluster.Name == name {
				return nil, fmt.Errorf("the cluster %q has no Argo CD of its own\n  hint: --cluster %s, whose Argo CD deploys to it", name, p.Cluster.Manager)
			}
		}
		hint := "it has no clusters: leave out the name"
		if all[0] != "" {
			hint = diag.DidYouMean(name, all)
		}
		return nil, fmt.Errorf("there is no cluster %q in %s\n  hint: %s", name, catalog.PlatformFile, hint)
	}
	out := []*catalog.Platform{found}
	for _, c := range o.Clusters {
		if p := c.Platform; p.Cluster.Remote && p.Cluster.Manager == found.Cluster.Name {
			out = append(out, p)
		}
	}
	return out, nil
}

// Of is the platform of the cluster of that name, or without one that of the only cluster with an Argo CD.
func (o *Output) Of(name string) (*catalog.Platform, error) {
	for _, c := range o.Clusters {
		if p := c.Platform; name != "" && p.Cluster.Name == name {
			return p, nil
		}
	}
	platforms, err := o.ArgoCD(name)
	if err != nil {
		return nil, err
	}
	return platforms[0], nil
}
