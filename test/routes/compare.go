package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/muxer"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/render/workload"
)

// repeats is how often the judge builds each platform: of two routes one of which is taken at random, both are seen, most of the time.
const repeats = 4

// tally is what was compared.
type tally struct {
	platforms, routers, dropped, requests, reached, shadowed, rivals, random, open, undecided int
	rules, invalid, unsure                                                                    int
	kinds                                                                                     map[string]int // routers of Traefik's by kind of the object

	differences   []string // of this platform
	disagreements int      // platforms with differences
	shown         []string
}

func (t *tally) String() string {
	return fmt.Sprintf("%d platforms: %d routers, of which Traefik drops %d (it has %d of HTTPRoutes, %d of Ingresses, and %d of them lint is unsure of); %d requests; %d routers reached by an example, %d shadowed, %d with rivals (random answers seen: %d), %d open instead of a dropped one; undecided: %d; %d rules alone, %d of them invalid",
		t.platforms, t.routers, t.dropped, t.kinds["HTTPRoute"], t.kinds["Ingress"], t.unsure, t.requests, t.reached, t.shadowed, t.rivals, t.random, t.open, t.undecided, t.rules, t.invalid)
}

func (t *tally) add(one *tally, show int) {
	t.platforms++
	for _, n := range []struct{ to, from *int }{{&t.routers, &one.routers}, {&t.dropped, &one.dropped}, {&t.requests, &one.requests}, {&t.reached, &one.reached}, {&t.shadowed, &one.shadowed},
		{&t.rivals, &one.rivals}, {&t.random, &one.random}, {&t.open, &one.open}, {&t.undecided, &one.undecided}, {&t.rules, &one.rules}, {&t.invalid, &one.invalid}, {&t.unsure, &one.unsure}} {
		*n.to += *n.from
	}
	for kind, n := range one.kinds {
		t.kinds[kind] += n
	}
	if len(one.differences) > 0 {
		t.disagreements++
		if len(t.shown) < show {
			t.shown = append(t.shown, strings.Join(one.differences, "\n"))
		}
	}
}

// enough reports an error when so little was compared that agreement says nothing.
func (t *tally) enough(platforms int) error {
	for what, n := range map[string]int{"dropped": t.dropped, "shadowed": t.shadowed, "rivals": t.rivals, "random": t.random, "open": t.open, "invalid": t.invalid, "HTTPRoutes": t.kinds["HTTPRoute"], "Ingresses": t.kinds["Ingress"]} {
		if n < platforms/20 {
			return fmt.Errorf("only %d of %s in %d platforms: the comparison shows little", n, what, platforms)
		}
	}
	return nil
}

// asked is a request, and what lint expects.
type asked struct {
	request *muxer.Request
	door    routes.Door
	why     string
	of      *routes.Router // that it reaches
	dropped *routes.Router // that it would reach
	instead *routes.Router // that answers, and asks for no login
}

