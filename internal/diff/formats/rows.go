package formats

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff/fields"
	linediff "github.com/rogpeppe/go-internal/diff"
	"sigs.k8s.io/yaml"
)

// row is a line of a difference. Its sign is one of those of a unified diff: '-', '+', ' ' or, for where lines are, '@'; or '…' for what was left
// out.
type row struct {
	Sign rune
	Text string
}

// String is the row as it is printed.
func (r row) String() string {
	if r.Sign == '@' {
		return r.Text
	}
	return string(r.Sign) + " " + r.Text
}

// bounds are how much of a field is printed; 0 is all of it.
type bounds struct{ rows, bytes int }

// rows are a difference, line by line: of texts with several lines, those that differ with three around them; of a mapping or a list, its YAML.
func rows(d fields.Difference, most bounds) []row {
	var out []row
	from, fromText := d.From.(string)
	to, toText := d.To.(string)
	if fromText && toText && (lined(from) || lined(to)) {
		out = unified(from, to)
	} else {
		out = append(signed('-', d.From, d.Change == fields.Added), signed('+', d.To, d.Change == fields.Removed)...)
	}
	return most.of(out)
}

// of are the rows within the bounds, made visible, with what was left out.
func (most bounds) of(all []row) []row {
	left := 0
	if most.rows > 0 && len(all) > most.rows {
		left = len(all) - most.rows
		all = all[:most.rows]
	}
	for i := range all {
		all[i].Text = most.cut(all[i].Text)
	}
	if left > 0 {
		all = append(all, row{'…', "and " + number(left, "more line", "more lines")})
	}
	return all
}

// cut is a line within the bounds, made visible.
func (most bounds) cut(line string) string {
	if most.bytes == 0 || len(line) <= most.bytes {
		return diag.Visible(line)
	}
	begin := strings.TrimSuffix(diag.Beginning(line, most.bytes), "…")
	return fmt.Sprintf("%s… (%s more bytes)", diag.Visible(begin), diag.Thousands(len(line)-len(begin)))
}

func lined(text string) bool { return strings.Contains(strings.TrimSuffix(text, "\n"), "\n") }

// unified are the lines in which two texts differ.
func unified(from, to string) []row {
	var out []row
	text := string(linediff.Diff("before", []byte(from), "after", []byte(to)))
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "@@ "):
			out = append(out, row{'@', line})
		case len(out) == 0: // the names of the files
		case line[0] == '\\':
			out[len(out)-1].Text += " (no newline at the end)"
		default:
			out = append(out, row{rune(line[0]), line[1:]})
		}
	}
	return out
}

// signed are the lines of one value.
func signed(sign rune, value any, absent bool) []row {
	if absent {
		return nil
	}
	var out []row
	for line := range strings.Lines(valueText(value)) {
		out = append(out, row{sign, strings.TrimSuffix(line, "\n")})
	}
	return out
}

// valueText is a value for people: YAML, which has no quotes where it needs none; short lists on one line.
func valueText(value any) string {
	switch v := value.(type) {
	case fmt.Stringer:
		return v.String()
	case string:
		if lined(v) {
			return v
		}
	case []any:
		if line, short := onLine(v); short {
			return line
		}
	}
	out, err := yaml.Marshal(value)
	if err != nil { // no value of a manifest
		out, _ = json.Marshal(fmt.Sprint(value))
	}
	return string(out)
}

// onLine is a list of scalars as YAML on one line, if it is short.
func onLine(list []any) (line string, short bool) {
	const most = 100
	var parts []string
	n := 0
	for _, e := range list {
		switch e := e.(type) {
		case map[string]any, []any:
			return "", false
		case string:
			if strings.ContainsAny(e, ",[]{}\n") || len(e) > most {
				return "", false
			}
		}
		part := strings.TrimSuffix(valueText(e), "\n")
		parts, n = append(parts, part), n+len(part)
		if n > most {
			return "", false
		}
	}
	return "[" + strings.Join(parts, ", ") + "]", true
}
