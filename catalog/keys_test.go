package catalog

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/diag"
)

// TestKeys: of each key there is a text, a type, an example that is read without mistakes, and a place in the documentation.
func TestKeys(t *testing.T) {
	keys := Keys()
	for _, k := range keys {
		if k.Text == "" || k.Value == "" || k.Type == "" || k.Example == "" || strings.HasSuffix(k.Manual, "#") || strings.Contains(k.Type+k.Value+k.Text+k.Default, "](") {
			t.Errorf("%s: %s: incomplete: %+v", k.File, k.Path, k)
		}
		for _, v := range append(slices.Clone(k.Values), k.Known...) {
			if v.Name == "" || v.Text == "" {
				t.Errorf("%s: %s: nothing is said of the value %q", k.File, k.Path, v.Name)
			}
		}
		if of := mistakesOf(k, keys); of != "" {
			t.Errorf("%s: %s: the example has mistakes:\n%s", k.File, k.Path, of)
		}
	}
	if len(keys) < 200 {
		t.Errorf("only %d keys", len(keys))
	}
}

// mistakesOf are the mistakes of a key's example, as a value of the key; what else is missing around it is none.
func mistakesOf(k Key, keys []Key) string {
	text, parts := k.line, strings.Split(k.Path, ".")
	for i := len(parts) - 2; i >= 0; i-- {
		above := strings.Join(parts[:i+1], ".")
		at := slices.IndexFunc(keys, func(o Key) bool { return o.File == k.File && o.Path == above })
		switch kind := keys[at].Type; {
		case strings.HasPrefix(kind, "list"):
			text = parts[i] + ": [{" + text + "}]"
		case strings.HasPrefix(kind, "mapping of"):
			text = parts[i] + ": {some: {" + text + "}}"
		default:
			text = parts[i] + ": {" + text + "}"
		}
	}
	var found diag.List
	if k.File == ApplicationsFile {
		guided(k.File).Parse(k.File, []byte("[{"+text+"}]"), &found).Decode(&[]entryInput{})
	} else {
		guided(k.File).Parse(k.File, []byte("{"+text+"}"), &found).Decode(&platformInput{})
	}
	found = slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return d.Code == "missing-field" })
	var b strings.Builder
	_ = found.Print(&b, diag.Frame{})
	return b.String()
}

// TestWords: a word of another tool is none of ours where it is looked for, and what is written in its place is.
func TestWords(t *testing.T) {
	types, names := map[string]map[string]bool{}, map[string]bool{"//": true}
	for _, k := range Keys() {
		if types[k.of.Name()] == nil {
			types[k.of.Name()] = map[string]bool{}
		}
		types[k.of.Name()][k.Name()] = true
		names[k.Name()] = true
	}
	key := regexp.MustCompile(`^write ([a-zA-Z]+): `)
	for of, table := range words() {
		if of != anyInput && types[of] == nil {
			t.Errorf("there is no type %s", of)
		}
		for word, hint := range table {
			if types[of][word] {
				t.Errorf("%s has the key %s: the hint is never given", of, word)
			}
			if found := key.FindStringSubmatch(hint); found != nil && !names[found[1]] {
				t.Errorf("%s.%s: there is no key %s", of, word, found[1])
			}
		}
	}
}
