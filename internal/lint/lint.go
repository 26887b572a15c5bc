// Package lint finds what is wrong in a platform that renders: what Kubernetes, Argo CD or Cilium would take, and the owner
// would be sorry for. One file holds one rule.
//
// It reads what it is given, and decides nothing about how findings are printed. It has no clock and no network.
package lint

import (
	"cmp"
	"io/fs"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/render/object"
)

// Severity is how bad a finding is.
type Severity string

// The severities, from the worst.
const (
	Error   Severity = "error"   // it does not work, or is open to others
	Warning Severity = "warning" // it works by chance, or not for long
	Info    Severity = "info"
)

// Rule is one thing to look for.
type Rule struct {
	Name     string
	Severity Severity
	Summary  string // one line, without a full stop
	Doc      string // why it matters and what to do, in Markdown
	// Bad and Good are folders with an applications.yml, as txtar: one that has exactly this finding, and one that has none.
	Bad, Good string
	Check     func(*Input, Report)
}

// rules are all rules. To add one, add its file, and the rule here.
var rules = [...]*Rule{
	&outsideFromInside,
}

// Rules lists all rules by name.
func Rules() []*Rule {
	return slices.SortedFunc(slices.Values(rules[:]), func(a, b *Rule) int { return cmp.Compare(a.Name, b.Name) })
}

// Input is what is looked at.
type Input struct {
	Platform *catalog.Platform
	// Workloads are the objects that the applications deploy, as far as they can be rendered here.
	Workloads []Object
	// Repository is where the files lie that objects are made from.
	Repository fs.FS
}

// Object is one that an application deploys.
type Object struct {
	object.Object
	Namespace   *catalog.Namespace // the entry
	Application *catalog.Application
	// Pos is what it was made from, seen from the repository's root. There is no file for applications that roster brings, and
	// no line for what templates make.
	Pos diag.Position
}

// Content is the object as YAML has it.
func (o *Object) Content() map[string]any {
	content, _ := o.Value().(map[string]any)
	return content
}

// Finding is something that a rule has found.
type Finding struct {
	diag.Diagnostic // Code is the rule's name; Pos is seen from the repository's root
	Severity        Severity
}

// Report reports a finding.
type Report func(at catalog.Place, hint, format string, args ...any)

// Run applies all rules, and returns what they find, in order.
func Run(in *Input) []Finding {
	var found []Finding
	for _, r := range Rules() {
		r.Check(in, func(at catalog.Place, hint, format string, args ...any) {
			d := diag.Diagnostic{Pos: at.Pos, Path: at.Path, Code: r.Name, Message: sprintf(format, args), Hint: hint}
			found = append(found, Finding{d, r.Severity})
		})
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(a.Pos.Compare(b.Pos), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(found, func(a, b Finding) bool {
		return a.Pos == b.Pos && a.Path == b.Path && a.Code == b.Code && a.Message == b.Message
	})
}
