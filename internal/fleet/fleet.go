// Package fleet is the way from a folder to everything that runs in a cluster: it reads the list, renders the platform, and has
// what the applications deploy rendered by workers, which it limits in memory and time. Every verb goes through its one door,
// Build.
//
// It has no flags and prints nothing. It does not judge what it builds: mistakes in the list or a source are reported, what is unwise is
// left to internal/lint.
package fleet

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/rendered"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/trace"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/render/workload"
)

// Input is what to build.
type Input struct {
	Place   Place
	Options catalog.Options
	// Cluster is what is known about the cluster that is deployed to, where platform.yml does not set it; Revision is the commit.
	// Both may be empty.
	Cluster  workload.Cluster
	Revision string
	// Sources are what was fetched from elsewhere; nil when that is not to be looked at: then applications whose source is elsewhere
	// are not rendered. Workers get them as JSON, which the function that Serve is called with must be able to read.
	Sources source.Sources
	// Locked are references that References also gives when the repository has a copy of the chart that takes the place of one: without
	// them, the lock would lose what it says of the copy.
	Locked source.Lock
	// Rendered is where what was rendered is kept, and looked for first. Nothing is kept when it is zero, nor with Place.Files.
	Rendered rendered.Cache
	// Turn, when it is set, is held while workers render: of several builds at once, one has workers, and the next one looks again for what
	// that one has kept.
	Turn *sync.Mutex

	Want Want
	// Debug says that messages may show what templates print, with the values in it.
	Debug bool
	// Timeout is how long the whole build may take; Minutes when it is 0. No application takes more than a minute of it.
	Timeout time.Duration
}

// Minutes is how long a run may take by default.
const Minutes = 5 * time.Minute

// Want is the part that is wanted. The zero Want is the platform of each cluster, without what its applications deploy.
type Want struct {
	Cluster     string // only this one
	Namespace   string // only this entry
	Application string // only what the application of this code deploys, on each cluster
	// Asked says that only what one Application of Argo CD deploys is wanted: the one of that name or, when Application is empty, the root.
	// Cluster is the one whose Argo CD asks; or Application is a code there.
	Asked     bool
	Workloads bool // also what the applications deploy
	Unstable  bool // and which of its fields differ each time: some charts are rendered twice for that
	Seen      bool // what was looked at for all this
}

// Output is what was built.
type Output struct {
	// Clusters are those that are wanted, by name; none when there are mistakes in the list: then only the Frame and the Root are set.
	Clusters []*Cluster
	Number   int  // of clusters in the list
	Unread   bool // a file of the list is missing, or is not YAML
	// Applications are those whose workloads are wanted, by cluster and code.
	Applications []Application
	Warnings     diag.List

	Frame diag.Frame // how the user sees the files
	Root  string     // the repository's root, relative to the top of the checkout

	Seen *Seen // what was looked at, if Want asks for it; nil when that may not be seen again
}

// Cluster is what runs in one cluster, but for what the applications deploy.
type Cluster struct {
	Platform *catalog.Platform
	Order    catalog.Order // of its applications
	// Objects are those that roster renders for it, in the order in which they are applied. Where Argo CD deploys to other clusters, their
	// Applications and projects are among them.
	Objects []object.Object
}

// Platform is that of the first cluster, for what is true of all; nil when there are mistakes.
func (o *Output) Platform() *catalog.Platform {
	if len(o.Clusters) == 0 {
		return nil
	}
	return o.Clusters[0].Platform
}

// Application is one of the list, and what it deploys.
type Application struct {
	*catalog.Application
	Namespace *catalog.Namespace
	Platform  *catalog.Platform
	Yields    []Yield
	// Mistakes are what is wrong with its source: with any, what it deploys is unknown. The same is true when Elsewhere says
	// why its source is not in the repository.
	Mistakes diag.List
}

// Seen is what was looked at: of the place, and of the repository from its root. Copies is the folder there that may have copies of
// what was fetched.
type Seen struct {
	Place, Repository trace.Seen
	Copies            string
}

// Yield is an object that an application deploys.
type Yield struct {
	object.Object
	Source int           // the number of the source that brings it, among those that bring objects
	Pos    diag.Position // what it was made from; empty for catalog applications
	// From names the file behind Pos, in an archive or in what was fetched; empty for all others.
	From string
	// Unstable are the fields that differ each time it is rendered, where Want asks for them.
	Unstable [][]string
}

