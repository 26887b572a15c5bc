package catalog

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/catalog/apps/builtin"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"
)

// groupMonitoring is the API group of the Prometheus operator's kinds.
const groupMonitoring = "monitoring.coreos.com"

// builtinApp is a catalog application in the list.
type builtinApp struct {
	*builtin.Application
	entry *entry
	in    *app
	// values are the chart's, with the user's over them; nil when these do not fit, which is reported.
	values builtin.Values
	offer  *builtin.Offer
	pods   *knownPods
	unled  string // what to write for a host that leads nowhere
}

// expansion is what the applications of the catalog add to the entries. It is made before anything else is resolved, so what they
// add is checked like what the user wrote.
type expansion struct {
	settings   *settings
	entries    []*entry
	names      *names
	apps       []*app // those of the catalog
	monitoring provider
	permitted  []permission
	guarded    *guarded
	schemas    map[string]valuesSchema // by their applications: reading one takes longer than holding values against it
}

// expand fills in what the entries of catalog applications leave out, and permits what their applications call.
func expand(entries []*entry, s *settings, n *names) *expansion {
	x := &expansion{settings: s, entries: entries, names: n, monitoring: providerIn(entries), schemas: map[string]valuesSchema{}}
	eachApp(entries, func(in *app) {
		in.builtin = x.builtinOf(in)
		if in.builtin != nil {
			x.apps = append(x.apps, in)
		}
	})
	eachApp(entries, x.uses)
	declared := map[*app]builtin.Declaration{}
	for _, in := range x.apps {
		declared[in] = x.declared(in.builtin)
	}
	for _, e := range entries {
		x.opened(e)
	}
	for _, in := range x.apps { // when it is known which namespaces have policies
		x.permitDeclared(in.builtin, declared[in].Flows)
	}
	eachApp(entries, func(in *app) { x.permitUses(in, declared[in].Callers) })
	x.guarded = guardedOf(entries, x.apps)
	return x
}

// builtinOf is what an application of the catalog offers and has as values; nil for all others.
func (x *expansion) builtinOf(in *app) *builtinApp {
	found := apps.Find(in.Catalog.V)
	if found == nil || len(present(in.Path, in.Chart, in.Catalog)) > 1 || !in.ApplicationCode.IsSet() || !in.entry.Namespace.IsSet() {
		return nil
	}
	b := &builtinApp{Application: found, entry: in.entry, in: in}
	b.values = x.builtinValues(b)
	if b.values != nil && found.Offer != nil {
		offer, err := found.Offer(b.values)
		mistaken(b, err)
		b.offer = offer
	}
	return b
}

// mistaken reports a mistake of the application itself.
func mistaken(b *builtinApp, err error) {
	if err != nil {
		b.in.Catalog.Report("catalog-application", "this is a bug in roster", "%s: %v", b.Name, err)
	}
}

// builtinValues are the values of a built-in application; nil when the user's do not fit its schema, which is reported.
func (x *expansion) builtinValues(b *builtinApp) builtin.Values {
	given, ok := b.in.Values.V.(map[string]any)
	if !ok && b.in.Values.V != nil {
		return nil // reported with the source
	}
	if b.spoiledTexts(given) {
		return nil
	}
	given = withoutNulls(given)
	if given != nil {
		b.in.Values.V = given
	}
	defaults := map[string]any{}
	schema, err := x.schemaOf(b)
	if err == nil {
		var data []byte
		if data, err = fs.ReadFile(b.Chart, "values.yaml"); err == nil {
			err = yaml.Unmarshal(data, &defaults)
		}
	}
	mistaken(b, err)
	if err != nil {
		return nil
	}
	merged := over(defaults, given)
	if err := schema.Validate(merged); err != nil {
		var invalid *jsonschema.ValidationError
		if !errors.As(err, &invalid) {
			mistaken(b, err)
			return nil
		}
		schema.unfit(b, invalid)
		return nil
	}
	data, err := json.Marshal(merged)
	mistaken(b, err)
	return data
}

func (x *expansion) schemaOf(b *builtinApp) (valuesSchema, error) {
	if known, ok := x.schemas[b.Name]; ok {
		return known, nil
	}
	schema, err := valuesSchemaOf(b.Chart)
	if err == nil {
		x.schemas[b.Name] = schema
	}
	return schema, err
}

// withoutNulls is a mapping without the keys whose value is null: they count as absent, as in the list. Helm would
// remove a default for one, which no chart of ours expects.
func withoutNulls(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	out := make(map[string]any, len(m))
	for key, value := range m {
		if inner, ok := value.(map[string]any); ok {
			value = withoutNulls(inner)
		}
		if value != nil {
			out[key] = value
		}
	}
	return out
}

