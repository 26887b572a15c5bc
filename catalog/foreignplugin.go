package catalog

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/syntax"
)

var (
	pluginName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	variable   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// byPlugin is a folder that a plugin of somebody else renders: what it makes of it is unknown.
func (r *sourceReader) byPlugin(in *app, s Source) deployed {
	excluded(&app{appInput: appInput{Helm: in.Helm, Kustomize: in.Kustomize, Directory: in.Directory, ValueFiles: in.ValueFiles}}, "a source that a plugin renders")
	if in.Values.Node != nil {
		in.Values.Report("no-effect", "remove it", "this has no effect on a source that a plugin renders")
	}
	s.Foreign = r.plugged(in.Plugin)
	return deployed{sources: []Source{s}, elsewhere: strings.TrimSpace("folder "+s.Path+", which the plugin "+s.Foreign.Name) + " renders"}
}

// plugged is what a plugin is told.
func (r *sourceReader) plugged(in *pluginInput) *argocd.Plugin {
	out := &argocd.Plugin{Name: in.Name.V}
	switch {
	case in.Name.IsSet() && !pluginName.MatchString(in.Name.V):
		in.Name.Report("bad-name", "", "expected the name of a plugin, found %s", syntax.Quote(in.Name.V))
	case in.Name.IsSet() && in.Name.V == r.plugin:
		in.Name.Report("bad-choice", "set path or catalog, and no plugin", "%q is roster itself", in.Name.V)
	case !in.Name.IsSet() && len(in.Env.Items)+len(in.Parameters.Items) == 0:
		in.Report("missing-field", "write plugin: my-plugin-v1", "expected name, env or parameters: Argo CD would forget an empty plugin")
	}
	for _, e := range in.Env.Items {
		if !variable.MatchString(e.Key) {
			e.At.Report("bad-name", "", "expected the name of a variable, found %s", syntax.Quote(e.Key))
		}
		out.Env = append(out.Env, argocd.EnvVar{Name: e.Key, Value: e.Value.V})
	}
	for _, p := range in.Parameters.Items {
		parameter, ok := parameterOf(p.Key, p.Value.V)
		if !ok {
			p.Node.Report("wrong-type", "put numbers in quotes", "expected text, a list of texts, or a mapping of texts")
		}
		out.Parameters = append(out.Parameters, parameter)
	}
	slices.SortFunc(out.Env, func(a, b argocd.EnvVar) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(out.Parameters, func(a, b argocd.PluginParameter) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// parameterOf is a parameter with a value of one of its three types.
func parameterOf(name string, value any) (argocd.PluginParameter, bool) {
	p := argocd.PluginParameter{Name: name}
	ok := true
	switch v := value.(type) {
	case string:
		p.String = &v
	case []any:
		for _, e := range v {
			s, isText := e.(string)
			p.Array, ok = append(p.Array, s), ok && isText
		}
	case map[string]any:
		p.Map = map[string]string{}
		for key, e := range v {
			s, isText := e.(string)
			p.Map[key], ok = s, ok && isText
		}
	default:
		return p, false
	}
	return p, ok
}
