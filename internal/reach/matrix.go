package reach

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/lint/models/policies"
	"github.com/hippotion/roster/internal/verdict"
	networkingv1 "k8s.io/api/networking/v1"
)

// Matrix is who reaches whom: all pods, the nodes, the API server, the world, and what of the world policies name.
type Matrix struct {
	Ends []MatrixEnd `json:"ends"`
	// Cells are the flows that are permitted on some port, surely or perhaps, by the numbers of their ends in Ends.
	Cells []Cell `json:"cells"`

	groups []string // the namespaces, and the names of what is in none
	asked  string   // the end that all flows have in common; empty for the whole matrix
	from   bool     // whether it is where they come from
}

// MatrixEnd is a row and a column.
type MatrixEnd struct {
	Name string `json:"name"`
	// Group is its namespace, or what it is: nodes, world.
	Group string `json:"group"`
	// Known says that it is the pods of a template, or in no namespace; without it, all pods of the namespace that nobody here can see.
	Known bool `json:"known"`
}

// Cell is the flows from one end to another.
type Cell struct {
	From    int    `json:"from"`
	To      int    `json:"to"`
	Ports   string `json:"ports,omitempty"`   // that are permitted: all, or such as 8080/TCP
	Perhaps string `json:"perhaps,omitempty"` // that depend on what is not known

	sure, perhaps verdict.Ports
}

// The groups of what is in no namespace.
const (
	groupNodes = "nodes"
	groupWorld = "world"
)

// whole is an end of the matrix.
type whole struct {
	*network.End
	MatrixEnd
}

// Matrix is that of the whole cluster.
func (r *Reach) Matrix() (*Matrix, error) {
	ends := r.everything()
	return r.matrix(ends, ends)
}

// From is the part of the matrix with all that an end reaches, and To that with all that reaches it.
func (r *Reach) From(name string) (*Matrix, error) {
	p, err := r.find(name, false)
	if err != nil {
		return nil, err
	}
	m, err := r.matrix(wholes(p.ends), r.everything())
	return m.about(p.text, true), err
}

// mostCells is how many flows a matrix has.
const mostCells = 4_000_000

// To is the part of the matrix with all that reaches an end, on its port if one is given.
func (r *Reach) To(name string) (*Matrix, error) {
	p, err := r.find(name, true)
	if err != nil {
		return nil, err
	}
	m, err := r.matrix(r.everything(), wholes(p.ends))
	if err != nil || !p.port.given() {
		return m.about(p.text, false), err
	}
	on := map[string]verdict.Ports{}
	for _, e := range p.ends {
		asked := verdict.Ports{}
		for _, one := range p.portsOf(e) {
			asked[one.protocol] = append(asked[one.protocol], verdict.Range{First: one.number, Last: one.number})
		}
		on[diag.Visible(e.Name)] = asked.Or(nil)
	}
	var cells []Cell
	for _, c := range m.Cells {
		ports := on[m.Ends[c.To].Name]
		if c.limit(c.sure.And(ports), c.perhaps.And(ports)); c.Ports+c.Perhaps != "" {
			cells = append(cells, c)
		}
	}
	m.Cells = cells
	return m.about(p.text+" on "+p.port.String(), false), nil
}

// limit sets the ports of a cell.
func (c *Cell) limit(sure, perhaps verdict.Ports) {
	c.sure, c.perhaps = sure, perhaps
	c.Ports, c.Perhaps = portsText(sure), portsText(perhaps)
}

func (m *Matrix) about(end string, from bool) *Matrix {
	if m != nil {
		m.asked, m.from = end, from
	}
	return m
}

