// Package inspection is one run of lint on a folder: it builds everything that the list asks for, applies the rules to it, and collects
// the findings.
//
// The input may be hostile, and a rule may have a fault: so a limited process does the work, and what goes wrong there is one finding
// among the others. It prints nothing, and it does not decide what counts as found; see internal/lint.
package inspection

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/progress"
	"github.com/hippotion/roster/internal/lint/rules"
	"github.com/hippotion/roster/internal/rendered"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/trace"
)

// Input is what to check.
type Input struct {
	Place fleet.Place
	// Sources are what was fetched, which a process of its own must be able to open; nil when that is not to be looked at.
	Sources source.Sources `json:"-"`
	// Rendered is where what was found and rendered is kept, and looked for first; nothing is kept when it is zero.
	Rendered rendered.Cache
	// Turn is that of fleet.Input, for several at once in this process.
	Turn *sync.Mutex `json:"-"`
	// Unstable says that Open also finds out which fields differ each time that they are rendered, as a check always does.
	Unstable bool
	Only     []string  // names of rules; all when empty
	Today    time.Time // for waivers that end
	Timeout  time.Duration
}

// Result is what was found.
type Result struct {
	Findings []lint.Finding // in order
	// Unread reports that the list itself could not be read: nothing was checked.
	Unread bool

	Checked int            // objects
	Skipped map[string]int // how many objects or sources could not be checked, by reason
	Waived  int            // findings that a comment waives

	Frame diag.Frame // how the user sees the files
	Root  string     // the repository's root, relative to the top of the checkout

	seen *fleet.Seen // what was looked at; nil when that may not be seen again
}

func (r *Result) add(severity lint.Severity, diags ...diag.Diagnostic) {
	for _, d := range diags {
		r.Findings = append(r.Findings, lint.Finding{Diagnostic: d, Severity: severity})
	}
}

// list is the place of the list as a whole.
func (r *Result) list() diag.Position {
	return diag.Position{File: path.Join(r.Frame.Within, catalog.ApplicationsFile)}
}

// Codes of findings that belong to no rule.
const (
	codeNotChecked = "not-checked" // a rule was stopped
	codeTooSlow    = "too-slow"    // the time is up
)

// omitted is what is not done again after it has stopped a process.
type omitted struct {
	Rules   []string         // that are not applied
	Objects map[string][]int // by rule: the numbers of objects that it is not shown
	Cause   map[string]string
}

// watcher is told how a check proceeds.
type watcher struct {
	progress *progress.Cell // where the check is; may be nil
	built    func(Result)   // what is known before any rule is applied
	rule     func([]lint.Finding)
	apply    func(*lint.Input, lint.Options) lint.Result
}

// Look checks a place, in this process and without any limit: for tests, and for input that is trusted.
func Look(in Input) (Result, error) { return look(in, omitted{}, watcher{apply: rules.All().Run}) }

func look(in Input, without omitted, w watcher) (Result, error) {
	o, err := open(in, fleet.Want{Workloads: true, Unstable: true, Seen: in.Rendered != rendered.Cache{}})
	if err != nil {
		return Result{}, err
	}
	defer func() { _ = o.close() }()
	r, inputs, out := o.Result, o.Inputs, &o.Output
	if inputs == nil {
		r.Findings = lint.Sorted(r.Findings)
		return r, nil
	}
	for _, rule := range rules.All().Names() { // in order
		if cause, stopped := without.Cause[rule]; stopped {
			r.omitted(inputs, rule, cause, without.Objects[rule])
		}
	}
	if w.built != nil {
		w.built(r)
	}
	found := gathered{}
	for i, what := range inputs {
		result := w.apply(what, lint.Options{Today: in.Today, Only: in.Only, Without: without.Rules, Hidden: without.Objects, Progress: w.progress, Found: w.rule})
		found.add(out.Clusters[i].Platform, result)
		r.Checked += len(what.Objects) + len(what.Workloads)
		r.Waived = max(r.Waived, result.Waived)
		for kind, n := range schemaless(result.Unchecked) {
			r.Skipped["no schema for "+kind] += n
			r.Checked -= n
		}
	}
	r.Findings = append(r.Findings, found.findings()...)
	r.add(lint.Error, found.mistakes...)
	r.Findings = lint.Sorted(r.Findings)
	if o.recorder != nil {
		if taken := o.recorder.End(nil); taken != nil && out.Seen.Repository.Add(taken.Seen) {
			r.seen = out.Seen
		}
	}
	return r, nil
}

// Opened is a platform, ready for questions.
type Opened struct {
	Result               // what is known before any question
	Inputs []*lint.Input // of each cluster; nil when the list cannot be read, which the findings say
	Output fleet.Output  // that they were made of

	recorder *trace.Recorder
	close    func() error
}

