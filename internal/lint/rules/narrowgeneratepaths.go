package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/places"
	"go.yaml.in/yaml/v3"
)

var narrowGeneratePaths = lint.Rule{
	Name:     "narrow-generate-paths",
	Severity: lint.Warning,
	Summary:  "manifest-generate-paths of an Application leaves out files that it is rendered from",
	Doc: `With the annotation, Argo CD renders the Application again only when a commit touches a path that is named there; a change of any other
file goes unnoticed until the cache expires, or until a hard refresh. So it must name every file, including value files and Kustomize
components outside of the path. Paths are relative to the source's path or, with a leading slash, to the repository's root, and are separated
by semicolons. For the applications of the list, roster writes the annotation itself.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: argocd
  networkPolicies: isolated
  applications: [{applicationCode: wiki-application, path: a}]
-- a/application.yaml --
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: wiki
  annotations: {argocd.argoproj.io/manifest-generate-paths: .}
spec:
  project: argocd
  source:
    repoURL: https://git.example/homelab.git
    path: charts/wiki
    helm: {valueFiles: [values-home.yaml, ../../values/wiki.yaml]}
  destination: {server: 'https://kubernetes.default.svc', namespace: web-wiki}
`,
	Mend: []string{`  annotations: {argocd.argoproj.io/manifest-generate-paths: .}`, `  annotations: {argocd.argoproj.io/manifest-generate-paths: .;/values/wiki.yaml}`},
	Check: func(in *lint.Context, report lint.Report) {
		left := mostMatches
		for _, o := range in.Deployed.Kind("Application") {
			const annotation = "argocd.argoproj.io/manifest-generate-paths"
			paths, ok := deployed.ValueOf(o, "metadata", "annotations", annotation)
			if deployed.GroupOf(o) != deployed.ArgoGroup || !ok || paths == "" {
				continue
			}
			sources, _ := deployed.FieldAt(o, "spec", "sources").([]any)
			if s := deployed.FieldAt(o, "spec", "source"); s != nil {
				sources = append(sources, s)
			}
			covered := coveredPaths{left: &left}
			var read []string
			looked, built := map[string]bool{}, map[string]bool{} // sources may have a folder in common
			for _, s := range sources {
				source, _ := s.(map[string]any)
				base, _ := source["path"].(string)
				read = append(read, options(source, base)...)
				if !looked[base] {
					looked[base] = true
					covered.add(generatePaths(paths, base))
				}
				if source["repoURL"] == in.Platform.Repository.URL && !built[base] {
					built[base] = true
					read = append(read, kustomized(in, base)...)
				}
			}
			for _, file := range read {
				if !covered.has(file) {
					report(in.Places.Field(o, "metadata", "annotations", annotation), "add ;/"+file, "%s reads %s, which %s does not name", o.Title(), file, annotation)
					break
				}
			}
		}
	},
}

// generatePaths are the paths of the annotation, relative to the repository's root.
func generatePaths(annotation, base string) []string {
	var out []string
	for p := range strings.SplitSeq(annotation, ";") {
		if p = strings.TrimSpace(p); strings.HasPrefix(p, "/") {
			out = append(out, strings.TrimPrefix(path.Clean(p), "/"))
		} else if p != "" {
			out = append(out, path.Join(base, p))
		}
	}
	return out
}

// mostMatches bounds how often files are compared with patterns, in all Applications. What is not compared counts as covered.
const mostMatches = 1_000_000

// coveredPaths are paths of the annotation: files, folders and patterns.
type coveredPaths struct {
	left     *int // of mostMatches
	all      bool
	named    map[string]bool
	patterns map[string][]string // by the folder in front of what is a pattern
}

func (c *coveredPaths) add(paths []string) {
	if c.named == nil {
		c.named, c.patterns = map[string]bool{}, map[string][]string{}
	}
	for _, p := range paths {
		c.all = c.all || p == "" || p == "."
		c.named[p] = true
		if i := strings.IndexAny(p, `*?[\`); i >= 0 {
			folder := p[:strings.LastIndexByte(p[:i], '/')+1]
			c.patterns[folder] = append(c.patterns[folder], p)
		}
	}
}

// has reports whether a path is a file, a folder around it, or a pattern for it.
func (c *coveredPaths) has(file string) bool {
	matches := func(folder string) bool {
		return slices.ContainsFunc(c.patterns[folder], func(pattern string) bool {
			*c.left--
			return *c.left < 0 || globs(pattern, file)
		})
	}
	if c.all || c.named[file] || matches("") {
		return true
	}
	for i := range len(file) {
		if file[i] == '/' && (c.named[file[:i]] || matches(file[:i+1])) {
			return true
		}
	}
	return false
}

// options are the value files and Kustomize components that a source names, relative to the repository's root.
func options(source map[string]any, base string) []string {
	var out []string
	for _, list := range [][]string{{"helm", "valueFiles"}, {"kustomize", "components"}} {
		options, _ := source[list[0]].(map[string]any)
		items, _ := options[list[1]].([]any)
		for _, item := range items {
			if p, ok := item.(string); ok {
				out = appendRead(out, p, base)
			}
		}
	}
	return out
}

// appendRead adds what a source with a path reads, as far as it is known.
func appendRead(out []string, p, base string) []string {
	rooted := strings.HasPrefix(p, "/")
	if ref, rest, ok := strings.Cut(p, "/"); ok && strings.HasPrefix(ref, "$") {
		p, rooted = rest, true
	}
	if strings.Contains(p, "://") || strings.Contains(p, "$") {
		return out
	}
	if !rooted {
		p = path.Join(base, p)
	}
	return append(out, strings.TrimPrefix(path.Clean(p), "/"))
}

// kustomized are the folders outside of a kustomization of this repository that it reads.
func kustomized(in *lint.Context, base string) []string {
	var out []string
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		f := in.Places.File(path.Join(base, name))
		if f == nil || len(f.Documents()) == 0 || len(f.Documents()[0].Content) == 0 {
			continue
		}
		for _, key := range []string{"resources", "components", "bases"} {
			list := places.Value(f.Documents()[0].Content[0], key)
			if list == nil || list.Kind != yaml.SequenceNode {
				continue
			}
			for _, item := range list.Content {
				if strings.HasPrefix(item.Value, "../") {
					out = appendRead(out, item.Value, base)
				}
			}
		}
	}
	return out
}
