package importing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/listtext"
)

// work is one import.
type work struct {
	in       Input
	objects  []*Object
	outcomes map[*Object]*Outcome
	entries  map[string]*entry // by namespace
	codes    map[string]*app
	platform platform
	profiles []File
	notes    []Note
	argocd   string // the namespace of Argo CD
	noted    map[string]bool
	guarded  map[string]*guarded // the namespaces with policies
	builtin  map[string]said     // the atoms of the built-in profiles
	// policiesChanged says that what entries say of their policies has to be written again.
	policiesChanged bool
	sets            map[*Object][]*Object // the Applications of each ApplicationSet
	problems        map[string]string     // what policies mean else with the list, by namespace
	dnsPods         atom                  // a lookup, without the name
	made            int                   // Applications, by ApplicationSets
	fuel            fuel                  // for the templates of all ApplicationSets
}

// part is a mapping of the list, and the objects that it was made of.
type part struct {
	fields listtext.Map
	of     []*Object
	gone   bool // it was taken out again
}

// entry is an entry of the list.
type entry struct {
	part
	namespace string
	managed   bool // whether the Namespace itself is expressed
	made      bool // whether an Application makes it: CreateNamespace
	token     bool // whether the default account has a token, as without the list
	labels    listtext.Map
	apps      []*app
	access    []*part
	cluster   []string // clusterResources
	project   listtext.Map
	projectOf []*Object
	policies  listtext.Map // networkPolicies
	policyOf  []*Object
}

// app is an application of the list.
type app struct {
	part
	code            string
	entry           *entry
	ingress, secret []*part
}

// platform is what platform.yml says.
type platform struct {
	expose, auth listtext.Map
	store        listtext.Map
	storeOf      []*Object
	headers      []string          // identityHeaders
	exposures    map[string]string // by the entry points, separated by commas
	middlewares  map[string]string // by namespace and name
	defaults     listtext.Map
	podSecurity  listtext.Map

	controller, dns, apiServer listtext.Map
}

// out says what became of an object.
func (w *work) out(o *Object, state State, reasons ...string) *Outcome {
	outcome := w.outcomes[o]
	if outcome == nil {
		outcome = &Outcome{Object: o}
		w.outcomes[o] = outcome
	}
	outcome.State = state
	for _, r := range reasons {
		if !slices.Contains(outcome.Reasons, r) {
			outcome.Reasons = append(outcome.Reasons, r)
		}
	}
	return outcome
}

// took says where the list has what an object says. How it compares is known later.
func (w *work) took(o *Object, became string, reasons ...string) {
	if outcome := w.out(o, "", reasons...); outcome.Became == "" {
		outcome.Became = became
	}
}

// note tells once what is true of the whole.
func (w *work) note(n Note) {
	if !w.noted[n.Text] {
		w.noted[n.Text] = true
		w.notes = append(w.notes, n)
	}
}

// entry is the entry of a namespace, which is made when there is none.
func (w *work) entry(namespace string) *entry {
	e := w.entries[namespace]
	if e == nil {
		e = &entry{namespace: namespace}
		w.entries[namespace] = e
	}
	return e
}

// sorted are the entries in order: those of the platform, which begin with sys- by habit, are not told apart.
func (w *work) sorted() []*entry {
	var out []*entry
	for _, e := range w.entries {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b *entry) int { return strings.Compare(a.namespace, b.namespace) })
	for _, e := range out {
		slices.SortFunc(e.apps, func(a, b *app) int { return strings.Compare(a.code, b.code) })
	}
	return out
}

// holder is the application that an object of a namespace, such as a route, is written under: the one of its name, or whose name begins it, or else
// the first. What is rendered is the same under each of them, but for the order.
func (e *entry) holder(names ...string) *app {
	if len(e.apps) == 0 {
		return nil
	}
	best := slices.MinFunc(e.apps, func(a, b *app) int {
		return cmp.Or(cmp.Compare(fit(b.code, names), fit(a.code, names)), strings.Compare(a.code, b.code))
	})
	return best
}

// fit is how well a code fits names: the length of what they have in common, from a beginning of either.
func fit(code string, names []string) int {
	most := 0
	for _, n := range names {
		switch {
		case n == "":
		case n == code:
			return 1000
		case strings.HasPrefix(n, code) || strings.HasPrefix(code, n), strings.HasSuffix(code, "-"+n):
			most = max(most, min(len(n), len(code)))
		}
	}
	return most
}

// put sets a key of a mapping, unless there is nothing to say.
func put(m *listtext.Map, key string, value any) {
	switch v := value.(type) {
	case nil:
		return
	case string:
		if v == "" {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	case []any:
		if len(v) == 0 {
			return
		}
	case map[string]any:
		if len(v) == 0 {
			return
		}
	case listtext.Map:
		if len(v) == 0 {
			return
		}
	case []listtext.Map:
		if len(v) == 0 {
			return
		}
	case bool:
		if !v {
			return
		}
	}
	*m = append(*m, listtext.Field{Key: key, Value: value})
}

// get is the value of a key.
func get(m listtext.Map, key string) any {
	for _, f := range m {
		if f.Key == key {
			return f.Value
		}
	}
	return nil
}
