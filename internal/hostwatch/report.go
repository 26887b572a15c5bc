package hostwatch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxShown is how many logins from outside are published: each is a time series.
const maxShown = 20

// report is what a run publishes beside the state.
type report struct {
	now      time.Time
	journal  bool   // it could be read
	fail2ban *error // of reading it; nil when this host has none
	jails    []jail
}

// text is the report in Prometheus's text format. It has no times of samples: node_exporter refuses those.
func (r report) text(s *state) string {
	var e exposition
	e.family("hostwatch_last_run_timestamp_seconds", "gauge", "When hostwatch ran last.")
	e.sample(r.now.Unix())
	e.family("hostwatch_up", "gauge", "Whether the source could be read in full.")
	e.sample(one(r.journal), "source", "journal")
	if r.fail2ban != nil {
		e.sample(one(*r.fail2ban == nil), "source", "fail2ban")
	}

	e.family("hostwatch_ssh_logins_total", "counter", "Logins by SSH.")
	for _, origin := range []string{"lan", "outside"} {
		for _, method := range methods() {
			e.sample(s.Logins[origin][method], "origin", origin, "method", method)
		}
	}
	latest := slices.SortedStableFunc(slices.Values(s.Outside), func(a, b login) int { return cmp.Compare(b.Time, a.Time) })
	shown := latest[:min(len(latest), maxShown)]
	if len(shown) > 0 {
		e.family("hostwatch_ssh_outside_login_timestamp_seconds", "gauge", "The latest login of a user from an address outside of the LAN.")
	}
	for _, l := range shown {
		e.sample(l.Time, "user", l.User, "address", l.Address)
	}
	e.family("hostwatch_ssh_outside_logins_dropped", "gauge", "Users and addresses that are not shown, because there are too many.")
	e.sample(len(latest) - len(shown))

	e.family("hostwatch_ssh_failures_total", "counter", "Failed attempts to log in by SSH.")
	e.sample(s.Failures)
	top := uint64(0)
	for _, source := range s.Sources {
		failures := uint64(0)
		for _, n := range source {
			failures += n
		}
		top = max(top, failures)
	}
	e.family("hostwatch_ssh_failed_sources", "gauge", "Sources with failed attempts within the window.")
	e.sample(len(s.Sources))
	e.family("hostwatch_ssh_top_source_failures", "gauge", "Failed attempts within the window of the source that has most.")
	e.sample(top)

	if len(r.jails) > 0 || r.fail2ban != nil && *r.fail2ban == nil {
		e.family("hostwatch_fail2ban_jails", "gauge", "Jails of fail2ban that could be read.")
		e.sample(len(r.jails))
	}
	if len(r.jails) > 0 {
		e.family("hostwatch_fail2ban_banned", "gauge", "Addresses that are banned now.")
	}
	for _, j := range r.jails {
		e.sample(j.banned, "jail", j.name)
	}
	e.family("hostwatch_journal_skipped_total", "counter", "Entries of the journal that could not be understood.")
	e.sample(s.Skipped)
	return e.String()
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// exposition is text in Prometheus's format.
type exposition struct {
	strings.Builder
	name string // of the family
}

// family begins a metric.
func (e *exposition) family(name, kind, help string) {
	e.name = name
	e.WriteString("# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n")
}

// sample adds a sample of the family that was begun last. Labels are names and values.
func (e *exposition) sample(value any, labels ...string) {
	e.WriteString(e.name)
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	for i := 0; i < len(labels); i += 2 {
		open := ","
		if i == 0 {
			open = "{"
		}
		e.WriteString(open + labels[i] + `="` + escape.Replace(labels[i+1]) + `"`)
	}
	if len(labels) > 0 {
		e.WriteString("}")
	}
	e.WriteString(fmt.Sprintf(" %d\n", value))
}
