package reach

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/muxer"
)

// Way is the way of a request for a host of the list: from entry points of the ingress controller to the pods that answer, or to where it ends.
type Way struct {
	EntryPoints []string `json:"entryPoints"`
	Answer      Answer   `json:"answer"`
	Says        string   `json:"says"` // what answers, or why nothing does
	Steps       []Step   `json:"steps"`
}

// Step is one of a way. One whose answer is no is the last, unless it is of a dropped route in whose place another one answers.
type Step struct {
	Kind   StepKind `json:"kind"`
	Name   string   `json:"name"`
	Answer Answer   `json:"answer"` // whether the request goes on
	Says   string   `json:"says"`
	File   string   `json:"file,omitempty"`
	Line   int      `json:"line,omitempty"`
	Column int      `json:"column,omitempty"`
	Flows  []Flow   `json:"flows,omitempty"` // that the step needs
}

// StepKind is what a step is at.
type StepKind string

// The kinds of steps, in their order.
const (
	AtEntryPoint StepKind = "entry point"
	AtController StepKind = "controller"
	AtDropped    StepKind = "dropped" // a route that Traefik does not have, for all that it stands in the list
	AtRouter     StepKind = "router"
	AtMiddleware StepKind = "middleware"
	AtService    StepKind = "service"
)

// Place is where what the step is at is written, as the reader sees the file; empty when no file has it.
func (s *Step) Place() string { return (&Reason{File: s.File, Line: s.Line, Column: s.Column}).Place() }

// request is what a question about a way asks for.
type request struct {
	muxer.Request
	text   string // as it was asked
	scheme string // empty when it is not said
}

// request reads a target that is a host of the list: HOST, HOST/PATH or a URL, with a method before it. It is nil for what is none.
func (r *Reach) request(text string) (*request, error) {
	method, rest, found := strings.Cut(text, " ")
	if !found || strings.ToUpper(method) != method {
		method, rest = "GET", text
	}
	scheme, _, isURL := strings.Cut(rest, "://")
	if !isURL {
		scheme, rest = "", "//"+rest
	}
	u, err := url.Parse(rest)
	if err != nil || u.Host == "" {
		if isURL {
			return nil, fmt.Errorf("%s: expected a URL such as https://app.home.example/path", quoted(text))
		}
		return nil, nil // it is no request, which is no mistake
	}
	out := &request{text: text, scheme: scheme, Request: muxer.Request{Host: strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), Path: cmp.Or(u.EscapedPath(), "/"), Method: method, Query: u.Query()}}
	known := r.in.Routes.Hosts()[out.Host] != nil
	_, _, isService := serviceName(out.Host)
	known = known && !isService && strings.Contains(out.Host, ".") && u.User == nil
	switch port := u.Port(); {
	case isURL && scheme != "http" && scheme != "https":
		return nil, fmt.Errorf("%s: expected http or https before ://, found %s", quoted(text), quoted(scheme))
	case !known && isURL && isService:
		return nil, fmt.Errorf("%s: only a host of the list has a way of requests\n  hint: for the Service, write %s", quoted(text), bare(u, scheme))
	case !known && (isURL || u.Path != "" && !isService && strings.Contains(out.Host, ".") && !isAddress(out.Host)):
		return nil, r.noHost(out.Host)
	case !known:
		return nil, nil
	case port == "" || port == map[string]string{"http": "80", "https": "443"}[scheme]:
	case !isURL && u.Path == "" && port == "443":
		out.scheme = "https"
	case !isURL && u.Path == "" && port == "80":
		out.scheme = "http"
	case isURL || u.Path != "":
		return nil, published(text)
	default:
		return nil, nil // another port of the name is not the ingress controller's
	}
	return out, nil
}

// bare is the host of a URL and its port.
func bare(u *url.URL, scheme string) string {
	return u.Hostname() + ":" + cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[scheme])
}