func compare(j *judge, p *platform, t *tally) error {
	in, err := contentOf(p.files)
	if err == nil {
		err = in.failed
	}
	if err != nil {
		return err
	}
	context := lint.NewContext(in.Input)
	contest, dropped := context.Routes.Contest(), context.Routes.Dropped()
	var all []*routes.Router // of Traefik, and known for certain
	for _, r := range context.Routes.Routers() {
		switch {
		case r.Server == "" && r.Unsure == "":
			all = append(all, r)
		case r.Server == "":
			t.unsure++
		}
	}

	entryPoints := []string{"web", "websecure", "tunnel"}
	var ask []asked
	add := func(a asked) {
		if a.request != nil && slices.Contains(entryPoints, a.door.EntryPoint) {
			ask = append(ask, a)
		}
	}
	instead := map[*routes.Router]bool{}
	for _, r := range all {
		for _, d := range contest.Doors(r) {
			for i := range r.Scopes {
				example, _ := muxer.NewSolver(1_000_000).Find(r.Scopes[i].Conjunction)
				a := asked{request: example, door: d, why: "example of " + r.Text}
				if dropped[r] {
					a.dropped = r
				}
				add(a)
			}
			if dropped[r] {
				if other, request := contest.Instead(r, context.Routes.Open); other != nil {
					instead[r] = true
					for _, d := range contest.Doors(other) {
						if slices.Contains(contest.Answering(request, d), other) && slices.Contains(contest.Doors(r), d) {
							add(asked{request: request, door: d, why: "instead of " + r.Text, instead: other})
						}
					}
				}
				continue
			}
			switch request, answer := contest.Reach(r, d); answer {
			case muxer.Yes:
				add(asked{request: request, door: d, why: "reaches " + r.Text, of: r})
			case muxer.Unknown:
				t.undecided++
			}
		}
	}
	rivals := contest.Rivals(func(a, b *routes.Router) int { return a.Place - b.Place })
	for second, r := range rivals {
		for _, d := range contest.Doors(second) {
			add(asked{request: r.Request, door: d, why: "rivals"})
		}
	}

	q := &question{ID: fmt.Sprint(p.seed), Args: p.args, Objects: in.objects, Repeat: repeats}
	for _, a := range ask {
		q.Requests = append(q.Requests, request{a.door.EntryPoint, a.door.TLS, a.request.Method, a.request.Host, target(a.request), a.request.Client.String(), a.request.Header})
	}
	v, err := j.ask(q)
	if err != nil {
		return err
	}

	differ := func(format string, args ...any) {
		if len(t.differences) == 0 {
			t.differences = append(t.differences, fmt.Sprintf("platform %d %v\n%s", p.seed, p.args, p))
		}
		t.differences = append(t.differences, "DIFFERENT: "+fmt.Sprintf(format, args...))
	}
	of := byKey(all, v)
	for _, r := range all {
		t.routers++
		kept, errs := keeps(r, v)
		if !kept {
			t.dropped++
		}
		if colliding(all, r) {
			continue
		}
		if kept == dropped[r] {
			differ("%s %q: lint says dropped: %v, Traefik keeps it: %v %v", r, r.Text, dropped[r], kept, errs)
		}
	}
	for _, o := range v.Routers {
		if o.Kind != "http" || o.Key == "" {
			continue
		}
		t.kinds[o.Object]++
		if (o.Status == "enabled" || o.Status == "warning") && of[o.Key] == nil {
			differ("%s %s of %s: Traefik has the router %s of %v for %s, and lint does not", o.Object, o.Name, o.Namespace, o.Key, o.EntryPoints, o.Rule)
		}
	}
	reached := map[*routes.Router]map[string]bool{}
	for i, a := range ask {
		t.requests++
		want := contest.Answering(a.request, a.door)
		outcomes := append([]answer{v.Answers[i]}, v.Answers[i].Others...)
		seen := map[*routes.Router]bool{}
		for _, o := range outcomes {
			r := of[o.Router]
			seen[r] = true
			if r != nil {
				if reached[r] == nil {
					reached[r] = map[string]bool{}
				}
				reached[r][a.door.EntryPoint] = true
			}
			if a.instead != nil && r == a.instead && (o.Login != "" || o.Status >= 400 && o.Status < 500) {
				differ("%s at %v: Traefik answers %d by %s, with the login %s, and lint says that it is open", a.request, a.door, o.Status, o.Router, o.Login)
			}
			if d := a.dropped; d != nil && r != nil && o.Login == "" && o.Status == 200 && r.Priority <= d.Priority && !context.Routes.Open(d) && context.Routes.Open(r) && forHosts(r) && !instead[d] && !colliding(all, d, r) {
				differ("%s at %v: Traefik answers it by %s, without a login, instead of %q, and lint does not say so", a.request, a.door, o.Router, d.Text)
			}
			if !expected(r, want, all) {
				differ("%s at %v (%s): Traefik answers %d by %s, lint expects %v", a.request, a.door, a.why, o.Status, o.Router, texts(want))
			}
		}
		if len(seen) > 1 {
			t.random++
			// One rule of a route, at several listeners, does the same whichever of its routers answers.
			if !oneRule(seen) && !slices.ContainsFunc(want, func(r *routes.Router) bool { return rivals[r] != nil || colliding(all, r) }) && !colliding(all, slices.Collect(maps.Keys(seen))...) {
				differ("%s at %v is answered at random, and lint does not say so", a.request, a.door)
			}
		}
		if a.of != nil {
			t.reached++
		}
	}
	t.rivals += len(rivals)
	for _, r := range all {
		if dropped[r] {
			continue
		}
		if s := contest.Shadow(r); s != nil {
			t.shadowed++
			for _, d := range s.Doors {
				if !colliding(all, r) && reached[r][d.EntryPoint] {
					differ("%s %q: lint says that nothing reaches it at %v", r, r.Text, d)
				}
			}
		}
	}
	t.open += len(instead)
	return nil
}

// oneRule reports whether all routers were made of one rule of a route of the Gateway API.
func oneRule(all map[*routes.Router]bool) bool {
	var first *routes.Router
	for r := range all {
		if r == nil || r.Kind != "HTTPRoute" && r.Kind != "GRPCRoute" || first != nil && (r.Kind != first.Kind || r.Namespace != first.Namespace || r.Name != first.Name || r.Index != first.Index) {
			return false
		}
		first = r
	}
	return true
}

// expected reports whether Traefik may take a router, which is nil for none, when lint expects one of some. Of routers with one name it has only
// one, which lint says, and not which.
func expected(r *routes.Router, want, all []*routes.Router) bool {
	if r == nil {
		return !slices.ContainsFunc(want, func(w *routes.Router) bool { return !colliding(all, w) })
	}
	return slices.ContainsFunc(want, func(w *routes.Router) bool { return w.Key() == r.Key() }) || slices.ContainsFunc(want, func(w *routes.Router) bool { return colliding(all, w) })
}

// forHosts reports whether a router is for certain hosts.
func forHosts(r *routes.Router) bool {
	return !slices.ContainsFunc(r.Scopes, func(s routes.Scope) bool { return s.Host == "" })
}

