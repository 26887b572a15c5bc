package catalog

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/hippotion/roster/internal/syntax"
)

// GuardrailsName is the catalog application whose policies the guardrails of entries are for.
const GuardrailsName = "guardrails"

// What a guardrail does.
const (
	Audit     = "audit"   // it reports
	Enforce   = "enforce" // it refuses
	unguarded = "none"
)

// Guardrails are what a namespace is held to.
type Guardrails struct {
	By         string            // the application whose policies they are; empty when the cluster has none
	ByAt       Place             // where it says what holds unless an entry says otherwise
	Actions    map[string]string // by guardrail; those that do nothing are not among them
	Own        map[string]Place  // of those that the entry itself says
	Exceptions []Exception
}

// Exception is a workload that a guardrail leaves alone.
type Exception struct {
	Guardrail, Workload, Reason string
	Until                       time.Time // the last day
	Place                       Place
}

// guarded is the guardrails of all namespaces.
type guarded struct {
	app    *app // nil when the cluster has none
	values guardrailValues
	of     map[string]Guardrails // by namespace
	listed []string              // the namespaces of the list, in order
}

// guardrailValues are the values of the catalog application as far as entries depend on them.
type guardrailValues struct {
	Engine             string
	Guardrails, Others map[string]string
	DefaultDeny        struct{ Action string }
}

// guardedOf is what the entries say about guardrails, over what the catalog application says.
func guardedOf(entries []*entry, builtins []*app) *guarded {
	g := &guarded{of: map[string]Guardrails{}}
	for _, in := range builtins {
		switch {
		case in.builtin.Name != GuardrailsName:
		case g.app != nil:
			in.Catalog.ReportWith(g.app.Catalog.Node, "first here", "duplicate-guardrails", "remove one of them: an entry says what differs for its namespace",
				"the cluster has guardrails already: the policies of both would have the same names")
		default:
			g.app = in
			if in.builtin.values != nil {
				mistaken(in.builtin, json.Unmarshal(in.builtin.values, &g.values))
			}
		}
	}
	for _, e := range entries {
		if e.Namespace.IsSet() {
			g.listed = append(g.listed, e.Namespace.V)
			g.entry(e)
		}
	}
	slices.Sort(g.listed)
	g.listed = slices.Compact(g.listed)
	g.something()
	return g
}

// something reports guardrails of which none does anything: nothing would be rendered, which no application may be.
func (g *guarded) something() {
	if g.app == nil || g.app.builtin.values == nil || g.values.DefaultDeny.Action == Enforce {
		return
	}
	does := func(of map[string]string) bool {
		return slices.ContainsFunc(guardrailNames[:], func(name string) bool { return of[name] == Audit || of[name] == Enforce })
	}
	if !does(g.values.Others) && !slices.ContainsFunc(g.listed, func(namespace string) bool { return does(g.of[namespace].Actions) }) {
		at, _ := valueOf(g.app.builtin, []string{"guardrails"})
		at.Report("no-effect", "write audit or enforce for one of them, or remove the application", "no guardrail does anything in any namespace")
	}
}

// entry finds what holds in a namespace.
func (g *guarded) entry(e *entry) {
	in := e.Guardrails
	if g.app == nil {
		if in != nil && in.Node != nil {
			in.Report("no-effect", "add an entry: - {namespace: sys-guardrails, applications: [{applicationCode: sys-guardrails, catalog: guardrails}]}",
				"guardrails has no effect: no application has catalog: guardrails")
		}
		return
	}
	at, _ := valueOf(g.app.builtin, []string{"guardrails"})
	out := Guardrails{By: g.app.ApplicationCode.V, ByAt: place(at), Actions: map[string]string{}, Own: map[string]Place{}}
	for _, guardrail := range guardrailNames {
		if action := g.values.Guardrails[guardrail]; action != unguarded && action != "" {
			out.Actions[guardrail] = action
		}
	}
	if in != nil && in.Node != nil {
		own := in.actions()
		for _, guardrail := range guardrailNames {
			if action := own[guardrail]; action.IsSet() {
				if guardrail == "live-state" && action.V == Enforce && g.values.Engine == "admission" {
					action.Report("no-effect", "remove it, or write engine: kyverno among the values of "+syntax.Quote(g.app.ApplicationCode.V), "live-state has no effect with policies of Kubernetes itself: they change nothing")
				}
				out.Own[guardrail] = place(action.Node)
				out.Actions[guardrail] = action.V
				if action.V == unguarded {
					delete(out.Actions, guardrail)
				}
			}
		}
		if g.app.builtin.values != nil { // else it is not known what has an effect
			out.Exceptions = exceptionsOf(in, out.Actions)
		}
	}
	g.of[e.Namespace.V] = out
}

