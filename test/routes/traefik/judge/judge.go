package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rs/zerolog"
)

// Platform is one line of the input.
type Platform struct {
	ID       string
	Args     []string          // of Traefik's command line
	Objects  []json.RawMessage // of Kubernetes
	Requests []Request
	// Login is what servers of logins answer: "deny", which is the default, or "allow", with LoginHeaders.
	Login        string
	LoginHeaders http.Header
	// Repeat is how often everything is built anew: what is drawn by chance comes out differently.
	Repeat int
}

// Request is one that a client sends, over a connection of its own.
type Request struct {
	EntryPoint, Method, Host, Target, ClientIP string

	TLS     bool
	SNI     *string // the host, without its port, unless it is given
	Headers map[string][]string
}

// Verdict is one line of the output.
type Verdict struct {
	ID      string   `json:"id"`
	Error   string   `json:"error,omitempty"`
	Routers []Router `json:"routers"`
	// Addresses tells whose the addresses are that the judge made up, as NAMESPACE/SERVICE.
	Addresses map[string]string `json:"addresses"`
	Log       []entry           `json:"log"`
	Answers   []Answer          `json:"answers"`
}

// Router is a router of Traefik's, and the route that it was made of. A route that the provider drops has no key.
type Router struct {
	Namespace   string   `json:"namespace"`
	Name        string   `json:"name"`
	Index       int      `json:"index"` // of the route
	Rule        string   `json:"rule"`
	Kind        string   `json:"kind"`
	Key         string   `json:"key"`
	EntryPoints []string `json:"entryPoints"`
	Priority    int      `json:"priority"`
	Status      string   `json:"status"`
	Errors      []string `json:"errors"`
}

// Answer is what a client, a backend and a login see of a request.
type Answer struct {
	Error    string              `json:"error,omitempty"` // of the question
	Status   int                 `json:"status"`
	Router   string              `json:"router"`
	Service  string              `json:"service,omitempty"`
	Backend  string              `json:"backend"`
	Path     string              `json:"path,omitempty"` // that the backend is asked for
	Host     string              `json:"host,omitempty"`
	Headers  map[string][]string `json:"headers,omitempty"`
	Login    string              `json:"login"`
	Location string              `json:"location,omitempty"`
	TCP      string              `json:"tcp,omitempty"`
	Closed   bool                `json:"closed,omitempty"`
	Others   []Answer            `json:"others,omitempty"`
}

// judge keeps the Traefiks that it has started, by their arguments: platforms that are alike have few.
type judge struct {
	book      *logbook
	instances map[string]*instance
}

// maxInstances bounds what is kept.
const maxInstances = 64

func newJudge() *judge {
	http.DefaultTransport = noNetwork()
	return &judge{book: newLogbook(), instances: map[string]*instance{}}
}

func (j *judge) close() {
	for _, in := range j.instances {
		in.close()
	}
	clear(j.instances)
}

func (j *judge) instance(args []string) (*instance, error) {
	key := strings.Join(args, "\x00")
	if in, ok := j.instances[key]; ok {
		return in, nil
	}
	if len(j.instances) == maxInstances {
		j.close()
	}
	in, err := newInstance(args, j.book)
	if err != nil {
		if in != nil {
			in.close()
		}
		return nil, err
	}
	j.instances[key] = in
	return in, nil
}

func (j *judge) judge(p *Platform) (v *Verdict) {
	defer func() {
		if r := recover(); r != nil { // in Traefik's code: the process would have ended
			j.close()
			v = &Verdict{ID: p.ID, Error: fmt.Sprintf("panic: %v", r)}
		}
	}()
	v = &Verdict{ID: p.ID, Routers: []Router{}, Addresses: map[string]string{}, Log: []entry{}, Answers: []Answer{}}
	if p.Login != "" && p.Login != "deny" && p.Login != "allow" {
		v.Error = fmt.Sprintf("login is %q, not deny or allow", p.Login)
		return v
	}
	j.book.listen(zerolog.WarnLevel)
	in, err := j.instance(p.Args)
	if err != nil {
		v.Error = err.Error()
		return v
	}
	outcomes := make([]map[string]Answer, len(p.Requests))
	for i := range outcomes {
		outcomes[i] = map[string]Answer{}
	}
	var lines []string
	for n := range max(p.Repeat, 1) {
		var namespaces []string
		if in.crd != nil {
			namespaces = in.crd.Namespaces
		}
		c, err := newCluster(p.Objects, namespaces, in.selector) // anew: Traefik may change what it reads
		if err != nil {
			v.Error = err.Error()
			return v
		}
		j.book.listen(zerolog.WarnLevel)
		b, err := in.build(c)
		if err != nil {
			v.Error = err.Error()
			return v
		}
		said := j.book.take()
		lines = append(lines, said...)
		if n == 0 {
			v.Addresses, v.Routers = c.addresses, b.list(c, entries(said))
		}
		for i := range p.Requests {
			a := b.ask(&p.Requests[i], p.Login, p.LoginHeaders)
			text, err := json.Marshal(a)
			if err != nil {
				v.Error = err.Error()
				return v
			}
			outcomes[i][string(text)] = a
		}
	}
	if all := entries(lines); all != nil {
		v.Log = all
	}
	for _, of := range outcomes {
		v.Answers = append(v.Answers, join(of))
	}
	return v
}

