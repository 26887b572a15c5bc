package kinds

import (
	"fmt"
	"strings"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// losses are what is gone for good with objects that are deleted, one line for each sort.
type losses struct {
	change *diff.Change
	lines  []string            // a kind and what happens, in the order of their first object
	names  map[string][]string // by line
	danger bool
	gone   map[string]bool // namespaces with everything in them
}

// lossesOf are those of objects before the change. With some namespaces, everything in them goes, whatever the objects say.
func lossesOf(c *diff.Change, objects []*diff.Object, goneNamespaces map[string]bool) *losses {
	l := &losses{change: c, names: map[string][]string{}, gone: goneNamespaces}
	for _, o := range objects {
		l.danger = l.danger || runsPods(o)
		l.object(o)
	}
	return l
}

// details are lines for people.
func (l *losses) details() []string {
	var out []string
	for _, line := range l.lines {
		kind, what, _ := strings.Cut(line, ": ")
		if len(l.names[line]) > 1 {
			kind = strings.TrimPrefix(several(len(l.names[line]), kind), fmt.Sprintf("%d ", len(l.names[line])))
		}
		out = append(out, kind+" "+named(l.names[line])+": "+what)
	}
	return out
}

func (l *losses) add(kind, what, name string) {
	line := kind + ": " + what
	if l.names[line] == nil {
		l.lines = append(l.lines, line)
	}
	l.names[line] = append(l.names[line], name)
}

// lose is add for what is lost.
func (l *losses) lose(what string, o *diff.Object) {
	l.danger = true
	l.add(o.ID.Kind, what, shortName(o))
}

// shortName is the name of an object whose kind was said.
func shortName(o *diff.Object) string { return strings.TrimPrefix(o.ID.String(), o.ID.Kind+" ") }

func (l *losses) object(o *diff.Object) {
	withNamespace := l.gone[o.ID.Namespace]
	switch {
	case isKind(o, "Namespace"):
		if l.gone[o.ID.Name] { // the message says so
			return
		}
		l.lose("deleted with everything in it", o)
	case isKind(o, "PersistentVolumeClaim"):
		l.lose(l.reclaims(o), o)
	case isKind(o, "PersistentVolume"):
		l.lose("deleted, as soon as no claim uses it", o)
	case isKind(o, "StatefulSet.apps") && len(claimTemplates(o)) > 0:
		l.statefulSet(o, withNamespace)
	case isKind(o, "Secret"):
		l.lose("deleted", o)
	case isKind(o, "ExternalSecret.external-secrets.io"):
		l.externalSecret(o, withNamespace)
	case isKind(o, "CustomResourceDefinition.apiextensions.k8s.io"):
		l.lose("deleted with all objects of the kind", o)
	case o.Deployed != nil && o.ID.Group == deployed.ArgoGroup:
		l.danger = true
		l.add(o.ID.Kind, "deleted, and maybe what it has deployed", shortName(o))
	case o.Deployed != nil && deployed.IsCustom(o.Deployed) && !deployed.IsPassive(o.Deployed) && !deployed.IsReader(o.Deployed):
		l.danger = true
		l.add(o.ID.Kind, "deleted, and what the operator has made of it", shortName(o))
	}
}

func claimTemplates(o *diff.Object) []any {
	list, _ := memberAt(o.Content(), "spec", "volumeClaimTemplates").([]any)
	return list
}

func (l *losses) statefulSet(o *diff.Object, withNamespace bool) {
	switch {
	case withNamespace:
		l.lose("deleted with the claims", o)
	case textAt(o, "spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted") == "Delete":
		l.lose("deleted with the claims, by persistentVolumeClaimRetentionPolicy", o)
	default:
		l.add(o.ID.Kind, "deleted; the claims stay, with their data", shortName(o))
	}
}

// externalSecret says what happens to the Secret that External Secrets has made: it is the owner with creationPolicy Owner, the default.
func (l *losses) externalSecret(o *diff.Object, withNamespace bool) {
	name := textAt(o, "spec", "target", "name")
	if name == "" {
		name = o.ID.Name
	}
	name = o.ID.Namespace + "/" + name
	policy := textAt(o, "spec", "target", "creationPolicy")
	switch {
	case policy == "None":
	case policy == "" || policy == "Owner" || withNamespace:
		l.danger = true
		l.add("Secret", "deleted with the ExternalSecret", name)
	default:
		l.add("Secret", "not deleted with the ExternalSecret, by creationPolicy "+policy, name)
	}
}

// reclaims says what becomes of the volume of a claim.
func (l *losses) reclaims(claim *diff.Object) string {
	class := textAt(claim, "spec", "storageClassName")
	volume, _ := l.change.Object(diff.ID{Kind: "PersistentVolume", Name: textAt(claim, "spec", "volumeName")})
	storage, _ := l.change.Object(diff.ID{Group: "storage.k8s.io", Kind: "StorageClass", Name: class})
	policy, by := "", ""
	switch {
	case volume != nil: // Retain is the default of those that are made by hand (pkg/apis/core/v1/defaults.go, SetDefaults_PersistentVolume)
		policy, by = textAt(volume, "spec", "persistentVolumeReclaimPolicy"), "PersistentVolume "+volume.ID.Name
		if policy == "" {
			policy = "Retain"
		}
	case storage != nil: // Delete is the default (pkg/apis/storage/v1/defaults.go, SetDefaults_StorageClass)
		policy, by = textAt(storage, "reclaimPolicy"), "StorageClass "+class
		if policy == "" {
			policy = "Delete"
		}
	}
	switch policy {
	case "":
		return "deleted, with the data unless the reclaim policy of the volume is Retain"
	case "Retain":
		return "deleted; the data stays in a volume without a claim, by reclaim policy Retain of " + by
	}
	return "deleted with the data, by reclaim policy " + policy + " of " + by
}