func texts(all []*routes.Router) []string {
	var out []string
	for _, r := range all {
		out = append(out, r.Text)
	}
	return out
}

// target is the path and the query of a request. What is reserved in the path is already encoded.
func target(r *muxer.Request) string {
	var out strings.Builder
	for _, part := range strings.SplitAfter(r.Path, "%") {
		rest, percent := strings.CutSuffix(part, "%")
		out.WriteString((&url.URL{Path: "/" + rest}).EscapedPath()[1:])
		if percent {
			out.WriteString("%")
		}
	}
	if len(r.Query) > 0 {
		out.WriteString("?" + url.Values(r.Query).Encode())
	}
	return out.String()
}

// keeps reports whether Traefik has a router that it built for one of lint's, and why not.
func keeps(r *routes.Router, v *verdict) (bool, []string) {
	var errs []string
	for _, o := range v.Routers {
		if o.isFor(r) {
			if o.Status == "enabled" || o.Status == "warning" {
				return true, nil
			}
			errs = append(errs, o.Errors...)
		}
	}
	return false, errs
}

// isFor reports whether a router of Traefik's was made of one of lint's. What stands in an IngressRoute is its rule; of others, the rule tells apart what
// was made of one part of an object, and the Gateway and the entry point where.
func (o *router) isFor(r *routes.Router) bool {
	if o.Kind != "http" || o.Object != r.Kind || o.Namespace != r.Namespace || o.Name != r.Name || o.Index != r.Index && r.Kind != "Ingress" {
		return false
	}
	if l := r.Listener; l != nil && o.Gateway != l.Gateway.Namespace+"/"+l.Gateway.Name {
		return false
	}
	return r.Kind == "IngressRoute" || o.Key != "" && o.Rule == r.Text && slices.ContainsFunc(o.EntryPoints, func(e string) bool { return slices.Contains(r.EntryPoints, e) })
}

// colliding reports whether another router has the same name in Traefik as one of some.
func colliding(all []*routes.Router, some ...*routes.Router) bool {
	return slices.ContainsFunc(some, func(r *routes.Router) bool {
		return r != nil && slices.ContainsFunc(all, func(o *routes.Router) bool { return o != r && o.Key() == r.Key() })
	})
}

// byKey are lint's routers by the names of Traefik's.
func byKey(all []*routes.Router, v *verdict) map[string]*routes.Router {
	out := map[string]*routes.Router{}
	for _, o := range v.Routers {
		for _, r := range all {
			if o.Key != "" && o.isFor(r) {
				out[o.Key] = r
			}
		}
	}
	return out
}

// content is a repository as lint sees it, and the objects that it deploys as the API server has them.
type content struct {
	*lint.Input
	objects []any
	unseen  map[string]bool // the namespaces in which something is deployed that is not here
	failed  error           // why the first application that cannot be rendered cannot
}

func contentOf(files fs.FS) (*content, error) {
	reading, err := catalog.Read(files, ".", catalog.Options{})
	if err != nil {
		return nil, err
	}
	if len(reading.Mistakes) > 0 {
		return nil, errors.New(reading.Mistakes[0].Message)
	}
	one := reading.Clusters[0]
	out := &content{Input: &lint.Input{Platform: one.Platform, Order: one.Order, Objects: render.Build(one.Platform), Repository: files}, unseen: map[string]bool{}}
	for _, o := range out.Objects {
		object, err := asJSON(o)
		if err != nil {
			return nil, err
		}
		out.objects = append(out.objects, object)
	}
	renderer := workload.New(workload.Files{Repository: files}, workload.Cluster{})
	for i := range one.Platform.Namespaces {
		n := &one.Platform.Namespaces[i]
		for k := range n.Applications {
			a := &n.Applications[k]
			if a.Workload == nil || a.Workload.Kind != catalog.Manifests {
				out.unseen[n.Name] = true
				continue
			}
			result, diags := renderer.Render(&workload.Application{Code: a.Code, Namespace: n.Name, Kind: workload.Manifests, Path: a.Workload.Path})
			if len(diags) > 0 && out.failed == nil {
				out.failed = errors.New(diags[0].Message)
			}
			for _, o := range result.Objects {
				out.Workloads = append(out.Workloads, &lint.Object{Object: o.Object, Entry: n, Application: a, Pos: o.Pos, From: o.From})
				object, err := asJSON(o.Object)
				if err != nil {
					return nil, err
				}
				out.objects = append(out.objects, inNamespace(object, n.Name))
			}
		}
	}
	return out, nil
}

// asJSON is an object as the API server has it.
func asJSON(o object.Object) (map[string]any, error) {
	data, err := json.Marshal(o.Value())
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(data, &out)
}

// inNamespace is an object as Argo CD applies it: in its Application's namespace, unless it names one.
func inNamespace(o map[string]any, namespace string) map[string]any {
	if metadata, ok := o["metadata"].(map[string]any); ok && metadata["namespace"] == nil {
		metadata["namespace"] = namespace
	}
	return o
}
