package network

import (
	"encoding/json"
	"net/netip"
	"slices"
	"sort"
	"strings"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/policies"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Addresses are those of Services, as far as they are known: Cilium translates them to pods before it looks at policies.
type Addresses struct {
	services map[netip.Addr]*deployed.Object
	pools    []pool
}

// pool is addresses that are given to Services.
type pool struct {
	first, last netip.Addr
	of          *deployed.Object
	longest     int // of this one and those before it, the one that ends last
}

// askedFor are the annotations by which a Service asks for addresses: of Cilium (pkg/annotation), MetalLB and kube-vip.
var askedFor = [...]string{"lbipam.cilium.io/ips", "io.cilium/lb-ipam-ips", "metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs", "kube-vip.io/loadbalancerIPs"}

// Addresses are the addresses that Services have; those of load balancers only when balancers is set: without Cilium's replacement of kube-proxy they are
// translated after the policies.
func (in *Model) Addresses(balancers bool) *Addresses {
	out := &Addresses{services: map[netip.Addr]*deployed.Object{}}
	for _, o := range in.deployed.Kind("Service") {
		var s corev1.Service
		if o.APIVersion != "v1" || runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &s) != nil {
			continue
		}
		texts := append([]string{s.Spec.ClusterIP}, s.Spec.ClusterIPs...)
		if balancers && s.Spec.Type == corev1.ServiceTypeLoadBalancer {
			texts = append(texts, s.Spec.LoadBalancerIP)
			for _, i := range s.Status.LoadBalancer.Ingress {
				texts = append(texts, i.IP)
			}
			for _, key := range askedFor {
				texts = append(texts, strings.Split(s.Annotations[key], ",")...)
			}
		}
		for _, text := range texts {
			if a, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil && !a.IsUnspecified() {
				out.services[a] = o
			}
		}
	}
	if balancers {
		out.addPools(in.deployed.Kind("CiliumLoadBalancerIPPool", "IPAddressPool"))
	}
	return out
}

func (a *Addresses) addPools(objects []*deployed.Object) {
	for _, o := range objects {
		var spec struct {
			Disabled  bool
			Blocks    []struct{ CIDR, Start, Stop string }
			Addresses []string // of MetalLB: CIDRs, and addresses with a dash between them
		}
		text, err := json.Marshal(o.Content()["spec"])
		if err != nil || json.Unmarshal(text, &spec) != nil || spec.Disabled {
			continue
		}
		for _, b := range spec.Blocks {
			if b.CIDR != "" {
				a.addPool(o, b.CIDR)
			} else if b.Stop != "" {
				a.addPool(o, b.Start+"-"+b.Stop)
			} else {
				a.addPool(o, b.Start+"-"+b.Start)
			}
		}
		for _, text := range spec.Addresses {
			a.addPool(o, text)
		}
	}
	slices.SortStableFunc(a.pools, func(x, y pool) int { return x.first.Compare(y.first) })
	for i := range a.pools {
		a.pools[i].longest = i
		if i > 0 && a.pools[a.pools[i-1].longest].last.Compare(a.pools[i].last) >= 0 {
			a.pools[i].longest = a.pools[i-1].longest
		}
	}
}

func (a *Addresses) addPool(of *deployed.Object, text string) {
	if first, last, isRange := strings.Cut(text, "-"); isRange {
		from, err := netip.ParseAddr(strings.TrimSpace(first))
		to, err2 := netip.ParseAddr(strings.TrimSpace(last))
		if err == nil && err2 == nil && from.BitLen() == to.BitLen() {
			a.pools = append(a.pools, pool{first: from, last: to, of: of})
		}
		return
	}
	if p, err := netip.ParsePrefix(strings.TrimSpace(text)); err == nil {
		a.pools = append(a.pools, pool{first: p.Masked().Addr(), last: policies.Last(p), of: of})
	}
}

// Of is the Service that has an address, or the pool that all addresses of a prefix are from; nil when there is none.
func (a *Addresses) Of(p netip.Prefix) *deployed.Object {
	if o := a.services[p.Addr()]; o != nil && p.IsSingleIP() {
		return o
	}
	first, last := p.Masked().Addr(), policies.Last(p)
	i := sort.Search(len(a.pools), func(i int) bool { return a.pools[i].first.Compare(first) > 0 }) - 1
	if i < 0 {
		return nil
	}
	if in := a.pools[a.pools[i].longest]; in.last.Compare(last) >= 0 && in.first.BitLen() == first.BitLen() {
		return in.of
	}
	return nil
}
