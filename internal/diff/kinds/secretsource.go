package kinds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint/models/secrets"
)

var secretSource = &diff.Kind{
	Name:    "secret",
	Words:   []string{"secret-source"},
	Summary: "A Secret is read from another place, or a pod reads another Secret",
	Find: func(c *diff.Change, found func(diff.Consequence)) {
		emit := func(f diff.Consequence) {
			f.Word = "secret-source"
			found(f)
		}
		findExternalSecrets(c, emit)
		findStores(c, emit)
		findMakers(c, emit)
		findSecretReaders(c, emit)
	},
}

const externalSecrets = "external-secrets.io"

// secretReading is where a key of a Secret comes from, or goes to.
type secretReading struct{ key, store, place string }

func (r secretReading) from() string { return r.store + ": " + r.place }

// fieldAt is the value at some fields of a value; nil when there is none.
func fieldAt(v any, fields ...string) any {
	for _, field := range fields {
		m, _ := v.(map[string]any)
		v = m[field]
	}
	return v
}

func nameAt(v any, fields ...string) string {
	s, _ := fieldAt(v, fields...).(string)
	return diag.Beginning(s, longestReference)
}

func elementsAt(v any, fields ...string) []any {
	list, _ := fieldAt(v, fields...).([]any)
	return list
}

const longestReference = 200 // characters of a name that is shown

// readingsOf are what an ExternalSecret, or a ClusterExternalSecret, reads, or what a PushSecret writes, in order.
func readingsOf(o *diff.Object) []secretReading {
	spec := fieldAt(o.Content(), "spec")
	switch o.Kind {
	case "ClusterExternalSecret":
		spec = fieldAt(spec, "externalSecretSpec")
	case "PushSecret":
		return pushed(spec)
	}
	store := storeText(fieldAt(spec, "secretStoreRef"))
	var out []secretReading
	for _, d := range elementsAt(spec, "data") {
		out = append(out, secretReading{"key " + nameAt(d, "secretKey"), storeOf(store, d), remoteText(fieldAt(d, "remoteRef"))})
	}
	for _, d := range elementsAt(spec, "dataFrom") {
		switch {
		case fieldAt(d, "extract") != nil:
			out = append(out, secretReading{"all of its keys", storeOf(store, d), remoteText(fieldAt(d, "extract"))})
		case fieldAt(d, "find") != nil:
			out = append(out, secretReading{"what is found", storeOf(store, d), jsonText(fieldAt(d, "find"))})
		case fieldAt(d, "sourceRef", "generatorRef") != nil:
			out = append(out, secretReading{"what is generated", "generators", nameAt(d, "sourceRef", "generatorRef", "kind") + " " + nameAt(d, "sourceRef", "generatorRef", "name")})
		}
	}
	return out
}

// pushed are what a PushSecret writes, and where.
func pushed(spec any) []secretReading {
	var stores []string
	for _, ref := range elementsAt(spec, "secretStoreRefs") {
		name := storeText(ref)
		if selector := fieldAt(ref, "labelSelector"); selector != nil {
			name = "stores with " + jsonText(selector)
		}
		stores = append(stores, name)
	}
	to := strings.Join(stores, ", ")
	out := []secretReading{{"Secret " + nameAt(spec, "selector", "secret", "name"), to, "its keys"}}
	for _, d := range elementsAt(spec, "data") {
		out = append(out, secretReading{"key " + nameAt(d, "match", "secretKey"), to, placeInStore(nameAt(d, "match", "remoteRef", "remoteKey"), nameAt(d, "match", "remoteRef", "property"), "")})
	}
	return out
}

func jsonText(v any) string {
	text, _ := json.Marshal(v) // it was read from JSON
	return diag.Beginning(string(text), longestReference)
}

func storeText(ref any) string {
	kind := nameAt(ref, "kind")
	if kind == "" || kind == "SecretStore" {
		return "SecretStore " + nameAt(ref, "name")
	}
	return kind + " " + nameAt(ref, "name")
}

// storeOf is the store that one element of an ExternalSecret reads from: that of all, or its own.
func storeOf(store string, element any) string {
	if other := fieldAt(element, "sourceRef", "storeRef"); other != nil {
		return storeText(other)
	}
	return store
}

func remoteText(remote any) string {
	return placeInStore(nameAt(remote, "key"), nameAt(remote, "property"), nameAt(remote, "version"))
}

// placeInStore is where a value is in a store.
func placeInStore(key, property, version string) string {
	if property != "" {
		key += "#" + property
	}
	if version != "" {
		key += " (version " + version + ")"
	}
	return key
}

// numbered makes each key of readings one of its own.
func numbered(all []secretReading) []secretReading {
	seen := map[string]int{}
	for i, r := range all {
		if seen[r.key]++; seen[r.key] > 1 {
			all[i].key = fmt.Sprintf("%s (%d)", r.key, seen[r.key])
		}
	}
	return all
}