// Failed reports whether something is wrong with its source.
func (a *Application) Failed() bool { return len(a.Mistakes) > 0 }

// Complete reports whether all that was wanted is known.
func (o *Output) Complete() bool {
	return !slices.ContainsFunc(o.Applications, func(a Application) bool { return a.Workload == nil || a.Failed() })
}

// All are the objects of a cluster, each wave followed by what the Applications of that wave deploy there: Argo CD syncs these, and waits
// for them, before it goes on to the next wave.
func (o *Output) All(c *Cluster) []object.Object {
	byWave := map[int][]object.Object{}
	for _, object := range c.Objects {
		byWave[object.Wave] = append(byWave[object.Wave], object)
	}
	for _, a := range o.Applications {
		if a.Platform != c.Platform {
			continue
		}
		for _, y := range a.Yields {
			byWave[int(a.Wave)] = append(byWave[int(a.Wave)], y.Object)
		}
	}
	var out []object.Object
	for _, wave := range slices.Sorted(maps.Keys(byWave)) {
		out = append(out, byWave[wave]...)
	}
	return out
}

// Build builds what is wanted. The list holds what is wrong with the input, at places relative to the repository's root: with the list
// itself, and then Platform is nil; or with the sources of some applications, and then everything else is built.
//
// An error means that an existing file could not be read, that there is no such entry or application, that the time is up,
// or that no worker can be started.
func Build(in Input) (Output, diag.List, error) { return in.build(in.workloads) }

// build builds the platform and, when they are wanted, does something for the applications.
func (in *Input) build(each func(context.Context, *Output) (diag.List, error)) (Output, diag.List, error) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), cmp.Or(in.Timeout, Minutes), errTime)
	defer cancel()
	files, closer, err := in.Place.open()
	if err != nil {
		return Output{}, nil, err
	}
	defer func() { _ = closer() }() // of files that were only read
	var recorder *trace.Recorder
	if in.Want.Seen {
		recorder = trace.New(files, nil)
		files = recorder.Files()
	}
	reading, err := in.read(ctx, files)
	if err != nil {
		return Output{}, nil, err
	}
	var seen *Seen
	if recorder != nil {
		if taken := recorder.End(nil); taken != nil {
			seen = &Seen{Place: taken.Seen, Repository: trace.Seen{}}
		}
	}
	out := Output{Seen: seen, Number: reading.Number, Unread: reading.Unread, Root: reading.Root, Frame: diag.Frame{Folder: in.Place.Shown, Within: reading.Folder}}
	if reading.Clusters == nil {
		return out, reading.Mistakes, nil
	}
	if out.Clusters, err = in.clusters(&reading); err != nil {
		return Output{}, nil, err
	}
	code := reading.Target.Code
	switch {
	case in.Want.Asked && (reading.Target.Part != catalog.WorkloadPart || code == ""), !in.Want.Workloads && in.Want.Application == "":
		return out, nil, nil
	}
	for _, c := range out.Clusters {
		out.Applications = append(out.Applications, applications(c.Platform)...)
	}
	if in.Sources != nil {
		out.findRemote()
		in.Sources = in.Place.SourcesIn(out.Root, out.Platform().Vendor, in.Sources)
	}
	if out.Seen != nil {
		out.Seen.Copies = out.Platform().Vendor
	}
	if in.Want.Application != "" {
		if !in.Want.Asked {
			code = in.Want.Application
		}
		if out.Applications, err = coded(out.Applications, code, in.Want.Application); err != nil {
			return Output{}, nil, err
		}
	}
	diags, err := each(ctx, &out)
	return out, diags, err
}

// clusters are the objects of those that are wanted.
func (in *Input) clusters(reading *catalog.Reading) ([]*Cluster, error) {
	var out []*Cluster
	there := false
	for _, r := range reading.Clusters {
		p := r.Platform
		if in.Want.Cluster != "" && !in.Want.Asked && p.Cluster.Name != in.Want.Cluster {
			continue
		}
		if in.Want.Namespace != "" {
			p, there = only(p, in.Want.Namespace), there || has(p, in.Want.Namespace)
		}
		c := &Cluster{Platform: p, Order: r.Order}
		switch t := reading.Target; {
		case !in.Want.Asked:
			c.Objects = in.lives(p, reading)
			there = there || len(c.Objects) > 0
			if in.Want.Namespace != "" && len(c.Objects) == 0 {
				continue
			}
		case t.Part == catalog.RootPart && p.Cluster.Remote:
			c.Objects = render.InArgoCD(p)
		case t.Part == catalog.RootPart:
			c.Objects = render.Build(p)
		case t.Part != catalog.WorkloadPart:
			c.Objects = render.Part(p, t.Part, t.Code)
		}
		out = append(out, c)
	}
	if in.Want.Namespace != "" && !there {
		return nil, unknownNamespace(reading, in.Want.Namespace, in.Want.Cluster)
	}
	return out, nil
}

