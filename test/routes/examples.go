package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/lint/rules"
	"golang.org/x/tools/txtar"
)

// expectation is what the documentation of a rule claims that Traefik makes of its bad example, and of the good one.
type expectation struct {
	args, bad, good []string // of Traefik, beside the usual ones: for both, and what the values of the chart mean in each
	check           func(e *example)
}

// expectations are those of all rules whose examples have a route.
var expectations = map[string]expectation{
	"broken-middleware":            {check: drops},
	"broken-service":               {check: drops},
	"broken-tls-option":            {check: drops},
	"cross-namespace-middleware":   {bad: []string{"--providers.kubernetescrd.allowcrossnamespace=false"}, check: drops},
	"ignored-route":                {check: drops},
	"invalid-rule":                 {check: drops},
	"missing-middleware":           {check: drops},
	"missing-service":              {check: drops},
	"old-rule-syntax":              {check: drops},
	"old-traefik-group":            {check: unread},
	"unknown-entrypoint":           {check: drops},
	"broken-rule-fails-open":       {check: failsOpen},
	"colliding-router-names":       {args: []string{"--entryPoints.upload.address=:8090", "--entryPoints.upload.http.tls=true"}, check: collides},
	"deprecated-rule-syntax":       {check: answersPhotos},
	"encoded-characters":           {good: []string{"--entryPoints.websecure.http.encodedCharacters.allowEncodedSlash=false", "--entryPoints.websecure.http.encodedCharacters.allowEncodedBackSlash=false"}, check: letsThrough},
	"host-of-another-entry":        {check: takesHost},
	"https-entrypoint-without-tls": {bad: []string{"--entryPoints.websecure.http.tls=false"}, check: withoutTLS},
	"missing-entrypoint":           {check: answersNothingOn("websecure")},
	"no-entrypoints":               {check: onAll},
	"path-on-every-host":           {check: everyHost},
	"path-prefix-without-boundary": {check: longerWord},
	"public-without-auth":          {check: openToAll},
	"random-route":                 {check: takesOneAtRandom},
	"rule-matches-nothing":         {check: matchesNothing},
	"shadowed-route":               {check: isShadowed},
	"tcp-route-takes-http":         {good: []string{"--entryPoints.sync.address=:9000"}, check: takesHTTP},
	"tls-beside-plain-entrypoint":  {check: answersNothingOn("tunnel")},
	"undecided-route":              {check: keepsAll},
	"listener-refuses-route":       {args: ofGateways, check: drops},
	"missing-reference-grant":      {args: ofGateways, check: lacksGrant},
}

// notTraefiks are rules whose examples have routes, and that are about something else.
var notTraefiks = []string{"alert-without-route", "login-refused", "outside-address-from-inside", "public-address-from-inside", "route-refused", "served-twice"}

// usualArgs are those of a Traefik whose values set nothing, as roster's documentation has it.
var usualArgs = []string{
	"--entryPoints.web.address=:8000", "--entryPoints.websecure.address=:8443", "--entryPoints.websecure.http.tls=true", "--entryPoints.tunnel.address=:8082",
	"--providers.kubernetescrd", "--providers.kubernetescrd.allowcrossnamespace=true", "--providers.kubernetescrd.allowemptyservices=true",
}

// examples compares the bad and the good example of each rule about routes with what Traefik makes of them.
func examples(j *judge) (checked int, differences []string, err error) {
	left := maps.Clone(expectations)
	for _, r := range rules.All() {
		if r.Bad == "" {
			continue
		}
		bad, err := newSide(j, r, r.Bad)
		if err != nil {
			return checked, differences, fmt.Errorf("the bad example of %s: %w", r.Name, err)
		}
		good, err := newSide(j, r, r.Mended())
		if err != nil {
			return checked, differences, fmt.Errorf("the good example of %s: %w", r.Name, err)
		}
		expect, ok := expectations[r.Name]
		switch {
		case !ok && bad.routes && !slices.Contains(notTraefiks, r.Name):
			differences = append(differences, r.Name+": its example has a route, and nothing says what Traefik makes of it")
			continue
		case !ok:
			continue
		}
		delete(left, r.Name)
		bad.args, good.args = slices.Concat(usualArgs, expect.args, expect.bad), slices.Concat(usualArgs, expect.args, expect.good)
		e := &example{bad: bad, good: good}
		if e.must(len(bad.found) > 0, "the rule finds nothing in the bad example"); len(bad.found) > 0 {
			e.must(len(good.found) == 0, "the rule finds something in the good example")
			expect.check(e)
		}
		if err := errors.Join(bad.err, good.err); err != nil {
			return checked, differences, fmt.Errorf("%s: %w", r.Name, err)
		}
		for _, d := range e.differences {
			differences = append(differences, r.Name+": "+d)
		}
		checked++
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		differences = append(differences, name+": there is no such rule with examples")
	}
	return checked, differences, nil
}

