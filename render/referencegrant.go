package render

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type referenceGrant struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              referenceGrantSpec `json:"spec"`
}

type referenceGrantSpec struct {
	From []grantedTo `json:"from"`
	To   []localRef  `json:"to"`
}

type grantedTo struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
}

// mostGranted is how many objects one ReferenceGrant may name (its schema).
const mostGranted = 16

// reference is from an object of a route to one of another namespace.
type reference struct {
	group, kind string // of the object that refers
	namespace   string // of what it refers to
	to          localRef
	origin      catalog.Origin
	sync        catalog.Sync
}

func compareReferences(a, b reference) int {
	return cmp.Or(strings.Compare(a.namespace, b.namespace), strings.Compare(a.kind, b.kind), strings.Compare(a.to.Kind, b.to.Kind), strings.Compare(a.to.Name, b.to.Name),
		cmp.Compare(a.sync.Wave, b.sync.Wave), strings.Compare(string(a.origin), string(b.origin)))
}

// referenceGrants permit what the routes of a namespace refer to in others: Services behind routes, those that are asked for a login, and Secrets. They
// are in the other namespace, and name each object: there is one for each kind that refers.
func referenceGrants(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	all := references(n)
	slices.SortFunc(all, compareReferences)
	var out []object.Object
	for len(all) > 0 {
		count := 0
		for count < len(all) && all[count].namespace == all[0].namespace && all[count].kind == all[0].kind {
			count++
		}
		out = append(out, grants(k, n, all[:count])...)
		all = all[count:]
	}
	return out
}

// grants are the ReferenceGrants for references of one kind to one namespace.
func grants(k kind, n *catalog.Namespace, of []reference) []object.Object {
	first := of[0]
	to := make([]localRef, len(of))
	for i, r := range of {
		to[i] = r.to
		first.sync.Wave = min(first.sync.Wave, r.sync.Wave)
	}
	to = slices.Compact(to)
	var out []object.Object
	for part := range slices.Chunk(to, mostGranted) {
		name := object.Name(n.Name + "." + strings.ToLower(first.kind))
		if len(out) > 0 {
			name += "-" + strconv.Itoa(len(out)+1)
		}
		id := identity{Kind: k, Namespace: first.namespace, Name: name, Origin: first.origin, Sync: first.sync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			return &referenceGrant{TypeMeta: t, ObjectMeta: m, Spec: referenceGrantSpec{From: []grantedTo{{first.group, first.kind, n.Name}}, To: part}}
		}))
	}
	return out
}

// routeKinds are the kinds of routes of the Gateway API.
var routeKinds = map[catalog.Protocol]string{catalog.HTTP: "HTTPRoute", catalog.TLS: "TLSRoute", catalog.TCP: "TCPRoute", catalog.UDP: "UDPRoute"}

// references are those of a namespace to others.
func references(n *catalog.Namespace) []reference {
	var out []reference
	eachRoute(n, catalog.GatewayRoutes, func(in *catalog.Route, sync catalog.Sync) {
		add := func(group, kind, namespace string, to localRef) {
			if namespace != "" && namespace != n.Name {
				out = append(out, reference{group, kind, namespace, to, in.Origin, sync})
			}
		}
		for _, b := range in.Backends {
			add(gatewayGroup, routeKinds[in.Protocol], b.Namespace, localRef{Kind: "Service", Name: b.Service})
		}
		if a := in.Auth.Login.ExtAuth; a != nil {
			add(envoyGroup, "SecurityPolicy", a.Namespace, localRef{Kind: "Service", Name: a.Service})
		}
		for _, s := range in.Auth.Login.Secrets() {
			add(envoyGroup, "SecurityPolicy", s.Namespace, localRef{Kind: "Secret", Name: s.Name})
		}
	})
	return out
}
