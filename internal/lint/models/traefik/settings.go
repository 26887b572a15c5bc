// Package traefik is the static configuration of the Traefik that answers in a cluster, as far as the input shows it: of its pods, or of
// the values of its chart. It knows nothing of routes.
package traefik

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/models/places"
	"go.yaml.in/yaml/v3"
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
}

var entryPointTLS = regexp.MustCompile(`(?i)^--entrypoints\.([^.=]+)\.http\.tls(?:[.=]|$)`)

// Settings looks at the arguments of Traefik's pods or, when its chart is not in the repository, at the chart's values. With several, what
// one allows counts as allowed.
func (in *Model) Settings() *Settings { return in.settings.Get(in.read) }

func (in *Model) read() *Settings {
	out := &Settings{Encrypted: map[string]bool{}, Failed: in.deployed.FailedBeside(in.deployed.Entry(in.deployed.Platform.Controller.Namespace), "traefik")}
	for _, p := range in.deployed.Pods() {
		for _, c := range p.Spec.Containers {
			args := slices.Concat(c.Command, c.Args)
			if slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(strings.ToLower(a), "--providers.kubernetescrd") }) {
				out.see(p.Application.Place)
				out.args(args)
			}
		}
	}
	for _, a := range in.deployed.Applications() {
		if in.deployed.Unseen(a) && len(a.Sources) > 0 && a.Sources[0].Chart == "traefik" && len(a.Patches) == 0 {
			out.see(a.Place)
			in.chart(a, out)
		}
	}
	return out
}

func (t *Settings) see(at catalog.Place) {
	if !t.Known {
		t.Known, t.At = true, at
	}
}

func (t *Settings) args(args []string) {
	on := func(name string) bool {
		return slices.ContainsFunc(args, func(a string) bool {
			value, ok := strings.CutPrefix(strings.ToLower(a), "--providers.kubernetescrd."+name)
			return ok && (value == "" || value == "=true")
		})
	}
	t.AllowCrossNamespace = t.AllowCrossNamespace || on("allowcrossnamespace")
	t.SafeNaming = t.SafeNaming || on("safenaming")
	for _, a := range args {
		if m := entryPointTLS.FindStringSubmatch(a); m != nil && !strings.HasSuffix(a, "=false") {
			t.Encrypted[strings.ToLower(m[1])] = true
		}
	}
}

// chart reads the values of Traefik's own chart.
func (in *Model) chart(a *catalog.Application, t *Settings) {
	var values []chartValues // the last one wins
	if h := a.Sources[0].Helm; h != nil {
		for _, name := range h.ValueFiles {
			name, ours := strings.CutPrefix(name, "$values/")
			if f := in.places.File(name); ours && f != nil && len(f.Documents()) > 0 {
				values = append(values, chartValues{name, f.Documents()[0]})
			}
		}
		values = append(values, chartValues{"", places.NodeOf(h.Values)}, chartValues{"", places.NodeOf(nested(h.Parameters))})
	}
	on := func(keys ...string) bool {
		for _, v := range slices.Backward(values) {
			if n := v.find(&in.places.Keys, keys); n != nil {
				return n.Value == "true"
			}
		}
		return false
	}
	if on("providers", "kubernetesCRD", "allowCrossNamespace") {
		t.AllowCrossNamespace = true
	}
	if on("providers", "kubernetesCRD", "safeNaming") {
		t.SafeNaming = true
	}
	for _, v := range values {
		if n := v.find(&in.places.Keys, []string{"providers", "kubernetesCRD", "allowCrossNamespace"}); n != nil && v.file != "" {
			t.At.Pos = diag.Position{File: v.file, Line: n.Line, Column: n.Column}
		}
		var args []string
		for n := v.find(&in.places.Keys, []string{"additionalArguments"}); n != nil && len(args) < len(n.Content); {
			args = append(args, n.Content[len(args)].Value)
		}
		t.args(args)
		ports := v.find(&in.places.Keys, []string{"ports"})
		for i := 0; ports != nil && i+1 < len(ports.Content); i += 2 {
			name := ports.Content[i].Value
			if on("ports", name, "http", "tls", "enabled") || on("ports", name, "tls", "enabled") { // the latter before version 35
				t.Encrypted[strings.ToLower(name)] = true
			}
		}
	}
}

// chartValues are values of a chart, and their file.
type chartValues struct {
	file string
	root *yaml.Node
}

func (s *chartValues) find(index *places.Keys, keys []string) *yaml.Node {
	n := s.root
	if n.Kind == yaml.DocumentNode {
		n = n.Content[0]
	}
	for _, key := range keys {
		_, n = index.Key(n, key)
	}
	return n
}

// deepestParameter is how many parts a parameter's name may have. No value of Traefik's chart is that deep.
const deepestParameter = 32

// nested are parameters such as a.b as a mapping of mappings.
func nested(parameters []argocd.Parameter) map[string]any {
	out := map[string]any{}
	for _, p := range parameters {
		at := out
		keys := strings.SplitN(p.Name, ".", deepestParameter)
		for _, key := range keys[:len(keys)-1] {
			next, ok := at[key].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[key] = next
			}
			at = next
		}
		at[keys[len(keys)-1]] = p.Value
	}
	return out
}

// Encrypts reports whether an entry point surely answers only to HTTPS. An unknown one goes by its name.
func (t *Settings) Encrypts(entryPoint string) bool {
	name := strings.ToLower(entryPoint)
	return t.Encrypted[name] || strings.Contains(name, "secure") || strings.Contains(name, "https") || strings.Contains(name, "tls")
}