// over is a mapping with values over its defaults, as in Helm: mappings are merged, and all else is replaced.
func over(defaults, values map[string]any) map[string]any {
	out := maps.Clone(defaults)
	for key, value := range values {
		inner, isMapping := value.(map[string]any)
		if below, ok := defaults[key].(map[string]any); ok && isMapping {
			value = over(below, inner)
		}
		out[key] = value
	}
	return out
}

// value is the place of a value or, when the user did not write it, of the application.
func valueOf(b *builtinApp, path []string) (at *syntax.Node, found bool) {
	if b.in.Values.Node == nil {
		return b.in.Catalog.Node, false
	}
	return b.in.Values.At(path...)
}

// provider is the applications that install the Prometheus operator's kinds, and their namespaces.
type provider struct{ codes, namespaces []string }

// knownPods are the pods of an application of the catalog.
type knownPods builtin.Pods

// portNamed is the name of a port of the Service, given the name or the number of one of the pods; empty when there is none.
func (p *knownPods) portNamed(port string) string {
	for _, known := range p.Ports {
		if known.Name == port || strconv.Itoa(known.Number) == port {
			return known.Name
		}
	}
	return ""
}

// has reports whether the pods have a port.
func (p *knownPods) has(port string) bool { return p.portNamed(port) != "" }

func providerIn(entries []*entry) provider {
	var p provider
	eachApp(entries, func(in *app) {
		if slices.ContainsFunc(in.Provides, func(g text) bool { return g.V == groupMonitoring }) && in.ApplicationCode.IsSet() && in.entry.Namespace.IsSet() {
			p.codes, p.namespaces = append(p.codes, in.ApplicationCode.V), append(p.namespaces, in.entry.Namespace.V)
		}
	})
	slices.Sort(p.codes)
	slices.Sort(p.namespaces)
	return p
}

// namespace is where monitoring runs; empty when the list has none.
func (p provider) namespace() string {
	if len(p.namespaces) == 0 {
		return ""
	}
	return p.namespaces[0]
}

// declared fills in what the entry of a built-in application does not say.
func (x *expansion) declared(b *builtinApp) builtin.Declaration {
	if b.values == nil {
		return builtin.Declaration{}
	}
	d, problems, err := b.Declare(&builtin.Surroundings{Code: b.in.ApplicationCode.V, Namespace: b.entry.Namespace.V, Values: b.values,
		Monitoring: x.monitoring.namespace(), Uses: b.in.used, NoIngress: b.in.Ingress != nil && len(b.in.Ingress) == 0,
		Secrets: secretsListed(b.entry), NoSecrets: b.in.Secrets != nil && len(b.in.Secrets) == 0})
	mistaken(b, err)
	for _, problem := range problems {
		at, found := valueOf(b, problem.Path)
		if !found {
			problem.Message = strings.Join(problem.Path, ".") + ": " + problem.Message
		}
		at.Report("catalog-values", problem.Hint, "%s", problem.Message)
	}
	if c := d.Callers; c.Path != nil && x.names.entries[c.Namespace] == nil {
		at, _ := valueOf(b, c.Path)
		x.names.unknownNamespace(at, c.Namespace, between)
	}
	w := written{b.in.Catalog.Node}
	fillEntry(b, d, w)
	if d.Pods != nil {
		b.pods = (*knownPods)(d.Pods)
	}
	if d.Backend != nil {
		b.unled = d.Backend.Hint
		b.in.Ingress = w.backend(b.in.Ingress, *d.Backend)
	}
	if b.in.Ingress == nil && !b.in.Flawed("ingress") {
		for _, route := range d.Routes {
			in := ingressInput{Node: w.Node, Host: w.text(route.Host), Service: w.text(route.Service), Port: syntax.Text{V: route.Port, Node: w.Node}, Auth: w.text(route.Auth), portNumber: route.Number}
			if x.settings.has(route.Expose) { // otherwise the platform's default: the user did not ask for a missing exposure
				in.Expose = w.text(route.Expose)
			}
			b.in.Ingress = append(b.in.Ingress, in)
		}
	}
	if none := b.in.Secrets != nil && len(b.in.Secrets) == 0; !none && !b.in.Flawed("secrets") {
		for _, secret := range d.Secrets {
			if !slices.ContainsFunc(b.in.Secrets, func(s secretInput) bool { return s.Name.V == secret.Name }) {
				b.in.Secrets = append(b.in.Secrets, w.secret(secret, b.in.ApplicationCode.V))
			}
		}
	}
	w.clusterResources(b.entry, d.ClusterResources)
	if d.Installs != "" {
		for _, code := range providersOf(x.entries, d.Installs) {
			if code != b.in.ApplicationCode.V && !slices.ContainsFunc(b.in.DependsOn, func(t text) bool { return t.V == code }) {
				b.in.DependsOn = append(b.in.DependsOn, w.text(code))
			}
		}
	}
	if d.Monitors {
		for _, code := range x.monitoring.codes {
			if code != b.in.ApplicationCode.V {
				b.in.DependsOn = append(b.in.DependsOn, w.text(code))
			}
		}
	}
	return d
}

