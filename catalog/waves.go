package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// The API groups of the kinds that roster renders and an application of the platform may install.
const (
	groupCilium          = "cilium.io"
	groupExternalSecrets = "external-secrets.io"
	groupTraefik         = "traefik.io"
	groupCertManager     = "cert-manager.io"
	groupGateway         = "gateway.networking.k8s.io"
	groupVelero          = "velero.io"
	groupVolSync         = "volsync.backube"
)

// step is something that is applied in one wave: an application, or the objects of one kind around one.
type step struct {
	what string // app, policies, secrets, store or routes
	name string // the application or namespace
}

func (s step) String() string {
	switch s.what {
	case "app":
		return s.name
	case "store":
		return "the secret store"
	}
	return "the " + s.what + " of " + s.name
}

// edge makes a step follow another, and says why.
type edge struct {
	to  step
	why string
	at  *syntax.Node
	// together lets both be in one wave.
	together bool
}

// sequencer puts steps into waves: each into the first one that its edges allow.
type sequencer struct {
	settings      *settings
	names         *names
	namespaceOf   map[string]string   // by application
	providers     map[string][]string // applications by the group whose kinds they install
	rendersStores bool
	early         map[string]bool // applications that Cilium's kinds wait for
	wave          map[step]Wave
	needed        map[string]bool // applications that something waits for
	path          []edge          // the edges that are being followed
	reported      map[diag.Position]bool
	cycles        int               // found so far, including those already reported
	lists         map[string][]edge // that many steps have, by what they are
	attached      map[string]bool   // the applications that have routes of Gateways
	settled       map[string]bool   // those of them that are cut to the last edge
	followed      map[string]bool   // those of them whose edges were followed by Awaited; nil while waves are assigned
}

// sequenced sets the waves of p, and reports applications that wait for each other.
func sequenced(p *Platform, set *settings, n *names) Order {
	s := &sequencer{settings: set, names: n, namespaceOf: map[string]string{}, providers: map[string][]string{}, early: map[string]bool{},
		wave: map[step]Wave{}, needed: map[string]bool{}, reported: map[diag.Position]bool{},
		lists: map[string][]edge{}, settled: map[string]bool{}, attached: map[string]bool{}}
	for _, n := range p.Namespaces {
		for _, a := range n.Applications {
			if s.names.apps[a.Code] == nil { // it has no code, which is reported
				continue
			}
			s.namespaceOf[a.Code] = n.Name
			if slices.ContainsFunc(a.Routes, func(r Route) bool { return r.Kind() == GatewayRoutes }) {
				s.attached[a.Code] = true
			}
			for _, g := range s.names.apps[a.Code].Provides {
				if g.IsSet() && !slices.Contains(s.providers[g.V], a.Code) {
					s.providers[g.V] = append(s.providers[g.V], a.Code)
				}
			}
		}
	}
	for _, code := range s.providers[s.policies()] {
		s.markEarly(step{"app", code}, map[step]bool{})
	}
	for _, d := range set.in.Secrets.DependsOn {
		if d.IsSet() && s.names.apps[d.V] == nil && len(n.where.codes[d.V]) == 0 { // what is on other clusters only is not waited for
			s.names.unknownApplication(d.Node, d.V, "")
		}
	}
	s.assign(p)
	return Order{s}
}

// Awaited is what comes before an application, however many waits are between.
type Awaited struct {
	Applications map[string]bool // by code
	Secrets      bool            // whether Secrets are among it, or the store
}

// Order is what waits for what in a platform. In its zero value nothing waits.
type Order struct{ waits *sequencer }

// Awaited is what an application waits for. Its cost grows with the number of all waits of the platform.
func (o Order) Awaited(code string) Awaited {
	out := Awaited{Applications: map[string]bool{}}
	if o.waits == nil {
		return out
	}
	s := *o.waits
	s.followed = map[string]bool{}
	seen := map[step]bool{}
	var follow func(step)
	follow = func(of step) {
		for _, e := range s.edges(of) {
			if seen[e.to] {
				continue
			}
			seen[e.to] = true
			switch e.to.what {
			case "app":
				out.Applications[e.to.name] = true
			case "secrets", "store":
				out.Secrets = true
			}
			follow(e.to)
		}
	}
	follow(step{"app", code})
	return out
}

