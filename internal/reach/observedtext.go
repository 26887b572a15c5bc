package reach

import (
	"fmt"
	"strings"
	"time"
)

// Text is what a log says, for a person: what to write comes after what it is for, and what nobody has used comes last.
func (o *Observed) Text() string {
	var b strings.Builder
	o.summary(&b)
	for _, group := range []struct {
		means Meaning
		title string
	}{
		{Missing, "dropped, and a flow of the list would permit it"},
		{Permitted, "dropped, and permitted by the list as it is: it is not deployed yet, or other policies than these judge there"},
		{Denied, "dropped by a deny rule, which no flow of the list can change"},
		{Elsewhere, "dropped, and no flow of the list can permit it"},
	} {
		o.dropped(&b, group.means, group.title)
	}
	title(&b, len(o.Lookups), "names whose lookups Cilium's DNS proxy refuses")
	for _, l := range o.Lookups {
		fmt.Fprintf(&b, "  %6d × %s asks for %s\n", l.Count, l.From, l.Name)
		detail(&b, l.Says)
	}
	title(&b, len(o.Unknown), "dropped by policy, and not known what it means")
	for _, d := range o.Unknown {
		on := ""
		if d.Port != 0 {
			on = " on " + port{d.Protocol, d.Port}.String()
		}
		fmt.Fprintf(&b, "  %6d × %s → %s%s\n", d.Count, d.From, d.To, on)
		detail(&b, d.Why)
	}
	title(&b, len(o.Other), "dropped for reasons that are no policy's")
	for _, c := range o.Other {
		fmt.Fprintf(&b, "  %6d × %s\n", c.Count, c.Reason)
	}
	for _, c := range o.Changes {
		fmt.Fprintf(&b, "\nadd to networkPolicies.allow of %s (%s:%d:%d):\n", c.Namespace, c.File, c.Line, c.Column)
		for _, f := range c.Allow {
			fmt.Fprintf(&b, "  - %s\n", f)
		}
	}
	title(&b, len(o.Unused), fmt.Sprintf("permitted, and used by none of the %d forwarded flows%s; that a log does not have it is no proof that nobody needs it", o.Forwarded, o.span()))
	for _, u := range o.Unused {
		fmt.Fprintf(&b, "  %s:%d:%d: %s: %s\n", u.File, u.Line, u.Column, u.Namespace, u.Text)
	}
	if len(o.Notes) > 0 {
		b.WriteString("\n")
	}
	for _, n := range o.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

// summary is the first line.
func (o *Observed) summary(b *strings.Builder) {
	dropped, unknown, other := 0, 0, 0
	for _, d := range o.Dropped {
		dropped += d.Count
	}
	for _, l := range o.Lookups {
		dropped += l.Count
	}
	for _, d := range o.Unknown {
		unknown += d.Count
	}
	for _, c := range o.Other {
		other += c.Count
	}
	fmt.Fprintf(b, "%d events%s: %d forwarded, %d dropped by policies", o.Flows, o.span(), o.Forwarded, dropped)
	if unknown > 0 {
		fmt.Fprintf(b, ", %d that are not clear", unknown)
	}
	if other > 0 {
		fmt.Fprintf(b, ", %d dropped for other reasons", other)
	}
	b.WriteString("\n")
}

// span is the time that the log is about.
func (o *Observed) span() string {
	if o.First == nil {
		return ""
	}
	return fmt.Sprintf(" from %s to %s", o.First.Format(time.RFC3339), o.Last.Format(time.RFC3339))
}

// dropped prints what was dropped and means the same.
func (o *Observed) dropped(b *strings.Builder, means Meaning, name string) {
	first := true
	for _, d := range o.Dropped {
		if d.Means != means {
			continue
		}
		if first {
			title(b, 1, name)
			first = false
		}
		also := ""
		if len(d.Also) > 0 {
			also = ", whose address is also that of " + enumerated(d.Also)
		}
		fmt.Fprintf(b, "  %6d × %s → %s on %s%s\n", d.Count, d.From, d.To, port{d.Protocol, d.Port}, also)
		if d.Audit > 0 {
			detail(b, fmt.Sprintf("let through %d times: policies are in audit mode", d.Audit))
		}
		detail(b, d.Says)
		for _, r := range d.Reasons {
			if at := r.Place(); at != "" {
				detail(b, at+": "+r.Policy)
			}
		}
	}
}

func title(b *strings.Builder, n int, text string) {
	if n > 0 {
		fmt.Fprintf(b, "\n%s:\n", text)
	}
}

func detail(b *strings.Builder, text string) {
	if text != "" {
		fmt.Fprintf(b, "           %s\n", text)
	}
}
