package plugin

import (
	"encoding/json"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render"
)

// announcement is what Argo CD's user interface shows of a parameter (argo-cd reposerver/repository,
// ParameterAnnouncement). Values that are announced are not sent back, unless someone changes them.
type announcement struct {
	Name           string            `json:"name"`
	Title          string            `json:"title"`
	Tooltip        string            `json:"tooltip"`
	CollectionType string            `json:"collectionType"`
	String         string            `json:"string,omitempty"`
	Array          []string          `json:"array,omitempty"`
	Map            map[string]string `json:"map,omitempty"`
}

// Parameters is the dynamic announcement, in JSON: the one parameter and, read-only, the applications of the list and the settings of the
// platform.
func Parameters(p *catalog.Platform) ([]byte, error) {
	list := []announcement{
		{
			Name: render.PluginParameter, Title: "Application", CollectionType: "string",
			Tooltip: "The code of the application whose workloads are rendered; without it, the platform.",
		},
		{
			Name: "applications", Title: "Applications", CollectionType: "array", Array: []string{},
			Tooltip: "What " + catalog.ApplicationsFile + " lists. Read-only: change the file.",
		},
		{
			Name: "settings", Title: "Settings", CollectionType: "map",
			Tooltip: "What " + catalog.PlatformFile + " says. Read-only: change the file.",
			Map: map[string]string{
				"argocd.destination": p.ArgoCD.Destination,
				"argocd.namespace":   p.ArgoCD.Namespace,
				"repository.folder":  p.Repository.Folder,
			},
		},
	}
	set := func(key, value string) {
		if value != "" {
			list[2].Map[key] = value
		}
	}
	set("repository.url", p.Repository.URL)
	set("repository.revision", p.Repository.Revision)
	if !p.ArgoCD.Version.IsZero() {
		set("argocd.version", p.ArgoCD.Version.String())
	}
	set("kubernetes.version", p.Kubernetes.KubeVersion)
	set("secrets.store", strings.Join(p.StoreNames(), ", "))
	for _, n := range p.Namespaces {
		for _, a := range n.Applications {
			list[1].Array = append(list[1].Array, a.Code)
		}
	}
	return json.MarshalIndent(list, "", "  ")
}
