// Package render turns a resolved platform into the Kubernetes objects that its namespaces need. One file holds one kind,
// and kinds.go says which there are.
//
// It cannot fail: mistakes in the input have been found before. It reads nothing but the platform.
package render

import (
	"math"
	"strconv"
	"sync"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Build returns the objects that a platform needs on its own cluster, in the order in which they are printed. The kinds are built at the
// same time.
func Build(p *catalog.Platform) []object.Object {
	var built [len(kinds)][]object.Object
	var wg sync.WaitGroup
	for place := range kinds {
		if kinds[place].part == catalog.RootPart && p.Cluster.Remote {
			continue
		}
		wg.Go(func() {
			built[place] = kinds[place].objects(of(place), p)
			object.Sort(built[place])
		})
	}
	wg.Wait()
	return merged(built[:])
}

// merged is one wave after the other: of each, the objects of one kind after the other. The objects of a kind are sorted.
func merged(built [][]object.Object) []object.Object {
	total := 0
	for _, objects := range built {
		total += len(objects)
	}
	out := make([]object.Object, 0, total)
	for len(out) < total {
		wave := math.MaxInt
		for _, objects := range built {
			if len(objects) > 0 {
				wave = min(wave, objects[0].Wave)
			}
		}
		for place, objects := range built {
			n := 0
			for n < len(objects) && objects[n].Wave == wave {
				n++
			}
			out, built[place] = append(out, objects[:n]...), objects[n:]
		}
	}
	return out
}

// Names of labels and annotations.
const (
	managedBy = "app.kubernetes.io/managed-by"
	// OriginAnnotation says where in the list an object comes from; see catalog.Origin.
	OriginAnnotation = "roster.hippotion.github.io/origin"
	// SyncWave is the wave in which Argo CD applies an object.
	SyncWave          = "argocd.argoproj.io/sync-wave"
	syncOptions       = "argocd.argoproj.io/sync-options"
	confirm           = "Prune=confirm,Delete=confirm"
	skipMissingDryRun = "SkipDryRunOnMissingResource=true"
)

// identity is what is known of an object before it is built.
type identity struct {
	Kind            kind
	Namespace, Name string
	Origin          catalog.Origin
	Sync            catalog.Sync
}

// object is the object of that identity; build completes it from its type and metadata.
func (id identity) object(build func(metav1.TypeMeta, metav1.ObjectMeta) any) object.Object {
	return object.Object{APIVersion: id.Kind.APIVersion, Kind: id.Kind.Kind, Namespace: id.Namespace, Name: id.Name, Wave: int(id.Sync.Wave), Place: id.Kind.place,
		Value: func() any { return build(id.Kind.TypeMeta, id.meta()) }}
}

// meta is the metadata that every object has.
func (id identity) meta() metav1.ObjectMeta {
	m := metav1.ObjectMeta{
		Namespace: id.Namespace,
		Name:      id.Name,
		Labels:    map[string]string{managedBy: "roster"},
		Annotations: map[string]string{
			OriginAnnotation: string(id.Origin),
			SyncWave:         strconv.Itoa(int(id.Sync.Wave)),
		},
	}
	if id.Sync.LateKind {
		// Argo CD tries all waves in a dry run first, when the kind does not exist yet (docs/user-guide/sync-options.md).
		m.Annotations[syncOptions] = skipMissingDryRun
	}
	return m
}

var guardSync = catalog.Sync{Wave: catalog.GuardWave}