// join makes one answer of all that came out: which is first does not depend on chance when all have been seen.
func join(of map[string]Answer) Answer {
	var texts []string
	for text := range of {
		texts = append(texts, text)
	}
	slices.Sort(texts)
	a := of[texts[0]]
	for _, text := range texts[1:] {
		a.Others = append(a.Others, of[text])
	}
	return a
}

// list is every route of the objects, with the routers that there are for it.
func (b *built) list(c *cluster, said []entry) []Router {
	routers := []Router{}
	names := naming{safe: b.instance.crd != nil && b.instance.crd.SafeNaming != nil && *b.instance.crd.SafeNaming}
	found := map[string][]Router{} // what Traefik has, by the name that the provider gave
	add := func(key string, r Router) {
		if of, ok := strings.CutSuffix(key, "@kubernetescrd"); ok {
			r.Key = key
			found[r.Kind+b.original(of, r.Kind)] = append(found[r.Kind+b.original(of, r.Kind)], r)
		}
	}
	for key, r := range b.info.Routers {
		add(key, Router{Kind: "http", EntryPoints: r.EntryPoints, Priority: r.Priority, Status: r.Status, Errors: r.Err})
	}
	for key, r := range b.info.TCPRouters {
		add(key, Router{Kind: "tcp", EntryPoints: r.EntryPoints, Priority: r.Priority, Status: r.Status, Errors: r.Err})
	}
	for key, r := range b.info.UDPRouters {
		add(key, Router{Kind: "udp", EntryPoints: r.EntryPoints, Status: r.Status, Errors: r.Err})
	}
	route := func(r Router, key string, err error) {
		has := found[r.Kind+key]
		if err != nil || len(has) == 0 {
			r.Status = "dropped"
			for _, e := range said {
				if e.text("ingress") == r.Name && e.text("namespace") == r.Namespace && e.text("level") == "error" {
					r.Errors = append(r.Errors, e.said())
				}
			}
			has = []Router{r}
		}
		for _, h := range has {
			h.Namespace, h.Name, h.Index, h.Rule = r.Namespace, r.Name, r.Index, r.Rule
			h.EntryPoints, h.Errors = sorted(h.EntryPoints), sorted(h.Errors)
			routers = append(routers, h)
		}
	}
	for _, o := range c.routes {
		for i, r := range o.Spec.Routes {
			key, err := httpRouterName(names, o.Namespace, o.Name, i, r.Match)
			route(Router{Namespace: o.Namespace, Name: o.Name, Index: i, Rule: r.Match, Kind: "http", EntryPoints: o.Spec.EntryPoints, Priority: r.Priority}, key, err)
		}
	}
	for _, o := range c.routesTCP {
		for i, r := range o.Spec.Routes {
			key, err := tcpRouterName(names, o.Namespace, o.Name, i, r.Match)
			route(Router{Namespace: o.Namespace, Name: o.Name, Index: i, Rule: r.Match, Kind: "tcp", EntryPoints: o.Spec.EntryPoints, Priority: r.Priority}, key, err)
		}
	}
	for _, o := range c.routesUDP {
		for i := range o.Spec.Routes {
			route(Router{Namespace: o.Namespace, Name: o.Name, Index: i, Kind: "udp", EntryPoints: o.Spec.EntryPoints}, udpRouterName(names, o.Namespace, o.Name, i), nil)
		}
	}
	slices.SortFunc(routers, func(x, y Router) int {
		return strings.Compare(fmt.Sprintf("%s %s %s %6d %s", x.Kind, x.Namespace, x.Name, x.Index, x.Key), fmt.Sprintf("%s %s %s %6d %s", y.Kind, y.Namespace, y.Name, y.Index, y.Key))
	})
	return routers
}

// original is the name that the provider gave a router, which Traefik has several of when it has several entry points, or
// options for TLS that conflict on one: those have the entry point's name in front.
func (b *built) original(key, kind string) string {
	if kind != "http" || b.crd.HTTP == nil {
		return key
	}
	if _, ok := b.crd.HTTP.Routers[key]; ok {
		return key
	}
	for ep := range b.instance.static.EntryPoints {
		for _, prefix := range []string{ep + "-conflicted-", ep + "-"} {
			if rest, ok := strings.CutPrefix(key, prefix); ok {
				if of := b.original(rest, kind); of != rest || b.crd.HTTP.Routers[rest] != nil {
					return of
				}
			}
		}
	}
	return key
}

func sorted(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return append([]string{}, texts...)
}
