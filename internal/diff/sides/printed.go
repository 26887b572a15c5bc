package sides

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

// Printed is a side of which only what roster prints for each cluster is known, such as by another version of roster. Of is this roster's side of
// the same files: what is printed belongs to its applications. Both sides of a comparison have to be made this way: then the printed policies and
// routes count, and not what the list says of them.
func Printed(of *diff.Side, name string, text map[string][]byte) (*diff.Side, error) {
	out := *of
	out.Name, out.Clusters = name, nil
	for _, cluster := range of.Clusters {
		p := printed{of: cluster, platform: withoutMeaning(cluster.Input.Platform), owners: map[diff.ID]*diff.Object{}}
		for _, o := range cluster.Objects {
			p.owners[o.ID] = o
		}
		c, err := p.cluster(text[cluster.Name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out.Clusters = append(out.Clusters, c)
	}
	return &out, nil
}

// Text is what this roster prints for a cluster.
func Text(c *diff.Cluster) []byte {
	var out []byte
	encoder := render.Encoder()
	for _, o := range c.Objects {
		out = encoder.Encode(append(out, "---\n"...), o.Value())
	}
	return out
}

// withoutMeaning is a platform without what the list says of policies, routes and secrets.
func withoutMeaning(p *catalog.Platform) *catalog.Platform {
	out := *p
	out.Namespaces = slices.Clone(p.Namespaces)
	for i := range out.Namespaces {
		n := &out.Namespaces[i]
		n.Policies, n.Flows = nil, nil
		n.Applications = slices.Clone(n.Applications)
		for j := range n.Applications {
			n.Applications[j].Routes, n.Applications[j].Secrets = nil, nil
		}
	}
	return &out
}

// printed makes a cluster of what is printed for it.
type printed struct {
	of       *diff.Cluster
	platform *catalog.Platform
	owners   map[diff.ID]*diff.Object
}

func (p *printed) cluster(text []byte) (*diff.Cluster, error) {
	in := *p.of.Input
	in.Platform, in.Objects, in.Workloads = p.platform, nil, nil
	c := &diff.Cluster{Name: p.of.Name, Input: &in, Applications: p.of.Applications}
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return c, nil
		} else if err != nil {
			return nil, err
		}
		data, err := sigsyaml.YAMLToJSON(document)
		if err != nil {
			return nil, err
		}
		var value map[string]any
		if err := utiljson.Unmarshal(data, &value); err != nil || value == nil {
			continue // it is empty
		}
		c.Objects = append(c.Objects, p.object(&in, data, value))
	}
}

// object is one that is printed. It also becomes one of those that lint looks at.
func (p *printed) object(in *lint.Input, data []byte, value map[string]any) *diff.Object {
	u := unstructured.Unstructured{Object: value}
	o := object.Object{APIVersion: u.GetAPIVersion(), Kind: u.GetKind(), Namespace: u.GetNamespace(), Name: u.GetName(), JSON: data, Value: func() any { return value }}
	o.Wave, _ = strconv.Atoi(u.GetAnnotations()[render.SyncWave])
	out := &diff.Object{Object: o, ID: idOf(o)}
	if known := p.owners[out.ID]; known != nil {
		out.Application, out.Entry, out.At = known.Application, known.Entry, known.At
	} else if i := slices.IndexFunc(p.platform.Namespaces, func(n catalog.Namespace) bool { return n.Name == o.Namespace }); i >= 0 {
		out.Entry = &p.platform.Namespaces[i]
		out.At = out.Entry.Place
	}
	if out.Entry != nil {
		application := out.Application
		if application == nil {
			application = &catalog.Application{Place: out.Entry.Place}
		}
		out.Deployed = &lint.Object{Object: o, Entry: out.Entry, Application: application}
		in.Workloads = append(in.Workloads, out.Deployed)
	}
	return out
}
