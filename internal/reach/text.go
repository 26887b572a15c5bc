package reach

import (
	"fmt"
	"strings"

	"github.com/hippotion/roster/internal/diag"
)

// Text is the answer for a person: one line, then each flow with what decides at both of its ends, and what to write. Names that no cluster accepts get
// no lines of their own.
func (r *Result) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.Answer, diag.Visible(r.Says))
	for i := range r.Flows {
		b.WriteString("\n")
		r.Flows[i].text(&b)
	}
	for i := range r.Ways {
		b.WriteString("\n")
		r.Ways[i].text(&b)
	}
	if r.Hint != "" {
		fmt.Fprintf(&b, "\nhint: %s\n", r.Hint)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", diag.Visible(n))
	}
	return b.String()
}

// text prints a flow.
func (f *Flow) text(b *strings.Builder) {
	on := f.Ports
	switch {
	case f.Port != 0:
		on = port{f.Protocol, f.Port}.String()
	case f.Answer == No:
		on = "any port"
	}
	fmt.Fprintf(b, "  %s → %s on %s: %s\n", diag.Visible(f.From), diag.Visible(f.To), on, f.Answer)
	for _, h := range []struct {
		word string
		half *Half
	}{{"out", f.Egress}, {"in ", f.Ingress}} {
		if h.half == nil {
			continue
		}
		fmt.Fprintf(b, "    %s %s: %s\n", h.word, mark[h.half.Answer], diag.Visible(h.half.Says))
		for _, reason := range h.half.Reasons {
			if at := reason.Place(); at != "" {
				fmt.Fprintf(b, "          %s: %s\n", diag.Visible(at), diag.Visible(reason.Policy))
			}
		}
	}
}

var mark = map[Answer]string{Yes: "yes", No: "no", Unknown: "unknown"}