// ofGateways are for examples with a Gateway, of whatever class: here it is Traefik's.
var ofGateways = []string{"--providers.kubernetesgateway", "--entryPoints.https.address=:443", "--entryPoints.https.http.tls=true"}

// example is a rule's two examples.
type example struct {
	bad, good   *side
	differences []string
}

func (e *example) must(ok bool, format string, args ...any) {
	if !ok {
		e.differences = append(e.differences, fmt.Sprintf(format, args...))
	}
}

// side is one of the two: what lint makes of it, and what Traefik is asked.
type side struct {
	judge   *judge
	args    []string
	routers []*routes.Router
	found   []lint.Finding // of the rule
	objects []any
	routes  bool // whether there is a route at all, for Traefik or not
	err     error
}

func newSide(j *judge, rule *lint.Rule, folder string) (*side, error) {
	files, err := txtar.FS(txtar.Parse([]byte(strings.TrimPrefix(folder, "\n"))))
	if err != nil {
		return nil, err
	}
	in, err := contentOf(files)
	if err != nil {
		return nil, err
	}
	in.Platform.Lint.Strict = true
	out := &side{judge: j, objects: in.objects, routers: lint.NewContext(in.Input).Routes.Routers()}
	out.routes = len(out.routers) > 0 || slices.ContainsFunc(in.Workloads, func(o *lint.Object) bool { return strings.HasPrefix(o.Kind, "IngressRoute") })
	for _, f := range rules.All().Run(in.Input, lint.Options{Only: []string{rule.Name}}).Findings {
		if f.Code == rule.Name {
			out.found = append(out.found, f)
		}
	}
	out.invent(in.unseen, in.Platform)
	return out, nil
}

// invent adds what routes lead to or go through, and applications deploy that are not in the example.
func (s *side) invent(unseen map[string]bool, platform *catalog.Platform) {
	has := map[string]bool{}
	for _, o := range s.objects {
		o := o.(map[string]any)
		metadata, _ := o["metadata"].(map[string]any)
		has[fmt.Sprint(o["kind"], " ", metadata["namespace"], " ", metadata["name"])] = true
	}
	add := func(apiVersion, kind, namespace, name string, spec map[string]any) {
		here := slices.ContainsFunc(platform.Namespaces, func(n catalog.Namespace) bool { return n.Name == namespace })
		if id := kind + " " + namespace + " " + name; name != "" && !has[id] && (unseen[namespace] || !here) {
			has[id] = true
			s.objects = append(s.objects, map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name, "namespace": namespace}, "spec": spec})
		}
	}
	for _, o := range slices.Clone(s.objects) {
		o := o.(map[string]any)
		spec, _ := o["spec"].(map[string]any)
		metadata, _ := o["metadata"].(map[string]any)
		switch kind, _ := o["kind"].(string); {
		case kind == "Gateway":
			s.objects = append(s.objects, gatewayClass(fmt.Sprint(spec["gatewayClassName"])))
		case kind == "ExternalSecret":
			s.objects = append(s.objects, certificateOf(fmt.Sprint(metadata["namespace"]), fmt.Sprint(metadata["name"])))
		case kind == "Service" && spec["selector"] == nil:
			spec["selector"] = map[string]any{"app": "x"} // so that the judge makes up endpoints
		case !strings.HasPrefix(kind, "IngressRoute"):
			continue
		}
		for _, route := range mappings(spec["routes"]) {
			for _, b := range mappings(route["services"]) {
				add("v1", "Service", fmt.Sprint(metadata["namespace"]), fmt.Sprint(b["name"]), map[string]any{"selector": map[string]any{"app": "x"}, "ports": []any{map[string]any{"port": b["port"]}}})
			}
			for _, m := range mappings(route["middlewares"]) {
				namespace := metadata["namespace"]
				if m["namespace"] != nil {
					namespace = m["namespace"]
				}
				add("traefik.io/v1alpha1", "Middleware", fmt.Sprint(namespace), fmt.Sprint(m["name"]), map[string]any{"forwardAuth": map[string]any{"address": "http://login.example/"}})
			}
		}
	}
}