// secretsListed are the names of the Secrets that the applications of an entry list.
func secretsListed(e *entry) []string {
	var names []string
	for _, in := range e.apps {
		for _, s := range in.Secrets {
			if s.Name.IsSet() && s.Node != in.Catalog.Node { // and was not added
				names = append(names, s.Name.V)
			}
		}
	}
	return names
}

// permitDeclared permits what a built-in application has declared.
func (x *expansion) permitDeclared(b *builtinApp, flows []builtin.Flow) {
	from := origin(b.entry.Namespace.V, "applications", b.in.ApplicationCode.V, "catalog")
	for _, f := range flows {
		w := written{b.in.Catalog.Node}
		if f.Path != nil {
			w.Node, _ = valueOf(b, f.Path)
		}
		e := x.names.callersIn(f.Callers, b.entry)
		if e == nil {
			continue
		}
		flow, peer := flowInput{Node: w.Node, PodLabels: w.labels(f.PodLabels)}, w.peer(f.Peer)
		if f.Peer.Namespace == "" && f.Peer.Host == "" && f.Peer.CIDR == "" {
			peer.Namespace = w.text(b.entry.Namespace.V)
		}
		if f.From {
			flow.From = peer
		} else {
			flow.To = peer
		}
		x.permitted = append(x.permitted, permission{e, flow, Declared, from})
	}
}

// callersIn is the entry in which the callers are: own, unless they name another namespace. It is nil when that is not in the
// list: it has no policy of ours.
func (n *names) callersIn(c builtin.Callers, own *entry) *entry {
	if c.Namespace == "" {
		return own
	}
	return n.entries[c.Namespace]
}

// open is written in place of a profile when a namespace is to have no policies, even where a catalog application
// would add some.
const open = "open"

// openMeans is what it is, for people.
const openMeans = "No policies, as without the key: the namespace is open to everything, and that is intended."

// opened removes the policies of an entry that says so, and notes that it is open on purpose.
func (x *expansion) opened(e *entry) {
	np := e.NetworkPolicies
	if np == nil || np.Profile.V != open || x.settings.profiles[open] != nil {
		return
	}
	if len(np.Allow) > 0 {
		np.Report("no-effect", "name a profile, such as isolated", "allow has no effect: the namespace is open to everything")
	}
	if np.Baselines.IsSet() {
		np.Baselines.Report("no-effect", "remove it", "baselines has no effect: the namespace is open to everything")
	}
	e.NetworkPolicies = nil
	e.open = true
}

// fillEntry fills in the settings of the namespace, if all that runs in it comes from the catalog: they may not fit other
// applications.
func fillEntry(b *builtinApp, d builtin.Declaration, w written) {
	e := b.entry
	if len(e.apps) < len(e.Applications) || slices.ContainsFunc(e.apps, func(a *app) bool { return apps.Find(a.Catalog.V) == nil }) {
		return
	}
	if e.PodSecurity == nil && !e.Flawed("podSecurity") && e.ManageNamespace.Or(!slices.Contains(unmanaged, e.Namespace.V)) {
		e.PodSecurity = &podSecurityInput{Node: w.Node, Enforce: w.text("restricted")}
	}
	switch {
	case e.Flawed("networkPolicies"):
	case e.NetworkPolicies == nil:
		e.NetworkPolicies, e.profileOf = &networkPoliciesInput{Node: w.Node, Profile: w.text(d.Profile)}, b.in
	case e.profileOf != nil && e.NetworkPolicies.Profile.V != d.Profile:
		e.NetworkPolicies.Report("missing-value", "set networkPolicies", "the applications of the namespace want different profiles: %q and %q",
			e.NetworkPolicies.Profile.V, d.Profile)
	}
}
