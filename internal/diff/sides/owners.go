package sides

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// owners find what of the list an object that roster renders belongs to.
type owners struct {
	entries map[string]*catalog.Namespace         // by name
	origins map[catalog.Origin]*catalog.Namespace // by what is below them
	places  map[catalog.Origin]catalog.Place
}

func newOwners(p *catalog.Platform) *owners {
	o := &owners{entries: map[string]*catalog.Namespace{}, origins: map[catalog.Origin]*catalog.Namespace{}, places: map[catalog.Origin]catalog.Place{}}
	for i := range p.Namespaces {
		n := &p.Namespaces[i]
		add := func(origin catalog.Origin, at catalog.Place) { o.origins[origin], o.places[origin] = n, at }
		o.entries[n.Name] = n
		add(n.Origin, n.Place)
		for _, f := range n.Flows {
			if !f.OfPeer {
				add(f.Origin, f.Place)
			}
		}
		for j := range n.Applications {
			a := &n.Applications[j]
			add(a.Origin, a.Place)
			for _, r := range a.Routes {
				add(r.Origin, r.Place)
			}
			for _, s := range a.Secrets {
				add(s.Origin, s.Place)
			}
		}
	}
	return o
}

// object is an object that roster renders, with what it belongs to.
func (o *owners) object(of object.Object) *diff.Object {
	out := &diff.Object{Object: of, ID: idOf(of)}
	var origin catalog.Origin
	if m, ok := of.Value().(metav1.Object); ok {
		origin = catalog.Origin(m.GetAnnotations()[render.OriginAnnotation])
	}
	if out.Entry = o.origins[origin]; out.Entry == nil {
		out.Entry = o.entries[of.Namespace]
	}
	if at, known := o.places[origin]; known {
		out.At = at
	} else if out.Entry != nil {
		out.At = out.Entry.Place
	}
	return out
}
