package cli

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/hippotion/roster/internal/buildversion"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/inspection"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
	"github.com/hippotion/roster/internal/report"
	"github.com/hippotion/roster/internal/source"
)

// proposal is what files of a platform are to be. It is looked at before anything is written.
type proposal struct {
	place    fleet.Place // as it is
	sources  source.Sources
	texts    map[string]string // by names relative to the top of the place
	least    lint.Severity     // the lowest that counts
	expected func(lint.Finding) bool
}

// check prints what is wrong with the proposal and was not wrong before. Without a list there was nothing before.
func (p *proposal) check(listed bool, stderr io.Writer) error {
	known := map[string]bool{}
	if listed {
		before, err := inspection.Supervised(p.input(p.place))
		if err != nil {
			return err
		}
		for _, f := range report.Fingerprint(before.Findings) {
			known[f.Fingerprint] = true
		}
	}
	look := inspection.Supervised
	if p.place.Files != nil { // nothing but what roster has written itself
		look = inspection.Look
	}
	after, err := look(p.input(p.place.With(p.texts)))
	if err != nil {
		return err
	}
	lowest := slices.Index(lint.Severities(), p.least)
	found := slices.DeleteFunc(report.Fingerprint(after.Findings), func(f report.Finding) bool {
		return known[f.Fingerprint] || slices.Index(lint.Severities(), f.Severity) > lowest || p.expected(f.Finding)
	})
	if len(found) == 0 {
		return nil
	}
	err = report.Write(stderr, "text", &report.Report{Tool: "roster", Version: buildversion.String(), Frame: after.Frame, Root: after.Root, Rules: rules.All(), Most: report.MaxFindings,
		Findings: found, Summary: report.Summary{Checked: after.Checked, Skipped: after.Skipped, Waived: after.Waived}})
	_, told := io.WriteString(stderr, "nothing was written\n")
	return errors.Join(err, told, errFindings)
}

func (p *proposal) input(place fleet.Place) inspection.Input {
	return inspection.Input{Place: place, Sources: p.sources, Rendered: keeping(place.Files != nil), Today: time.Now(), Timeout: fleet.Minutes}
}