// assign sets the waves. What nothing waits for comes last, all together: an application that is not healthy holds up only
// what follows it, and a platform should not wait for its start page.
func (s *sequencer) assign(p *Platform) {
	stores := stored(p)
	s.rendersStores = len(stores) > 0
	late := func(group string) bool { return len(s.providers[group]) > 0 }
	for _, store := range stores {
		store.Sync = Sync{s.of(step{what: "store"}), late(groupExternalSecrets)}
	}
	p.PolicySync = Sync{s.of(step{what: "policies"}), late(s.policies())}
	p.RouteSync = Sync{s.of(step{what: "routes"}), late(groupTraefik) || len(s.attached) > 0 && late(groupGateway)}
	for i := range p.Namespaces {
		n := &p.Namespaces[i]
		n.PolicySync = Sync{s.of(step{"policies", n.Name}), late(s.policies())}
		for j := range n.Applications {
			a := &n.Applications[j]
			a.Wave = s.of(step{"app", a.Code})
			a.SecretsSync = Sync{s.of(step{"secrets", a.Code}), late(groupExternalSecrets)}
			a.RouteSync = Sync{s.of(step{"routes", a.Code}), late(groupTraefik) || s.attached[a.Code] && late(groupGateway)}
			a.CertificatesLate = late(groupCertManager)
			a.MetricsSync, a.BackupSync = Sync{Wave: a.Wave}, Sync{Wave: a.Wave}
			if a.Metrics != nil { // otherwise nothing has to wait for the kind
				a.MetricsSync = Sync{s.of(step{"metrics", a.Code}), late(groupMonitoring)}
				p.MetricsSync = Sync{max(p.MetricsSync.Wave, s.of(step{what: "metrics"})), late(groupMonitoring)}
			}
			if len(a.Backups) > 0 || a.Velero != nil {
				a.BackupSync = Sync{s.of(step{"backups", a.Code}), late(s.backupGroup())}
				p.BackupSync = Sync{s.of(step{what: "backups"}), late(s.backupGroup())}
			}
		}
	}
	last := LastWave
	for _, store := range stores {
		last = max(last, store.Sync.Wave+2) // its secrets come before what needs them
	}
	for code := range s.needed {
		last = max(last, s.wave[step{"app", code}]+2)
	}
	for i := range p.Namespaces {
		n := &p.Namespaces[i]
		n.GuardWave = last
		n.IdentitySync = Sync{last, late(groupTraefik)}
		for j := range n.Applications {
			a := &n.Applications[j]
			if !s.needed[a.Code] {
				a.SecretsSync.Wave = last - 1 // a secret that cannot be read holds up these applications only
				a.Wave, a.RouteSync.Wave, a.MetricsSync.Wave, a.BackupSync.Wave = last, last, last, last
			}
			a.PushSync = Sync{a.RouteSync.Wave, late(groupExternalSecrets)} // beside the application: it may make the Secret
			if withoutLogin(*a) {                                           // Traefik drops a route whose Middleware is not there
				n.IdentitySync.Wave = min(n.IdentitySync.Wave, a.RouteSync.Wave)
			}
		}
	}
}

// stored are all stores that are rendered.
func stored(p *Platform) []*Store {
	var out []*Store
	for i := range p.Stores {
		out = append(out, &p.Stores[i])
	}
	for i := range p.Namespaces {
		for j := range p.Namespaces[i].Stores {
			out = append(out, &p.Namespaces[i].Stores[j])
		}
	}
	return out
}

// policies is the API group of what is rendered; none where Kubernetes has the kind itself.
func (s *sequencer) policies() string {
	if s.settings.plain != nil {
		return ""
	}
	return groupCilium
}

// followed is the wave of a step whose edges are being followed.
const followed = -1 << 20

// of is the wave of a step.
func (s *sequencer) of(to step) Wave {
	if w, ok := s.wave[to]; ok {
		if w == followed {
			s.reportCycle(to)
		}
		return w
	}
	s.wave[to] = followed
	w := GuardWave
	if to.what == "app" {
		w = firstAppWave
	}
	for _, e := range s.edges(to) {
		s.path = append(s.path, e)
		if e.to.what == "app" && !e.together {
			s.needed[e.to.name] = true
		}
		before := s.of(e.to)
		s.path = s.path[:len(s.path)-1]
		if !e.together {
			before++
		}
		w = max(w, before)
	}
	s.wave[to] = w
	return w
}

// edges lists what a step waits for.
func (s *sequencer) edges(of step) []edge {
	switch of.what {
	case "app":
		return append(s.needs(of), s.guards(of)...)
	case "policies":
		return s.kinds(s.policies())
	case "routes":
		out := s.kinds(groupTraefik)
		if s.attached[of.name] || of.name == "" && len(s.attached) > 0 {
			out = append(out, s.kinds(groupGateway)...)
		}
		if of.name == "" { // all of them
			if slices.ContainsFunc(slices.Collect(maps.Values(s.names.apps)), (*app).issues) {
				out = append(out, s.kinds(groupCertManager)...)
			}
			return out
		}
		if s.names.apps[of.name].issues() {
			out = append(out, s.kinds(groupCertManager)...)
		}
		return append(out, edge{to: step{"app", of.name}, together: true})
	case "metrics", "backups":
		group := map[string]string{"metrics": groupMonitoring, "backups": s.backupGroup()}[of.what]
		if of.name == "" { // all of them
			return s.kinds(group)
		}
		return append(s.kinds(group), edge{to: step{"app", of.name}, together: true})
	}
	return s.needs(of)
}

// backupGroup is the API group of what makes backups.
func (s *sequencer) backupGroup() string {
	if b := s.settings.in.Backup; b != nil && b.Kind.V == velero {
		return groupVelero
	}
	return groupVolSync
}

