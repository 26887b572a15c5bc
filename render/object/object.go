// Package object is what roster prints: Kubernetes objects with their identity, their order and their canonical YAML.
//
// It does not know which kinds there are, where an object comes from or what belongs into one.
package object

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Object is one Kubernetes object.
type Object struct {
	APIVersion, Kind string
	Namespace        string // empty for a cluster-scoped kind
	Name             string
	Wave             int // Argo CD's sync wave
	Place            int // of its kind in a wave
	// Value builds the whole object: a struct with JSON tags. It is built when it is asked for, so that the objects of a
	// large platform are never all in memory.
	Value func() any
	// JSON is the same as JSON, where it was made of that: nil for what roster renders.
	JSON []byte
}

// Sort puts objects into the order in which they are printed: by wave, place, kind, namespace and name.
func Sort(objects []Object) {
	slices.SortFunc(objects, func(a, b Object) int { return Compare(&a, &b) })
}

// Compare says which of two objects is printed first, as cmp.Compare does.
func Compare(a, b *Object) int {
	if c := cmp.Or(cmp.Compare(a.Wave, b.Wave), cmp.Compare(a.Place, b.Place)); c != 0 {
		return c
	}
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name),
		strings.Compare(a.APIVersion, b.APIVersion))
}

// File is where the object belongs in a folder of objects: NAMESPACE/KIND-NAME.yaml, or _cluster/KIND-NAME.yaml. Objects
// that differ in namespace, kind or name have different files, also where case does not matter.
func (o Object) File() string {
	dir := "_cluster"
	if o.Namespace != "" {
		dir = fileName(o.Namespace)
	}
	return dir + "/" + fileName(strings.ToLower(o.Kind)+"-"+o.Name) + ".yaml"
}

// fileName is a name made from a text. No clean text has the underscore that precedes the digest.
func fileName(text string) string {
	name := clean(text)
	if name == text {
		return name
	}
	return name + "_" + Digest(text)
}

// Name makes a DNS subdomain, the strictest name of the kinds that roster prints, from a text. Different texts make
// different names: when something had to be changed or cut, a digest of the text follows, and also when the text ends like a
// digest.
func Name(text string) string {
	name := clean(text)
	if name == text && text != "" && !digestLike(text) {
		return name
	}
	return strings.TrimPrefix(name+"-"+Digest(text), "-")
}

// clean is as much of a text as a DNS subdomain can hold. It may be empty.
func clean(text string) string {
	const longest = 200 // 253 are permitted; a file name has at most 255 bytes, and callers add to the name
	out := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' {
			return c
		}
		return '-'
	}, text)
	labels := strings.Split(out[:min(len(out), longest)], ".")
	for i, l := range labels {
		labels[i] = strings.Trim(l, "-")
	}
	return strings.Join(slices.DeleteFunc(labels, func(l string) bool { return l == "" }), ".")
}

// digestLike reports whether text ends with, or is, what looks like a digest of Name.
func digestLike(text string) bool {
	text = text[strings.LastIndexByte(text, '-')+1:]
	return len(text) == 8 && strings.Trim(text, "0123456789abcdef") == ""
}

// Digest distinguishes texts in few characters: 32 bits, in hexadecimal.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}