// lives are the objects that live on the cluster of p: its own, and those that its Argo CD has for other clusters.
func (in *Input) lives(p *catalog.Platform, reading *catalog.Reading) []object.Object {
	out := render.Build(p)
	own := len(out)
	for _, other := range reading.Clusters {
		o := other.Platform
		if !o.Cluster.Remote || o.Cluster.Manager != p.Cluster.Name {
			continue
		}
		if in.Want.Namespace == "" {
			out = append(out, render.InArgoCD(o)...)
		} else if has(o, in.Want.Namespace) {
			out = append(out, render.EntriesInArgoCD(only(o, in.Want.Namespace))...)
		}
	}
	if len(out) > own {
		object.Sort(out)
	}
	return out
}

// findRemote makes a workload of what is elsewhere: it may have been fetched.
func (o *Output) findRemote() {
	for i := range o.Applications {
		if a := o.Applications[i].Application; a.Workload == nil {
			a.Workload = a.Remote
		}
	}
}

// read reads the list. It gives up when the time is up: what reads is bounded, and ends soon after.
func (in *Input) read(ctx context.Context, files fs.FS) (reading catalog.Reading, err error) {
	options := in.Options
	options.Asked, options.Cluster, options.Application = in.Want.Asked, in.Want.Cluster, in.Want.Application
	done := make(chan struct{})
	go func() {
		defer close(done)
		reading, err = catalog.Read(files, in.Place.Dir, options)
	}()
	select {
	case <-done:
		return reading, err
	case <-ctx.Done():
		return catalog.Reading{}, fmt.Errorf("reading the list took %w", context.Cause(ctx))
	}
}

// applications are the applications of the platform, by code.
func applications(p *catalog.Platform) []Application {
	var out []Application
	for i := range p.Namespaces {
		n := &p.Namespaces[i]
		for j := range n.Applications {
			out = append(out, Application{Application: &n.Applications[j], Namespace: n, Platform: p})
		}
	}
	slices.SortFunc(out, func(a, b Application) int { return cmp.Compare(a.Code, b.Code) })
	return out
}

// coded are the applications of that code alone; name is what was asked for.
func coded(all []Application, code, name string) ([]Application, error) {
	var names []string
	var out []Application
	for _, a := range all {
		if a.Code == code {
			out = append(out, a)
		}
		names = append(names, a.Name)
	}
	if len(out) > 0 {
		return out, nil
	}
	return nil, fmt.Errorf("there is no application %q in %s\n  hint: %s", name, catalog.ApplicationsFile, diag.DidYouMean(name, names))
}

// only is the platform with no more than one namespace, and without what belongs to none.
func only(p *catalog.Platform, namespace string) *catalog.Platform {
	one := *p
	one.Stores, one.Namespaces = nil, nil
	if i := slices.IndexFunc(p.Namespaces, isNamed(namespace)); i >= 0 {
		one.Namespaces = p.Namespaces[i : i+1]
	}
	return &one
}

func has(p *catalog.Platform, namespace string) bool {
	return slices.ContainsFunc(p.Namespaces, isNamed(namespace))
}

func isNamed(name string) func(catalog.Namespace) bool {
	return func(n catalog.Namespace) bool { return n.Name == name }
}

func unknownNamespace(reading *catalog.Reading, namespace, cluster string) error {
	var names, on []string
	for _, r := range reading.Clusters {
		if has(r.Platform, namespace) {
			on = append(on, r.Platform.Cluster.Name)
		}
		for _, n := range r.Platform.Namespaces {
			names = append(names, n.Name)
		}
	}
	if len(on) > 0 {
		return fmt.Errorf("the namespace %q is on %s, and not on %q\n  hint: %s", namespace, catalog.ClusterList(on), cluster, diag.OneOf("name its cluster: ", on))
	}
	slices.Sort(names)
	return fmt.Errorf("there is no namespace %q in %s\n  hint: %s", namespace, catalog.ApplicationsFile, diag.DidYouMean(namespace, slices.Compact(names)))
}