// needs lists what a step requires.
func (s *sequencer) needs(of step) []edge {
	in := s.names.apps[of.name]
	switch {
	case of.what == "app" && in != nil:
		out := s.after(in.DependsOn, "depends on")
		if len(in.Secrets) > 0 && in.Secrets[0].Node != nil {
			out = append(out, edge{to: step{"secrets", of.name}, why: "needs", at: in.Secrets[0].Node})
		}
		if len(in.PushSecrets) > 0 && in.PushSecrets[0].Node != nil {
			out = append(out, s.kinds(groupExternalSecrets)...)
			if s.rendersStores {
				out = append(out, edge{to: step{what: "store"}, why: "writes to", at: in.PushSecrets[0].Node})
			}
		}
		return out
	case of.what == "secrets" && in != nil:
		out := append(s.kinds(groupExternalSecrets), s.platformSecrets("depend on (secrets.dependsOn)")...)
		if s.rendersStores {
			out = append(out, edge{to: step{what: "store"}, why: "are read from"})
		}
		if slices.ContainsFunc(in.Secrets, secretInput.namesStore) {
			// The platform does not know what provides this store: one of these does.
			out = append(out, s.after(in.DependsOn, "may wait for what provides their store")...)
		}
		return out
	case of.what == "store":
		return append(s.kinds(groupExternalSecrets), s.platformSecrets("depends on (secrets.dependsOn)")...)
	}
	return nil
}

// after is the edges to applications by their codes.
func (s *sequencer) after(codes []text, why string) []edge {
	var out []edge
	for _, c := range codes {
		if c.IsSet() && s.names.apps[c.V] != nil {
			out = append(out, edge{to: step{"app", c.V}, why: why, at: c.Node})
		}
	}
	return out
}

// guards lists what should be there before an application: its namespace's policies, unless their kind waits for this
// very application.
func (s *sequencer) guards(of step) []edge {
	namespace := s.namespaceOf[of.name]
	if s.early[of.name] || s.names.entries[namespace] == nil || s.names.entries[namespace].NetworkPolicies == nil {
		return nil
	}
	return []edge{{to: step{"policies", namespace}, why: "is guarded by"}}
}

// kinds lists the applications that install the kinds of a group.
func (s *sequencer) kinds(group string) []edge {
	return s.list("kinds of "+group, func() []edge {
		var out []edge
		for _, code := range s.providers[group] {
			out = append(out, edge{to: step{"app", code}, why: "are of a kind that is installed by", at: s.names.apps[code].Node})
		}
		return out
	})
}

// list gives edges that many steps have. When all their targets have their waves, the last of those stands for all: in a
// platform where each of many steps waits for each of many applications, the cost would be their product.
func (s *sequencer) list(what string, all func() []edge) []edge {
	if s.followed != nil {
		if s.followed[what] {
			return nil
		}
		s.followed[what] = true
		return all()
	}
	edges, known := s.lists[what]
	if !known {
		edges = all()
	}
	if !s.settled[what] && len(edges) > 0 {
		last := 0
		for i, e := range edges {
			wave, has := s.wave[e.to]
			if !has || wave == followed {
				last = -1
				break
			}
			if wave > s.wave[edges[last].to] {
				last = i
			}
		}
		if s.settled[what] = last >= 0; s.settled[what] {
			for _, e := range edges {
				s.needed[e.to.name] = true
			}
			edges = edges[last : last+1]
		}
	}
	s.lists[what] = edges[:len(edges):len(edges)]
	return s.lists[what]
}

// platformSecrets is what all secrets wait for, and the store.
func (s *sequencer) platformSecrets(why string) []edge {
	return s.list(why, func() []edge { return s.after(s.settings.in.Secrets.DependsOn, why) })
}

// markEarly marks what Cilium's kinds wait for.
func (s *sequencer) markEarly(of step, seen map[step]bool) {
	if seen[of] {
		return
	}
	seen[of] = true
	if of.what == "app" {
		s.early[of.name] = true
	}
	for _, e := range s.needs(of) {
		s.markEarly(e.to, seen)
	}
}

// reportCycle reports the edges from the first time that the path was at to.
func (s *sequencer) reportCycle(to step) {
	const most = 1000 // a message is as long as its cycle
	if s.cycles++; s.cycles > most {
		return
	}
	start := len(s.path) - 1
	for start > 0 && s.path[start-1].to != to {
		start--
	}
	var b strings.Builder
	b.WriteString(to.String())
	var at *syntax.Node
	for i, e := range s.path[start:] {
		if i > 0 {
			b.WriteString(", which")
		}
		b.WriteString(" " + e.why + " " + e.to.String())
		if at == nil || e.why == "depends on" {
			at = e.at
		}
	}
	if s.reported[at.Pos()] { // seen from another of its members
		return
	}
	s.reported[at.Pos()] = true
	at.Report("cycle", "remove one of these", "these wait for each other: %s", b.String())
}