func isAddress(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

// published is the error of a host of the list with another port than those of HTTP.
func published(text string) error {
	return fmt.Errorf("%s: the list does not know on which ports the entry points are published\n  hint: leave out the port, and write http:// or https:// before the host", quoted(text))
}

// noHost is the error of a host that no route has.
func (r *Reach) noHost(host string) error {
	where := "the list"
	if name := r.in.Platform.Cluster.Name; name != "" {
		where = "the cluster " + name
	}
	for n, a := range r.in.Deployed.Applications() {
		for i := range a.Routes {
			if b := &a.Routes[i]; b.Protocol == catalog.TLS && slices.Contains(b.Hosts, host) && len(b.Backends) > 0 {
				return fmt.Errorf("%s is a route for TLS connections, and only the ways of requests of HTTP are known\n  hint: ask about what it leads to, such as %s/%s",
					quoted(host), cmp.Or(b.Backends[0].Namespace, n.Name), b.Backends[0].Service)
			}
		}
	}
	return fmt.Errorf("no route of %s has the host %s%s", where, quoted(host), hinted(diag.DidYouMean(host, slices.Collect(maps.Keys(r.in.Routes.Hosts())))))
}

// nowhere is the error of a question from outside of the cluster to a name that is no host of the list: no policy decides about it.
func (r *Reach) nowhere(a, b *place) error {
	inside := func(e *network.End) bool { return e.Entity != "world" && !e.IP.IsValid() }
	switch {
	case len(b.ends) == 0 || slices.ContainsFunc(a.ends, inside) || slices.ContainsFunc(b.ends, func(e *network.End) bool { return e.FQDN == "" }):
		return nil
	case r.in.Routes.Hosts()[b.ends[0].FQDN] != nil:
		return published(b.text + ":" + strings.TrimSuffix(b.port.String(), "/TCP"))
	}
	return r.noHost(b.text)
}

// walk goes the ways of one request.
type walk struct {
	*Reach
	request    *request
	from       *place
	controller []*network.End                 // behind the door in question; none when it is not known
	server     string                         // who answers there, in messages
	behind     string                         // where its pods are, or whose they are
	of         map[routes.Door]*routes.Router // the first router of each door
	tunnels    []*network.End                 // pods that may bring requests from the internet
	refused    []network.Ask                  // that the list can permit
	hints      []string
	notes      []string
}

// course is one way as far as it has been gone.
type course struct {
	steps  []Step
	answer Answer
	after  []string // what a request has to pass that may refuse it for what it brings
	target []string // what answers
}

// way answers where a request goes.
func (r *Reach) way(from string, q *request) (*Result, error) {
	a, err := r.find(from, false)
	if err != nil {
		return nil, err
	}
	w := &walk{Reach: r, request: q, from: a, of: map[routes.Door]*routes.Router{}}
	w.goTo(routes.Door{})
	if len(a.ends) == 1 {
		q.Client = a.ends[0].IP
		if a.ends[0].Entity == "world" {
			w.tunnels = r.tunnels()
		}
	}
	out := &Result{From: a.text, To: q.text}
	doors, unused := w.doors()
	for _, d := range doors {
		if err := w.through(out, d); err != nil {
			return nil, err
		}
	}
	if len(out.Ways) == 0 {
		out.Ways = []Way{w.noDoor(unused)}
	}
	w.conclude(out)
	return out, nil
}

// doors are those through which the request may come to a route for its host; unused are those that the scheme of the question excludes.
func (w *walk) doors() (used, unused []routes.Door) {
	contest := w.in.Routes.Contest()
	for _, r := range w.in.Routes.Hosts()[w.request.Host] {
		for _, d := range contest.Doors(r) {
			if slices.Contains(used, d) || slices.Contains(unused, d) {
				continue
			}
			w.of[d] = r
			w.goTo(d)
			if w.request.scheme != "" && !r.AnyScheme() && (w.request.scheme == "https") != d.TLS && !(d.EntryPoint != "" && !d.TLS && w.byTunnel(d) == Yes) {
				unused = append(unused, d)
				continue
			}
			used = append(used, d)
		}
	}
	return used, unused
}

// goTo turns to a door: of Traefik, or of a Gateway or an Ingress controller besides it.
func (w *walk) goTo(d routes.Door) {
	w.controller, w.server, w.behind = w.in.Network.Controller(), "Traefik", w.in.Platform.Controller.Namespace
	r := w.of[d]
	if r == nil || r.Server == "" {
		return
	}
	w.controller, w.server, w.behind = w.in.Network.BehindGateway(r.Gateway), r.Server, r.Server
	if l := r.Listener; l != nil && l.ByCilium() {
		w.controller = []*network.End{w.in.Network.Entity("ingress")}
	}
}

// noDoor is the way of a request that no entry point takes to a route.
func (w *walk) noDoor(unused []routes.Door) Way {
	settings := w.in.Traefik.Settings()
	s := Step{Kind: AtEntryPoint, Answer: No}
	w.locate(&s, w.in.Routes.Hosts()[w.request.Host][0].At("match"))
	names := []string{}
	for _, d := range unused {
		names = append(names, d.EntryPoint)
	}
	var redirecting []string
	for _, name := range settings.EntryPoints(false) {
		if e := settings.EntryPoint(name); e != nil && !e.TLS && e.Redirect.To != "" && e.Redirect.Scheme == "https" {
			redirecting = append(redirecting, name)
		}
	}
	switch {
	case w.request.scheme != "https" && len(redirecting) > 0:
		names = redirecting
		s.Says = "redirects all requests to HTTPS before any route is asked"
		w.hint("ask about https://" + strings.TrimPrefix(w.request.text, "http://"))
	case len(unused) > 0:
		s.Says = fmt.Sprintf("the routes of the host are there for %s only", map[string]string{"http": "HTTPS", "https": "plain HTTP"}[w.request.scheme])
	default:
		s.Says = "Traefik has none of the entry points of the routes for the host"
	}
	s.Name = strings.Join(names, ", ")
	return Way{EntryPoints: names, Answer: No, Says: s.ending(), Steps: []Step{s}}
}

// through goes all ways through one door: one for each router that may answer there.
func (w *walk) through(out *Result, d routes.Door) error {
	w.goTo(d)
	claims := w.in.Routes.Contest().Claims(&w.request.Request, d)
	lost := w.in.Routes.Lost(&w.request.Request, d)
	answering, beyond := answering(claims)
	lost = slices.DeleteFunc(lost, func(r *routes.Router) bool { return len(answering) > 0 && r.Priority < answering[0].Priority })
	var c course
	if err := w.enter(&c, d, slices.Concat(lost, routersOf(answering), w.in.Routes.Hosts()[w.request.Host])); err != nil {
		return err
	}
	if c.answer == No {
		w.end(out, d, c)
		return nil
	}
	if len(lost)+len(answering) > mostWays {
		w.note(fmt.Sprintf("at %s, more than %d routes are for the request: the others are left out here", d.EntryPoint, mostWays))
		lost, answering = lost[:min(len(lost), mostWays)], answering[:min(len(answering), mostWays)]
	}
	for _, r := range lost {
		c.steps = append(c.steps, w.dropped(r))
		if len(answering) > 0 {
			w.note(fmt.Sprintf("%s drops the route %s: %s answers in its place", w.server, routeName(r), answering[0].Router))
		}
	}
	if len(answering) == 0 {
		if len(lost) == 0 {
			c.steps = append(c.steps, w.unanswered(d, beyond))
		}
		c.answer = No
		if w.elsewhere("Ingress", "HTTPRoute", "IngressRouteTCP") {
			c.answer = Unknown
		}
		w.end(out, d, c)
		return nil
	}
	for i := range answering {
		one := course{steps: slices.Clone(c.steps), answer: c.answer, after: slices.Clone(c.after)}
		if err := w.answer(&one, d, answering, i, claims, beyond); err != nil {
			return err
		}
		w.end(out, d, one)
	}
	return nil
}

// mostWays is how many routes for one request are followed at an entry point. More of the same priority is no design.
const mostWays = 8

func routersOf(claims []routes.Claim) []*routes.Router {
	var out []*routes.Router
	for _, c := range claims {
		out = append(out, c.Router)
	}
	return out
}

// answering are the claims of which one answers: those that may be for the request, up to the first that surely is, and all with its priority. The others
// that come before it ask for more than the request has.
func answering(claims []routes.Claim) (out, beyond []routes.Claim) {
	for _, c := range claims {
		sure := slices.IndexFunc(out, func(o routes.Claim) bool { return o.Answer == muxer.Yes })
		switch {
		case sure >= 0 && c.Priority < out[sure].Priority:
			return out, beyond
		case c.Answer == muxer.No:
			beyond = append(beyond, c)
		default:
			out = append(out, c)
		}
	}
	return out, beyond
}

// end notes a way. Those that differ only by their entry points are one.
func (w *walk) end(out *Result, d routes.Door, c course) {
	name := cmp.Or(d.EntryPoint, anyEntryPoint)
	for i := range out.Ways {
		known := &out.Ways[i]
		if known.Answer == c.answer && !slices.Contains(known.EntryPoints, name) && reflect.DeepEqual(rest(known.Steps), rest(c.steps)) {
			n := len(known.Steps) - len(rest(known.Steps))
			known.Steps = slices.Insert(known.Steps, n, c.steps[:len(c.steps)-len(rest(c.steps))]...)
			known.EntryPoints = append(known.EntryPoints, name)
			return
		}
	}
	way := Way{EntryPoints: []string{name}, Answer: c.answer, Steps: c.steps}
	way.Says = strings.Join(append([]string{enumerated(c.target)}, c.after...), ", ")
	if c.answer == No || c.answer == Unknown {
		last := len(c.steps) - 1
		if i := slices.IndexFunc(c.steps, func(s Step) bool { return s.Answer == c.answer && s.Kind != AtDropped }); i >= 0 {
			last = i
		}
		way.Says = c.steps[last].ending()
	}
	out.Ways = append(out.Ways, way)
}

// anyEntryPoint is what an entry point is called that no route names.
const anyEntryPoint = "any"

// rest are the steps behind the controller.
func rest(steps []Step) []Step {
	for len(steps) > 0 && (steps[0].Kind == AtEntryPoint || steps[0].Kind == AtController) {
		steps = steps[1:]
	}
	return steps
}

// ending is why a way ends at a step.
func (s *Step) ending() string {
	return strings.TrimSpace(fmt.Sprintf("the %s %s", stepWord[s.Kind], s.Name)) + ": " + s.Says
}

var stepWord = map[StepKind]string{AtEntryPoint: "entry point", AtController: "ingress controller", AtDropped: "route", AtRouter: "router", AtMiddleware: "middleware", AtService: "Service"}

// conclude is the answer that all ways give together.
func (w *walk) conclude(out *Result) {
	var all []Flow
	for _, way := range out.Ways {
		all = append(all, Flow{Answer: way.Answer})
	}
	out.Answer = together(all)
	text := w.request.text
	var ends []string                // what the ways say, each once
	through := map[string][]string{} // the entry points of each
	for _, way := range out.Ways {
		if out.Answer == Partly && way.Answer != Yes && way.Answer != Partly {
			continue
		}
		if through[way.Says] == nil {
			ends = append(ends, way.Says)
		}
		through[way.Says] = append(through[way.Says], way.EntryPoints...)
	}
	if out.Answer != No {
		for i, says := range ends {
			ends[i] = "through " + enumerated(through[says]) + ": " + says
		}
	}
	says := strings.Join(ends, "; ")
	switch out.Answer {
	case Yes:
		out.Says = fmt.Sprintf("%s reaches %s %s", out.From, text, says)
	case Partly:
		out.Says = fmt.Sprintf("%s reaches %s in part: %s", out.From, text, says)
	case Unknown:
		out.Says = fmt.Sprintf("whether %s reaches %s depends on what is not known here: %s", out.From, text, says)
	default:
		out.Says = fmt.Sprintf("%s does not reach %s: it ends at %s", out.From, text, says)
	}
	w.hint(w.in.Network.Permit(w.refused...))
	out.Hint = strings.Join(w.hints, "; ")
	if slices.ContainsFunc(w.from.ends, func(e *network.End) bool { return e.Namespace == "" }) && len(out.Ways[0].EntryPoints) > 0 {
		w.note("which entry points " + out.From + " can come to is decided by the network before them, which the list does not know")
	}
	out.Notes = w.notes
}

func (w *walk) hint(text string) {
	if text != "" && !slices.Contains(w.hints, text) {
		w.hints = append(w.hints, text)
	}
}

func (w *walk) note(text string) {
	if !slices.Contains(w.notes, text) {
		w.notes = append(w.notes, text)
	}
}

// locate notes where what a step is at is written.
func (w *walk) locate(s *Step, at catalog.Place) {
	if at.Pos.File != "" {
		pos := w.frame.Seen(at.Pos)
		s.File, s.Line, s.Column = pos.File, pos.Line, pos.Column
	}
}