// mappings are those in a list.
func mappings(list any) (out []map[string]any) {
	all, _ := list.([]any)
	for _, one := range all {
		if m, ok := one.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// ask is what Traefik answers to a request; with TLS at the entry points of that name.
func (s *side) ask(entryPoint, host, target string) answer {
	v := s.verdict(request{EntryPoint: entryPoint, TLS: entryPoint == "websecure" || entryPoint == "upload" || entryPoint == "https", Host: host, Target: target})
	if len(v.Answers) == 0 {
		return answer{}
	}
	return v.Answers[0]
}

func (s *side) verdict(requests ...request) *verdict {
	v, err := s.judge.ask(&question{ID: "example", Args: s.args, Objects: s.objects, Requests: requests, Repeat: 32})
	if err != nil {
		s.err = err
		return &verdict{}
	}
	return v
}

// reported are the routers that the findings are about: those at their places, or else all.
func (s *side) reported() []*routes.Router {
	var out []*routes.Router
	for _, f := range s.found {
		for _, r := range s.routers {
			at := r.At().Pos
			if r.Match() == f.Pos || at.File == f.Pos.File && at.Line <= f.Pos.Line && !slices.ContainsFunc(s.routers, func(o *routes.Router) bool {
				between := o.At().Pos
				return between.File == at.File && between.Line > at.Line && between.Line <= f.Pos.Line
			}) {
				out = append(out, r)
			}
		}
	}
	if len(out) == 0 {
		return s.routers
	}
	return out
}

// of are Traefik's routers that it built of lint's, and whether all of them answer.
func (s *side) of(r *routes.Router) (built []router, answers bool) {
	for _, o := range s.verdict().Routers {
		if o.Namespace == r.Namespace && o.Name == r.Name && o.Rule == r.Text && o.Kind == "http" {
			built = append(built, o)
		}
	}
	return built, len(built) > 0 && !slices.ContainsFunc(built, func(o router) bool { return o.Status != "enabled" && o.Status != "warning" })
}

// keepsEach adds a difference for each route of a side that Traefik does not keep.
func (e *example) keepsEach(s *side, which string) {
	all := s.verdict().Routers
	e.must(len(all) > 0, "the %s example has no route for Traefik", which)
	for _, o := range all {
		e.must(o.Status == "enabled", "in the %s example, Traefik says of %q: %s %v", which, o.Rule, o.Status, o.Errors)
	}
}

func drops(e *example) {
	dropped := e.bad.reported()
	if len(dropped) == 0 { // what lint makes no router of, Traefik must not either
		for _, o := range e.bad.verdict().Routers {
			e.must(o.Status == "dropped", "in the bad example, Traefik keeps %q: %s", o.Rule, o.Status)
		}
	}
	for _, r := range dropped {
		built, answers := e.bad.of(r)
		e.must(!answers, "in the bad example, Traefik keeps %q: %v", r.Text, built)
	}
	e.keepsEach(e.good, "good")
}

func lacksGrant(e *example) {
	bad, good := e.bad.ask("https", photos, "/"), e.good.ask("https", photos, "/")
	e.must(bad.Status == 500, "in the bad example, Traefik answers %+v", bad)
	e.must(good.Status == 200, "in the good example, Traefik answers %+v", good)
}

func keepsAll(e *example) {
	e.keepsEach(e.bad, "bad")
	e.keepsEach(e.good, "good")
}

const photos = "photos.home.example"

func unread(e *example) {
	e.must(len(e.bad.verdict().Routers) == 0, "Traefik reads the old group")
	e.keepsEach(e.good, "good")
}

func failsOpen(e *example) {
	for _, r := range e.bad.reported() {
		built, answers := e.bad.of(r)
		e.must(!answers, "in the bad example, Traefik keeps %q: %v", r.Text, built)
	}
	bad, good := e.bad.ask("websecure", photos, "/admin"), e.good.ask("websecure", photos, "/admin")
	e.must(bad.Status == 200 && bad.Login == "", "in the bad example, /admin is %+v", bad)
	e.must(good.Status == 401 && good.Login != "", "in the good example, /admin is %+v", good)
}

func collides(e *example) {
	count := func(s *side) (n int) {
		for _, entryPoint := range []string{"websecure", "upload"} {
			if s.ask(entryPoint, photos, "/").Status == 200 {
				n++
			}
		}
		return n
	}
	bad, good := count(e.bad), count(e.good)
	e.must(bad == 1, "in the bad example, %d of two routes answer", bad)
	e.must(good == 2, "in the good example, %d of two routes answer", good)
}

func answersPhotos(e *example) {
	keepsAll(e)
	for _, host := range []string{photos, "pictures.home.example"} {
		for _, s := range []*side{e.bad, e.good} {
			a := s.ask("websecure", host, "/")
			e.must(a.Status == 200, "%s is %+v", host, a)
		}
	}
}

func letsThrough(e *example) {
	for _, target := range []string{"/hook/..%2frest", "/hook/..%5crest"} {
		bad, good := e.bad.ask("websecure", photos, target), e.good.ask("websecure", photos, target)
		e.must(bad.Status == 200 && bad.Login == "", "in the bad example, %s is %+v", target, bad)
		e.must(good.Status == 400, "in the good example, %s is %+v", target, good)
	}
	a := e.good.ask("websecure", photos, "/hook/")
	e.must(a.Status == 200, "in the good example, /hook/ is %+v", a)
}

func takesHost(e *example) {
	for _, s := range []*side{e.bad, e.good} { // the owner may permit it; Traefik is not asked
		robbed, rest := s.ask("websecure", "vault.home.example", "/docs"), s.ask("websecure", "vault.home.example", "/")
		e.must(robbed.Status == 200 && robbed.Login == "" && strings.HasPrefix(robbed.Router, "web-docs-"), "/docs is %+v", robbed)
		e.must(rest.Status == 401 && rest.Login != "", "/ is %+v", rest)
	}
}

func withoutTLS(e *example) {
	plain := e.bad.verdict(request{EntryPoint: "websecure", Host: photos}).Answers[0]
	bad, good := e.bad.ask("websecure", photos, "/"), e.good.ask("websecure", photos, "/")
	e.must(bad.Status == 404, "in the bad example, HTTPS is %+v", bad)
	e.must(plain.Status == 200, "in the bad example, plain HTTP is %+v", plain)
	e.must(good.Status == 200, "in the good example, HTTPS is %+v", good)
}

func answersNothingOn(entryPoint string) func(e *example) {
	return func(e *example) {
		for _, name := range []string{"websecure", "tunnel"} {
			bad, good := e.bad.ask(name, photos, "/"), e.good.ask(name, photos, "/")
			want := 200
			if name == entryPoint {
				want = 404
			}
			e.must(bad.Status == want, "in the bad example, %s answers with %+v", name, bad)
			e.must(good.Status == 200, "in the good example, %s answers with %+v", name, good)
		}
	}
}

func onAll(e *example) {
	for _, name := range []string{"web", "websecure", "tunnel"} {
		bad, good := e.bad.ask(name, photos, "/"), e.good.ask(name, photos, "/")
		want := 404
		if name == "websecure" {
			want = 200
		}
		e.must(bad.Status == 200, "in the bad example, %s answers with %+v", name, bad)
		e.must(good.Status == want, "in the good example, %s answers with %+v", name, good)
	}
}

func everyHost(e *example) {
	bad, good := e.bad.ask("websecure", "any.example", "/api/x"), e.good.ask("websecure", "any.example", "/api/x")
	e.must(bad.Status == 200, "in the bad example, another host is %+v", bad)
	e.must(good.Status == 404, "in the good example, another host is %+v", good)
	own := e.good.ask("websecure", photos, "/api")
	e.must(own.Status == 200, "in the good example, its own host is %+v", own)
}

func longerWord(e *example) {
	for target, want := range map[string]int{"/apix": 404, "/api": 200, "/api/x": 200} {
		bad, good := e.bad.ask("websecure", photos, target), e.good.ask("websecure", photos, target)
		e.must(bad.Status == 200, "in the bad example, %s is %+v", target, bad)
		e.must(good.Status == want, "in the good example, %s is %+v", target, good)
	}
}

func openToAll(e *example) {
	for _, s := range []*side{e.bad, e.good} { // a comment changes nothing for Traefik
		a := s.ask("tunnel", "status.home.example", "/")
		e.must(a.Status == 200 && a.Login == "", "the host is %+v", a)
	}
}

func takesOneAtRandom(e *example) {
	bad, good := e.bad.ask("websecure", photos, "/"), e.good.ask("websecure", photos, "/")
	e.must(len(bad.Others) == 1 && bad.Others[0].Router != bad.Router, "in the bad example, always the same router answers: %+v", bad)
	e.must(len(good.Others) == 0 && good.Status == 200, "in the good example, the host is %+v", good)
}

func matchesNothing(e *example) {
	for _, host := range []string{photos, photos + ":8443"} {
		bad, good := e.bad.ask("websecure", host, "/"), e.good.ask("websecure", host, "/")
		e.must(bad.Status == 404, "in the bad example, %s is %+v", host, bad)
		e.must(good.Status == 200, "in the good example, %s is %+v", host, good)
	}
	keepsAll(e)
}

func isShadowed(e *example) {
	keepsAll(e)
	for _, target := range []string{"/admin", "/admin/x"} {
		bad, good := e.bad.ask("websecure", photos, target), e.good.ask("websecure", photos, target)
		e.must(bad.Status == 200 && bad.Login == "", "in the bad example, %s is %+v", target, bad)
		e.must(good.Status == 401 && good.Login != "", "in the good example, %s is %+v", target, good)
	}
}

func takesHTTP(e *example) {
	bad, good := e.bad.ask("tunnel", photos, "/"), e.good.ask("tunnel", photos, "/")
	e.must(bad.Status == 0, "in the bad example, HTTP is answered: %+v", bad)
	e.must(good.Status == 200, "in the good example, HTTP is %+v", good)
}
