package reach

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/images"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/lint/models/policies"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/muxer"
	"github.com/hippotion/roster/internal/verdict"
	corev1 "k8s.io/api/core/v1"
)

// order is that of answers, from the worst.
var order = []Answer{No, Unknown, Partly, Yes}

// add adds a step to a course, whose answer is the worst of all steps.
func (c *course) add(s Step) {
	c.steps = append(c.steps, s)
	if slices.Index(order, s.Answer) < slices.Index(order, cmp.Or(c.answer, Yes)) {
		c.answer = s.Answer
	}
	c.answer = cmp.Or(c.answer, Yes)
}

// tunnels are the pods that run cloudflared.
func (r *Reach) tunnels() []*network.End {
	var out []*network.End
	for _, n := range r.in.Network.Namespaces() {
		for _, e := range n.Pods {
			if slices.ContainsFunc(e.Pods.Spec.Containers, func(c corev1.Container) bool { return images.Name(c.Image) == "cloudflared" }) {
				out = append(out, e)
			}
		}
	}
	return out
}

// byTunnel is whether the pods of tunnels are let to a door.
func (w *walk) byTunnel(d routes.Door) Answer {
	if len(w.tunnels) == 0 {
		return No
	}
	flows, err := w.flows(w.tunnels, w.atDoor(d))
	if err != nil || len(flows) == 0 {
		return Unknown
	}
	return together(flows)
}

// atDoor is the controller at the port of a door; at 0 when it is not known.
func (w *walk) atDoor(d routes.Door) *place {
	to := &place{text: w.behind, ends: w.controller}
	if e := w.in.Traefik.Settings().EntryPoint(d.EntryPoint); e != nil {
		if n, err := strconv.ParseUint(e.Port(), 10, 16); err == nil {
			to.port = asked{protocol: "TCP", number: uint16(n)}
		}
	}
	return to
}

// flows are those between ends; where the port is not known, on any.
func (r *Reach) flows(from []*network.End, to *place) ([]Flow, error) {
	var out []Flow
	for _, a := range from {
		for _, b := range to.ends {
			ports := []port{{}}
			if to.service != nil || to.port.number != 0 {
				ports = to.portsOf(b)
			}
			for _, p := range ports {
				f, err := r.flow(a, b, p)
				if err != nil {
					return nil, err
				}
				if p.number == 0 {
					if err := r.anyTCP(f, a, b); err != nil {
						return nil, err
					}
				}
				out = append(out, *f)
			}
		}
	}
	return out, nil
}

// anyTCP is the answer for a port that is not known.
func (r *Reach) anyTCP(f *Flow, from, to *network.End) error {
	sure, perhaps, err := r.in.Network.Permitted(from, to)
	switch {
	case err != nil:
		return err
	case slices.Equal(sure["TCP"], []verdict.Range{{First: 1, Last: 65535}}):
		f.Answer = Yes
	case len(sure["TCP"]) == 0 && len(perhaps["TCP"]) == 0:
		f.Answer = No
	default:
		f.Answer = Unknown
	}
	return nil
}

// enter is the way to the ingress controller, for some routers.
func (w *walk) enter(c *course, d routes.Door, of []*routes.Router) error {
	c.add(w.entryPoint(d, of))
	to := w.atDoor(d)
	s := Step{Kind: AtController, Name: w.behind}
	if w.server != "Traefik" && len(w.controller) == 0 {
		s.Answer, s.Says = Unknown, "its pods are not known here: whether policies let the request in is not judged"
		c.add(s)
		return nil
	}
	flows, err := w.flows(w.from.ends, to)
	if err != nil {
		return err
	}
	s.Flows = flows
	switch s.Answer = No; {
	case len(w.controller) == 0:
		s.Says = "no pod there has the labels of the ingress controller that platform.yml gives"
		c.add(s)
		return nil
	case len(flows) == 0:
		s.Says = "no pod of it listens on the port of the entry point"
		c.add(s)
		return nil
	}
	s.Answer = together(flows)
	for _, note := range w.Reach.notes(w.from, to) {
		w.note(note)
	}
	if s.Answer != Yes && len(w.tunnels) > 0 {
		if by, err := w.flows(w.tunnels, to); err == nil && len(by) > 0 && together(by) == Yes {
			s.Flows, s.Answer = append(s.Flows, by...), Yes
			s.Says = "only through the tunnel of " + w.tunnels[0].Name
			w.note("where the tunnel of " + w.tunnels[0].Name + " leads is set elsewhere")
		}
	} else if w.byTunnel(d) == Yes {
		by, _ := w.flows(w.tunnels, to)
		s.Flows = append(s.Flows, by...)
		w.note("whether the tunnel of " + w.tunnels[0].Name + " leads to " + d.EntryPoint + " is set elsewhere")
	}
	if s.Says == "" {
		s.Says = map[Answer]string{Yes: "admits " + w.from.text, Partly: "admits some of " + w.from.text, Unknown: "may admit " + w.from.text, No: "does not admit " + w.from.text}[s.Answer]
		if s.Answer == No && slices.ContainsFunc(flows, func(f Flow) bool { return f.Egress != nil && f.Egress.Answer == No }) {
			s.Says = w.from.text + " is not let out to it"
		}
	}
	if slices.ContainsFunc(w.from.ends, func(e *network.End) bool { return e.Namespace != "" }) {
		w.note("Cilium leads a pod that asks for the address of the load balancer to the pods of the ingress controller: that is the flow that is judged")
	} else if together(flows) == Yes {
		w.masked(to)
	}
	if s.Answer == No {
		w.permit(w.from, to)
	}
	c.add(s)
	return nil
}

