package plugin

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
)

// ByHand lists what only a person can provide: credentials, and the values of secrets. It names where they belong, line by line, and never
// a value.
// The first platform is that of the cluster with Argo CD; the others are those that it deploys to.
func ByHand(platforms []*catalog.Platform) string {
	var out strings.Builder
	p := platforms[0]
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	line("By hand, before Argo CD can do the rest:")
	line("  credentials of these repositories, if they are private: a Secret in %s with the label", p.ArgoCD.Namespace)
	line("  argocd.argoproj.io/secret-type: repository")
	for _, url := range repositories(platforms) {
		line("    %s", url)
	}
	if len(platforms) > 1 {
		line("  credentials of these clusters: a Secret in %s for each, with the label", p.ArgoCD.Namespace)
		line("  argocd.argoproj.io/secret-type: cluster, as argocd cluster add makes it")
		for _, other := range platforms[1:] {
			line("    %s", known(other.Cluster))
		}
	}
	for _, p := range platforms {
		of := ""
		if len(platforms) > 1 {
			of = ", of the cluster " + p.Cluster.Name
		}
		for _, s := range p.AllStores() {
			vaultByHand(s, of, line)
		}
		if lines := logins(p); len(lines) > 0 {
			line("  Secrets with which External Secrets logs in to its stores%s (namespace/Secret, key, store):", of)
			for _, l := range lines {
				line("    %s", l)
			}
		}
		ciByHand(p, line)
		if lines := secrets(p); len(lines) > 0 {
			line("  secrets that ExternalSecrets%s read (store, path, property; * is all of them):", strings.TrimPrefix(of, ","))
			for _, l := range lines {
				line("    %s", l)
			}
		}
	}
	return out.String()
}

// known is a cluster as Argo CD must know it.
func known(c catalog.Cluster) string {
	if c.Server == "" {
		return c.Name + ", by the name " + c.Known
	}
	return c.Name + ", at " + c.Server
}

// repositories are the sources of all Applications, by URL.
func repositories(platforms []*catalog.Platform) []string {
	set := map[string]bool{platforms[0].Repository.URL: true}
	for _, p := range platforms {
		for _, n := range p.Namespaces {
			for _, a := range n.Applications {
				for _, s := range a.Sources {
					set[s.RepoURL] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func secrets(p *catalog.Platform) []string {
	set := map[string]bool{}
	for _, n := range p.Namespaces {
		for _, a := range n.Applications {
			for _, s := range a.Secrets {
				for _, d := range s.Data {
					set[fmt.Sprintf("%s %s %s", storeName(&s, d.From), d.Path, cmp.Or(d.Property, "*"))] = true
				}
				for _, f := range s.From { // what is found, and what is generated, is nothing to put there by hand
					if f.Extract != nil {
						set[fmt.Sprintf("%s %s *", storeName(&s, f.Store), f.Extract.Path)] = true
					}
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// storeName is the store of one element of a Secret, or of the whole.
func storeName(s *catalog.Secret, own *catalog.StoreRef) string {
	if own != nil {
		return own.Name
	}
	return s.Store.Name
}

// vaultByHand is what a Vault must have for a store.
func vaultByHand(s *catalog.Store, of string, line func(format string, args ...any)) {
	if s.Provider != "vault" {
		return
	}
	line("  Vault at %s%s: unsealed, with", s.Vault("server"), of)
	line("    a KV engine of version %s at %q", strings.TrimPrefix(s.Vault("version"), "v"), s.Vault("path"))
	if role := s.Vault("auth", "kubernetes", "role"); role != "" && len(s.Accounts) > 0 {
		line("    Kubernetes auth at %q with the role %q for the account %s of namespace %s", s.Vault("auth", "kubernetes", "mountPath"), role, s.Accounts[0].Name, s.Accounts[0].Namespace)
	}
}

// logins are the keys of Secrets that stores need, line by line.
func logins(p *catalog.Platform) []string {
	set := map[string]bool{}
	for _, s := range p.AllStores() {
		for _, k := range s.Needs {
			set[fmt.Sprintf("%s/%s %s %s", k.Namespace, k.Name, k.Key, s.Name)] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}
