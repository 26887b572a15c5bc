// Package lint finds what is wrong in a platform that renders: what Kubernetes, Argo CD or Cilium would accept, and the owner would
// regret. It applies rules, which package rules lists, leaves out what comments waive, and fixes some of what they find.
//
// It reads what it is given, and decides nothing about how findings are printed. It has no clock and no network.
package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/progress"
)

// Severity is how bad a finding is.
type Severity string

// The severities, from the worst.
const (
	Error   Severity = "error"   // it does not work, or is open to others
	Warning Severity = "warning" // it works by chance, or not for long
	Info    Severity = "info"    // it could be better
)

// Severities are all severities, from the worst.
func Severities() []Severity { return []Severity{Error, Warning, Info} }

// NotFetched is the code of a diagnostic which says that something was not fetched, and the name of the rule that passes it on.
const NotFetched = deployed.NotFetched

// off is the severity of a rule that is not applied.
const off Severity = "off"

// Rule is one thing to look for.
type Rule struct {
	Name     string // lower case with dashes, as in --rules
	Severity Severity
	// Everywhere says that a finding counts only when all clusters of the list have it: what is unused on one may be used on another.
	Everywhere bool
	Strict     bool   // whether it is off unless lint.strict of platform.yml turns it on
	Summary    string // one line, without a full stop
	Doc        string // why it matters and what to do, in Markdown
	// Bad is a folder with an applications.yml, as txtar, that has exactly one finding, of this rule. Mend is what to replace in it, and with
	// what, in pairs, so that it has none; where that would be most of it, Good is the whole folder instead. They are
	// the examples of the documentation, and the test.
	Bad   string
	Mend  []string
	Good  string
	Check func(*Context, Report) // nil when it is found elsewhere
	// Find is instead of Check for findings that are more than a message at a place.
	Find func(*Context, func(Finding))
	// Fixable reports whether Fix may fix what the rule finds, or Extend with what is Missing from it.
	Fixable bool
}

// Mended is the good example.
func (r *Rule) Mended() string {
	if r.Good != "" {
		return r.Good
	}
	out := r.Bad
	for i := 0; i+1 < len(r.Mend); i += 2 {
		out = strings.Replace(out, r.Mend[i], r.Mend[i+1], 1)
	}
	return out
}

// Finding is something that a rule has found.
type Finding struct {
	diag.Diagnostic // Code is the rule's name; Pos is relative to the repository's root
	Severity        Severity
	// Missing is what Extend may add to the list; nil for most.
	Missing *Addition `json:",omitempty"`

	of *catalog.Application // whose own line may have the comment that waives it; nil for most
}

// FoundAt is a finding at a place.
func FoundAt(at catalog.Place, hint, format string, args ...any) Finding {
	return Finding{Diagnostic: diag.Diagnostic{Pos: at.Pos, Path: at.Path, Message: fmt.Sprintf(format, args...), Hint: hint}}
}

// Of is the finding as one about an application: a comment on the application's own line waives it, too.
func (f Finding) Of(a *catalog.Application) Finding {
	f.of = a
	return f
}

// Report reports a finding. The hint says what to do, and may be empty.
type Report func(at catalog.Place, hint, format string, args ...any)

// Options are what the caller decides.
type Options struct {
	Today time.Time // for waivers that end
	Only  []string  // names of rules; all when empty

	// Without are rules that are not applied, and Hidden the numbers of workloads that a rule is not shown: they have stopped an earlier run.
	// What is hidden is unknown to the rule, and not absent.
	Without []string
	Hidden  map[string][]int
	// Progress is told which rule looks at which workload, and Found what each rule has found, before comments waive any of it;
	// both may be nil.
	Progress *progress.Cell
	Found    func([]Finding)
}

// Result is what was found.
type Result struct {
	Findings  []Finding      // in order, each once
	Waived    int            // how many findings a comment has waived
	Unchecked map[string]int // how many objects could not be validated, by kind
	// Mistakes are what is wrong in lint of platform.yml, at places relative to the repository's root.
	Mistakes diag.List
}

// Rules are rules in the order of their names.
type Rules []*Rule

// Names lists the names of the rules, in order.
func (all Rules) Names() []string {
	var names []string
	for _, r := range all {
		names = append(names, r.Name)
	}
	return names
}

// Run applies the rules.
func (all Rules) Run(in *Input, o Options) Result {
	in.Watch(o.Progress)
	whole := NewContext(in)
	whole.Today = o.Today
	var out Result
	out.Mistakes = all.mistakes(in)
	out.Unchecked = whole.Deployed.Unchecked().Count
	var found []Finding
	for i, r := range all {
		severity := severity(in, r)
		if r.Check == nil && r.Find == nil || severity == off || len(o.Only) > 0 && !slices.Contains(o.Only, r.Name) || slices.Contains(o.Without, r.Name) {
			continue
		}
		o.Progress.Rule(i)
		before := len(found)
		add := func(f Finding) {
			f.Code, f.Severity = r.Name, severity
			f.Message, f.Hint = diag.Beginning(f.Message, longestMessage), diag.Beginning(f.Hint, longestMessage)
			found = append(found, f)
		}
		shown := whole
		if hidden := o.Hidden[r.Name]; len(hidden) > 0 {
			shown = NewContext(in.Without(hidden))
			shown.Today = o.Today
		}
		if r.Find != nil {
			r.Find(shown, add)
		} else {
			r.Check(shown, func(at catalog.Place, hint, format string, args ...any) {
				add(FoundAt(at, hint, format, args...))
			})
		}
		if o.Found != nil {
			o.Found(found[before:])
		}
	}
	found = all.waive(whole, found, o, &out)
	out.Findings = Sorted(found)
	return out
}

// longestMessage is how many bytes of a message are kept. Many findings may quote the same long text.
const longestMessage = 4000

// Everywhere reports whether findings of the named rule count only when all clusters of the list have them.
func (all Rules) Everywhere(name string) bool {
	return slices.ContainsFunc(all, func(r *Rule) bool { return r.Name == name && r.Everywhere })
}

// Fixable reports whether Fix or Extend may fix what the named rule finds.
func (all Rules) Fixable(name string) bool {
	return slices.ContainsFunc(all, func(r *Rule) bool { return r.Name == name && r.Fixable })
}

// Sorted are the findings by place, each once.
func Sorted(found []Finding) []Finding {
	slices.SortStableFunc(found, func(a, b Finding) int { return a.Compare(b.Diagnostic) })
	return slices.CompactFunc(found, func(a, b Finding) bool { return a.Identity() == b.Identity() })
}

// severity is that of platform.yml, or else the rule's own.
func severity(in *Input, r *Rule) Severity {
	if s, ok := in.Platform.Lint.Severities[r.Name]; ok {
		return Severity(s.Severity)
	}
	if r.Strict && !in.Platform.Lint.Strict {
		return off
	}
	return r.Severity
}

// mistakes are the unknown rules in platform.yml.
func (all Rules) mistakes(in *Input) diag.List {
	var out diag.List
	names := all.Names()
	for name, s := range in.Platform.Lint.Severities {
		if !slices.Contains(names, name) {
			at := s.Place
			out.Add(diag.Diagnostic{Pos: at.Pos, Path: at.Path, Code: "unknown-rule", Message: fmt.Sprintf("there is no rule %q", name),
				Hint: diag.DidYouMean(name, names)})
		}
	}
	return out.Sorted()
}
