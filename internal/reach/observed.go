package reach

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/hubble"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/verdict"
)

// Observed is what a log of flows says about the list.
type Observed struct {
	Flows     int        `json:"flows"` // in the log
	Forwarded int        `json:"forwarded"`
	First     *time.Time `json:"first,omitempty"`
	Last      *time.Time `json:"last,omitempty"`

	Dropped []Dropped `json:"dropped,omitempty"` // by policies
	Lookups []Lookup  `json:"lookups,omitempty"`
	Unknown []Doubt   `json:"unknown,omitempty"`
	Other   []Counted `json:"other,omitempty"` // dropped for reasons that are no policy
	Changes []Change  `json:"changes,omitempty"`
	Unused  []Unused  `json:"unused,omitempty"`
	Notes   []string  `json:"notes,omitempty"`
}

// Meaning is what a dropped flow means for the list.
type Meaning string

// The meanings.
const (
	Missing   Meaning = "missing"    // a flow of the list would permit it
	Permitted Meaning = "permitted"  // the list permits it already
	Denied    Meaning = "denied"     // a deny rule decides
	Elsewhere Meaning = "not-listed" // no flow of the list can permit it
)

// Dropped is traffic that was dropped.
type Dropped struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Protocol string   `json:"protocol"`
	Port     uint16   `json:"port"`
	Count    int      `json:"count"`
	Audit    int      `json:"audit,omitempty"` // of those, that were let through because policies are in audit mode
	Also     []string `json:"also,omitempty"`  // other names of the address
	Means    Meaning  `json:"means"`
	Says     string   `json:"says,omitempty"`
	Reasons  []Reason `json:"reasons,omitempty"`
}

// Lookup is a name whose lookups Cilium's DNS proxy refuses. Which port it is for is not in the log.
type Lookup struct {
	From  string `json:"from"`
	Name  string `json:"name"`
	Count int    `json:"count"`
	Says  string `json:"says,omitempty"`
}

// Doubt is dropped traffic that nothing can be said about.
type Doubt struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Protocol string `json:"protocol,omitempty"`
	Port     uint16 `json:"port,omitempty"`
	Count    int    `json:"count"`
	Why      string `json:"why"`
}

// Counted is a reason, and how often it was given.
type Counted struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// Change is what to add to networkPolicies.allow of an entry.
type Change struct {
	Namespace string   `json:"namespace"`
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Column    int      `json:"column"`
	Allow     []string `json:"allow"`
}

// Unused is what no forwarded flow has used.
type Unused struct {
	Namespace string `json:"namespace"`
	Text      string `json:"text"`
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
}

// mostDistinct is how many different flows of a log are kept.
const mostDistinct = 100_000

var errDistinct = fmt.Errorf("the log has more than %s different flows\n  hint: ask Hubble for fewer, such as with --namespace or --since 1h", diag.Thousands(mostDistinct))

// observer reads a log.
type observer struct {
	*Reach
	ends map[string]*seen
	// identities are those labels of pods of the list that policies see.
	identities map[*network.End]map[string]string
	names      map[netip.Addr][]string // that answers of DNS servers have given to addresses
	dropped    map[traffic]*drops
	forwarded  map[traffic]bool
	lookups    map[lookup]int
	doubts     map[Doubt]int // with a Count of 0
	other      map[string]int
}

// traffic is what flows have in common that policies cannot tell apart.
type traffic struct {
	from, to *seen
	protocol string
	port     uint16
}

// lookup is a name that pods look up.
type lookup struct {
	from *seen
	name string
}

// drops are the events of dropped traffic. A drop has two of its own: that it happened, and, where policies say so, that a policy has decided it.
type drops struct {
	happened, decided, audit int
	later                    int      // packets within connections
	names                    []string // of To
}

func (d *drops) count() int { return max(d.happened, d.decided) + d.audit }

