package lint

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
)

// waiver is a comment that waives findings of some rules on its line or, when it has a line of its own, on the next one
// that is no comment:
//
//	# lint:ignore RULE[,RULE] REASON [until YYYY-MM-DD]
type waiver struct {
	rules []string
	at    diag.Position
	line  int // that it is for
	used  bool
}

var waiverComment = regexp.MustCompile(`#\s*lint:ignore\s+([a-z0-9-]+(?:,[a-z0-9-]+)*)(?:\s+(.*?))?\s*$`)

var waiverEnd = regexp.MustCompile(`(?:^|\s)until\s+(\S+)$`)

// waiverEnded and waiverUnused are found while waivers are applied.
var (
	waiverEnded = Rule{
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
	waiverUnused = Rule{
		Name:     "waiver-unused",
		Severity: Warning,
		Summary:  "a waiver that waives nothing",
		Doc:      `What it was for is mended, or has moved: remove the comment. Otherwise it would hide the next fault at this place.`,
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
func (in *Input) waive(found []Finding, o Options, out *Result) []Finding {
	waivers, problems := in.waivers(o)
	kept := found[:0]
	for _, f := range found {
		waived := false
		for _, w := range waivers {
			if w.at.File == f.Pos.File && w.line == f.Pos.Line && slices.Contains(w.rules, f.Code) {
				waived, w.used = true, true
			}
		}
		if waived {
			out.Waived++
		} else {
			kept = append(kept, f)
		}
	}
	for _, w := range waivers {
		if !w.used {
			problems = append(problems, finding(&waiverUnused, w.at, "remove the comment", "there is no finding of "+strings.Join(w.rules, " or ")+" here"))
		}
	}
	for _, p := range problems {
		r := &waiverUnused
		if p.Code == waiverEnded.Name {
			r = &waiverEnded
		}
		if p.Severity = in.severity(r); p.Severity != off && (len(o.Only) == 0 || slices.Contains(o.Only, r.Name)) {
			kept = append(kept, p)
		}
	}
	return kept
}

func finding(r *Rule, at diag.Position, hint, message string) Finding {
	return Finding{Diagnostic: diag.Diagnostic{Pos: at, Code: r.Name, Message: message, Hint: hint}}
}

// waivers are the comments in all files that the user wrote, and what is wrong with some.
func (in *Input) waivers(o Options) (valid []*waiver, problems []Finding) {
	for _, name := range in.written() {
		f := in.file(name)
		if f == nil {
			continue
		}
		for i, line := range f.lines {
			m := waiverComment.FindStringSubmatchIndex(line)
			if m == nil {
				continue
			}
			w := &waiver{rules: strings.Split(line[m[2]:m[3]], ","), at: diag.Position{File: name, Line: i + 1, Column: m[0] + 1}, line: i + 1}
			if strings.TrimSpace(line[:m[0]]) == "" {
				w.line = in.nextLine(f, i+1)
			}
			reason := ""
			if m[4] >= 0 {
				reason = line[m[4]:m[5]]
			}
			if problem := w.read(reason, o.Today); problem != "" {
				problems = append(problems, finding(&waiverEnded, w.at, "# lint:ignore RULE REASON [until YYYY-MM-DD]", problem))
				continue
			}
			if w.applies(o.Only) {
				valid = append(valid, w)
			}
		}
	}
	return valid, problems
}

// applies says whether the rules of the waiver are among those that are looked for.
func (w *waiver) applies(only []string) bool {
	return len(only) == 0 || slices.ContainsFunc(w.rules, func(r string) bool { return slices.Contains(only, r) })
}

// read understands what stands behind the rules, and says what is wrong with it.
func (w *waiver) read(reason string, today time.Time) string {
	for _, r := range w.rules {
		if !slices.Contains(Names(), r) {
			return "there is no rule " + r + ": " + diag.DidYouMean(r, Names())
		}
	}
	if m := waiverEnd.FindStringSubmatch(reason); m != nil {
		end, err := time.Parse(time.DateOnly, m[1])
		if err != nil {
			return "the waiver's end is no date"
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

// nextLine is the first line behind i that is no comment and not empty.
func (in *Input) nextLine(f *sourceFile, i int) int {
	for ; i < len(f.lines); i++ {
		if text := strings.TrimSpace(f.lines[i]); text != "" && !strings.HasPrefix(text, "#") {
			return i + 1
		}
	}
	return 0
}

// written are the files that the user wrote, seen from the repository's root: the list, and what its applications are made of.
func (in *Input) written() []string {
	folder := in.Platform.Repository.Folder
	files := []string{path.Join(folder, catalog.ApplicationsFile), path.Join(folder, catalog.PlatformFile)}
	for _, p := range in.Platform.Profiles {
		files = append(files, p.File)
	}
	for _, o := range in.Workloads {
		if o.Pos.File != "" {
			files = append(files, o.Pos.File)
		}
	}
	for _, a := range in.applications() {
		files = append(files, valuesFrom(a)...)
		if f := chartDefaults(a); f != "" {
			files = append(files, f)
		}
		files = append(files, in.filesOf(a)...)
	}
	slices.Sort(files)
	return slices.Compact(files)
}
