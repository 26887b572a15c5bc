package verdict

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/cilium/cilium/pkg/fqdn/dns"
	k8sconst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
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

// answer is yes, no, or what depends on labels that are not known.
type answer int8

const (
	no answer = iota + 1
	maybe
	yes
)

// selects tells whether a selector selects a peer. What was found out is kept: a selector is asked about each peer once.
func (s *selector) selects(p *Peer) answer {
	if s.namespace != "" && s.namespace != p.namespace {
		return no
	}
	for len(p.selected) <= s.number {
		p.selected = append(p.selected, make([]answer, s.number+1-len(p.selected))...)
	}
	if p.selected[s.number] == 0 {
		p.selected[s.number] = s.fits(p)
	}
	return p.selected[s.number]
}

func (s *selector) fits(p *Peer) answer {
	out := yes
	for key, value := range s.equal {
		found, ok := label(p.labels, key)
		switch {
		case !ok && p.mayHave(key):
			out = maybe
		case !ok || found != value:
			return no
		}
	}
	for _, r := range s.other {
		value, found := label(p.labels, r.Key)
		if !found && p.mayHave(r.Key) {
			out = maybe
			continue
		}
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
			return no
		}
	}
	return out
}

// mayHave reports whether a peer may have a label that is not known. Which namespace and cluster a pod is in is known of each.
func (p *Peer) mayHave(key string) bool {
	source, bare, _ := strings.Cut(key, ".")
	switch {
	case source != "k8s" && source != "any" || bare == k8sconst.PodNamespaceLabel || bare == k8sconst.PolicyLabelCluster:
		return false
	case strings.HasPrefix(bare, k8sconst.PodNamespaceMetaLabels+"."):
		return p.labelled
	}
	return p.unknown
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
