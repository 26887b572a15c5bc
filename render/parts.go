package render

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// An Application has one destination, so what a list brings to a cluster with another one's Argo CD comes from several: the Applications of the
// list, the root's, which has these and their projects, and those of this file, which have the other objects that roster renders. They are
// in the root's sync waves as their objects are in those of a list with one cluster.

// InArgoCD returns what the cluster with Argo CD has for a platform of another cluster, in the order in which it is applied.
func InArgoCD(p *catalog.Platform) []object.Object {
	out := append(EntriesInArgoCD(p), partApplications(p)...)
	object.Sort(out)
	return out
}

// EntriesInArgoCD returns those of the entries alone, without what is for the cluster as a whole.
func EntriesInArgoCD(p *catalog.Platform) []object.Object {
	var out []object.Object
	for place := range kinds {
		if kinds[place].part == catalog.RootPart {
			out = append(out, kinds[place].objects(of(place), p)...)
		}
	}
	for _, n := range p.Namespaces {
		for i, a := range n.Applications {
			if len(a.Secrets) > 0 || slices.ContainsFunc(a.Backups, func(b catalog.Backup) bool { return b.From != "" }) {
				one := *p
				one.Namespaces = alone(n, i)
				out = append(out, partApplication(p, catalog.SecretPart, a.Code, partOf(&one, catalog.SecretPart), a.Origin, a.SecretsSync.Wave, a.Guarded))
			}
		}
	}
	object.Sort(out)
	return out
}

// Part returns what one Application deploys of Build(p), for a platform of another cluster, in the order in which it is applied. Code is that
// of the application for SecretPart.
func Part(p *catalog.Platform, part catalog.Part, code string) []object.Object {
	if part == catalog.SecretPart {
		p = only(p, code)
	}
	return partOf(p, part)
}

// partOf is the same for all applications of a platform.
func partOf(p *catalog.Platform, part catalog.Part) []object.Object {
	var out []object.Object
	for place := range kinds {
		switch k := of(place); kinds[place].part {
		case part:
			out = append(out, kinds[place].objects(k, p)...)
		case everyPart:
			out = append(out, guardsOf(k, p, part)...)
		}
	}
	object.Sort(out)
	return out
}

// only is the platform with one application alone.
func only(p *catalog.Platform, code string) *catalog.Platform {
	one := *p
	one.Namespaces = nil
	for _, n := range p.Namespaces {
		if i := slices.IndexFunc(n.Applications, func(a catalog.Application) bool { return a.Code == code }); i >= 0 {
			one.Namespaces = alone(n, i)
		}
	}
	return &one
}

// alone is a namespace with one of its applications.
func alone(n catalog.Namespace, i int) []catalog.Namespace {
	n.Applications = n.Applications[i : i+1]
	return []catalog.Namespace{n}
}

// partApplications are the Applications of the parts of the whole cluster, of those that have objects.
func partApplications(p *catalog.Platform) []object.Object {
	var out []object.Object
	add := func(part catalog.Part, wave catalog.Wave) {
		if objects := partOf(p, part); len(objects) > 0 {
			out = append(out, partApplication(p, part, "", objects, catalog.Origin(catalog.PlatformFile+"#clusters/"+p.Cluster.Name), wave, true))
		}
	}
	add(catalog.NamespacePart, catalog.NamespaceWave)
	add(catalog.PolicyPart, p.PolicySync.Wave)
	add(catalog.RoutePart, p.RouteSync.Wave)
	add(catalog.MetricsPart, p.MetricsSync.Wave)
	add(catalog.BackupPart, p.BackupSync.Wave)
	if wave, any := p.StoreWave(); any {
		add(catalog.StorePart, wave)
	}
	return out
}

// partApplication is the Application of a part.
func partApplication(p *catalog.Platform, part catalog.Part, code string, objects []object.Object, origin catalog.Origin, wave catalog.Wave, guarded bool) object.Object {
	id := identity{Kind: named(application.ApplicationKind), Namespace: p.ArgoCD.Namespace, Name: p.PartName(part, code), Origin: origin, Sync: catalog.Sync{Wave: wave}}
	return id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		if guarded {
			m.Annotations[syncOptions] = confirm
		}
		m.Annotations[ManifestGeneratePaths] = partPaths(p, part)
		m.Finalizers = []string{finalizer}
		return &argoApplication{TypeMeta: t, ObjectMeta: m, Spec: partSpec(p, id.Name, digest(objects))}
	})
}

// partPaths are what a part is rendered from: the list and, for what is scraped and shown, the folders with dashboards.
func partPaths(p *catalog.Platform, part catalog.Part) string {
	if part != catalog.MetricsPart {
		return p.Repository.ListPaths
	}
	var more []string
	for _, n := range p.Namespaces {
		for i := range n.Applications {
			for _, d := range n.Applications[i].Dashboards {
				from := d.Folder
				if from == "." {
					from = d.File
				}
				more = append(more, path.Join("/", from))
			}
		}
	}
	slices.Sort(more)
	return strings.Join(append([]string{p.Repository.ListPaths}, slices.Compact(more)...), ";")
}

// digest tells a part's objects from those of another commit. It is in the Application: one that stayed as it is when its objects change would
// be healthy as of the old ones, and what waits for it would begin before Argo CD has looked at the new ones.
func digest(objects []object.Object) string {
	e := Encoder()
	sum := sha256.New()
	var text []byte
	for _, o := range objects {
		text = e.Encode(append(text[:0], "---\n"...), o.Value())
		sum.Write(text)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// partSpec is an Application that the sidecar renders, on the other cluster.
func partSpec(p *catalog.Platform, name, content string) applicationSpec {
	plugin := sidecar(p.Cluster.Sidecar(p.ArgoCD.Plugin, name))
	plugin.Parameters = append(plugin.Parameters, argocd.PluginParameter{Name: ContentParameter, String: &content})
	spec := rootSpec(p, plugin)
	// What is new is applied before anything that is removed waits for confirmation: what is in the next waves needs it.
	spec.SyncPolicy.SyncOptions = append(spec.SyncPolicy.SyncOptions, "PruneLast=true")
	// False is what it is without, and one that is written out makes Argo CD sync it twice.
	spec.SyncPolicy.Automated.AllowEmpty = nil
	spec.Destination = destination(p, "default") // all objects name their namespace, or have none
	return spec
}

// sidecar is the plugin that renders an Application, with what it is told.
func sidecar(p *catalog.Plugin) *argocd.Plugin {
	out := &argocd.Plugin{Name: p.Name}
	if p.Application != "" {
		out.Parameters = append(out.Parameters, argocd.PluginParameter{Name: PluginParameter, String: &p.Application})
	}
	if p.Cluster != "" {
		out.Parameters = append(out.Parameters, argocd.PluginParameter{Name: ClusterParameter, String: &p.Cluster})
	}
	return out
}

// destination is a namespace of the platform's cluster, as Argo CD knows that.
func destination(p *catalog.Platform, namespace string) projectDestination {
	d := projectDestination{Server: p.ArgoCD.Destination, Namespace: namespace}
	if p.Cluster.Remote {
		d.Server, d.Name = p.Cluster.Server, p.Cluster.Known
	}
	return d
}

// account is the account that Argo CD syncs a namespace of the cluster as.
func account(p *catalog.Platform, namespace, name string) destinationServiceAccount {
	server := destination(p, namespace).Server
	if server == "" { // there is no field for a name; the destinations of the project permit no other cluster
		server = "*"
	}
	return destinationServiceAccount{Server: server, Namespace: namespace, DefaultServiceAccount: name}
}
