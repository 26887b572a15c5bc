package report

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
)

// MaxFindings is how many findings of one rule are written by default: when the first ones are fixed, the next appear.
const MaxFindings = 100

const (
	// longestText is how many bytes of a message, a hint or a path are written: they may quote texts of any length.
	longestText = 2000
	// mostRelated is how many further places of a finding are written.
	mostRelated = 1000
)

// left is how many findings of a rule are not written.
type left struct {
	rule  string
	count int
	first Finding // of them
}

// limited is what is written of the report: at most Most findings of each rule, and how many more there are, with texts that are not too
// long. Counts, failure and baselines use all of them.
func (r *Report) limited() *Report {
	out := *r
	out.Findings, out.left, out.counts = nil, nil, map[lint.Severity]int{}
	written, place := map[string]int{}, map[string]int{}
	for _, f := range r.Findings {
		out.counts[f.Severity]++
		if written[f.Code]++; r.Most == 0 || written[f.Code] <= r.Most {
			out.Findings = append(out.Findings, short(f))
			continue
		}
		i, again := place[f.Code]
		if !again {
			i = len(out.left)
			place[f.Code] = i
			out.left = append(out.left, left{rule: f.Code, first: f})
		}
		out.left[i].count++
	}
	return &out
}

// withLeft are the findings and, for each rule that has more, one that says how many: for other programs' formats, which have no other
// visible place for it.
func (r *Report) withLeft() []Finding {
	out := slices.Clone(r.Findings)
	for _, l := range r.left {
		sum := sha256.Sum256([]byte("more " + l.rule))
		out = append(out, Finding{lint.Finding{Diagnostic: diag.Diagnostic{Pos: l.first.Pos, Code: l.rule, Message: l.message(), Hint: allHint},
			Severity: l.first.Severity}, hex.EncodeToString(sum[:16])})
	}
	return out
}

const allHint = "--max-findings 0 writes all of them"

func (l left) message() string {
	return "and " + diag.Thousands(l.count) + " more findings of " + l.rule
}

// short is a finding with texts that are not too long.
func short(f Finding) Finding {
	f.Path, f.Message, f.Hint = beginning(f.Path), beginning(f.Message), beginning(f.Hint)
	if len(f.Related) > mostRelated {
		f.Related = f.Related[:mostRelated]
	}
	f.Related = slices.Clone(f.Related)
	for i := range f.Related {
		f.Related[i].Note = beginning(f.Related[i].Note)
	}
	return f
}

// beginning is as much of a text as is written.
func beginning(s string) string { return diag.Beginning(s, longestText) }