// permit notes what to write so that flows are permitted. What the list can permit is said together.
func (w *walk) permit(from, to *place) {
	if to.port.number == 0 && to.service == nil {
		return
	}
	asks := w.asks(from, to)
	if flows, problem := w.in.Network.FlowsFor(asks...); len(flows) > 0 && problem == "" {
		w.refused = append(w.refused, asks...)
	} else {
		w.hint(problem)
	}
}

// masked notes a controller that a load balancer which replaces the client's address cannot reach.
func (w *walk) masked(to *place) {
	for _, s := range w.in.Routes.ServicesOf(to.text) {
		if s.Spec.Type == corev1.ServiceTypeLoadBalancer && s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal {
			return
		}
	}
	flows, err := w.flows([]*network.End{w.in.Network.Entity("remote-node")}, to)
	if err == nil && len(flows) > 0 && together(flows) != Yes {
		w.note("with externalTrafficPolicy: Cluster, and with k3s's ServiceLB, clients arrive as a node or a pod of kube-system, and " + w.in.Platform.Controller.Namespace + " does not admit remote-node")
	}
}

// entryPoint is the step through a door.
func (w *walk) entryPoint(d routes.Door, of []*routes.Router) Step {
	settings := w.in.Traefik.Settings()
	s := Step{Kind: AtEntryPoint, Name: cmp.Or(d.EntryPoint, anyEntryPoint), Answer: Yes, Says: "plain HTTP"}
	if d.TLS {
		s.Says = "TLS"
	}
	switch e := settings.EntryPoint(d.EntryPoint); {
	case w.of[d] != nil && w.of[d].AnyScheme():
		s.Says = "of " + w.server
	case w.server != "Traefik":
		s.Says += ", of " + w.server
	case e != nil:
		s.Says += " on " + e.Port() + "/TCP"
	default:
		s.Says += ", by its name, on a port that is not known here"
	}
	for _, r := range of {
		switch i := slices.Index(r.EntryPoints, d.EntryPoint); {
		case s.File != "":
		case i >= 0 && r.Own != nil:
			s.Says += ", of the exposure " + r.Own.Exposure.Name
			if at := w.in.Platform.ExposeAt[r.Own.Exposure.Name]; i < len(at) {
				w.locate(&s, at[i])
			} else {
				w.locate(&s, r.Own.Place)
			}
		case i >= 0 && r.Kind != "IngressRoute":
			w.locate(&s, w.in.Places.Field(r.Object, "spec", map[string]string{"Ingress": "ingressClassName"}[r.Kind]+map[bool]string{true: "parentRefs"}[r.Gateway != ""]))
		case i >= 0:
			w.locate(&s, w.in.Places.Field(r.Object, "spec", "entryPoints"))
		}
	}
	return s
}

