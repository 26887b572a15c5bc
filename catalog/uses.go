package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog/apps/builtin"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// uses resolves what an application calls: what the entry says, or else what a catalog application requires.
func (x *expansion) uses(in *app) {
	b := in.builtin
	used := map[string]builtin.Used{}
	for _, u := range in.Uses {
		if !u.Application.IsSet() {
			continue
		}
		target := x.names.apps[u.Application.V]
		if target == nil {
			x.names.unknownApplication(u.Application.Node, u.Application.V, "add one to this cluster, too; or name what it calls in its values, and permit the flow under networkPolicies.allow with to: {host: …}")
			continue
		}
		switch other := target.builtin; {
		case other == nil || other.Application.Offer == nil:
			hint := "permit the flow under networkPolicies.allow"
			if offering := x.offering(""); len(offering) > 0 {
				hint = diag.OneOf("the list has ", offering) + "; for others, permit the flow under networkPolicies.allow"
			}
			u.Application.Report("nothing-offered", hint, "%s is not a catalog application that others can use", syntax.Quote(u.Application.V))
		case used[other.Name].Code != "":
			u.Application.Report("used-twice", "remove one of them", "this application already uses %q", used[other.Name].Code)
		default:
			used[other.Name] = builtin.Used{Code: u.Application.V, Namespace: other.entry.Namespace.V, Offer: other.offer}
		}
	}
	if b != nil && !in.Flawed("uses") {
		for _, name := range slices.Sorted(maps.Keys(b.Application.Uses)) {
			switch offering := x.offering(name); {
			case used[name].Code != "":
			case in.Uses != nil && b.Application.Uses[name]:
				in.Report("missing-value", diag.OneOf("the list has ", offering), "%s needs %s, but uses does not name one", b.Name, name)
			case in.Uses != nil:
			case len(offering) == 1:
				other := x.names.apps[offering[0]].builtin
				used[name] = builtin.Used{Code: offering[0], Namespace: other.entry.Namespace.V, Offer: other.offer}
			case len(offering) > 1:
				in.Catalog.Report("missing-value", diag.OneOf("set uses to one of ", offering), "the list has several applications with catalog: %s", name)
			case b.Application.Uses[name] && !x.names.codesMissing:
				in.Catalog.Report("missing-value", "add an entry: - {namespace: web-"+name+", applications: [{applicationCode: web-"+name+", catalog: "+name+"}]}",
					"%s needs %s, and no entry has catalog: %s", b.Name, name, name)
			}
		}
	}
	if len(used) > 0 {
		in.used = used
	}
}

// offering are the codes of the applications that others may use; with that name in the catalog, unless it is empty.
func (x *expansion) offering(name string) []string {
	var codes []string
	for _, in := range x.apps {
		if b := in.builtin; b.Application.Offer != nil && (name == "" || b.Name == name) && x.names.apps[in.ApplicationCode.V] == in {
			codes = append(codes, in.ApplicationCode.V)
		}
	}
	slices.Sort(codes)
	return codes
}

// permitUses permits the calls of an application, or of the pods that call in its place.
func (x *expansion) permitUses(in *app, callers builtin.Callers) {
	for _, name := range slices.Sorted(maps.Keys(in.used)) {
		used := in.used[name]
		if used.Offer == nil || callers.None { // its values do not fit
			continue
		}
		w := written{in.Catalog.Node}
		labels, from := w.labels(callers.PodLabels), x.names.callersIn(callers, in.entry)
		for _, u := range in.Uses {
			if u.Application.V == used.Code {
				w = written{u.Node}
				if u.PodLabels.Node != nil {
					labels = u.PodLabels
				}
			}
		}
		if from == nil {
			continue
		}
		flow := flowInput{Node: w.Node, PodLabels: labels,
			To: w.peer(builtin.Peer{Namespace: used.Namespace, PodLabels: used.Offer.PodLabels, Ports: []string{used.Offer.Port}})}
		x.permitted = append(x.permitted, permission{from, flow, Used, origin(in.entry.Namespace.V, "applications", in.ApplicationCode.V, "uses")})
	}
}

// known are the values that roster sets, since it knows them and the user need not; nil when there are none. They are found
// under global.roster, which subcharts see as well.
func (x *expansion) known(in *app) map[string]any {
	if in.whole != nil {
		in = in.whole
	}
	out := map[string]any{}
	if used := in.used; len(used) > 0 {
		uses := map[string]any{}
		for name, u := range used {
			if u.Offer == nil {
				continue
			}
			topics := map[string]any{}
			for key, topic := range u.Offer.Topics {
				topics[key] = topic
			}
			values := map[string]any{"application": u.Code, "url": u.URL(), "topics": topics}
			if host := x.settings.firstHost(x.names.apps[u.Code]); host != "" {
				values["outside"] = "https://" + host
			}
			uses[name] = values
		}
		out["uses"] = uses
	}
	if in.builtin != nil {
		if host := x.settings.firstHost(in); host != "" {
			out["host"] = host
		}
		if in := x.monitoring.namespace(); in != "" {
			out["monitoring"] = in
		}
		if in == x.guarded.app {
			out["guardrails"] = x.guarded.known()
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// firstHost is the whole name of an application's first host; empty when it has none, or that is a pattern.
func (s *settings) firstHost(in *app) string {
	if in == nil || len(in.Ingress) == 0 {
		return ""
	}
	names := in.Ingress[0].hosts()
	if len(names) == 0 || !names[0].IsSet() || strings.Contains(names[0].V, "*") {
		return ""
	}
	host := names[0].V
	if !strings.Contains(host, ".") && s.in.Domain.IsSet() {
		host += "." + s.in.Domain.V
	}
	return host
}

// withKnown are the user's values with what roster knows.
func withKnown(in *app, known map[string]any) map[string]any {
	given, _ := in.Values.V.(map[string]any)
	values := maps.Clone(given)
	if values == nil {
		values = map[string]any{}
	}
	global, isMapping := values["global"].(map[string]any)
	if _, taken := global["roster"]; taken || values["global"] != nil && !isMapping {
		at, _ := in.Values.At("global", "roster")
		at.Report("reserved-name", "remove it", "roster sets global.roster itself")
	}
	global = maps.Clone(global)
	if global == nil {
		global = map[string]any{}
	}
	global["roster"], values["global"] = known, global
	return values
}
