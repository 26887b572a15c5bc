// Package traefik is the static configuration of the Traefik that answers in a cluster, as far as the input shows it: of its pods, or of
// the values of its chart. It knows nothing of routes.
package traefik

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/models/places"
)

// Model finds the configuration.
type Model struct {
	deployed *deployed.Model
	places   *places.Model

	settings once.Value[*Settings]
}

// New is the configuration of the Traefik that is deployed.
func New(d *deployed.Model, p *places.Model) *Model { return &Model{deployed: d, places: p} }

// Settings is what is known of Traefik's static configuration. The zero value is that nothing is known.
type Settings struct {
	Known               bool // whether a Traefik was found at all
	Failed              bool // whether there may be more, which could not be rendered
	AllowCrossNamespace bool // providers.kubernetesCRD.allowCrossNamespace
	SafeNaming          bool
	At                  catalog.Place   // of allowCrossNamespace, or of the application
	Encrypted           map[string]bool // the entry points that have TLS whatever a route says, in lower case
	Version             Version         // with several, the oldest

	AllowExternalNameServices bool            // providers.kubernetesCRD.allowExternalNameServices
	NativeLBByDefault         bool            // providers.kubernetesCRD.nativeLBByDefault, of each Traefik
	Classes                   map[string]bool // providers.kubernetesCRD.ingressClass, of each Traefik: empty for one that has none
	CrossProvider             map[string]bool // providers.kubernetesCRD.crossProviderNamespaces; nil when one Traefik allows all
	Plugins                   map[string]bool // experimental.plugins and localPlugins, by their names in lower case
	StrictTLSOptions          bool            // core.strictTLSOptions
	TLSOptions                map[string]bool // the entry points that have TLS options of their own, in lower case
	gateways, ingresses       int             // how many Traefiks read the objects of the Gateway API, and Ingresses
	experimental              bool            // providers.kubernetesGateway.experimentalChannel
	ingressClasses            map[string]bool // providers.kubernetesIngress.ingressClass, of each Traefik that reads Ingresses
	strictPrefixes            int             // how many have providers.kubernetesIngress.strictPrefixMatching
	externalIngress           bool            // providers.kubernetesIngress.allowExternalNameServices
	routes                    int             // how many read IngressRoutes
	freeProviders             bool            // whether one Traefik allows all namespaces to refer to other providers
	syntaxes                  []string        // core.defaultRuleSyntax, of each Traefik
	pooled                    bool            // whether one Traefik balances by itself, without nativeLB

	// EntryPointsKnown reports whether all entry points are known: all of the Traefik that the policies admit was understood, and nothing
	// beside it is unseen.
	EntryPointsKnown bool
	entryPoints      map[string]*EntryPoint // by name; nil when several Traefiks do not have the same
	tcp, udp         []string               // the names of those that some Traefik has, in order
	isTCP, isUDP     map[string]bool
	isDefault        map[string]bool // for routes that name none, with any of them
	defaults         []string        // likewise, in order
	places           map[string]func(fields ...string) catalog.Place
}

// Settings looks at the arguments of Traefik's pods or, when its chart is not in the repository, at the chart's values. With several, what
// one allows counts as allowed.
func (in *Model) Settings() *Settings { return in.settings.Get(in.read) }