// dropped is the step of a route that Traefik drops.
func (w *walk) dropped(r *routes.Router) Step {
	s := Step{Kind: AtDropped, Name: routeName(r), Answer: No, Says: r.ServedBy() + " drops it"}
	w.locate(&s, r.At("match"))
	switch faults := w.in.Routes.Why(r); {
	case len(faults) > 0:
		s.Says = faults[0].Message
		w.locate(&s, faults[0].At())
		if faults[0].Hint != "" {
			w.hint(s.Name + ": " + faults[0].Hint)
		}
	case r.Invalid != nil:
		s.Says = "Traefik does not accept its rule: " + r.Invalid.Error()
	}
	return s
}

// routeName is what a router is called.
func routeName(r *routes.Router) string {
	if r.Own != nil {
		return r.Own.Host + r.Own.Path
	}
	return diag.Beginning(r.Namespace+"/"+r.Name, 3*deployed.LongestName)
}

// unanswered is the step of a request that no router is for.
func (w *walk) unanswered(d routes.Door, beyond []routes.Claim) Step {
	s := Step{Kind: AtRouter, Name: "of " + cmp.Or(d.EntryPoint, anyEntryPoint), Answer: No, Says: "none is for " + w.request.String() + ": " + w.server + " answers with 404"}
	if len(beyond) > 0 {
		s.Name = routeName(beyond[0].Router)
		s.Says = "it is only for requests with " + asking(beyond[0]) + ": " + w.server + " answers with 404"
		w.locate(&s, beyond[0].At("match"))
	}
	return s
}

func asking(c routes.Claim) string {
	var out []string
	for _, m := range c.Asks {
		out = append(out, m.String())
	}
	return diag.Beginning(enumerated(out), longestRule)
}

// elsewhere notes what names the host and is no route that is followed here.
func (w *walk) elsewhere(kinds ...string) bool {
	found := false
	for _, o := range w.in.Deployed.Kind(kinds...) {
		if _, followed := w.in.Routes.Followed(o.Kind, o.Namespace, o.Name); followed {
			continue
		}
		if slices.ContainsFunc(slices.Collect(deployed.Texts(o.Content()["spec"])), w.named) {
			found = true
			w.note(o.Title() + " of " + o.Namespace + " names the host as well: where it leads is not followed here")
		}
	}
	return found
}

// named reports whether a text has the host of the request, and not only as a part of another one.
func (w *walk) named(text string) bool {
	text = strings.ToLower(text)
	for {
		before, after, found := strings.Cut(text, w.request.Host)
		const more = "abcdefghijklmnopqrstuvwxyz0123456789-."
		switch {
		case !found:
			return false
		case (before == "" || !strings.Contains(more, before[len(before)-1:])) && (after == "" || !strings.Contains(more, after[:1])):
			return true
		}
		text = after
	}
}

// longestRule is how much of a rule is quoted.
const longestRule = 200

// answer is the rest of the way, from the router that answers.
func (w *walk) answer(c *course, d routes.Door, all []routes.Claim, i int, claims, beyond []routes.Claim) error {
	r := all[i].Router
	s := Step{Kind: AtRouter, Name: routeName(r), Answer: Yes, Says: fmt.Sprintf("answers for %s, with the priority %d", diag.Beginning(r.Text, longestRule), r.Priority)}
	w.locate(&s, r.At("match"))
	if r.Unsure != "" {
		w.note(r.Unsure)
		s.Answer = Unknown
	}
	if all[i].Answer == muxer.Unknown {
		s.Answer = Unknown
		s.Says = fmt.Sprintf("answers when %s, which is not known of the request, with the priority %d", asking(all[i]), r.Priority)
	}
	var equal, less []string
	for _, other := range claims {
		switch {
		case other.Router == r:
		case other.Priority == r.Priority && other.Answer == muxer.Yes && all[i].Answer == muxer.Yes:
			equal = append(equal, routeName(other.Router))
		case other.Priority < r.Priority && other.Answer == muxer.Yes:
			less = append(less, fmt.Sprintf("%s (%d)", routeName(other.Router), other.Priority))
		}
	}
	if len(equal) > 0 {
		s.Says = fmt.Sprintf("may answer: %s has the same priority, %d, and Traefik takes any of them", enumerated(equal), r.Priority)
	}
	if len(less) > 0 {
		s.Says += ", before " + enumerated(less)
	}
	for _, b := range beyond {
		if b.Priority > r.Priority {
			w.note(fmt.Sprintf("requests with %s are answered by %s", asking(b), b.Router))
		}
	}
	if r.Server != "" {
		s.Says = "answers for " + diag.Beginning(r.Text, longestRule)
	}
	if secret := secretOf(r); secret != "" && d.TLS {
		s.Says += "; its certificate is in the Secret " + secret
	}
	if d.TLS && w.elsewhere("IngressRouteTCP") {
		s.Answer = Unknown
	}
	c.add(s)
	if err := w.middlewares(c, d, r); err != nil || c.answer == No {
		return err
	}
	return w.services(c, r)
}

