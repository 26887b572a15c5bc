package routes

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/places"
	"go.yaml.in/yaml/v3"
)

// Traefik is what is known here about Traefik's configuration.
type Traefik struct {
	known          bool // whether anything is known
	Failed         bool // whether there may be more, which could not be rendered
	crossNamespace bool // providers.kubernetesCRD.allowCrossNamespace
	SafeNaming     bool
	At             catalog.Place   // of allowCrossNamespace, or of the application
	encrypted      map[string]bool // the entry points that have TLS whatever a route says
}

var entryPointTLS = regexp.MustCompile(`(?i)^--entrypoints\.([^.=]+)\.http\.tls(?:[.=]|$)`)

// Traefik looks at the arguments of Traefik's pods or, when its chart is not in the repository, at the chart's values. With several, what
// one allows counts as allowed.
func (in *Model) Traefik() Traefik { return in.ofTraefik.Get(in.lookForTraefik) }

func (in *Model) lookForTraefik() Traefik {
	out := Traefik{encrypted: map[string]bool{}, Failed: in.deployed.FailedBeside(in.deployed.Entry(in.deployed.Platform.Controller.Namespace), "traefik")}
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
			in.chartOfTraefik(a, &out)
		}
	}
	return out
}

func (t *Traefik) see(at catalog.Place) {
	if !t.known {
		t.known, t.At = true, at
	}
}

func (t *Traefik) args(args []string) {
	on := func(name string) bool {
		return slices.ContainsFunc(args, func(a string) bool {
			value, ok := strings.CutPrefix(strings.ToLower(a), "--providers.kubernetescrd."+name)
			return ok && (value == "" || value == "=true")
		})
	}
	t.crossNamespace = t.crossNamespace || on("allowcrossnamespace")
	t.SafeNaming = t.SafeNaming || on("safenaming")
	for _, a := range args {
		if m := entryPointTLS.FindStringSubmatch(a); m != nil && !strings.HasSuffix(a, "=false") {
			t.encrypted[strings.ToLower(m[1])] = true
		}
	}
}

// chartOfTraefik reads the values of Traefik's own chart.
func (in *Model) chartOfTraefik(a *catalog.Application, t *Traefik) {
	var values []settings // the last one wins
	if h := a.Sources[0].Helm; h != nil {
		for _, name := range h.ValueFiles {
			name, ours := strings.CutPrefix(name, "$values/")
			if f := in.places.File(name); ours && f != nil && len(f.Documents()) > 0 {
				values = append(values, settings{name, f.Documents()[0]})
			}
		}
		values = append(values, settings{"", places.NodeOf(h.Values)}, settings{"", places.NodeOf(nested(h.Parameters))})
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
		t.crossNamespace = true
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
				t.encrypted[strings.ToLower(name)] = true
			}
		}
	}
}

// settings are values of a chart, and their file.
type settings struct {
	file string
	root *yaml.Node
}

func (s *settings) find(index *places.Keys, keys []string) *yaml.Node {
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
func (t *Traefik) Encrypts(entryPoint string) bool {
	name := strings.ToLower(entryPoint)
	return t.encrypted[name] || strings.Contains(name, "secure") || strings.Contains(name, "https") || strings.Contains(name, "tls")
}
