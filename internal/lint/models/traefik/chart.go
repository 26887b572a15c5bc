package traefik

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/syntax"
	"go.yaml.in/yaml/v3"
)

// inCharts are the Traefiks of Traefik's own chart, where it is not rendered here: what it makes of its values.
func (in *Model) inCharts() []*instance {
	var out []*instance
	for n, a := range in.deployed.Applications() {
		if !in.deployed.Unseen(a) || !isChart(a) {
			continue
		}
		v, clear := in.valuesOf(a)
		chart := versionOf(a.Sources[0].Revision)
		o := argumentsOf(v.arguments(chart))
		// A patch may change anything, and charts before the first one of the table have other entry points.
		o.unclear = o.unclear || !clear || len(a.Patches) > 0 || chart.compare(versionOf(charts[0][0])) < 0
		t := &instance{options: o, version: v.version(chart), namespace: n.Name, at: a.Place}
		for _, l := range v.layers {
			if n := v.node(l, "providers", "kubernetesCRD", "allowCrossNamespace"); n != nil && l.file != "" {
				t.at.Pos = diag.Position{File: l.file, Line: n.Line, Column: n.Column}
			}
		}
		t.place = func(name string, fields ...string) catalog.Place {
			return v.place(a.Place, name, fields...)
		}
		if len(v.providers()) > 0 && len(a.Patches) == 0 {
			out = append(out, t)
		}
	}
	return out
}

// layer is values of a chart, and their file.
type layer struct {
	file string
	root *yaml.Node
}

// values are those of a chart: each layer wins over those before it.
type values struct {
	keys   *places.Keys
	layers []layer
}

// defaults are what the chart's own values say of entry points, since version 15; the keys before version 39 are those below http.
var defaults = map[string]any{"ports": map[string]any{
	"metrics": map[string]any{"port": 9100}, internal: map[string]any{"port": 8080}, "web": map[string]any{"port": 8000, "exposedPort": 80},
	"websecure": map[string]any{"port": 8443, "exposedPort": 443, "tls": map[string]any{"enabled": true}, "http": map[string]any{"tls": map[string]any{"enabled": true}}},
}}

// valuesOf are the values of an application's chart, and whether all were seen.
func (in *Model) valuesOf(a *catalog.Application) (out values, clear bool) {
	out, clear = values{keys: &in.places.Keys, layers: []layer{{root: places.NodeOf(defaults)}}}, true
	h := a.Sources[0].Helm
	if h == nil {
		return out, clear
	}
	for _, name := range h.ValueFiles {
		file, ours := strings.CutPrefix(name, "$values/")
		f := in.places.File(file)
		if !ours || f == nil || len(f.Documents()) != 1 {
			clear = false
			continue
		}
		out.layers = append(out.layers, layer{file, f.Documents()[0]})
	}
	object := places.NodeOf(h.Values)
	if text, isText := h.Values.(string); isText {
		documents, err := syntax.Documents([]byte(text))
		if clear = clear && err == nil && len(documents) == 1; clear {
			object = documents[0]
		}
	}
	out.layers = append(out.layers, layer{root: object}, layer{root: places.NodeOf(nested(h.Parameters))})
	odd := slices.ContainsFunc(h.Parameters, func(p argocd.Parameter) bool { return !plain(p) })
	return out, clear && !odd && len(h.FileParameters) == 0
}

// node is what a layer says; nil when it says nothing.
func (v *values) node(l layer, keys ...string) *yaml.Node {
	n := l.root
	if n.Kind == yaml.DocumentNode {
		n = n.Content[0]
	}
	for _, key := range keys {
		if _, n = v.keys.Key(n, key); n != nil && n.Kind == yaml.AliasNode {
			n = n.Alias
		}
	}
	return n
}

// get is what the last layer says that says anything: nil when that is nothing, or null, which removes what is below. A layer that has
// something else than a mapping above it hides the others.
func (v *values) get(keys ...string) *yaml.Node {
	for _, l := range slices.Backward(v.layers) {
		for i := range keys {
			n := v.node(l, keys[:i+1]...)
			if n == nil {
				break
			}
			if i == len(keys)-1 || n.Kind != yaml.MappingNode {
				if n.Tag == "!!null" || i < len(keys)-1 {
					return nil
				}
				return n
			}
		}
	}
	return nil
}

func (v *values) text(keys ...string) string {
	if n := v.get(keys...); n != nil && n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return ""
}

func (v *values) is(text string, keys ...string) bool { return v.text(keys...) == text }

// list is a list of texts; one of the chart's options may also be a single text.
func (v *values) list(keys ...string) []string {
	n := v.get(keys...)
	if n == nil {
		return nil
	}
	if n.Kind == yaml.ScalarNode && n.Value != "" {
		return []string{n.Value}
	}
	var out []string
	for _, e := range n.Content {
		out = append(out, e.Value)
	}
	return out
}