// guardrailNames are those that an entry may name, in order.
var guardrailNames = [...]string{"limits", "live-state", "non-root", "pinned-images", "readiness-probes", "team-label"}

// GuardrailNames are the guardrails that an entry may name, in order.
func GuardrailNames() []string { return slices.Clone(guardrailNames[:]) }

func (in *guardrailsInput) actions() map[string]text {
	return map[string]text{"limits": in.Limits, "live-state": in.LiveState, "non-root": in.NonRoot, "pinned-images": in.PinnedImages,
		"readiness-probes": in.ReadinessProbes, "team-label": in.TeamLabel}
}

// exceptionsOf are the exceptions of an entry.
func exceptionsOf(in *guardrailsInput, actions map[string]string) []Exception {
	var out []Exception
	first := map[[2]string]*syntax.Node{}
	for i := range in.Exceptions {
		x := &in.Exceptions[i]
		if x.Node == nil || !x.Guardrail.IsSet() || !x.Workload.IsSet() || x.Flawed("guardrail") {
			continue
		}
		until, ok := x.end()
		key := [2]string{x.Guardrail.V, x.Workload.V}
		switch {
		case !subdomain(x.Workload) || !filled(x.Reason, "why the workload is excepted") || !ok:
		case actions[x.Guardrail.V] == "":
			x.Report("no-effect", "remove it", "the exception has no effect: %s does nothing in this namespace", x.Guardrail.V)
		case first[key] != nil:
			x.ReportWith(first[key], "first here", "duplicate-exception", "remove one of them", "%s is already excepted from %s", syntax.Quote(x.Workload.V), x.Guardrail.V)
		default:
			first[key] = x.Node
			out = append(out, Exception{Guardrail: x.Guardrail.V, Workload: x.Workload.V, Reason: x.Reason.V, Until: until, Place: place(x.Node)})
		}
	}
	return out
}

// end is the last day of an exception.
func (x *guardrailExceptionInput) end() (time.Time, bool) {
	if x.Until.Node == nil {
		return time.Time{}, false
	}
	until, err := time.Parse(time.DateOnly, x.Until.V)
	if err != nil {
		x.Until.Report("bad-value", "write the last day, such as 2027-03-31", "expected a date, found %s", syntax.Quote(x.Until.V))
	}
	return until, err == nil
}

// known is what the chart has to know: for each guardrail and action the namespaces, the exceptions, and which namespaces are in the list.
func (g *guarded) known() map[string]any {
	actions, exceptions := map[string]any{}, map[string]any{}
	for _, namespace := range g.listed {
		of := g.of[namespace]
		for _, guardrail := range guardrailNames {
			if action := of.Actions[guardrail]; action != "" {
				add(actions, guardrail, action, namespace)
			}
		}
		for _, x := range of.Exceptions {
			add(exceptions, x.Guardrail, namespace, x.Workload)
		}
	}
	listed := slices.Concat(g.listed, unmanaged)
	slices.Sort(listed)
	return map[string]any{"actions": actions, "exceptions": exceptions, "listed": anys(slices.Compact(listed))}
}

// add appends to a list in a mapping of mappings of lists.
func add(to map[string]any, outer, inner string, value string) {
	of, _ := to[outer].(map[string]any)
	if of == nil {
		of = map[string]any{}
		to[outer] = of
	}
	list, _ := of[inner].([]any)
	of[inner] = append(list, value)
}

// providersOf are the applications that install an API group, in order.
func providersOf(entries []*entry, group string) []string {
	var codes []string
	eachApp(entries, func(in *app) {
		if in.ApplicationCode.IsSet() && slices.ContainsFunc(in.Provides, func(g text) bool { return g.V == group }) {
			codes = append(codes, in.ApplicationCode.V)
		}
	})
	slices.Sort(codes)
	return codes
}

// clusterResources adds kinds to those that an entry may contain.
func (w written) clusterResources(e *entry, kinds []string) {
	if e.Flawed("clusterResources") || len(kinds) == 0 {
		return
	}
	e.ClusterResources = slices.Clone(e.ClusterResources)
	for _, kind := range kinds {
		e.ClusterResources = append(e.ClusterResources, clusterResourceInput{Node: w.Node, Kind: w.text(kind)})
	}
}
