package plugin

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
)

// ByHand lists what only a person can provide: credentials, and the values of secrets. It names where they belong, line by line, and never
// a value.
func ByHand(p *catalog.Platform) string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	line("By hand, before Argo CD can do the rest:")
	line("  credentials of these repositories, if they are private: a Secret in %s with the label", p.ArgoCD.Namespace)
	line("  argocd.argoproj.io/secret-type: repository")
	for _, url := range repositories(p) {
		line("    %s", url)
	}
	if s := p.Store; s != nil {
		line("  Vault at %s: unsealed, with", s.Server)
		line("    a KV engine of version 2 at %q", s.Path)
		line("    Kubernetes auth at %q with the role %q for the account %s of namespace %s", s.MountPath, s.Role, s.ServiceAccount, s.ServiceAccountNS)
	}
	if lines := secrets(p); len(lines) > 0 {
		line("  secrets that ExternalSecrets read (store, path, property; * is all of them):")
		for _, l := range lines {
			line("    %s", l)
		}
	}
	return out.String()
}

// repositories are the sources of all Applications, by URL.
func repositories(p *catalog.Platform) []string {
	set := map[string]bool{p.Repository.URL: true}
	for _, n := range p.Namespaces {
		for _, a := range n.Applications {
			for _, s := range a.Sources {
				set[s.RepoURL] = true
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
					set[fmt.Sprintf("%s %s %s", s.StoreName, d.Path, d.Property)] = true
				}
				for _, path := range s.Extract {
					set[fmt.Sprintf("%s %s *", s.StoreName, path)] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}
