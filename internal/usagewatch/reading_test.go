package usagewatch

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestResetTime(t *testing.T) {
	day := time.Date(2026, 11, 27, 20, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`null`: {}, ``: {}, `""`: {}, `0`: {}, `"0"`: {}, `" "`: {},
		`"2026-11-27T20:00:00Z"`:         day,
		`"2026-11-27T21:00:00.25+01:00"`: day.Add(250 * time.Millisecond),
		`"2026-11-27T20:00:00.000000Z"`:  day,
		`1795809600`:                     day,
		`1795809600.5`:                   day.Add(500 * time.Millisecond),
		`1795809600000`:                  day,
		`1.7958096e9`:                    day,
		`" 1795809600 "`:                 day,
		`"1795809600000"`:                day,
		`"\u0032026-11-27T20:00:00Z"`:    day,
		`946684800`:                      time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		`"2999-12-31T23:59:59Z"`:         time.Date(2999, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		if got, err := resetTime(json.RawMessage(text)); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{`true`, `{}`, `[]`, `-1`, `1`, `946684799`, `1e400`, `1e300`, `9e13`, `"Inf"`, `"NaN"`, `"tomorrow"`, `"2026-11-27"`, `"3000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59Z"`} {
		if got, err := resetTime(json.RawMessage(text)); err == nil || !got.IsZero() {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

func TestPercent(t *testing.T) {
	for v, want := range map[float64]string{0: "0%", 80: "80%", 81.3: "81.3%", 94.97: "94.9%", 99.999999: "99.9%", 1e6: "1000000%"} {
		if got := percent(v); got != want {
			t.Errorf("%v: %s", v, got)
		}
	}
}

func TestBelow(t *testing.T) {
	for v, want := range map[float64]float64{95: 90, 80: 75, 10: 5, 4: 2} {
		if got := below(v); got != want {
			t.Errorf("%v: %v", v, got)
		}
	}
}

// FuzzReading: no answer makes it panic, and what it accepts is within bounds and survives the state file.
func FuzzReading(f *testing.F) {
	for _, seed := range []string{
		five(42, "2026-11-27T20:00:00Z"), five(1e6, 1795809600), five("1e400", nil), five(`"42%"`, "NaN"), `{"a":{"b":{"utilization":1}}}`, `null`, `[]`,
		`{"a.b":{"utilization":1,"resets_at":"1e11"}}`, `{"a":{"utilization":5e-324,"resets_at":99999999999.9}}`, `{"":{"utilization":-0,"resets_at":[]}}`,
	} {
		f.Add([]byte(seed), 1.0, "a.b")
		f.Add([]byte(seed), 1e300, "")
	}
	f.Fuzz(func(t *testing.T, document []byte, scale float64, window string) {
		if !(scale > 0) || math.IsInf(scale, 0) {
			return // the command line does not permit it
		}
		o := options{valueKey: "utilization", resetKey: "resets_at", scale: scale}
		if window != "" {
			o.windows = []string{window}
		}
		readings, problems, err := o.read(document)
		if err != nil && (readings != nil || problems != nil) || err == nil && len(readings)+len(problems) == 0 {
			t.Errorf("%v and %v with %v", readings, problems, err)
		}
		for _, r := range readings {
			if !(r.percent >= 0 && r.percent <= maxPercent) {
				t.Errorf("accepted %v", r.percent)
			}
			if y := r.reset.Year(); !r.reset.IsZero() && (y < 2000 || y > 2999) {
				t.Errorf("accepted %v", r.reset)
			}
			data, err := json.Marshal(told{Percent: r.percent, Reset: r.reset})
			var back told
			if err != nil || json.Unmarshal(data, &back) != nil || !back.Reset.Equal(r.reset) || back.Percent != r.percent {
				t.Errorf("%+v became %s, %v", r, data, err)
			}
		}
		for _, p := range problems {
			if p.what != clean(p.what) && len([]rune(p.what)) <= maxShown {
				t.Errorf("shows %q", p.what)
			}
		}
	})
}