func findExternalSecrets(c *diff.Change, found func(diff.Consequence)) {
	var all []happening
	for _, p := range c.Of("ExternalSecret."+externalSecrets, "ClusterExternalSecret."+externalSecrets, "PushSecret."+externalSecrets) {
		if p.Before == nil || p.After == nil {
			continue
		}
		verb := "read from"
		if p.ID.Kind == "PushSecret" {
			verb = "written to"
		}
		lines, shaped := readingChanges(readingsOf(p.Before), readingsOf(p.After), verb), []string(nil)
		if p.ID.Kind != "PushSecret" {
			shaped = templateChanges(p.Before, p.After)
		}
		if lines = append(lines, shaped...); len(lines) > 0 {
			h := happening{who: p.ID.String(), after: ": " + lines[0], apart: strings.Join(lines, "\n")}
			h.Consequence = diff.Consequence{Word: "secret-source", Weight: diff.Notice, Subject: p.ID.String(), Details: firstLines(lines[1:], mostReadings), Objects: []diff.ID{p.ID}}
			if len(shaped) == 0 && strings.HasSuffix(lines[0], " is gone") { // and so all of them
				h.Weight = diff.Plain
			}
			all = append(all, h)
		}
	}
	happened(all, found)
}

// readingChanges are the keys that are read from another place, or the store alone where that is all that differs; then those that are new, and those
// that are gone. Those that are read as before mean
// nothing, in whatever order.
func readingChanges(before, after []secretReading, verb string) []string {
	gone, come := numbered(readingsBeyond(before, after)), numbered(readingsBeyond(after, before))
	old := map[string]secretReading{}
	for _, r := range gone {
		old[r.key] = r
	}
	var lines, more []string
	stores := map[string]bool{}
	for _, r := range come {
		was, there := old[r.key]
		if delete(old, r.key); !there {
			more = append(more, fmt.Sprintf("%s, %s %s now, is new", r.key, verb, r.from()))
			continue
		}
		lines = append(lines, fmt.Sprintf("%s, %s %s now, and no longer %s", r.key, verb, r.from(), was.from()))
		if was.place != r.place {
			stores[""] = true
		}
		stores[fmt.Sprintf("%s %s now, and no longer %s", verb, r.store, was.store)] = true
	}
	if len(stores) == 1 && len(more) == 0 && len(lines) == len(after) && len(before) == len(after) {
		return sortedKeys(stores)
	}
	for _, key := range sortedKeys(old) {
		more = append(more, fmt.Sprintf("%s, %s %s before, is gone", key, verb, old[key].from()))
	}
	slices.Sort(lines)
	return append(lines, more...)
}

// readingsBeyond are the readings of a list that another one does not have.
func readingsBeyond(list, other []secretReading) []secretReading {
	has := map[secretReading]bool{}
	for _, r := range other {
		has[r] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(r secretReading) bool { return has[r] })
}

const mostReadings = 10 // that are listed of one object

// findMakers finds Secrets that are made in another way: from the repository before, and from a store now.
func findMakers(c *diff.Change, found func(diff.Consequence)) {
	for _, p := range c.Of("ExternalSecret." + externalSecrets) {
		if (p.Before == nil) == (p.After == nil) {
			continue
		}
		o := p.Either()
		name := nameAt(o.Content(), "spec", "target", "name")
		if name == "" {
			name = p.ID.Name
		}
		plain := diff.ID{Kind: "Secret", Namespace: p.ID.Namespace, Name: name}
		before, after := c.Object(plain)
		f := diff.Consequence{Weight: diff.Notice, Subject: plain.String(), Objects: []diff.ID{p.ID, plain}}
		switch {
		case p.After != nil && before != nil && after == nil:
			f.Message = fmt.Sprintf("%s is made by %s now, and no longer deployed as it is", plain, p.ID)
		case p.Before != nil && before == nil && after != nil:
			f.Message = fmt.Sprintf("%s is deployed as it is now, and no longer made by %s", plain, p.ID)
		default:
			continue
		}
		found(f)
	}
}

// findSecretReaders finds workloads whose pods read other Secrets than before.
func findSecretReaders(c *diff.Change, found func(diff.Consequence)) {
	for _, p := range c.Of(podKinds[:]...) {
		before, after := podOf(c.Before, p.Before), podOf(c.After, p.After)
		if before == nil || after == nil {
			continue
		}
		old, now := readSecrets(secrets.Reads(before)), readSecrets(secrets.Reads(after))
		more, less := missingIn(now, old), missingIn(old, now)
		f := diff.Consequence{Weight: diff.Notice, Subject: "pods of " + p.ID.String(), Objects: []diff.ID{p.ID}}
		switch {
		case len(more) > 0 && len(less) > 0:
			f.Message = fmt.Sprintf("pods of %s read Secret %s now, and no longer %s", p.ID, fewOf(more, 5), fewOf(less, 5))
		case len(more) > 0:
			f.Message = fmt.Sprintf("pods of %s read Secret %s now", p.ID, fewOf(more, 5))
		case len(less) > 0:
			f.Weight = diff.Plain
			f.Message = fmt.Sprintf("pods of %s no longer read Secret %s", p.ID, fewOf(less, 5))
		default:
			continue
		}
		found(f)
	}
}

// readSecrets are the names of Secrets, each once and in order.
func readSecrets(needs []secrets.Need) []string {
	var out []string
	for _, n := range needs {
		out = append(out, diag.Beginning(n.Secret, longestReference))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