func secretOf(r *routes.Router) string {
	if r.Object == nil {
		return ""
	}
	return deployed.StringAt(r.Object, "spec", "tls", "secretName")
}

// through is a middleware that requests go through.
type through struct {
	name   string
	object *deployed.Object // nil when it is not known
	login  string           // its name in the list, if it is a login there
}

// forLogin is the middleware with the login of a router's route, if it is that.
func (t through) forLogin(r *routes.Router, m catalog.Middleware) through {
	if r.Own != nil {
		for _, login := range []*catalog.Middleware{r.Own.Auth.Middleware, r.Own.Auth.Login.Middleware} {
			if login != nil && *login == m {
				t.login = r.Own.Auth.Name
			}
		}
	}
	return t
}

// mostMiddlewares bounds how many middlewares of one router are followed: chains can be nested.
const mostMiddlewares = 100

// middlewares are the steps through those of an entry point, and of a router.
func (w *walk) middlewares(c *course, d routes.Door, r *routes.Router) error {
	var all []through
	if e := w.in.Traefik.Settings().EntryPoint(d.EntryPoint); e != nil {
		for i, o := range w.in.Routes.AtEntryPoint(e.Through()) {
			all = append(all, through{name: e.Through()[i], object: o})
		}
	}
	for _, name := range r.Guards {
		c.add(Step{Kind: AtMiddleware, Name: name, Answer: Yes, Says: "asks for a login, or keeps somebody out"})
		c.after = append(c.after, "after a login by "+name)
	}
	for _, name := range r.Unclear {
		c.add(Step{Kind: AtMiddleware, Name: name, Answer: Unknown, Says: "is not known here: it may refuse the request"})
	}
	if r.Redirect != "" {
		s := Step{Kind: AtMiddleware, Name: "RequestRedirect", Answer: Yes}
		if r.Redirect != "http" && r.Redirect != "https" {
			s.Answer, s.Says = Unknown, "redirects to another address"
		} else {
			w.redirect(&s, d, r.Redirect)
		}
		if c.add(s); s.Answer == No {
			return nil
		}
	}
	for _, m := range r.Middlewares {
		t := through{name: m.Namespace + "/" + m.Name, object: w.in.Routes.Middleware(m)}
		all = append(all, t.forLogin(r, m))
	}
	for n := 0; len(all) > 0; n++ {
		if n == mostMiddlewares {
			c.add(Step{Kind: AtMiddleware, Name: all[0].name, Answer: Unknown, Says: fmt.Sprintf("is behind %d others: more are not followed", n)})
			break
		}
		t := all[0]
		all = all[1:]
		if t.object != nil && deployed.FieldAt(t.object, "spec", "chain") != nil {
			var inner []through
			for _, m := range w.in.Routes.Chained(t.object) {
				part := through{m.Namespace + "/" + m.Name, w.in.Routes.Middleware(m), t.login}
				inner = append(inner, part.forLogin(r, m))
			}
			all = append(inner, all...)
			continue
		}
		if err := w.middleware(c, d, t); err != nil || c.answer == No {
			return err
		}
	}
	if r.Own != nil && r.Own.Auth.Middleware == nil && r.Own.Auth.Name == "app" {
		c.after = append(c.after, "which asks for a login itself")
	}
	return nil
}

