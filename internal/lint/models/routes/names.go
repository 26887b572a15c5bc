package routes

import (
	"slices"
	"strings"
	"unicode"

	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// names are objects of Traefik by kind and by the names that it gives them, which may be those of several.
type names struct {
	byID map[string]map[string][]*deployed.Object
	like map[[2]string][]string // by kind and namespace, for hints
}

func (j *judge) index() names {
	out := names{map[string]map[string][]*deployed.Object{}, map[[2]string][]string{}}
	for _, kind := range []string{"Middleware", "TraefikService", "ServersTransport", "TLSOption", "IngressRoute"} {
		ids := map[string][]*deployed.Object{}
		all := j.deployed.Kind(kind)
		if kind == "Middleware" {
			all = j.deployed.All(kind)
		}
		for _, o := range all {
			if !ofTraefik(o) {
				continue
			}
			if o.Application != nil {
				out.like[[2]string{kind, o.Namespace}] = append(out.like[[2]string{kind, o.Namespace}], o.Name)
			}
			for _, id := range j.idsOf(kind, o.Namespace, o.Name) {
				ids[id] = append(ids[id], o)
			}
		}
		out.byID[kind] = ids
	}
	return out
}

// normalized is a name as Traefik makes one of a namespace and a name, without safeNaming (pkg/provider/configuration.go, Normalize).
func normalized(namespace, name string) string {
	return strings.Join(strings.FieldsFunc(namespace+"-"+name, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsNumber(c) }), "-")
}

// schemes are the names that a reference becomes: one, or both when it is not known whether safeNaming is set. Only that of a safe
// name has an underscore (pkg/provider/kubernetes/crd/name_builder.go).
func (j *judge) schemes(legacy, safe string) []string {
	switch {
	case !j.strict:
		return []string{legacy, safe}
	case j.settings.SafeNaming:
		return []string{safe}
	}
	return []string{legacy}
}

// idsOf are the names that an object gets. That of a TLSOption keeps its dots; one that is called default is the one for all.
func (j *judge) idsOf(kind, namespace, name string) []string {
	switch {
	case kind == "TLSOption" && name == "default":
		return []string{"default"}
	case kind == "TLSOption":
		return j.schemes(namespace+"-"+name, namespace+"_"+name)
	}
	return j.schemes(normalized(namespace, name), namespace+"_"+name)
}

// name is a reference: what kind of object it is to, the cause when there is none, the namespace it stands in, and what stands there.
type name struct {
	kind             string
	missing          Cause
	parent           string
	namespace, named string
}

const ownProvider = "@kubernetescrd"

// refer resolves a name as Traefik does (pkg/provider/kubernetes/crd/kubernetes.go, resolveReference; kubernetes_http.go, nameAndService
// and makeServersTransportKey): it returns what has the name, if that is known, and notes what is wrong. The last field is that of the name.
func (s *subject) refer(n name, at []string, field ...string) *deployed.Object {
	if !s.allowed(n, at, field...) {
		return nil
	}
	if local, own := strings.CutSuffix(n.named, ownProvider); own {
		return s.referOwn(n, local, slices.Concat(at, field))
	}
	if strings.Contains(n.named, "@") {
		return nil
	}
	namespace := n.namespace
	if namespace == "" {
		namespace = n.parent
	}
	if o := s.find(n.kind, s.schemes(normalized(namespace, n.named), namespace+"_"+n.named), namespace, n.named); o != nil {
		return o
	}
	at = slices.Concat(at, field)
	id := deployed.ID{Group: "traefik.io", Kind: n.kind, Namespace: namespace, Name: n.named}
	exact := s.deployed.Named(id)
	switch {
	case s.deployed.Rosters(id):
	case n.kind == "TLSOption" && n.named == "default":
		s.fault(n.missing, at, "remove options, or name the TLSOption otherwise", "a TLSOption with the name default is for all that name none, and is not found by its name")
	case n.kind == "TLSOption" && exact != nil:
		s.fault(n.missing, at, "name it without dots", "Traefik does not find a TLSOption with a dot in its name, such as %s", n.named)
	case s.known(namespace):
		known := s.named.like[[2]string{n.kind, namespace}]
		s.fault(n.missing, at, s.deployed.DidYouMean(n.named, len(known), slices.Values(known)), "no application deploys %s %s of namespace %s", n.kind, n.named, namespace)
	}
	return nil
}

