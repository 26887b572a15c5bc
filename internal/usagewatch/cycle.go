package usagewatch

import "time"

// told is what was published of a window in its current cycle. A window of which nothing was published has none.
type told struct {
	Percent float64   `json:"percent"`        // the highest threshold that a message named
	Reset   time.Time `json:"reset,omitzero"` // when the cycle ends; zero when unknown
	At      time.Time `json:"at"`             // when the last message was accepted
}

// over reports whether the cycle of t has ended, given a new reading.
//
// With reset times, a new cycle begins when the reset has moved later by more than the tolerance, and one of two things shows that this is
// neither jitter nor a sliding window: the old reset has passed, or the value has fallen. t.Reset stays the first
// one of the cycle, so that many small steps make a large one. A sliding window, whose reset is always as far ahead, thus has
// a cycle of its length.
//
// Without them, only a fall below all thresholds ends a cycle, or that a known reset has passed.
func (o *options) over(t told, r reading, now time.Time) bool {
	passed := !t.Reset.IsZero() && !now.Before(t.Reset)
	if t.Reset.IsZero() || r.reset.IsZero() {
		return passed || r.percent < below(o.thresholds[0].percent)
	}
	return r.reset.After(t.Reset.Add(o.tolerance)) && (passed || r.percent < below(t.Percent))
}

// below is how far a value must fall from a threshold until it counts as fallen: 5 points, or half of a threshold under 10.
func below(threshold float64) float64 { return max(threshold-5, threshold/2) }

// correct takes over the reset of a reading of the same cycle: the first one that the endpoint names, or an earlier one that
// is still ahead, so that a wrong one far ahead does not silence the window until then.
func (o *options) correct(t told, r reading, now time.Time) told {
	if t.Reset.IsZero() || r.reset.Before(t.Reset.Add(-o.tolerance)) && r.reset.After(now) {
		t.Reset = r.reset
	}
	return t
}
