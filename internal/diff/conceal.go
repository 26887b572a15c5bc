package diff

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/lint/models/secrets"
)

// conceal takes the values out of differences that may not be shown: those of Secrets, wherever they are, passwords, and what lint would call a
// credential.
//
// Known are values of Secrets that differ: they may stand elsewhere as well, such as among the values of the chart that makes the Secret.
func conceal(p *Pair, out []fields.Difference, known map[string]bool) {
	for i := range out {
		d := &out[i]
		from, to := d.Path.Places()
		var data int
		if d.Change != fields.Added {
			s := surroundingsOf(p.Before.Content(), from, known)
			d.From, data = s.conceal(d.From), s.dataAt
		}
		if d.Change != fields.Removed {
			s := surroundingsOf(p.After.Content(), to, known)
			d.To, data = s.conceal(d.To), max(data, s.dataAt)
		}
		if data > 0 && len(d.Path) > data { // the keys of values are shown; what is below them is no path of the author's
			if data++; d.Path[data-1].List || d.Path[data-1].By != "" {
				data--
			}
			d.Path = d.Path[:data]
		}
	}
}

// isData reports whether a field of a Secret has its values.
func isData(field string) bool { return field == "data" || field == "stringData" }

// lastApplied is an annotation that holds a whole object.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// surroundings are what is known of a value by where it is.
type surroundings struct {
	depth  int    // how many steps lead to it
	key    string // that it stands at, or the name of the variable that it is the value of
	before string // the element of the list before it
	list   bool   // whether it is an element of a list
	kind   string // of the object that it is in
	dataAt int    // how many steps lead to the values of a Secret that it is in; 0 when it is in none
	secret bool   // whether it is such a value, or another one that is never shown
	helm   bool   // whether it is the text of a chart's values
	made   bool   // whether it is a text of which External Secrets makes a value
	known  map[string]bool
}

// surroundingsOf follows a path, and looks at what is on the way.
func surroundingsOf(v any, at []string, known map[string]bool) surroundings {
	s := surroundings{known: known}
	for _, part := range at {
		switch parent := v.(type) {
		case map[string]any:
			s, v = s.in(parent, part), parent[part]
		case []any:
			i, _ := strconv.Atoi(part)
			if i < 0 || i >= len(parent) {
				return s
			}
			s, v = s.of(parent, i), parent[i]
		default:
			return s
		}
	}
	return s
}

// in are the surroundings of a field.
func (s surroundings) in(parent map[string]any, key string) surroundings {
	n := surroundings{depth: s.depth + 1, key: key, kind: s.kind, dataAt: s.dataAt, known: s.known, made: s.made,
		secret: s.secret || s.dataAt > 0 || key == lastApplied}
	if kind, ok := parent["kind"].(string); ok && s.dataAt == 0 {
		if n.kind = kind; kind == "Secret" && isData(key) {
			n.dataAt = n.depth
		}
	}
	if name, ok := parent["name"].(string); ok && key == "value" {
		n.key = name // a variable of the environment, or a parameter of a chart
	}
	n.helm = key == "values" && s.key == "helm"
	n.made = n.made || strings.HasSuffix(n.kind, "ExternalSecret") && s.key == "template" && key == "data"
	n.secret = n.secret || strings.HasSuffix(n.kind, "SecretStore") && s.key == "fake" || n.kind == "Fake" && s.key == "spec" && key == "data"
	return n
}

// of are the surroundings of an element of a list.
func (s surroundings) of(parent []any, i int) surroundings {
	n := surroundings{depth: s.depth + 1, list: true, kind: s.kind, dataAt: s.dataAt, secret: s.secret || s.dataAt > 0, known: s.known, made: s.made}
	if i > 0 {
		n.before, _ = parent[i-1].(string)
	}
	return n
}

// conceal is a value with what may not be shown replaced. The value itself stays as it is.
func (s surroundings) conceal(v any) any {
	if s.secret && v != nil {
		return fields.Concealed{}
	}
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, e := range v {
			out[key] = s.in(v, key).conceal(e)
		}
		return out
	case []any:
		if s.dataAt > 0 {
			return fields.Concealed{}
		}
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = s.of(v, i).conceal(e)
		}
		return out
	case nil, bool:
		return v
	}
	switch text, ok := v.(string); {
	case s.dataAt > 0, s.known[strings.TrimSpace(fmt.Sprint(v))], s.made && ok && !strings.Contains(text, "{{"):
		return fields.Concealed{}
	case s.kind == "SealedSecret", s.kind == "CustomResourceDefinition": // encrypted; and descriptions, which show examples
		return v
	case secrets.Password(s.key, fmt.Sprint(v)), s.list && strings.HasPrefix(s.before, "-") && secrets.Password(s.before, fmt.Sprint(v)):
		return fields.Concealed{}
	}
	return s.text(v)
}

// text is a text, or a number, without the lines that have a credential.
func (s surroundings) text(v any) any {
	around := any(map[string]any{s.key: v})
	switch {
	case s.list:
		around = []any{s.before, v} // an option, such as --password, comes before its value
	case s.key == "":
		around = v
	}
	found := map[string]bool{}
	secrets.Credentials(places.NodeOf(around), "", func(c secrets.Credential) { found[c.Text] = true })
	text, ok := v.(string)
	if !ok {
		if found[fmt.Sprint(v)] {
			return fields.Concealed{}
		}
		return v
	}
	return hide(text, found, s.helm)
}

// hide is a text without the lines that are found to have a credential, or that set a password.
func hide(text string, found map[string]bool, helm bool) any {
	if found[text] || found[strings.TrimSpace(text)] {
		return fields.Concealed{}
	}
	lines := strings.Split(text, "\n")
	hidden := make([]bool, len(lines))
	if helm || manifestOfSecret().MatchString(text) {
		if !hideInYAML(text, hidden) {
			return fields.Concealed{}
		}
	}
	key, any := false, false
	for i, line := range lines {
		key = key || strings.Contains(line, "-----BEGIN") && strings.Contains(line, "PRIVATE KEY-----")
		hidden[i] = hidden[i] || key || found[strings.TrimSpace(line)] || setsPassword(line)
		key = key && !strings.Contains(line, "-----END")
		any = any || hidden[i]
	}
	switch {
	case !any:
		return text
	case len(lines) == 1:
		return fields.Concealed{}
	}
	for i, line := range lines {
		if hidden[i] {
			lines[i] = line[:len(line)-len(strings.TrimLeft(line, " "))] + fields.ConcealedText
		}
	}
	return strings.Join(lines, "\n")
}
