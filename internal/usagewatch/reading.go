package usagewatch

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	maxWindows = 64  // found by their keys: a document with more of them is not a list of quotas
	maxName    = 256 // bytes of a window's name, which is a key of the state
	maxShown   = 64  // characters of a name in a message
	maxPercent = 1e6 // a greater value is a mistake, most likely of --scale
)

// reading is what the endpoint reports for one window.
type reading struct {
	window  string
	percent float64
	reset   time.Time // zero when unknown
}

// object is a JSON object, of which only the parts that are looked at are decoded.
type object map[string]json.RawMessage

// read finds the windows in a document, in the order of their names. The problems are those of single windows: the others
// are still read. An error means that the document as a whole is unusable.
func (o *options) read(document []byte) ([]reading, []problem, error) {
	var top object
	wrong := (*json.UnmarshalTypeError)(nil)
	if err := json.Unmarshal(document, &top); errors.As(err, &wrong) || err == nil && top == nil {
		return nil, nil, errors.New("expected a JSON object")
	} else if err != nil {
		return nil, nil, fmt.Errorf("expected one JSON document: %w", err)
	}
	names := o.windows
	if len(names) == 0 {
		if names = o.find(top); len(names) == 0 {
			return nil, nil, fmt.Errorf("no object at the top has both %q and %q", o.valueKey, o.resetKey)
		}
		if len(names) > maxWindows {
			return nil, nil, fmt.Errorf("%d objects at the top have both %q and %q, expected at most %d", len(names), o.valueKey, o.resetKey, maxWindows)
		}
	}
	var readings []reading
	var problems []problem
	for _, name := range names {
		r := reading{window: name}
		complain := func(key, what string) {
			problems = append(problems, problem{what: fmt.Sprintf("window %s: %s %s", clean(name), clean(key), what)})
		}
		window, err := top.at(name)
		if err != nil {
			problems = append(problems, problem{what: fmt.Sprintf("window %s %v", clean(name), err)})
			continue
		}
		if r.percent, err = o.value(window[o.valueKey]); err != nil {
			complain(o.valueKey, err.Error())
			continue
		}
		// Without a readable reset the value still counts: a message too many is better than one too few.
		if r.reset, err = resetTime(window[o.resetKey]); err != nil {
			complain(o.resetKey, err.Error())
		}
		readings = append(readings, r)
	}
	return readings, problems, nil
}

// find lists the objects at the top that have both keys, and a value.
func (o *options) find(top object) []string {
	var names []string
	for name, raw := range top {
		window, err := decode(raw)
		_, hasReset := window[o.resetKey]
		if value, hasValue := window[o.valueKey]; err == nil && hasValue && hasReset && string(value) != "null" && len(name) <= maxName {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// at is the object of that name, or else the one that the dotted path leads to.
func (top object) at(path string) (object, error) {
	if raw, ok := top[path]; ok {
		return decode(raw)
	}
	at := top
	for name := range strings.SplitSeq(path, ".") {
		raw, ok := at[name]
		if !ok {
			return nil, errors.New("is not in the answer")
		}
		var err error
		if at, err = decode(raw); err != nil {
			return nil, err
		}
	}
	return at, nil
}

func decode(raw json.RawMessage) (object, error) {
	var out object
	if kind(raw) != "an object" {
		return nil, fmt.Errorf("is %s, expected an object", kind(raw))
	}
	return out, json.Unmarshal(raw, &out)
}

// kind names the kind of a JSON value by its first character.
func kind(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "missing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// value is a JSON number as a percentage: finite and not negative. It is rounded to a millionth, so that 0.57 times 100 is
// 57.
func (o *options) value(raw json.RawMessage) (float64, error) {
	if kind(raw) != "a number" {
		return 0, fmt.Errorf("is %s, expected a number", kind(raw))
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	switch scaled := v * o.scale; {
	case err != nil:
		return 0, errors.New("is too large a number")
	case v < 0:
		return 0, errors.New("is negative")
	case scaled > maxPercent:
		return 0, fmt.Errorf("is more than %.0f percent: is --scale right?", maxPercent)
	default:
		return math.Round(scaled*1e6) / 1e6, nil
	}
}

// resetTime reads RFC 3339 or Unix time, in seconds or milliseconds, as a number or in a string. Null, an empty string and 0
// name no time.
func resetTime(raw json.RawMessage) (time.Time, error) {
	bad := errors.New("is neither RFC 3339 nor Unix time of the years 2000 to 2999")
	text := string(raw)
	switch kind(raw) {
	case "missing", "null":
		return time.Time{}, nil
	case "a string":
		if err := json.Unmarshal(raw, &text); err != nil {
			return time.Time{}, bad
		}
	case "a number":
	default:
		return time.Time{}, bad
	}
	text = strings.TrimSpace(text)
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		n, err := strconv.ParseFloat(cmp.Or(text, "0"), 64)
		if n == 0 && err == nil {
			return time.Time{}, nil
		}
		if n < 1e11 { // in seconds it is the year 5138, in milliseconds 1973
			n *= 1000
		}
		if err != nil || !(n > 0 && n < 1e14) { // the negation catches NaN
			return time.Time{}, bad
		}
		t = time.UnixMilli(int64(n))
	}
	if t = t.UTC(); t.Year() < 2000 || t.Year() > 2999 {
		return time.Time{}, bad
	}
	return t, nil
}

// clean makes a text from outside fit to be shown: printable, on one line, and short.
func clean(text string) string {
	characters := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, text))
	if len(characters) > maxShown {
		return string(characters[:maxShown-1]) + "…"
	}
	return string(characters)
}

// percent shows a percentage, cut to a tenth: 94.97 is not yet 95.
func percent(v float64) string {
	return strconv.FormatFloat(math.Floor(v*10+1e-6)/10, 'f', -1, 64) + "%"
}
