package reach

import (
	"fmt"
	"strings"
)

// text prints a way.
func (w *Way) text(b *strings.Builder) {
	fmt.Fprintf(b, "  through %s: %s\n", strings.Join(w.EntryPoints, ", "), w.Answer)
	for i := range w.Steps {
		s := &w.Steps[i]
		fmt.Fprintf(b, "    %d %s %s: %s: %s\n", i+1, s.Kind, s.Name, s.Answer, s.Says)
		if at := s.Place(); at != "" {
			fmt.Fprintf(b, "        %s\n", at)
		}
		var flows strings.Builder
		for k := range s.Flows {
			s.Flows[k].text(&flows)
		}
		for line := range strings.Lines(flows.String()) {
			b.WriteString("      " + line)
		}
	}
}