// Close closes the files.
func (o *Opened) Close() error { return o.close() }

// Open builds what the list asks for, and what the applications deploy. It applies no rule.
func Open(in Input) (*Opened, error) {
	return open(in, fleet.Want{Workloads: true, Unstable: in.Unstable})
}

func open(in Input, want fleet.Want) (*Opened, error) {
	forSources := cmp.Or(in.Timeout, fleet.Minutes) / 4 * 3 // the rest is for the questions
	out, diags, err := fleet.Build(fleet.Input{Place: in.Place, Sources: in.Sources, Rendered: in.Rendered, Turn: in.Turn, Timeout: forSources, Want: want})
	if err != nil {
		return nil, err
	}
	o := &Opened{Result: Result{Skipped: map[string]int{}, Frame: out.Frame, Root: out.Root}, Output: out, close: func() error { return nil }}
	if out.Clusters == nil {
		o.add(lint.Error, diags...)
		o.Unread = out.Unread
		return o, nil
	}
	o.add(lint.Warning, out.Warnings...)
	files, closer, err := out.Open(in.Place)
	if err != nil {
		return nil, err
	}
	o.close = closer
	if out.Seen != nil {
		o.recorder = trace.New(files, nil)
		files = o.recorder.Files()
	}
	o.Inputs = make([]*lint.Input, len(out.Clusters))
	first := 0 // the number of the first workload
	for i, c := range out.Clusters {
		o.Inputs[i] = o.input(&out, c, files)
		o.Inputs[i].First = first
		first += len(o.Inputs[i].Workloads)
	}
	return o, nil
}

// input is what there is to check of one cluster.
func (r *Result) input(out *fleet.Output, c *fleet.Cluster, files fs.FS) *lint.Input {
	what := &lint.Input{Platform: c.Platform, Order: c.Order, Objects: c.Objects, Repository: files, Failed: map[string]diag.List{}}
	for i := range out.Applications {
		a := &out.Applications[i]
		if a.Platform != c.Platform {
			continue
		}
		switch {
		case a.ByPlugin():
			r.Skipped["rendered by a plugin"]++
		case a.Workload == nil:
			r.Skipped["not fetched"]++
		case a.Failed():
			what.Failed[a.Code] = a.Mistakes
			r.Skipped[reason(a.Mistakes)]++
		}
		for _, y := range a.Yields {
			what.Workloads = append(what.Workloads, &lint.Object{Object: y.Object, Entry: a.Namespace, Application: a.Application, Pos: y.Pos, From: y.From, Unstable: y.Unstable, Source: y.Source})
		}
	}
	return what
}

const (
	mostKinds   = 50  // that are named
	longestKind = 200 // bytes: no kind of any API is that long
)

// schemaless are how many objects of which kinds have no schema, with those that most have by name.
func schemaless(unchecked map[string]int) map[string]int {
	kinds := slices.SortedFunc(maps.Keys(unchecked), func(a, b string) int { return cmp.Or(unchecked[b]-unchecked[a], cmp.Compare(a, b)) })
	out := map[string]int{}
	for i, kind := range kinds {
		name := "other kinds"
		if i < mostKinds {
			name = diag.Beginning(kind, longestKind)
		}
		out[name] += unchecked[kind]
	}
	return out
}

// reason is why an application with these mistakes was not looked at.
func reason(mistakes diag.List) string {
	if slices.ContainsFunc(mistakes, func(d diag.Diagnostic) bool { return d.Code != lint.NotFetched }) {
		return "not rendered because of mistakes"
	}
	return "not fetched"
}

// omitted reports what a rule was not shown, or that it was not applied, and why.
func (r *Result) omitted(inputs []*lint.Input, rule, cause string, objects []int) {
	if len(objects) == 0 {
		r.add(lint.Error, diag.Diagnostic{Pos: r.list(), Code: codeNotChecked, Message: fmt.Sprintf("the rule %s was not applied: %s", rule, cause),
			Hint: "please report it; --rules applies others alone"})
	}
	for _, number := range objects {
		for _, in := range inputs {
			if number < in.First || number >= in.First+len(in.Workloads) {
				continue
			}
			o := in.Workloads[number-in.First]
			at := o.MadeFrom()
			r.add(lint.Error, diag.Diagnostic{Pos: at.Pos, Path: at.Path, Code: codeNotChecked,
				Message: fmt.Sprintf("the rule %s was not applied to %s: %s", rule, o.Title(), cause), Hint: "does it have to be this large?"})
		}
	}
}
