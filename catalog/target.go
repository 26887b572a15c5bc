package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Part is some of the objects that roster renders for a cluster: those that one Application of Argo CD deploys.
type Part string

// The parts. An Application has one destination, and applies its objects by itself, so what has to be in order, on a cluster that the Argo CD of
// another one deploys to, is in several. What part an object is of never changes: an object that goes from one Application to another is deleted
// by one of them.
const (
	// Workloads are what an application of the list deploys; no object that roster renders.
	WorkloadPart Part = ""
	// Root is what the cluster with Argo CD has: all of it for its own list, and the Applications and projects of another cluster.
	RootPart      Part = "root"
	NamespacePart Part = "namespaces" // with what guards and serves them: accounts and roles
	PolicyPart    Part = "policies"
	StorePart     Part = "store"
	SecretPart    Part = "secrets" // of one application
	RoutePart     Part = "routes"
	MetricsPart   Part = "metrics" // and dashboards
	BackupPart    Part = "backups"
)

// parts are those of which a cluster has one each, by the names of their Applications.
var parts = []Part{NamespacePart, PolicyPart, StorePart, RoutePart, MetricsPart, BackupPart}

// Target is what an Application of Argo CD deploys.
type Target struct {
	Cluster string // that the list is rendered for; empty when there is one without a name
	Part    Part
	Code    string // the application, for WorkloadPart and SecretPart
}

// RootName is the name of the Application that deploys the list to a cluster, and of its AppProject.
func (p *Platform) RootName() string { return p.Cluster.inArgoCD(p.ArgoCD.Root) }

// PartName is the name of the Application that deploys a part of the list; code is that of an application, for SecretPart.
func (p *Platform) PartName(part Part, code string) string {
	name := p.ArgoCD.Root
	if part == SecretPart {
		name = code
	}
	return p.Cluster.partOf(name, part)
}

// partOf is the name of the Application of a part: of the root's objects, or of those of an application.
func (c *Cluster) partOf(name string, part Part) string {
	return c.inArgoCD(name) + "." + string(part)
}

// inArgoCD is the name of something in Argo CD. That of the cluster that Argo CD runs in is the name in the list, so that another cluster
// renames nothing; that of any other cluster begins with its name and a dot, which no name in the list has.
func (c *Cluster) inArgoCD(name string) string {
	if !c.Remote {
		return name
	}
	return c.Name + "." + name
}

// short reports a name of an Application that is too long. Argo CD marks objects with it, 2.14 in a label unless it is told otherwise.
func (s *settings) short(at *syntax.Node, name string) {
	const most = validation.LabelValueMaxLength
	if s.cluster.Remote && len(name) > most {
		at.Report("bad-name", "shorten the name of the cluster, or this one", "the Application is named %s: expected at most %d characters, found %d", syntax.Quote(name), most, len(name))
	}
}

// wanted are the clusters that the options ask for, and what the Application among the options deploys.
func (cs *clusters) wanted(o Options, where whereabouts) ([]*cluster, Target, error) {
	asked, code := cs.byName[o.Cluster], o.Application
	if o.Cluster != "" && asked == nil {
		return nil, Target{}, cs.unknown(o.Cluster)
	}
	if first, rest, found := strings.Cut(code, "."); found && cs.byName[first] != nil && cs.byName[first].remote() {
		asked, code = cs.byName[first], rest
	}
	if asked == nil {
		asked = cs.home()
	}
	if asked == nil {
		return nil, Target{}, &AmbiguousError{cs.names}
	}
	t := Target{Cluster: asked.name, Code: code}
	if code == "" {
		t.Part = RootPart
		return []*cluster{asked}, t, nil
	}
	root := asked.in.ArgoCD.Root.Or(RootName)
	switch {
	case t.Code == root:
		t.Code, t.Part = "", RootPart
	case asked.remote() && strings.HasPrefix(t.Code, root+"."):
		part := Part(strings.TrimPrefix(t.Code, root+"."))
		if !slices.Contains(parts, part) {
			var names []string
			for _, p := range parts {
				names = append(names, string(p))
			}
			return nil, t, fmt.Errorf("there is no Application %q: the part %q is unknown\n  hint: %s", o.Application, string(part), diag.DidYouMean(string(part), names))
		}
		t.Code, t.Part = "", part
	case asked.remote() && strings.HasSuffix(t.Code, "."+string(SecretPart)):
		t.Code, t.Part = strings.TrimSuffix(t.Code, "."+string(SecretPart)), SecretPart
	}
	if t.Part == SecretPart && len(where.codes[t.Code]) == 0 {
		return nil, t, fmt.Errorf("there is no Application %q: the application %q is unknown\n  hint: %s", o.Application, t.Code, diag.DidYouMean(t.Code, slices.Collect(maps.Keys(where.codes))))
	}
	if on := where.codes[t.Code]; len(on) > 0 && !slices.Contains(on, asked.name) {
		return nil, t, fmt.Errorf("the application %q is on %s, and not on %q\n  hint: %s", t.Code, ClusterList(on), asked.name, diag.OneOf("name its cluster: ", on))
	}
	return []*cluster{asked}, t, nil
}

// AmbiguousError reports that no cluster is named, and several could be meant.
type AmbiguousError struct{ Clusters []string }

func (a *AmbiguousError) Error() string {
	return fmt.Sprintf("several clusters of %s have an Argo CD of their own: whose Application is meant is unknown\n  hint: %s", PlatformFile, diag.OneOf("name one of ", a.Clusters))
}

// home is the cluster that is meant where a request names none: the only one with an Argo CD; nil when there are several. Which of them asks must
// not be guessed: it would prune what it has, and deploy what another one has.
func (cs *clusters) home() *cluster {
	var own *cluster
	for _, c := range cs.all {
		if c.remote() {
			continue
		}
		if own != nil {
			return nil
		}
		own = c
	}
	return own
}

func (cs *clusters) unknown(name string) error {
	hint := "it has no clusters: leave out the name"
	if cs.named() {
		hint = diag.DidYouMean(name, cs.names)
	}
	return fmt.Errorf("there is no cluster %q in %s\n  hint: %s", name, PlatformFile, hint)
}

// Sidecar is the plugin of that name, as it renders an Application, or the root of Argo CD's own cluster when there is none.
func (c *Cluster) Sidecar(plugin, application string) *Plugin {
	p := &Plugin{Name: plugin, Application: application}
	if !c.Home {
		p.Cluster = c.Manager
	}
	return p
}
