package workload

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"
)

// explain reports kustomize's error about the kustomization, at its place.
func (k *kustomization) explain(err error) diag.Diagnostic {
	text, folder, entry := unwrapKustomize(err.Error())
	for file, broken := range k.files.broken {
		if strings.Contains(text, broken.Error()) {
			return k.unreadable(file, broken)
		}
	}
	if strings.Contains(text, "already defined at line") { // of something that it does not name
		if d, ok := k.repeatedKey(); ok {
			return d
		}
	}
	at := diag.Position{File: k.file}
	dir := k.app.Path
	if folder != "" {
		dir, _ = repositoryPath(folder)
		at.File = k.files.kustomizationIn(dir)
	}
	if m := patchPath().FindStringSubmatch(text); entry == "" && m != nil {
		entry = m[1]
	}
	if original, ok := k.files.original[entry]; ok {
		at, entry = k.files.at(at.File, original), ""
	}
	if entry != "" {
		if file, info, err := k.files.resolve(path.Join(dir, entry)); err == nil && !info.IsDir() {
			if d, wrong := k.badFile(file); wrong {
				return d
			}
			at = k.files.at(at.File, entry)
		}
	}
	hint := ""
	if strings.HasPrefix(text, "security;") {
		hint = "kustomize reads files in and below the folder of a kustomization; make the other folder a kustomization, and a resource"
	}
	return k.app.failure(at, "kustomize", hint, "%s", kustomizeWords(text))
}

// badFile returns where a file is not YAML.
func (k *kustomization) badFile(file string) (diag.Diagnostic, bool) {
	text, err := k.files.content(file)
	if err != nil {
		return diag.Diagnostic{}, false
	}
	if _, diags := k.app.decode(diag.Position{File: file}, text); len(diags) > 0 {
		return diags[0], true
	}
	if _, err := objectsIn(text); err != nil && k.files.last == file {
		return k.app.failure(diag.Position{File: file}, "kustomize", "", "%s", kustomizeWords(err.Error())), true
	}
	return diag.Diagnostic{}, false
}

// repeatedKey returns the first key that a mapping of a file has twice.
func (k *kustomization) repeatedKey() (diag.Diagnostic, bool) {
	for _, file := range slices.Sorted(maps.Keys(k.files.read)) {
		if k.files.data[file] {
			continue
		}
		documents, _ := syntax.Documents(k.files.read[file]) // what is not YAML is another mistake
		for _, document := range documents {
			if first, again := repeated(document); again != nil {
				return k.app.failure(diag.Position{File: file, Line: again.Line, Column: again.Column}, "kustomize", "remove one of the two",
					"the key %s is there twice: kustomize reads neither; the first is at line %d", syntax.Quote(again.Value), first.Line), true
			}
		}
	}
	return diag.Diagnostic{}, false
}

// repeated is the first key at or below a node that its mapping has twice; nil when there is none.
func repeated(n *yaml.Node) (first, again *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		seen := map[string]*yaml.Node{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode {
				continue
			}
			if before := seen[key.Value]; before != nil && before.Tag == key.Tag {
				return before, key
			}
			seen[key.Value] = key
		}
	}
	for _, c := range n.Content {
		if first, again = repeated(c); again != nil {
			break
		}
	}
	return first, again
}

// kustomizationIn is the kustomization file of a folder.
func (f *kustomizeFiles) kustomizationIn(dir string) string {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if file, _, err := f.resolve(path.Join(dir, name)); err == nil {
			return file
		}
	}
	return dir
}

var (
	unknownField = lazy.Regexp(`json: unknown field "(.*)"`)
	wrongType    = lazy.Regexp(`json: cannot unmarshal (\w+).* into Go (?:struct field \w+\.(\S+)|value) of type (\S+)`)
	patchPath    = lazy.Regexp(`\[path: "([^"]*)"\]`)
)

// unreadable returns why kustomize cannot read a kustomization file.
func (k *kustomization) unreadable(file string, err error) diag.Diagnostic {
	text := err.Error()
	if m := unknownField().FindStringSubmatch(text); m != nil {
		return k.app.failure(k.files.at(file, m[1]), "kustomize", "", "kustomize has no field %q there", m[1])
	}
	if m := wrongType().FindStringSubmatch(text); m != nil {
		field := m[2][strings.LastIndex(m[2], ".")+1:]
		return k.app.failure(k.files.at(file, field), "kustomize", "", "%s: expected %s, found %s", m[2], goType(m[3]), m[1])
	}
	if content, err := k.files.content(file); err == nil {
		if _, diags := k.app.decode(diag.Position{File: file}, content); len(diags) > 0 {
			return diags[0]
		}
	}
	return k.app.failure(diag.Position{File: file}, "kustomize", "", "%s", kustomizeWords(text))
}

// goType describes a type of Go in words.
func goType(name string) string {
	switch {
	case strings.HasPrefix(name, "[]"):
		return "a list"
	case name == "string":
		return "text"
	case name == "bool":
		return "true or false"
	case strings.HasPrefix(name, "int"):
		return "a number"
	}
	return "a mapping"
}

