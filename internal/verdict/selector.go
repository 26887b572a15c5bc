package verdict

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/cilium/cilium/pkg/fqdn/dns"
	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
)

// selector is what the labels of an endpoint have to be.
type selector struct {
	number    int // in Judge.selectors
	equal     map[string]string
	other     []slimmetav1.LabelSelectorRequirement
	namespace string // that pods have to be in; empty when there may be several
}

// selector is the one for a selector in Cilium's form; the same for equal ones.
func (j *Judge) selector(e api.EndpointSelector) *selector {
	key := e.SelectorKey()
	if s := j.byKey[key]; s != nil {
		return s
	}
	s := &selector{number: len(j.selectors), equal: e.MatchLabels, other: e.MatchExpressions, namespace: e.MatchLabels[namespaceKey]}
	j.selectors = append(j.selectors, s)
	j.byKey[key] = s
	return s
}

const namespaceKey = "k8s.io.kubernetes.pod.namespace"

// selects reports whether a selector selects a peer. What was found out is kept: a selector is asked about each peer once.
func (s *selector) selects(p *Peer) bool {
	if s.namespace != "" && s.namespace != p.namespace {
		return false
	}
	for len(p.selected) <= s.number {
		p.selected = append(p.selected, make([]int8, s.number+1-len(p.selected))...)
	}
	if p.selected[s.number] == 0 {
		p.selected[s.number] = -1
		if s.fits(p.labels) {
			p.selected[s.number] = 1
		}
	}
	return p.selected[s.number] > 0
}

func (s *selector) fits(labels map[string]string) bool {
	for key, value := range s.equal {
		if found, ok := label(labels, key); !ok || found != value {
			return false
		}
	}
	for _, r := range s.other {
		value, found := label(labels, r.Key)
		ok := false
		switch r.Operator {
		case slimmetav1.LabelSelectorOpIn:
			ok = found && slices.Contains(r.Values, value)
		case slimmetav1.LabelSelectorOpNotIn:
			ok = !found || !slices.Contains(r.Values, value)
		case slimmetav1.LabelSelectorOpExists:
			ok = found
		case slimmetav1.LabelSelectorOpDoesNotExist:
			ok = !found
		}
		if !ok {
			return false
		}
	}
	return true
}

// label looks a selector's key up: any source will do for one that begins with any.
func label(labels map[string]string, key string) (string, bool) {
	if bare, ok := strings.CutPrefix(key, "any."); ok {
		for _, source := range [...]string{"k8s.", "reserved."} {
			if value, ok := labels[source+bare]; ok {
				return value, true
			}
		}
		return "", false
	}
	value, ok := labels[key]
	return value, ok
}

// cidr is a part of the world.
type cidr struct {
	prefix netip.Prefix
	except []netip.Prefix
}

func (c cidr) equal(d cidr) bool { return c.prefix == d.prefix && slices.Equal(c.except, d.except) }

// selects reports whether a peer lies in it. Policies that do not name the address of one have only the whole world.
func (c *cidr) selects(p *Peer) bool {
	if p.world == 0 || c.prefix.Addr().Is4() != (p.world == 4) {
		return false
	}
	if !p.address.IsValid() {
		return c.prefix.Bits() == 0
	}
	return c.prefix.Contains(p.address) && !slices.ContainsFunc(c.except, func(e netip.Prefix) bool { return e.Contains(p.address) })
}

// prefix reads a CIDR or an address. Cilium has checked it.
func prefix(s string) netip.Prefix {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked()
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(a, a.BitLen())
}

// hosts are patterns of names.
type hosts []*regexp.Regexp

func (h *hosts) add(s api.FQDNSelector) {
	if pattern, err := s.ToRegex(); err == nil { // Cilium has checked it
		*h = append(*h, pattern)
	}
}

func (h hosts) fit(fqdn string) bool {
	return slices.ContainsFunc(h, func(p *regexp.Regexp) bool { return p.MatchString(dns.FQDN(fqdn)) })
}
