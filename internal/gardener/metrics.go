package gardener

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/atomicfile"
)

type gauge struct {
	name, help string
	value      func(o *Outcome, success bool, now int64) (value int64, known bool)
}

// gauges are all metrics. Unknown values keep the last one: the time of the last success, and the state of notes that
// could not be read.
func gauges() []gauge {
	of := func(value func(r *Report) int) func(*Outcome, bool, int64) (int64, bool) {
		return func(o *Outcome, _ bool, _ int64) (int64, bool) {
			if o.Report == nil {
				return 0, false
			}
			return int64(value(o.Report)), true
		}
	}
	return []gauge{
		{"gardener_last_run_timestamp_seconds", "When gardener ran last.",
			func(_ *Outcome, _ bool, now int64) (int64, bool) { return now, true }},
		{"gardener_last_success_timestamp_seconds", "When gardener ran last and ended with exit code 0.",
			func(_ *Outcome, success bool, now int64) (int64, bool) { return now, success }},
		{"gardener_notes", "Notes in the vault.", of(func(r *Report) int { return r.Notes })},
		{"gardener_orphans", "Notes that no other note links to.", of(func(r *Report) int { return len(r.Orphans) })},
		{"gardener_broken_links", "Links to nothing.", of(func(r *Report) int { return len(r.Broken) })},
		{"gardener_changed_notes", "Files that the last run changed.", func(o *Outcome, _ bool, _ int64) (int64, bool) {
			if o.Outcome != landed {
				return 0, true
			}
			return int64(len(o.Changed)), true
		}},
	}
}

// writeMetrics replaces the file for node_exporter's textfile collector.
func writeMetrics(path string, o *Outcome, success bool, now time.Time) error {
	last, err := readMetrics(path)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, g := range gauges() {
		value, known := g.value(o, success, now.Unix())
		if !known {
			if value, known = last[g.name]; !known {
				continue
			}
		}
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n%s %d\n", g.name, g.help, g.name, g.name, value)
	}
	return atomicfile.Write(path, []byte(b.String()), 0o644)
}

// readMetrics reads what the last run wrote. What is not one of our whole numbers is ignored.
func readMetrics(path string) (map[string]int64, error) {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<16))
	out := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) == 2 {
			if value, err := strconv.ParseInt(words[1], 10, 64); err == nil {
				out[words[0]] = value
			}
		}
	}
	return out, err
}