// matrix judges all flows between two lists of ends.
func (r *Reach) matrix(from, to []whole) (*Matrix, error) {
	m := &Matrix{}
	numbers := map[string]int{}
	number := func(e whole) int {
		key := e.Group + "\x00" + e.MatrixEnd.Name
		n, known := numbers[key]
		if !known {
			n = len(m.Ends)
			numbers[key] = n
			m.Ends = append(m.Ends, e.MatrixEnd)
			if !slices.Contains(m.groups, e.Group) {
				m.groups = append(m.groups, e.Group)
			}
		}
		return n
	}
	rows, columns := make([]int, len(from)), make([]int, len(to))
	for i, e := range from {
		rows[i] = number(e)
	}
	for i, e := range to {
		columns[i] = number(e)
	}
	for i, a := range from {
		for k, b := range to {
			if rows[i] == columns[k] && a.Namespace == "" {
				continue // what nodes and the world do among themselves is no business of policies
			}
			if a.Namespace == "" && b.Namespace == "" {
				continue
			}
			if err := r.stop(); err != nil {
				return nil, err
			}
			sure, perhaps, err := r.in.Network.Permitted(a.End, b.End)
			if err != nil {
				return nil, err
			}
			if sure.Empty() && perhaps.Empty() {
				continue
			}
			if len(m.Cells) == mostCells {
				return nil, fmt.Errorf("there are more than %s flows\n  hint: ask about one end, with --from or --to", diag.Thousands(mostCells))
			}
			c := Cell{From: rows[i], To: columns[k]}
			c.limit(sure, perhaps)
			m.Cells = append(m.Cells, c)
		}
	}
	slices.SortFunc(m.Cells, func(a, b Cell) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	m.Cells = slices.CompactFunc(m.Cells, func(a, b Cell) bool { return a.From == b.From && a.To == b.To })
	return m, nil
}

// portsText is the text of a set; empty for an empty one.
func portsText(p verdict.Ports) string {
	if p.Empty() {
		return ""
	}
	return p.String()
}

// everything is all ends of the matrix, in order: namespaces by name, then nodes and the world.
func (r *Reach) everything() []whole {
	return append(wholes(r.Ends()), wholes(r.named())...)
}

// Ends are those of the whole matrix, in order, without the parts of the world that policies name.
func (r *Reach) Ends() []*network.End {
	var out []*network.End
	add := func(namespace string) {
		p := &place{}
		r.namespace(p, namespace)
		out = append(out, p.ends...)
	}
	for _, n := range r.in.Network.Namespaces() {
		add(n.Name)
	}
	if dns := r.in.Platform.DNS.Namespace; r.in.Network.Namespace(dns).Entry == nil {
		add(dns)
	}
	for _, name := range []string{"host", "remote-node", "kube-apiserver", "ingress", "world"} {
		out = append(out, r.in.Network.Entity(name))
	}
	return out
}

func wholes(ends []*network.End) []whole {
	var out []whole
	for _, e := range ends {
		// Names that no cluster accepts are printed, to whatever reads the output, as messages are.
		w := whole{e, MatrixEnd{Name: diag.Visible(e.Name), Group: e.Namespace, Known: !e.Unknown()}}
		switch {
		case e.Pods != nil:
			w.Group = e.Pods.Object.Namespace // also of pods on the network of their node
		case e.Namespace != "":
		case e.Entity != "" && e.Entity != "world":
			w.Group = groupNodes
		default:
			w.Group = groupWorld
		}
		w.Group = diag.Visible(w.Group)
		out = append(out, w)
	}
	return out
}

// mostNamed is how many names and addresses of the world get a row and a column.
const mostNamed = 500

// named are the parts of the world that policies name.
func (r *Reach) named() []*network.End {
	seen := map[string]*network.End{}
	refused := r.in.Network.Refused()
	for i, p := range r.in.Network.Policies() {
		if _, ok := refused[i]; ok {
			continue
		}
		Named(&p, func(e *network.End) {
			if seen[e.Name] == nil && len(seen) < mostNamed {
				seen[e.Name] = e
			}
		})
	}
	out := make([]*network.End, 0, len(seen))
	for _, e := range seen {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b *network.End) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Named calls add with each part of the world that a policy names, perhaps several times.
func Named(p *network.Policy, add func(*network.End)) {
	name := func(text string, e verdict.Endpoint) {
		if text != "" {
			add(&network.End{Name: text, Endpoint: e})
		}
	}
	cidr := func(text string, except []api.CIDR) {
		prefix, err := policies.Prefix(text)
		if err != nil || prefix.Bits() == 0 {
			return
		}
		if address, ok := oneOf(prefix, except); ok {
			name(text, verdict.Endpoint{IP: address})
		}
	}
	if p.Kubernetes != nil {
		for _, block := range blocks(p.Kubernetes) {
			var except []api.CIDR
			for _, e := range block.Except {
				except = append(except, api.CIDR(e))
			}
			cidr(block.CIDR, except)
		}
	}
	rules := p.Specs
	if p.Later != nil {
		rules = []*api.Rule{p.Later()}
	} else if p.Rule != nil {
		rules = append(slices.Clone(rules), p.Rule)
	}
	for _, rule := range rules {
		if rule == nil {
			continue
		}
		for _, e := range rule.Egress {
			for _, n := range e.ToFQDNs {
				if n.MatchName != "" {
					name(n.MatchName, verdict.Endpoint{FQDN: n.MatchName})
				} else {
					name(n.MatchPattern, verdict.Endpoint{FQDN: strings.ReplaceAll(n.MatchPattern, "*", "any")})
				}
			}
			for _, c := range e.ToCIDR {
				cidr(string(c), nil)
			}
			for _, c := range e.ToCIDRSet {
				cidr(string(c.Cidr), c.ExceptCIDRs)
			}
		}
		for _, in := range rule.Ingress {
			for _, c := range in.FromCIDR {
				cidr(string(c), nil)
			}
			for _, c := range in.FromCIDRSet {
				cidr(string(c.Cidr), c.ExceptCIDRs)
			}
		}
	}
}

// blocks are the parts of the world that a NetworkPolicy of Kubernetes names.
func blocks(p *networkingv1.NetworkPolicySpec) []*networkingv1.IPBlock {
	var out []*networkingv1.IPBlock
	add := func(peers []networkingv1.NetworkPolicyPeer) {
		for i := range peers {
			if peers[i].IPBlock != nil {
				out = append(out, peers[i].IPBlock)
			}
		}
	}
	for i := range p.Ingress {
		add(p.Ingress[i].From)
	}
	for i := range p.Egress {
		add(p.Egress[i].To)
	}
	return out
}

// oneOf is an address of a CIDR that no exception has.
func oneOf(p netip.Prefix, except []api.CIDR) (netip.Addr, bool) {
	address := p.Masked().Addr()
	for range len(except) + 1 {
		again := false
		for _, e := range except {
			if x, err := netip.ParsePrefix(string(e)); err == nil && x.Contains(address) {
				address, again = policies.Last(x).Next(), true
			}
		}
		if !again {
			break
		}
	}
	return address, address.IsValid() && p.Contains(address)
}

// On reports whether a flow on a port is permitted, surely or perhaps.
func (c *Cell) On(protocol string, port uint16) (surely, perhaps bool) {
	return c.sure.Has(protocol, port), c.perhaps.Has(protocol, port)
}
