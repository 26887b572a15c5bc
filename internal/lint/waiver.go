package lint

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/diag"
)

// waiver is a comment that waives findings of some rules on its line or, when it has a line of its own, on the next one that is not a
// comment:
//
//	# lint:ignore RULE[,RULE] REASON [until YYYY-MM-DD]
type waiver struct {
	named []string        // the rules, as they are written
	rules map[string]bool // likewise
	at    diag.Position
	line  int // that it is for
	used  bool
}

var waiverComment = regexp.MustCompile(`#\s*lint:ignore\s+([a-z0-9-]+(?:,[a-z0-9-]+)*)(?:\s+(.*?))?\s*$`)

var waiverEnd = regexp.MustCompile(`(?:^|\s)until\s+(\S+)$`)

// WaiverEnded and waiverUnused are found while waivers are applied.
var (
	WaiverEnded = Rule{
		Name:     "waiver-ended",
		Severity: Error,
		Summary:  "a waiver has no reason, or its end has passed",
		Doc: `A finding is waived by a comment on its line, or on the line above: ` + "`# lint:ignore RULE REASON`" + `, with
` + "`until YYYY-MM-DD`" + ` at the end if it is for a time. The reason is for those who read it in a year. When the end has passed,
the finding is back, and the waiver is a finding as well.`,
		Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated # lint:ignore outside-address-from-inside for now until 2020-01-31
  applications:
    - {applicationCode: web-a, repoURL: 'https://git.example/a.git', path: deploy}
`,
		Mend: []string{`  networkPolicies: isolated # lint:ignore outside-address-from-inside for now until 2020-01-31`, `  networkPolicies: isolated`},
	}
	WaiverUnused = Rule{
		Everywhere: true,
		Name:       "waiver-unused",
		Severity:   Warning,
		Summary:    "a waiver waives nothing",
		Doc:        `What it was for is fixed, or has moved: remove the comment. Otherwise it would hide the next fault at this place.`,
		Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated # lint:ignore outside-address-from-inside it has to
  applications:
    - {applicationCode: web-a, repoURL: 'https://git.example/a.git', path: deploy}
`,
		Mend: []string{`  networkPolicies: isolated # lint:ignore outside-address-from-inside it has to`, `  networkPolicies: isolated`},
	}
)

// waive leaves out the findings that a comment waives, and adds those about comments.
func (all Rules) waive(in *Context, found []Finding, o Options, out *Result) []Finding {
	waivers, problems := all.waivers(in, o)
	type line struct {
		file string
		line int
	}
	at := map[line][]*waiver{}
	for _, w := range waivers {
		at[line{w.at.File, w.line}] = append(at[line{w.at.File, w.line}], w)
	}
	kept := found[:0]
	for _, f := range found {
		waived := false
		lines := []line{{f.Pos.File, f.Pos.Line}}
		if f.of != nil {
			lines = append(lines, line{f.of.Place.Pos.File, f.of.Place.Pos.Line})
		}
		for _, l := range lines {
			for _, w := range at[l] { // one on the line, and those above it
				if w.rules[f.Code] {
					waived, w.used = true, true
				}
			}
		}
		if waived {
			out.Waived++
		} else {
			kept = append(kept, f)
		}
	}
	for _, w := range waivers {
		if !w.used && len(in.Failed) == 0 && !w.rules[NotFetched] { // else its finding may be one that could not be checked, or is one on another machine
			problems = append(problems, finding(&WaiverUnused, w.at, "remove the comment", "there is no finding of "+strings.Join(w.named, " or ")+" here"))
		}
	}
	for _, p := range problems {
		r := &WaiverUnused
		if p.Code == WaiverEnded.Name {
			r = &WaiverEnded
		}
		if p.Severity = severity(in.Input, r); p.Severity != off && (len(o.Only) == 0 || slices.Contains(o.Only, r.Name)) {
			kept = append(kept, p)
		}
	}
	return kept
}

func finding(r *Rule, at diag.Position, hint, message string) Finding {
	return Finding{Diagnostic: diag.Diagnostic{Pos: at, Code: r.Name, Message: message, Hint: hint}}
}

// waivers are the comments in all files that the user wrote, and what is wrong with some.
func (all Rules) waivers(in *Context, o Options) (valid []*waiver, problems []Finding) {
	rules := all.Names()
	for _, name := range in.Places.Files() {
		f := in.Places.File(name)
		if f == nil {
			continue
		}
		for i, line := range f.Lines {
			if !strings.Contains(line, "lint:ignore") {
				continue
			}
			m := waiverComment.FindStringSubmatchIndex(line)
			if m == nil {
				continue
			}
			w := &waiver{named: strings.Split(line[m[2]:m[3]], ","), rules: map[string]bool{}, at: diag.Position{File: name, Line: i + 1, Column: m[0] + 1}, line: i + 1}
			if strings.TrimSpace(line[:m[0]]) == "" {
				w.line = f.NextLine(i + 1)
			}
			reason := ""
			if m[4] >= 0 {
				reason = line[m[4]:m[5]]
			}
			if problem := w.read(reason, rules, o.Today); problem != "" {
				problems = append(problems, finding(&WaiverEnded, w.at, "# lint:ignore RULE REASON [until YYYY-MM-DD]", problem))
				continue
			}
			if w.applies(o.Only) {
				valid = append(valid, w)
			}
		}
	}
	return valid, problems
}

// applies reports whether some of the rules of the waiver are among those that are looked for.
func (w *waiver) applies(only []string) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(r string) bool { return w.rules[r] })
}

// read parses what follows the rules, and returns what is wrong with it.
func (w *waiver) read(reason string, rules []string, today time.Time) string {
	for _, r := range w.named {
		if !slices.Contains(rules, r) {
			return "there is no rule " + r + ": " + diag.DidYouMean(r, rules)
		}
		w.rules[r] = true
	}
	if m := waiverEnd.FindStringSubmatch(reason); m != nil {
		end, err := time.Parse(time.DateOnly, m[1])
		if err != nil {
			return "the waiver's end is not a date"
		}
		if reason = strings.TrimSuffix(reason, m[0]); !today.Before(end.AddDate(0, 0, 1)) {
			return "the waiver ended on " + m[1]
		}
	}
	if strings.TrimSpace(reason) == "" {
		return "the waiver has no reason"
	}
	return ""
}
