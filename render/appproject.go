package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Argo CD's own Go types would cost more at each start than all the rest: these are ours, with the fields that we render, and the tests
// compare the output with the real ones.
type argoAppProject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              appProjectSpec `json:"spec"`
}

type appProjectSpec struct {
	Description                string                      `json:"description,omitempty"`
	SourceRepos                []string                    `json:"sourceRepos,omitempty"`
	Destinations               []projectDestination        `json:"destinations"`
	DestinationServiceAccounts []destinationServiceAccount `json:"destinationServiceAccounts,omitempty"`
	ClusterResourceWhitelist   []metav1.GroupKind          `json:"clusterResourceWhitelist,omitempty"`
	NamespaceResourceWhitelist []metav1.GroupKind          `json:"namespaceResourceWhitelist,omitempty"`
	OrphanedResources          *orphanedResources          `json:"orphanedResources,omitempty"`
	Roles                      []projectRole               `json:"roles,omitempty"`
}

type projectDestination struct {
	Server    string `json:"server,omitempty"`
	Name      string `json:"name,omitempty"`
	Namespace string `json:"namespace"`
}

type destinationServiceAccount struct {
	Server                string `json:"server"`
	Namespace             string `json:"namespace"`
	DefaultServiceAccount string `json:"defaultServiceAccount"`
}

type orphanedResources struct {
	Warn bool `json:"warn"`
}

type projectRole struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Policies    []string `json:"policies"`
	Groups      []string `json:"groups,omitempty"`
}

// appProject permits exactly what the namespace's applications need: its sources, this one namespace, and no other namespace or
// cluster-scoped kind that the entry does not list. An absent clusterResourceWhitelist permits none; writing [] would differ forever from
// what Argo CD stores.
func appProject(k kind, p *catalog.Platform, n *catalog.Namespace) []object.Object {
	id := identity{Kind: k, Namespace: p.ArgoCD.Namespace, Name: n.Project.Name, Origin: n.Origin, Sync: guardSync}
	if p.Cluster.Remote {
		// Argo CD prunes what is in the last wave in the first wave of all that is pruned: so the Applications of an entry go before their
		// Namespace, which the Application of wave -2 prunes.
		id.Sync.Wave = catalog.NamespaceWave - 1
	}
	return []object.Object{id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		return &argoAppProject{TypeMeta: t, ObjectMeta: m, Spec: projectSpec(p, n)}
	})}
}

func projectSpec(p *catalog.Platform, n *catalog.Namespace) appProjectSpec {
	in := n.Project
	spec := appProjectSpec{
		Description:  in.Description,
		SourceRepos:  in.SourceRepos,
		Destinations: []projectDestination{destination(p, n.Name)},
	}
	for _, d := range in.Destinations {
		spec.Destinations = append(spec.Destinations, destination(p, d.Namespace))
	}
	if i := n.Impersonation; i != nil {
		spec.DestinationServiceAccounts = []destinationServiceAccount{account(p, n.Name, n.Name+":"+i.ServiceAccount)}
	}
	for _, c := range in.ClusterResources {
		spec.ClusterResourceWhitelist = append(spec.ClusterResourceWhitelist, metav1.GroupKind{Group: c.Group, Kind: c.Kind})
	}
	if in.WarnOrphaned {
		spec.OrphanedResources = &orphanedResources{Warn: true}
	}
	for _, r := range in.Roles {
		role := projectRole{Name: r.Name, Description: r.Description, Groups: r.Groups}
		for _, action := range r.Actions {
			role.Policies = append(role.Policies, "p, proj:"+in.Name+":"+r.Name+", applications, "+action+", "+in.Name+"/*, allow")
		}
		spec.Roles = append(spec.Roles, role)
	}
	return spec
}