var (
	wrapFolder = lazy.Regexp(`^(?:recursed accumulation of|recursed merging from|couldn't make target for) path '([^']*)': `)
	wrapEntry  = lazy.Regexp(`^(?:accumulating|merging) resources from '([^']*)': `)
	wrapQuoted = lazy.Regexp(`^(?:accumulateDirectory: |loader\.New )(".*")$`)
	wrapOther  = lazy.Regexp(`(?s)^(?:accumulating (?:resources|components): |loading generator plugins: |failed to load generator: |` +
		"trouble configuring builtin \\w+ with config: `.*`: |" + `plugin \S+ fails configuration: |merging from generator .*\}: |loading CRDs \[.*?\]: |merging (?:config|CRDs|vars) .*?[\]\}]: |map\[string\]interface ?\{\}.*\}: )`)
	wrapBoth = lazy.Regexp(`^accumulation err='`)
	// deeper matches where the second of two errors of kustomize about one entry is the one that counts: the entry is a folder.
	deeper = lazy.Regexp(`': (recursed |couldn't make target |cycle detected|path "|new root |expected kind )`)
)

// unwrapKustomize removes from an error what kustomize's functions put around it, and returns the folder and the entry that they name.
func unwrapKustomize(text string) (inner, folder, entry string) {
	for {
		before := text
		if m := wrapFolder().FindStringSubmatch(text); m != nil {
			folder, entry, text = m[1], "", text[len(m[0]):]
		}
		if m := wrapEntry().FindStringSubmatch(text); m != nil {
			entry, text = m[1], text[len(m[0]):]
		}
		if m := wrapQuoted().FindStringSubmatch(text); m != nil {
			if unquoted, err := strconv.Unquote(m[1]); err == nil {
				text = unquoted
			}
		}
		text = text[len(wrapOther().FindString(text)):]
		if rest, ok := strings.CutPrefix(text, wrapBoth().FindString(text)); ok && rest != text {
			text = rest
			if m := deeper().FindStringIndex(text); m != nil {
				text = text[m[0]+len("': "):]
			} else {
				text, _, _ = strings.Cut(text, "': must build at directory")
			}
		}
		if text == before {
			return text, folder, entry
		}
	}
}

// rescue turns a panic in kustomize into a diagnostic. Some input makes it panic, such as annotations of its own.
func (app *Application) rescue(out *[]manifest, diags *diag.List) {
	if p := recover(); p != nil {
		*out, *diags = nil, diag.List{app.failure(app.at(), "kustomize", "", "%s", panicWords(p))}
	}
}

func panicWords(p any) string { return "kustomize fails on this: " + firstLine(fmt.Sprint(p)) }

// secrets are where kustomize quotes the text that it works on.
var secrets = []struct {
	pattern func() *regexp.Regexp
	instead string
}{
	{lazy.Regexp(`(?s) in object .*`), ""},
	{lazy.Regexp(`(?s)invalid literal source .*, expected`), "invalid literal source, expected"},
	{lazy.Regexp(`(?s)literal sources \[.*\]: `), ""},
	{lazy.Regexp(`(?s)line \[.*\] has invalid utf8 bytes.*`), "a line has invalid utf8 bytes"},
	{lazy.Regexp(`(?s)(?: from|:)? \[patch: ".*"\]`), ""},
	{lazy.Regexp(`(?s)(must specify one of patch and path|can't be set at the same time).*`), "$1"},
	{lazy.Regexp(`(?s)found multiple objects .* that could accept merge of`), "found multiple objects that could accept merge of"},
	{lazy.Regexp(`resid\.ResId\{Gvk:resid\.Gvk\{Group:"(.*?)", Version:"(.*?)", Kind:"(.*?)",.*?\}, Name:"(.*?)", Namespace:"(.*?)"\}`), "$3 $4"},
	{lazy.Regexp(`(?s)is out of bounds for value .*`), "is out of bounds for the value"},
	{lazy.Regexp(`(?s)".*" is not a valid key name.*`), "a line has no valid key name"},
	{lazy.Regexp("(?s)(!!\\w+) `.*`"), "$1"},
	{lazy.Regexp(`(?s)(invalid value|unable to parse value|cannot parse|unparsable value|value)(?: of|:) .*`), "$1"},
	{lazy.Regexp(`(?s)(wrong [nN]ode [kK]ind.*?|expected \w+ but was \w+): node contents:.*`), "$1"},
	{lazy.Regexp(`^(?:loading KV pairs: |invalid Kustomization: |MalformedYAMLError: |yaml: )*`), ""},
}

// kustomizeWords are kustomize's words without the text that it works on, which may be secret, and with paths relative to the repository's
// root.
func kustomizeWords(text string) string {
	for _, s := range secrets {
		text = s.pattern().ReplaceAllString(text, s.instead)
	}
	text = strings.ReplaceAll(text, kustomizeRoot+"/", "")
	return strings.ReplaceAll(firstLine(text), kustomizeRoot, ".")
}