// find is the first object that has one of some names, or the one that is meant.
func (j *judge) find(kind string, ids []string, namespace, name string) *deployed.Object {
	var first *deployed.Object
	for _, id := range ids {
		for _, o := range j.named.byID[kind][id] {
			if o.Namespace == namespace && o.Name == name {
				return o
			}
			if first == nil {
				first = o
			}
		}
	}
	return first
}

// allowed reports whether Traefik looks a name up at all.
func (s *subject) allowed(n name, at []string, field ...string) bool {
	if !s.strict {
		return true
	}
	what := n.kind + " " + n.named
	other := n.namespace != "" && n.namespace != n.parent
	switch {
	case strings.HasSuffix(n.named, ownProvider) && !s.settings.AllowCrossNamespace:
		s.cross(slices.Concat(at, field), "set providers.kubernetesCRD.allowCrossNamespace for Traefik, or write the name without "+ownProvider,
			what+" may be in any namespace, which Traefik does not allow")
	case strings.Contains(n.named, "@") && s.settings.CrossProvider != nil && !s.settings.CrossProvider[n.parent]:
		s.cross(slices.Concat(at, field), "add "+n.parent+" to providers.kubernetesCRD.crossProviderNamespaces of Traefik",
			what+" is of another provider, which Traefik does not allow in namespace "+n.parent)
	case other && !strings.Contains(n.named, "@") && !s.settings.AllowCrossNamespace:
		s.cross(slices.Concat(at, []string{"namespace"}), "set providers.kubernetesCRD.allowCrossNamespace for Traefik, or deploy it in namespace "+n.parent,
			what+" is in namespace "+n.namespace+", which Traefik does not allow")
	default:
		return true
	}
	return false
}

func (s *subject) cross(at []string, hint, message string) {
	s.absent = true
	s.note(CrossNamespace, at, hint, message+": it "+s.consequence(), false)
}

// referOwn resolves NAMESPACE-NAME@kubernetescrd. It is certainly missing when all namespaces are known that it could be in.
func (s *subject) referOwn(n name, local string, at []string) *deployed.Object {
	safe, legacy := local, local
	if n.kind == "TraefikService" {
		safe, legacy = n.namespace+"_"+local, normalized(n.namespace, local)
	}
	if o := s.find(n.kind, s.schemes(legacy, safe), "", ""); o != nil {
		return o
	}
	if s.strict && s.settings.SafeNaming {
		if namespace, _, found := strings.Cut(safe, "_"); !found || namespace == "" || s.known(namespace) {
			s.fault(n.missing, at, "with safeNaming, the name is NAMESPACE_NAME"+ownProvider, "no application deploys a %s that Traefik calls %s", n.kind, n.named)
		}
		return nil
	}
	known := false
	for i, c := range local {
		namespace := s.deployed.Entry(local[:i])
		if c != '-' || namespace == nil {
			continue
		}
		if !s.known(namespace.Name) {
			return nil
		}
		known = true
	}
	if known {
		s.fault(n.missing, at, "the name begins with the namespace: NAMESPACE-NAME"+ownProvider, "no application deploys a %s that Traefik calls %s", n.kind, n.named)
	}
	return nil
}

// known reports whether all that is in a namespace of the list is known.
func (in *Model) known(namespace string) bool {
	n := in.deployed.Entry(namespace)
	return n != nil && len(n.Applications) > 0 && in.deployed.RenderedHere(n)
}