// names are the keys of a mapping that some layer has, in order.
func (v *values) names(keys ...string) []string {
	var out []string
	for _, l := range v.layers {
		n := v.node(l, keys...)
		for i := 0; n != nil && n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			out = append(out, n.Content[i].Value)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// arguments are what the chart makes of its values for Traefik, as far as it matters here (traefik/templates/_podtemplate.tpl).
func (v *values) arguments(chart Version) []string {
	args := v.list("globalArguments")
	for _, name := range v.names("ports") {
		if n := v.get("ports", name); n == nil || n.Kind != yaml.MappingNode || len(v.names("ports", name)) == 0 || v.is("true", "ports", name, "uplink") { // an uplink is Traefik Hub's
			continue
		}
		add := func(option, value string) {
			if value != "" {
				args = append(args, "--entryPoints."+name+"."+option+"="+value)
			}
		}
		at := func(keys ...string) []string {
			if chart.AtLeast(39, 0, 0) {
				keys = append([]string{"http"}, keys...)
			}
			return append([]string{"ports", name}, keys...)
		}
		port := v.text("ports", name, "port")
		add("address", ":"+port+"/"+strings.ToLower(cmp.Or(v.text("ports", name, "protocol"), "tcp")))
		add("asDefault", v.text("ports", name, "asDefault"))
		add("http.middlewares", strings.Join(v.list(at("middlewares")...), ","))
		if v.is("true", at("tls", "enabled")...) {
			add("http.tls", "true")
			add("http.tls.options", v.text(at("tls", "options")...))
		}
		to := v.text(at("redirections", "entryPoint", "to")...)
		if !chart.AtLeast(34, 0, 0) {
			to = cmp.Or(v.text("ports", name, "redirectTo", "port"), v.text("ports", name, "redirectTo"))
		}
		if to != "" {
			add("http.redirections.entryPoint.to", ":"+cmp.Or(v.text("ports", to, "exposedPort"), v.text("ports", to, "port")))
			add("http.redirections.entryPoint.scheme", v.text(at("redirections", "entryPoint", "scheme")...))
			add("http.redirections.entryPoint.priority", cmp.Or(v.text(at("redirections", "entryPoint", "priority")...), v.text("ports", name, "redirectTo", "priority")))
		}
		for _, option := range []string{"allowEncodedSlash", "allowEncodedBackSlash"} {
			add("http.encodedCharacters."+option, v.text("ports", name, "http", "encodedCharacters", option))
		}
	}
	args = append(args, v.providers()...)
	for _, option := range v.names("core") {
		args = append(args, "--core."+option+"="+v.text("core", option))
	}
	for _, kind := range []string{"plugins", "localPlugins"} {
		for _, name := range v.names("experimental", kind) {
			args = append(args, "--experimental."+kind+"."+name+".moduleName="+v.text("experimental", kind, name, "moduleName"))
		}
	}
	return append(args, v.list("additionalArguments")...)
}

// providers are the options of those that read objects of Kubernetes. That of the Gateway API is off unless it is enabled.
func (v *values) providers() []string {
	var out []string
	for _, key := range []string{"kubernetesCRD", "kubernetesIngress", "kubernetesGateway"} {
		name, enabled := "--providers."+strings.ToLower(key), v.text("providers", key, "enabled")
		if enabled == "false" || enabled == "" && key == "kubernetesGateway" {
			continue
		}
		out = append(out, name+"=true")
		for _, option := range v.names("providers", key) {
			if value := strings.Join(v.list("providers", key, option), ","); value != "" && option != "enabled" {
				out = append(out, name+"."+option+"="+value)
			}
		}
	}
	return out
}

// version is the Traefik that a chart deploys: of the image that the values name, or the chart's.
func (v *values) version(chart Version) Version {
	if v.text("hub", "token") != "" || v.text("image", "repository") != "" && imageName(v.text("image", "repository")) != "traefik" {
		return versionOf(v.text("versionOverride"))
	}
	if tag := cmp.Or(v.text("versionOverride"), v.text("image", "tag")); tag != "" {
		return versionOf(tag)
	}
	return chartVersion(chart)
}

// place is where a field of an entry point is set, or what is nearest to it; at when no file has it. Before version 39 of the chart, fields are
// not below http.
func (v *values) place(at catalog.Place, name string, fields ...string) catalog.Place {
	for end := len(fields); end >= 0; end-- {
		for _, l := range slices.Backward(v.layers) {
			n := v.node(l, slices.Concat([]string{"ports", name, "http"}, fields[:end])...)
			if n == nil {
				n = v.node(l, slices.Concat([]string{"ports", name}, fields[:end])...)
			}
			if n != nil && l.file != "" {
				at.Pos = diag.Position{File: l.file, Line: n.Line, Column: n.Column}
				return at
			}
		}
	}
	return at
}

// plain reports whether a parameter is one value: not null, and none of a list.
func plain(p argocd.Parameter) bool {
	return !strings.ContainsAny(p.Name, `[\`) && !strings.HasPrefix(p.Value, "{") && (p.ForceString || p.Value != "null")
}

// nested are parameters such as a.b as a mapping of mappings.
func nested(parameters []argocd.Parameter) map[string]any {
	out := map[string]any{}
	for _, p := range parameters {
		at := out
		keys := strings.SplitN(p.Name, ".", deepest)
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