// Observe says what a log of Hubble says about the list: what it would have to permit, and what nobody has used.
func (r *Reach) Observe(log io.Reader) (*Observed, error) {
	o := &observer{Reach: r, ends: map[string]*seen{}, identities: map[*network.End]map[string]string{}, names: map[netip.Addr][]string{}, dropped: map[traffic]*drops{}, forwarded: map[traffic]bool{},
		lookups: map[lookup]int{}, doubts: map[Doubt]int{}, other: map[string]int{}}
	out := &Observed{}
	read, err := hubble.Read(log, func(f *hubble.Flow) error {
		if len(o.ends) > mostDistinct {
			return errDistinct
		}
		return cmp.Or(o.stop(), o.add(f, out))
	})
	if err != nil {
		return nil, err
	}
	out.Flows = read.Flows
	if !read.First.IsZero() {
		first, last := read.First.UTC(), read.Last.UTC()
		out.First, out.Last = &first, &last
	}
	if err := o.judge(out); err != nil {
		return nil, err
	}
	if out.Forwarded > 0 {
		if err := o.unused(out); err != nil {
			return nil, err
		}
	}
	for reason, count := range o.other {
		out.Other = append(out.Other, Counted{reason, count})
	}
	for d, count := range o.doubts {
		d.Count = count
		out.Unknown = append(out.Unknown, d)
	}
	if read.Cut {
		out.Notes = append(out.Notes, "the last flow of the log is cut off, and is left out")
	}
	if read.Lost > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("Hubble has lost %d events: the log is not complete", read.Lost))
	}
	out.sort()
	return out, nil
}

// add counts a flow.
func (o *observer) add(f *hubble.Flow, out *Observed) error {
	switch f.Verdict {
	case "FORWARDED", "REDIRECTED":
		out.Forwarded++
		o.learn(f)
		return o.used(f)
	case "AUDIT":
		return o.refused(f)
	case "DROPPED":
		switch {
		case f.L7 && f.Query != "":
			return o.asked(f)
		case f.L7:
			o.other["refused by a proxy, because of the content"]++
		case f.Reason == "POLICY_DENIED" || f.Reason == "POLICY_DENY":
			return o.refused(f)
		default:
			return bounded(o.other, cmp.Or(shown(f.Reason), "the log does not say why"))
		}
	case "ERROR":
		o.other["an error"]++
	}
	return nil
}

// bounded counts one more of a key, of which there are not too many.
func bounded[K comparable](in map[K]int, key K) error {
	in[key]++
	if len(in) > mostDistinct {
		return errDistinct
	}
	return nil
}

// learn remembers which names an answer gives to addresses.
func (o *observer) learn(f *hubble.Flow) {
	name := hostName(f.Query)
	if name == "" {
		return
	}
	for _, address := range f.Answer {
		const most = 10 // of the names of one address
		names := o.names[address]
		if i, found := slices.BinarySearch(names, name); !found && len(names) < most && (names != nil || len(o.names) < mostDistinct) {
			o.names[address] = slices.Insert(names, i, name)
		}
	}
}

var hostPattern = lazy.Regexp(`^[-a-z0-9_]+(\.[-a-z0-9_]+)+$`)

// hostName is a name as the list has it; empty when it is none that the list may have, as those of Services.
func hostName(name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if len(name) > 253 || !hostPattern().MatchString(name) || strings.HasSuffix(name, ".cluster.local") || strings.HasSuffix(name, ".svc") {
		return ""
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return ""
	}
	return name
}