// middleware is the step through one, which is not a chain.
func (w *walk) middleware(c *course, d routes.Door, t through) error {
	s := Step{Kind: AtMiddleware, Name: diag.Beginning(t.name, 3*deployed.LongestName), Answer: Yes}
	login := "a login by " + cmp.Or(t.login, s.Name)
	if t.object == nil {
		s.Answer, s.Says = Unknown, "is not known here: it may refuse the request"
		if t.login != "" {
			s.Says = "is the login " + t.login + ", and not known here: what it asks is not judged"
			c.after = append(c.after, "after "+login)
		}
		c.add(s)
		return nil
	}
	spec, _ := t.object.Content()["spec"].(map[string]any)
	var kind string
	for key := range spec {
		kind = max(kind, key) // there is one: with more, Traefik drops the route
	}
	if t.object.Application != nil {
		w.locate(&s, w.in.Places.Field(t.object, "spec", kind))
	}
	switch kind {
	case "forwardAuth":
		if err := w.login(&s, deployed.StringAt(t.object, "spec", kind, "address")); err != nil {
			return err
		}
		c.after = append(c.after, "after "+login)
	case "basicAuth", "digestAuth":
		s.Says = "asks for a name and a password (" + kind + ")"
		c.after = append(c.after, "after "+login)
	case "ipAllowList", "ipWhiteList":
		w.clients(&s, t.object, kind)
	case "redirectScheme":
		w.redirect(&s, d, deployed.StringAt(t.object, "spec", kind, "scheme"))
	case "redirectRegex", "plugin":
		s.Answer, s.Says = Unknown, "may redirect or refuse the request ("+kind+")"
		if t.object.Application == nil { // roster renders it for a route that does nothing else
			s.Says = "redirects to another address"
		}
	case "headers":
		s.Says = "changes headers"
		if t.object.Application == nil && t.object.Name == catalog.IdentityMiddleware {
			s.Says = "removes the headers that only the login may set"
		}
	default:
		s.Says = "lets the request through (" + kind + ")"
	}
	c.add(s)
	return nil
}

// redirect is what redirectScheme does at a door.
func (w *walk) redirect(s *Step, d routes.Door, scheme string) {
	switch comes := map[bool]string{true: "https", false: "http"}[d.TLS]; {
	case comes == scheme:
		s.Says = "lets " + scheme + " through, and redirects all else to it"
	case w.byTunnel(d) == Yes:
		s.Answer, s.Says = Unknown, "redirects to "+scheme+", unless Traefik trusts the tunnel to say that it was "+scheme
	default:
		s.Answer, s.Says = No, "redirects to "+scheme
		w.hint("ask about " + scheme + "://" + w.request.Host + w.request.Path)
	}
}

// clients is what a list of addresses does with those who ask.
func (w *walk) clients(s *Step, o *deployed.Object, kind string) {
	list, _ := deployed.FieldAt(o, "spec", kind, "sourceRange").([]any)
	var texts []string
	admitted := false
	for i := range list {
		text := fmt.Sprint(list[i])
		texts = append(texts, text)
		prefix, err := policies.Prefix(text)
		admitted = admitted || err == nil && (prefix.Bits() == 0 || w.request.Client.IsValid() && prefix.Contains(w.request.Client))
	}
	s.Says = "admits clients of " + enumerated(texts) + " only"
	switch {
	case deployed.FieldAt(o, "spec", kind, "ipStrategy") != nil:
		s.Answer, s.Says = Unknown, s.Says+", by what headers say of their addresses"
	case admitted:
	case w.request.Client.IsValid():
		s.Answer, s.Says = No, s.Says+": Traefik answers with 403"
	default:
		s.Answer, s.Says = Unknown, s.Says+": the address of "+w.from.text+" is not known"
	}
}

// login is what forwardAuth asks.
func (w *walk) login(s *Step, address string) error {
	s.Says = "asks " + diag.Beginning(address, 200)
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		s.Answer, s.Says = No, s.Says+", which is no URL: Traefik answers with 500"
		return nil
	}
	number := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	n, _ := strconv.ParseUint(number, 10, 16)
	to := &place{text: u.Hostname(), port: asked{protocol: "TCP", number: uint16(n)}}
	name, namespace, isService := serviceName(u.Hostname())
	if !isService {
		if routed := w.in.Routes.Hosts()[strings.ToLower(u.Hostname())]; routed != nil {
			s.Answer, s.Says = Unknown, s.Says+", a host of the list: ask about the way from "+w.in.Platform.Controller.Namespace+" to it"
			return nil
		}
		if err := w.resolve(to, u.Hostname(), true); err != nil {
			s.Answer, s.Says = Unknown, s.Says+", which is not known here"
			return nil
		}
		return w.judge(s, to, "the login is not reached: Traefik answers with 500")
	}
	return w.judge(s, w.target(s, to, namespace, name), "the login is not reached: Traefik answers with 500")
}

