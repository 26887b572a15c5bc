package intents

import (
	"fmt"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/network"
	"k8s.io/apimachinery/pkg/labels"
)

// Twice is the same metrics that are scraped for two reasons.
type Twice struct {
	At      catalog.Place
	Message string
	Hint    string
}

// metrics are what is scraped from pods: by which Prometheus, unless annotations ask for it, which are not written for one of them.
type metrics struct {
	reader string
	pods   *network.End
	port   uint16
	what   string
}

// ScrapedTwice are the metrics that one Prometheus is told twice to scrape, and those that both a monitor and an annotation ask for. What may leave out
// something, so that others can have it, is not among them.
func (in *Model) ScrapedTwice() []Twice {
	monitors, annotations := map[metrics]*scrape{}, map[metrics]*scrape{}
	type pair struct{ a, b, services string }
	seen := map[pair]bool{}
	var out []Twice
	all := append(in.scrapes(), in.expected()...)
	for i := range all {
		s := &all[i]
		if s.part || len(s.To) != 1 || s.To[0].Pods == nil || s.Port == 0 {
			continue
		}
		key := metrics{s.reader, s.To[0], s.Port, s.what}
		if s.annotation {
			key.reader = ""
			if annotations[key] == nil {
				annotations[key] = s
			}
			continue
		}
		first := monitors[key]
		if first == nil {
			monitors[key] = s
			continue
		}
		p := pair{asked(first), asked(s), ""}
		if p.a == p.b {
			p.services = first.service + " " + s.service
		}
		if first.service != s.service || p.a != p.b {
			if !seen[p] {
				out = append(out, twice(first, s))
			}
			seen[p] = true
		}
	}
	for i := range all {
		s := &all[i]
		if s.annotation || s.part || len(s.To) != 1 || s.Port == 0 {
			continue
		}
		a := annotations[metrics{"", s.To[0], s.Port, s.what}]
		if a == nil || seen[pair{asked(s), asked(a), ""}] {
			continue
		}
		seen[pair{asked(s), asked(a), ""}] = true
		out = append(out, twice(s, a))
	}
	return out
}

// asked is what asks for a scrape, and where.
func asked(s *scrape) string {
	return s.Asks + " " + s.At.Pos.String()
}

// twice is what to say of two scrapes of the same metrics. It is at the second, or at metrics of the list, where the two are known together.
func twice(a, b *scrape) Twice {
	pods := b.To[0].Name
	if asked(a) == asked(b) {
		return Twice{b.At, fmt.Sprintf("port %d of %s is scraped twice by %s: through the Services %s and %s", b.Port, pods, b.Asks, a.service, b.service),
			"select one of the Services by a label that only that one has, such as serviceLabels of metrics"}
	}
	if a.ours {
		a, b = b, a
	}
	hint := "remove one of them"
	switch {
	case b.ours && a.annotation:
		hint = "remove metrics, or the annotation"
	case b.ours:
		hint = "remove metrics, or what the application brings itself, which many charts can be told"
	}
	other := a.Asks
	if a.At.Pos.Line > 0 {
		other += fmt.Sprintf(" (%s:%d)", a.At.Pos.File, a.At.Pos.Line)
	}
	by := b.Asks
	if b.ours {
		by = "these metrics"
	}
	return Twice{b.At, fmt.Sprintf("port %d of %s is scraped twice: by %s, and by %s", b.Port, pods, by, other), hint}
}

// expected are the scrapes that a Prometheus does which is not in the list: it selects what roster renders from metrics, with the labels that platform.yml
// says, and so it selects what else has these in the same namespace.
func (in *Model) expected() []scrape {
	if len(in.prometheuses()) > 0 {
		return nil
	}
	left := mostCompared
	selected := map[string]labels.Selector{} // by namespace
	for n, a := range in.deployed.Applications() {
		if a.Metrics != nil {
			selected[n.Name] = labels.SelectorFromSet(a.Metrics.Labels)
		}
	}
	var out []scrape
	for _, kind := range monitorKinds {
		for _, m := range in.monitors(kind.kind) {
			if s := selected[m.Namespace]; s != nil && s.Matches(labelsOf(m)) {
				out = append(out, in.monitored(m, &left)...)
			}
		}
	}
	return out
}