func (in *Model) read() *Settings {
	controller := in.deployed.Entry(in.deployed.Platform.Controller.Namespace)
	out := &Settings{
		Encrypted: map[string]bool{}, Classes: map[string]bool{}, Plugins: map[string]bool{}, TLSOptions: map[string]bool{}, Failed: in.deployed.FailedBeside(controller, "traefik"),
		entryPoints: map[string]*EntryPoint{}, isTCP: map[string]bool{}, isUDP: map[string]bool{}, isDefault: map[string]bool{},
		places: map[string]func(...string) catalog.Place{},
	}
	all := slices.Concat(in.inPods(), in.inCharts())
	// One with a class of its own does not answer for the routes of the list.
	if own := slices.DeleteFunc(slices.Clone(all), (*instance).forOthers); len(own) > 0 {
		all = own
	}
	var versions []Version
	admitted := false
	clear := !out.Failed && controller != nil && !in.hidden(controller)
	for _, t := range all {
		versions = append(versions, t.version)
		out.add(t)
		clear = clear && !t.unclear
		admitted = admitted || t.namespace == in.deployed.Platform.Controller.Namespace
	}
	if out.Version = oldest(versions); out.Version == (Version{}) {
		out.Version = versionOf(in.deployed.Platform.TraefikVersion)
	}
	if out.EntryPointsKnown = clear && admitted; out.EntryPointsKnown {
		out.tcp, out.udp, out.defaults = slices.Sorted(maps.Keys(out.isTCP)), slices.Sorted(maps.Keys(out.isUDP)), slices.Sorted(maps.Keys(out.isDefault))
	}
	if out.freeProviders {
		out.CrossProvider = nil
	}
	out.NativeLBByDefault = out.Known && !out.pooled
	return out
}

// hidden reports whether an application of an entry may deploy another Traefik, for all that is known.
func (in *Model) hidden(n *catalog.Namespace) bool {
	return slices.ContainsFunc(n.Applications, func(a catalog.Application) bool { return in.deployed.Unseen(&a) && !isChart(&a) })
}

func isChart(a *catalog.Application) bool {
	return len(a.Sources) > 0 && a.Sources[0].Chart == "traefik"
}

// RuleSyntax is the syntax in which Traefik reads rules that have a name for one, or none: v2 or v3. Traefik 2 knows nothing else than its
// own, and Traefik 3 has a default (pkg/server/aggregator.go, applyModel).
func (t *Settings) RuleSyntax(name string) string {
	switch {
	case t.Version.Exact && t.Version.Major == 2:
		return "v2"
	case name == "" && len(t.syntaxes) > 0 && !slices.ContainsFunc(t.syntaxes, func(s string) bool { return s != "v2" }):
		return "v2"
	}
	return cmp.Or(name, "v3")
}

// Reads reports whether a Traefik reads the IngressRoutes of a class. Without a setting, it reads those of the class traefik and those of
// none (Traefik: pkg/provider/kubernetes/crd/kubernetes.go, shouldProcessIngress). So it is when nothing is known.
func (t *Settings) Reads(class string) bool {
	if !t.Known || t.Failed {
		return class == "" || class == "traefik"
	}
	return t.Classes[class] || class == "traefik" && t.Classes[""]
}

func (t *Settings) add(i *instance) {
	const crd = "providers.kubernetescrd."
	if !t.Known {
		t.Known, t.At = true, i.at
	}
	t.AllowCrossNamespace = t.AllowCrossNamespace || i.on(crd+"allowcrossnamespace")
	t.SafeNaming = t.SafeNaming || i.on(crd+"safenaming")
	t.AllowExternalNameServices = t.AllowExternalNameServices || i.on(crd+"allowexternalnameservices")
	t.pooled = t.pooled || !i.on(crd+"nativelbbydefault")
	t.StrictTLSOptions = t.StrictTLSOptions || i.on("core.stricttlsoptions")
	t.Classes[i.values[crd+"ingressclass"]] = true
	t.syntaxes = append(t.syntaxes, i.values["core.defaultrulesyntax"])
	t.addProviders(i)
	namespaces := strings.FieldsFunc(i.values[crd+"crossprovidernamespaces"], func(r rune) bool { return r == ',' || r == ' ' })
	t.freeProviders = t.freeProviders || len(namespaces) == 0
	if t.CrossProvider == nil {
		t.CrossProvider = map[string]bool{}
	}
	for _, namespace := range namespaces {
		t.CrossProvider[namespace] = true
	}
	for _, kind := range []string{"experimental.plugins", "experimental.localplugins"} {
		for name := range i.below(kind) {
			t.Plugins[strings.ToLower(name)] = true
		}
	}
	entryPoints := i.entryPoints()
	marked := false
	for _, e := range entryPoints {
		marked = marked || e.AsDefault
	}
	for name, e := range entryPoints {
		if before, again := t.entryPoints[name]; again && (before == nil || *before != *e) {
			t.entryPoints[name] = nil
		} else {
			t.entryPoints[name] = e
		}
		if t.places[name] == nil {
			t.places[name] = func(fields ...string) catalog.Place { return i.place(name, fields...) }
		}
		if e.TLS {
			t.Encrypted[strings.ToLower(name)] = true
		}
		if e.TLSOptions {
			t.TLSOptions[strings.ToLower(name)] = true
		}
		if e.UDP {
			t.isUDP[name] = true
			continue
		}
		t.isTCP[name] = true
		if name != internal && (e.AsDefault || !marked) {
			t.isDefault[name] = true
		}
	}
}