// namesOf are the names of the target of a flow.
func (o *observer) namesOf(f *hubble.Flow) []string {
	var out []string
	for _, n := range f.Names[:min(len(f.Names), 100)] {
		if name := hostName(n); name != "" {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return o.names[f.To.IP]
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// used remembers traffic that was forwarded.
func (o *observer) used(f *hubble.Flow) error {
	from, to, number, names := &f.From, &f.To, f.Port, o.namesOf(f)
	// Without a word of Hubble's, the lower port is taken for that of the server: a rule that may have been used is not called unused.
	if f.Reply != nil && *f.Reply || f.Reply == nil && f.SourcePort != 0 && f.SourcePort < f.Port {
		from, to, number, names = to, from, f.SourcePort, o.names[f.From.IP]
	}
	if f.Protocol == "" || number == 0 {
		return nil
	}
	for _, name := range append(names[:len(names):len(names)], "") {
		a, b := o.end(from, ""), o.end(to, name)
		if a.end == nil || b.end == nil {
			return nil
		}
		o.forwarded[traffic{a, b, f.Protocol, number}] = true
		if b.end.FQDN == "" {
			break // it is no address outside of the cluster, or the last one
		}
	}
	if len(o.forwarded) > mostDistinct {
		return errDistinct
	}
	return nil
}

// asked counts a lookup that was refused.
func (o *observer) asked(f *hubble.Flow) error {
	from := &f.From
	if f.Reply != nil && *f.Reply {
		from = &f.To // Hubble shows the refusal as the response
	}
	return bounded(o.lookups, lookup{o.end(from, ""), shown(strings.TrimSuffix(f.Query, "."))})
}

// refused counts a flow that a policy has refused.
func (o *observer) refused(f *hubble.Flow) error {
	names := o.namesOf(f)
	from, to := o.end(&f.From, ""), o.end(&f.To, append(names, "")[0])
	doubt := func(why string) error {
		return bounded(o.doubts, Doubt{From: from.name, To: to.name, Protocol: f.Protocol, Port: f.Port, Why: why})
	}
	switch {
	case from.end == nil:
		return doubt(from.why)
	case to.end == nil:
		return doubt(to.why)
	case f.Protocol == "ICMP" && f.Port == 0:
		return doubt(isReply)
	case f.Protocol == "" || f.Port == 0:
		return doubt("the log does not say the port")
	case from.cluster != "" && to.cluster != "" && from.cluster != to.cluster:
		return doubt("the ends are in two clusters")
	case f.Reply != nil && *f.Reply:
		return doubt(isReply)
	case f.Protocol == "UDP" && late(f) && !slices.Contains(listening(to.end), port{f.Protocol, f.Port}):
		return doubt("it may be a late reply: its port is one of those that clients use")
	}
	key := traffic{from, to, f.Protocol, f.Port}
	d := o.dropped[key]
	if d == nil {
		if len(o.dropped) >= mostDistinct {
			return errDistinct
		}
		d = &drops{names: names}
		o.dropped[key] = d
	}
	switch {
	case f.Later:
		d.later++
	case f.Verdict == "AUDIT":
		d.audit++
	case f.Verdicts:
		d.decided++
	default:
		d.happened++
	}
	return nil
}

const isReply = "it is a reply, and flows of the list are for those that ask"

// late reports whether a flow goes from a server's port to one that Linux gives to clients.
func late(f *hubble.Flow) bool {
	const first = 32768 // of net.ipv4.ip_local_port_range
	return f.SourcePort != 0 && f.SourcePort < first && f.Port >= first
}

// judge says what the dropped flows mean.
func (o *observer) judge(out *Observed) error {
	changes := changes{}
	for t, d := range o.dropped {
		if err := o.stop(); err != nil {
			return err
		}
		if d.count() == 0 {
			o.doubts[Doubt{From: t.from.name, To: t.to.name, Protocol: t.protocol, Port: t.port,
				Why: "no first packet of a connection was dropped, so which end opens it is not known: it may be a late reply"}] += d.later
			continue
		}
		one := Dropped{From: t.from.name, To: t.to.name, Protocol: t.protocol, Port: t.port, Count: d.count(), Audit: d.audit}
		to, v, err := o.best(t, d)
		if err != nil {
			return err
		}
		if to.FQDN != "" {
			one.To = to.FQDN
			one.Also = slices.DeleteFunc(slices.Clone(d.names), func(n string) bool { return n == to.FQDN })
		}
		if !v.Sure() {
			o.doubts[Doubt{From: one.From, To: one.To, Protocol: t.protocol, Port: t.port, Why: o.unsure(t, to, v)}] += d.count()
			continue
		}
		o.meaning(&one, t, to, v, changes)
		out.Dropped = append(out.Dropped, one)
	}
	for l, count := range o.lookups {
		out.Lookups = append(out.Lookups, o.lookup(l, count))
	}
	out.Changes = changes.list(o.Reach)
	for _, c := range out.Changes {
		const many = 10
		addresses := 0
		for _, f := range c.Allow {
			if strings.Contains(f, "{cidr: ") {
				addresses++
			}
		}
		if addresses > many {
			out.Notes = append(out.Notes, fmt.Sprintf("%s: %d addresses are listed one by one; cidr with a network, or entity: world, permits more with less", c.Namespace, addresses))
		}
	}
	return nil
}

// best is the target by that of its names which the list permits, if there is one: an address is permitted when one of its names is.
func (o *observer) best(t traffic, d *drops) (*network.End, network.Judged, error) {
	to := t.to.end
	v, err := o.in.Network.Verdict(t.from.end, to, t.protocol, t.port)
	if err != nil || to.FQDN == "" || v.Allowed() {
		return to, v, err
	}
	for _, name := range d.names {
		other := &network.End{Name: name, Endpoint: to.Endpoint}
		other.FQDN = name
		w, err := o.in.Network.Verdict(t.from.end, other, t.protocol, t.port)
		if err != nil || w.Allowed() {
			return other, w, err
		}
	}
	return to, v, nil
}

// unsure says why a verdict is not sure.
func (o *observer) unsure(t traffic, to *network.End, v network.Judged) string {
	p := port{t.protocol, t.port}
	for _, h := range []*Half{o.half(t.from.end, to, &v.Egress, false, p), o.half(to, t.from.end, &v.Ingress, true, p)} {
		if h != nil && h.Answer == Unknown {
			return h.Says
		}
	}
	return "it cannot be judged"
}

// meaning says what dropped traffic means for the list.
func (o *observer) meaning(one *Dropped, t traffic, to *network.End, v network.Judged, out changes) {
	p := port{t.protocol, t.port}
	for _, h := range []struct {
		at, other *network.End
		d         *verdict.Decision
		ingress   bool
	}{{t.from.end, to, &v.Egress, false}, {to, t.from.end, &v.Ingress, true}} {
		if half := o.half(h.at, h.other, h.d, h.ingress, p); half != nil && !h.d.Allowed && len(h.d.Rules) > 0 {
			one.Means, one.Says, one.Reasons = Denied, half.Says, half.Reasons
			return
		}
	}
	if v.Allowed() {
		one.Means = Permitted
		return
	}
	flows, problem := o.in.Network.FlowsFor(network.Ask{From: t.from.end, To: to, Protocol: t.protocol, Port: t.port})
	if len(flows) == 0 {
		one.Means, one.Says = Elsewhere, cmp.Or(problem, o.problem(t))
		return
	}
	one.Means = Missing
	var texts []string
	for _, f := range flows {
		out.add(f)
		texts = append(texts, f.Entry.Name+": "+f.String())
	}
	one.Says = strings.Join(texts, "; ")
}

// problem says why the list has no flow for some traffic.
func (o *observer) problem(t traffic) string {
	if strings.HasPrefix(t.protocol, "ICMP") {
		return "flows of the list have ports of TCP, UDP and SCTP: ICMP needs a policy of its own"
	}
	for _, e := range []*network.End{t.from.end, t.to.end} {
		if e.Namespace != "" && o.in.Deployed.Entry(e.Namespace) == nil {
			return "the list has no entry for " + e.Namespace + ", which a flow has to name"
		}
	}
	return "no entry of the list can permit it"
}

// lookup says what a refused lookup means.
func (o *observer) lookup(l lookup, count int) Lookup {
	out := Lookup{From: l.from.name, Name: l.name, Count: count}
	host := hostName(l.name)
	if l.from.end == nil || host == "" {
		return out
	}
	v, err := o.in.Network.Verdict(l.from.end, &network.End{Name: host, Endpoint: verdict.Endpoint{FQDN: host}}, "TCP", 443) // any port: it is about the lookup
	entry := o.in.Deployed.Entry(l.from.end.Namespace)
	switch {
	case err != nil:
	case v.Learned:
		out.Says = "the list permits its lookups as it is"
	case entry != nil && entry.Policies != nil:
		out.Says = fmt.Sprintf("%s: {to: {host: %s, ports: […]}}, with the port that is meant", entry.Name, host)
	}
	return out
}

// changes are flows to write, by entry.
type changes map[*catalog.Namespace]map[string]map[string]bool // by peer, the ports

func (c changes) add(f network.Flow) {
	if c[f.Entry] == nil {
		c[f.Entry] = map[string]map[string]bool{}
	}
	if c[f.Entry][f.Peer] == nil {
		c[f.Entry][f.Peer] = map[string]bool{}
	}
	for _, p := range f.Ports {
		c[f.Entry][f.Peer][p] = true
	}
}

func (c changes) list(r *Reach) []Change {
	var out []Change
	for entry, peers := range c {
		pos := r.frame.Seen(entry.PoliciesAt.Pos)
		one := Change{Namespace: entry.Name, File: pos.File, Line: pos.Line, Column: pos.Column}
		for _, peer := range slices.Sorted(maps.Keys(peers)) {
			ports := slices.SortedFunc(maps.Keys(peers[peer]), byNumber)
			one.Allow = append(one.Allow, network.Flow{Entry: entry, Peer: peer, Ports: ports}.String())
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b Change) int { return cmp.Compare(a.Namespace, b.Namespace) })
	return out
}

// byNumber orders ports as texts: 80 comes before 443.
func byNumber(a, b string) int {
	x, _, _ := strings.Cut(a, "/")
	y, _, _ := strings.Cut(b, "/")
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

// unused finds what no forwarded flow has used, of the entries that flows were seen of.
func (o *observer) unused(out *Observed) error {
	used := map[catalog.Place]bool{} // flows, by where they are written
	policies := map[int]bool{}
	logged := map[string]bool{} // namespaces
	for t := range o.forwarded {
		if err := o.stop(); err != nil {
			return err
		}
		logged[t.from.end.Namespace], logged[t.to.end.Namespace] = true, true
		v, err := o.in.Network.Verdict(t.from.end, t.to.end, t.protocol, t.port)
		if err != nil {
			return err
		}
		for _, d := range []verdict.Decision{v.Egress, v.Ingress} {
			for _, ref := range append(slices.Clone(d.Rules), d.Unsure...) {
				policies[ref.Policy] = true
				for _, f := range network.FlowsOn(o.in.Network.Policies()[ref.Policy].Flows, t.protocol, t.port) {
					used[f.Place] = true
				}
			}
		}
	}
	add := func(namespace, text string, at catalog.Place) {
		pos := o.frame.Seen(at.Pos)
		out.Unused = append(out.Unused, Unused{Namespace: namespace, Text: text, File: pos.File, Line: pos.Line, Column: pos.Column})
	}
	quiet := 0
	for i := range o.in.Platform.Namespaces {
		n := &o.in.Platform.Namespaces[i]
		if !logged[n.Name] {
			if n.Policies != nil {
				quiet++
			}
			continue
		}
		for _, f := range n.Flows {
			if f.Cause == catalog.Allowed && !f.OfPeer && !used[f.Place] {
				add(n.Name, "networkPolicies.allow: "+flowText(f), f.Place)
			}
		}
	}
	for i, p := range o.in.Network.Policies() {
		if p.Profile == nil || policies[i] || !logged[p.Namespace] {
			continue
		}
		if ref, ok := permitting(i, &p.Policy); ok {
			s := o.in.Network.Source(ref, "TCP", 0)
			add(p.Namespace, s.Text, s.At)
		}
	}
	if quiet > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("of %d namespaces with policies the log has no forwarded flow: whether their rules are used is not known", quiet))
	}
	return nil
}

// permitting is a rule of a profile's policy that permits anything, if it has one: a rule without peers and ports closes a direction.
func permitting(number int, p *verdict.Policy) (verdict.Ref, bool) {
	for i, r := range p.Rule.Ingress {
		if !isEmpty(r) {
			return verdict.Ref{Policy: number, Direction: "ingress", Index: i}, true
		}
	}
	for i, r := range p.Rule.Egress {
		if !isEmpty(r) {
			return verdict.Ref{Policy: number, Direction: "egress", Index: i}, true
		}
	}
	return verdict.Ref{}, false
}

func isEmpty(rule any) bool {
	text, err := json.Marshal(rule)
	return err == nil && string(text) == "{}"
}

// flowText is a flow of the list in short.
func flowText(f catalog.Flow) string {
	word := map[catalog.Direction]string{catalog.Egress: "to ", catalog.Ingress: "from "}[f.Direction]
	peer := cmp.Or(f.Peer.Namespace, f.Peer.Host, f.Peer.CIDR, f.Peer.Entity)
	var ports []string
	for _, p := range f.Ports {
		text := p.Name
		if p.End != 0 {
			text += fmt.Sprintf("-%d", p.End)
		}
		ports = append(ports, text+"/"+p.Protocol)
	}
	if len(ports) > 0 {
		return word + peer + " on " + strings.Join(ports, ", ")
	}
	return word + peer
}

// sort orders everything: what is more frequent comes first.
func (o *Observed) sort() {
	slices.SortFunc(o.Dropped, func(a, b Dropped) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Says, b.Says))
	})
	slices.SortFunc(o.Lookups, func(a, b Lookup) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Says, b.Says))
	})
	slices.SortFunc(o.Unknown, func(a, b Doubt) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Why, b.Why))
	})
	slices.SortFunc(o.Other, func(a, b Counted) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	slices.SortFunc(o.Unused, func(a, b Unused) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Text, b.Text))
	})
}

// Answer is that of the log: whether the list permits what was seen.
func (o *Observed) Answer() Answer {
	switch {
	case len(o.Dropped)+len(o.Lookups) > 0:
		return No
	case len(o.Unknown) > 0:
		return Unknown
	}
	return Yes
}

// shown is a text of the log in a message.
func shown(text string) string { return diag.Visible(diag.Beginning(text, 200)) }
