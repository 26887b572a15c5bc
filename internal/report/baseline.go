package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// baselineVersion is the version of the file. Another way to compute fingerprints is another version.
const baselineVersion = 1

// Known is a finding of the baseline. The fingerprint decides; the rest is for the reader.
type Known struct {
	Rule        string `json:"rule"`
	File        string `json:"file"`
	Message     string `json:"message"`
	Fingerprint string `json:"fingerprint"`
}

// Baseline is what was found when lint was introduced, to be fixed later. Its zero value is empty.
type Baseline struct {
	known []Known
}

// WriteBaseline writes the findings as a baseline: JSON, a line for each, in an order that changes little.
func WriteBaseline(w io.Writer, findings []Finding) error {
	known := make([]Known, 0, len(findings))
	for _, f := range findings {
		known = append(known, Known{diag.Visible(f.Code), diag.Visible(f.Pos.File), diag.Visible(beginning(f.Message)), f.Fingerprint})
	}
	slices.SortFunc(known, func(a, b Known) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"version\": %d, \"findings\": [", baselineVersion)
	for i, k := range known {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n  ")
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(k); err != nil {
			return err
		}
		b.Truncate(b.Len() - 1) // its end of line
	}
	b.WriteString("\n]}\n")
	_, err := w.Write(b.Bytes())
	return err
}

var fingerprint = regexp.MustCompile(`^[0-9a-f]{32}$`)

// ReadBaseline reads what WriteBaseline has written. Duplicate findings, as after a merge, count once.
func ReadBaseline(data []byte) (*Baseline, error) {
	var file struct {
		Version  int     `json:"version"`
		Findings []Known `json:"findings"`
	}
	if err := syntax.CheckJSON(data); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(&file)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is content after the end")
		}
	}
	const hint = "\n  hint: write it again with --write-baseline"
	if err != nil {
		return nil, fmt.Errorf("line %d is not part of a baseline: %w"+hint, lineOf(data, d, err), err)
	}
	if file.Version != baselineVersion {
		return nil, fmt.Errorf("the baseline has version %d, expected %d"+hint, file.Version, baselineVersion)
	}
	seen := map[string]bool{}
	b := &Baseline{}
	for i, k := range file.Findings {
		if !fingerprint.MatchString(k.Fingerprint) {
			return nil, fmt.Errorf("finding %d of the baseline has no fingerprint"+hint, i+1)
		}
		if !seen[k.Fingerprint] {
			b.known = append(b.known, k)
		}
		seen[k.Fingerprint] = true
	}
	return b, nil
}

// lineOf is the line in which reading ended.
func lineOf(data []byte, d *json.Decoder, err error) int {
	at := d.InputOffset()
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		at = syntax.Offset
	}
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		at = wrong.Offset
	}
	return 1 + bytes.Count(data[:min(int(at), len(data))], []byte("\n"))
}

// Apply splits all findings into those that are new and how many are known, and returns what is known and no longer found. Only are the
// names of the rules that were applied, all when empty: what the others would find is unknown.
func (b *Baseline) Apply(findings []Finding, only []string) (rest []Finding, baselined int, stale []Known) {
	found, known := map[string]bool{}, map[string]bool{}
	for _, k := range b.known {
		known[k.Fingerprint] = true
	}
	for _, f := range findings {
		found[f.Fingerprint] = true
		if known[f.Fingerprint] {
			baselined++
		} else {
			rest = append(rest, f)
		}
	}
	for _, k := range b.known {
		if !found[k.Fingerprint] && (len(only) == 0 || slices.Contains(only, k.Rule)) {
			stale = append(stale, k)
		}
	}
	return rest, baselined, stale
}