// forOthers reports whether a Traefik answers only for routes of a class.
func (i *instance) forOthers() bool { return i.values["providers.kubernetescrd.ingressclass"] != "" }

// EntryPoint is the one of a name; nil when it is not known, or when several Traefiks do not have the same.
func (t *Settings) EntryPoint(name string) *EntryPoint {
	if !t.EntryPointsKnown {
		return nil
	}
	return t.entryPoints[name]
}

// Lacks reports whether no Traefik has an entry point of that name for UDP, or for all else.
func (t *Settings) Lacks(name string, udp bool) bool {
	if udp {
		return t.EntryPointsKnown && !t.isUDP[name]
	}
	return t.EntryPointsKnown && !t.isTCP[name]
}

// EntryPoints are the names of those that there are for UDP, or for all else, in order; nil when they are not known.
func (t *Settings) EntryPoints(udp bool) []string {
	if udp {
		return t.udp
	}
	return t.tcp
}

// Defaults are the entry points of routes that name none (cmd/traefik, getDefaultsEntrypoints), in order; nil when they are not known.
func (t *Settings) Defaults() []string { return t.defaults }

// OrDefaults are the entry points that a route names or, when it names none, those that it has by default.
func (t *Settings) OrDefaults(named []string) []string {
	if len(named) == 0 {
		return t.defaults
	}
	return named
}

// Place is where a field of an entry point's http is set in the values of the chart, such as tls, enabled, or the nearest place to it.
func (t *Settings) Place(entryPoint string, fields ...string) catalog.Place {
	if at := t.places[entryPoint]; at != nil {
		return at(fields...)
	}
	return t.At
}

// Encrypts reports whether an entry point surely answers only to HTTPS. An unknown one goes by its name.
func (t *Settings) Encrypts(entryPoint string) bool {
	if e := t.EntryPoint(entryPoint); e != nil {
		return e.TLS
	}
	return t.Encrypted[strings.ToLower(entryPoint)] || namedForTLS(entryPoint)
}

func namedForTLS(entryPoint string) bool {
	name := strings.ToLower(entryPoint)
	return strings.Contains(name, "secure") || strings.Contains(name, "https") || strings.Contains(name, "tls")
}

// ForHTTPS reports whether clients speak HTTPS to an entry point, as it encrypts or by its name: routes with TLS answer there.
func (t *Settings) ForHTTPS(entryPoint string) bool {
	return t.Encrypts(entryPoint) || namedForTLS(entryPoint)
}

// MeantForHTTPS reports whether clients surely speak HTTPS to an entry point: by its name, and by the port that it has in Traefik's chart or
// by itself.
func (e *EntryPoint) MeantForHTTPS() bool {
	return namedForTLS(e.Name) && (e.Port() == "443" || e.Port() == "8443")
}

// PassesEncoded are the encoded characters that an entry point lets through to what is behind it, as Traefik's options name them: nil also
// when the version is not known to have these options. They are there since 3.6.4, and allow everything by default since 3.6.7
// (docs/content/migrate/v3.md).
func (t *Settings) PassesEncoded(e *EntryPoint) []string {
	var out []string
	for _, c := range []struct{ name, set string }{{"allowEncodedSlash", e.EncodedSlash}, {"allowEncodedBackSlash", e.EncodedBackSlash}} {
		allowed, err := strconv.ParseBool(c.set)
		if t.Version.AtLeast(3, 6, 7) && (allowed || err != nil) || t.Version.AtLeast(3, 6, 4) && allowed {
			out = append(out, c.name)
		}
	}
	return out
}
