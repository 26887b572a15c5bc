package rules

import (
	"slices"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/intents"
)

// refusals reports what network policies refuse of what is asked for. The flow can be added where its ports are known.
func refusals(in *lint.Context, all []intents.Intent, add func(lint.Finding)) {
	for _, r := range in.Intents.Refused(all) {
		f := lint.FoundAt(r.At, r.Hint, "%s", r.Message)
		if r.Entry != nil && !slices.ContainsFunc(r.Flows, func(f intents.Flow) bool { return len(f.Ports) == 0 }) {
			f.Missing = &lint.Addition{At: r.Entry.Place.Pos, Key: lint.Flows}
			for _, flow := range r.Flows {
				f.Missing.Values = append(f.Missing.Values, flow.String())
			}
		}
		add(f)
	}
}
