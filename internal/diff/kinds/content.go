package kinds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

const (
	mostNamed    = 5 // things that are named in one line
	argoOptions  = "argocd.argoproj.io/sync-options"
	argoHook     = "argocd.argoproj.io/hook"
	helmHook     = "helm.sh/hook"
	helmKeep     = "helm.sh/resource-policy"
	instanceName = "app.kubernetes.io/instance"
)

// memberAt is the value at a field of a value; nil when there is nothing.
func memberAt(v any, fields ...string) any {
	for _, f := range fields {
		v = deployed.Member(v, f)
	}
	return v
}

// textAt is the text at a field of an object; empty when there is none.
func textAt(o *diff.Object, fields ...string) string {
	s, _ := memberAt(o.Content(), fields...).(string)
	return s
}

// annotated reports whether an annotation of an object has a word among those that commas separate, as Argo CD reads them (gitops-engine
// pkg/sync/resource/annotations.go, HasAnnotationOption).
func annotated(o *diff.Object, key, word string) bool {
	for w := range strings.SplitSeq(textAt(o, "metadata", "annotations", key), ",") {
		if strings.TrimSpace(w) == word {
			return true
		}
	}
	return false
}

// isHook reports whether Argo CD treats an object as a hook, or leaves it alone as one (gitops-engine pkg/sync/hook).
func isHook(o *diff.Object) bool {
	annotations, _ := memberAt(o.Content(), "metadata", "annotations").(map[string]any)
	_, argo := annotations[argoHook]
	_, helm := annotations[helmHook]
	return argo || helm
}

// isKind reports whether an object is of a kind, such as Deployment.apps; the core group has no name.
func isKind(o *diff.Object, kinds ...string) bool {
	name := o.ID.Kind
	if o.ID.Group != "" {
		name += "." + o.ID.Group
	}
	return slices.Contains(kinds, name)
}

// runsPods reports whether an object is a workload.
func runsPods(o *diff.Object) bool {
	return isKind(o, "Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "ReplicaSet.apps", "Job.batch", "CronJob.batch", "Pod")
}

// named are the first of some names, and how many more there are.
func named(names []string) string {
	if more := len(names) - mostNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostNamed], ", "), more)
	}
	return strings.Join(names, ", ")
}

// counted is how many objects of each kind there are, the most frequent kinds first: 3 Deployments, 1 Ingress.
func counted(objects []*diff.Object) string {
	of := map[string]int{}
	var kinds []string
	for _, o := range objects {
		if of[o.ID.Kind]++; of[o.ID.Kind] == 1 {
			kinds = append(kinds, o.ID.Kind)
		}
	}
	slices.SortFunc(kinds, func(a, b string) int {
		if of[a] != of[b] {
			return of[b] - of[a]
		}
		return strings.Compare(a, b)
	})
	const most = 10 // kinds
	var out []string
	others := len(objects)
	for _, k := range kinds[:min(most, len(kinds))] {
		out = append(out, several(of[k], k))
		others -= of[k]
	}
	if others > 0 {
		out = append(out, fmt.Sprintf("%d of other kinds", others))
	}
	return strings.Join(out, ", ")
}

// several is a number of things of a kind.
func several(n int, kind string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(kind, "s"), strings.HasSuffix(kind, "x"):
		kind += "es"
	case strings.HasSuffix(kind, "cy"):
		kind = strings.TrimSuffix(kind, "y") + "ies"
	default:
		kind += "s"
	}
	return fmt.Sprintf("%d %s", n, kind)
}

// whenSynced is a line about what happens only when somebody syncs an application; nothing where Argo CD does that, or where there is none.
func whenSynced(a *catalog.Application) []string {
	if a == nil || a.AutoSync != nil {
		return nil
	}
	return []string{"when somebody syncs " + a.Code + ": autoSync is false"}
}