// target makes a place of the pods behind a Service, of those that may be behind one that is not known, or of what an ExternalName leads to; nil when there is none.
func (w *walk) target(s *Step, to *place, namespace, name string) *place {
	if o := w.in.Deployed.Named(deployed.ID{Kind: "Service", Namespace: namespace, Name: name}); o != nil {
		if s.File == "" {
			w.locate(s, w.in.Places.Field(o, "spec", "ports"))
		}
		if external := deployed.StringAt(o, "spec", "externalName"); external == "" && deployed.FieldAt(o, "spec", "selector") == nil {
			s.Answer, s.Says = Unknown, s.Says+"; the Service has no selector: where it leads is not known"
			return nil
		}
		if err := w.service(to, namespace, name); err != nil {
			s.Answer, s.Says = No, s.Says+"; the Service selects no pods"
			return nil
		}
		return to
	}
	n := w.in.Network.Namespace(namespace)
	if n.Others == nil {
		s.Answer, s.Says = No, s.Says+"; there is no Service "+name+" in "+namespace
		return nil
	}
	s.Says += "; the Service is not known here, and neither are its pods and their port"
	to.ends, to.port = []*network.End{n.Others}, asked{}
	return to
}

// judge judges the flows from the controller to a place, which may be nil.
func (w *walk) judge(s *Step, to *place, refused string) error {
	if to == nil {
		return nil
	}
	if w.server != "Traefik" && len(w.controller) == 0 {
		s.Answer, s.Says = Unknown, s.Says+"; whether policies admit the pods of "+w.server+" is not known here"
		return nil
	}
	flows, err := w.flows(w.controller, to)
	if err != nil {
		return err
	}
	answer := No
	switch {
	case len(flows) > 0:
		answer = together(flows)
	case slices.ContainsFunc(to.ends, (*network.End).Unknown):
		if flows, err = w.flows(w.controller, &place{ends: to.ends}); err != nil {
			return err
		}
		answer = together(flows)
		s.Says += "; on which port the pods listen is not known here"
	default:
		s.Says += "; none of its pods has the port"
		refused = ""
	}
	s.Flows = append(s.Flows, flows...)
	if i := slices.IndexFunc(flows, func(f Flow) bool { return f.Answer == Unknown && f.Port == 0 && f.Ports != "all" }); i >= 0 {
		s.Says += "; permitted is " + flows[i].Ports
	}
	if slices.Index(order, answer) < slices.Index(order, cmp.Or(s.Answer, Yes)) {
		s.Answer = answer
	}
	s.Answer = cmp.Or(s.Answer, Yes)
	if answer == No && refused != "" {
		s.Says += "; " + refused
		w.permit(&place{ends: w.controller}, to)
	}
	for _, note := range w.Reach.notes(&place{}, to) {
		w.note(note)
	}
	return nil
}

// services are the steps to what a router leads to: all that may answer.
func (w *walk) services(c *course, r *routes.Router) error {
	targets := w.in.Routes.Targets(r)
	if len(targets) == 0 {
		c.add(Step{Kind: AtService, Name: routeName(r), Answer: Unknown, Says: "it leads to no Service: whether other routers are below it is not followed here"})
		return nil
	}
	before, worst := c.answer, []Flow{}
	for _, t := range targets {
		s := Step{Kind: AtService, Name: t.Namespace + "/" + t.Name, Answer: Yes}
		switch {
		case t.Own:
			s.Name, s.Says = t.Name, "Traefik itself answers"
			c.target = append(c.target, t.Name)
		case t.Unknown != "":
			s.Answer, s.Says = Unknown, t.Unknown
		default:
			s.Says = "port " + t.Port.String()
			if err := w.judge(&s, w.target(&s, &place{text: s.Name, port: asked{protocol: "TCP", number: uint16(t.Port.IntVal), name: t.Port.StrVal}}, t.Namespace, t.Name),
				"its pods are not reached: "+w.server+" answers with 504"); err != nil {
				return err
			}
			for _, f := range s.Flows {
				if f.Answer != No {
					c.target = append(c.target, f.To+onPort(&f))
				}
			}
		}
		c.steps = append(c.steps, s)
		worst = append(worst, Flow{Answer: s.Answer})
	}
	if answer := together(worst); slices.Index(order, answer) < slices.Index(order, before) {
		c.answer = answer
	}
	return nil
}

func onPort(f *Flow) string {
	if f.Port == 0 {
		return ""
	}
	return " on " + port{f.Protocol, f.Port}.String()
}
