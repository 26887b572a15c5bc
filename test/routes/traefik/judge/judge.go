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

// Router is a router of Traefik's, and the route that it was made of. A route that the provider drops has no key. The rule is that of an
// IngressRoute, as it is written, and otherwise the one that the provider wrote.
type Router struct {
	Object      string   `json:"object"` // its kind
	Namespace   string   `json:"namespace"`
	Name        string   `json:"name"`
	Index       int      `json:"index"`             // of the route or rule
	Gateway     string   `json:"gateway,omitempty"` // NAMESPACE/NAME of what the route attaches to
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
		c, err := in.seen(p.Objects) // anew: Traefik may change what it reads
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
			v.Addresses, v.Routers = c.crd.addresses, b.list(c, entries(said))
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
