package workload

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/syntax"
	yamlv3 "go.yaml.in/yaml/v3"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
)

// complete checks that the top chart can be installed. If a chart is missing from its charts/, it adds what Argo CD would put
// there with helm dependency build. As in Helm, only the top chart is checked, and dependencies count that are turned off.
func (c *chartReader) complete(top *loadedChart) diag.List {
	if kind := top.chart.Metadata.Type; kind != "" && kind != "application" {
		return diag.List{top.mistake("helm-chart", "Chart.yaml", 0, kind+" charts are not installable")}
	}
	lacks := func(d *chart.Dependency) bool { return !has(top, d) }
	if !slices.ContainsFunc(top.chart.Metadata.Dependencies, lacks) {
		return nil
	}
	b := c.dependenciesOf(top)
	if !c.build {
		i := slices.IndexFunc(top.chart.Metadata.Dependencies, lacks)
		return diag.List{b.fail(top.chart.Metadata.Dependencies[i], "kustomize does not run helm dependency build", ", which is not in charts/")}
	}
	if outOfStep(top.chart) {
		lock := strings.TrimSuffix(b.file, ".yaml") + ".lock"
		return diag.List{top.mistake("helm-dependency", lock, 0, "it is out of step with "+b.file)}
	}
	diags := b.run()
	if i := slices.IndexFunc(top.chart.Metadata.Dependencies, lacks); len(diags) == 0 && i >= 0 {
		return diag.List{b.fail(top.chart.Metadata.Dependencies[i], "", ", which is not in charts/")}
	}
	return diags
}

func (c *chartReader) dependenciesOf(top *loadedChart) *dependencies {
	b := &dependencies{chartReader: c, top: top, file: "Chart.yaml"}
	if slices.ContainsFunc(top.chart.Raw, func(f *common.File) bool { return f.Name == "requirements.yaml" }) {
		b.file = "requirements.yaml"
	}
	return b
}

// byChance warns of a dependency for which more than one of the charts that are there fits. Helm takes the first of them, and reads
// charts/ in the order of a map, another one each time (pkg/chart/loader; pkg/chartutil, getAliasDependency).
func (c *chartReader) byChance(top *loadedChart) (doubts diag.List) {
	for _, d := range top.chart.Metadata.Dependencies {
		var fit []string
		for _, s := range top.subcharts {
			if v := s.chart.Metadata.Version; isWanted(s, d) && !slices.Contains(fit, v) {
				fit = append(fit, v)
			}
		}
		if len(fit) > 1 {
			doubts.Add(c.dependenciesOf(top).fail(d, "name versions of which each fits one of them alone",
				", and there are "+strings.Join(fit, " and ")+": Helm takes one of these by chance"))
		}
	}
	return doubts
}

func has(top *loadedChart, d *chart.Dependency) bool {
	return slices.ContainsFunc(top.subcharts, func(s *loadedChart) bool { return s.chart.Name() == d.Name })
}

// outOfStep reports whether helm dependency build would refuse the lock file. One of API version v1 may be of Helm 2.
func outOfStep(c *chart.Chart) bool {
	if c.Lock == nil {
		return false
	}
	sums := []any{[2][]*chart.Dependency{c.Metadata.Dependencies, c.Lock.Dependencies}}
	if c.Metadata.APIVersion == chart.APIVersionV1 {
		sums = append(sums, map[string][]*chart.Dependency{"dependencies": c.Metadata.Dependencies})
	}
	return !slices.ContainsFunc(sums, func(sum any) bool {
		data, err := json.Marshal(sum)
		return err == nil && c.Lock.Digest == fmt.Sprintf("sha256:%x", sha256.Sum256(data))
	})
}

// dependencies is helm dependency build for one chart.
type dependencies struct {
	*chartReader
	top   *loadedChart
	file  string // that names the dependencies
	added []*loadedChart
}

// run brings all dependencies, not only those that are missing: as Helm does, it takes what the lock says, and leaves of the
// archives in charts/ only those of dependencies without a repository. Folders stay.
func (b *dependencies) run() diag.List {
	listed := b.top.chart.Metadata.Dependencies
	if b.top.chart.Lock != nil {
		listed = b.top.chart.Lock.Dependencies
	}
	var diags diag.List
	own := map[string]bool{}
	brought := map[[3]string]bool{} // under other aliases
	for _, d := range listed {
		key := [...]string{d.Repository, d.Name, d.Version}
		switch {
		case d.Repository == "":
			own[d.Name] = true
			if !has(b.top, d) {
				diags.Add(b.fail(d, "put it there, or say its repository", ", which is not in charts/"))
			}
		case !brought[key]:
			brought[key] = true
			added, more := b.dependency(d)
			if diags = append(diags, more...); len(more) == 0 {
				b.added = append(b.added, added)
			}
		}
	}
	b.top.subcharts = slices.DeleteFunc(b.top.subcharts, func(s *loadedChart) bool {
		return s.packed && s.path != b.top.path && !own[s.chart.Name()]
	})
	b.top.subcharts = append(b.top.subcharts, b.added...)
	return diags
}

// dependency loads one chart.
func (b *dependencies) dependency(d *chart.Dependency) (*loadedChart, diag.List) {
	if folder, local := strings.CutPrefix(d.Repository, "file://"); local {
		return b.local(d, folder)
	}
	ref, err := dependencyReference(d)
	if err != nil {
		return nil, diag.List{b.fail(d, "", ": "+err.Error())}
	}
	at := b.place(d)
	from, diags := b.renderer.open(b.app, ref, at)
	if len(diags) > 0 {
		return nil, diags
	}
	added, diags := b.fetched(from)
	if len(diags) == 0 && !isWanted(added, d) {
		diags.Add(b.fail(d, "run roster fetch", ", where there is "+added.chart.Name()+" "+added.chart.Metadata.Version))
	}
	return added, diags
}

// dependencyReference is where a dependency lies. Its repository may be a name: Helm looks it up in its repositories.yaml, and Argo CD
// among the names of its repositories (reposerver/repository, getHelmDependencyRepos).
func dependencyReference(d *chart.Dependency) (source.Reference, error) {
	name, named := strings.CutPrefix(d.Repository, "alias:")
	if !named {
		name, named = strings.CutPrefix(d.Repository, "@")
	}
	if !named {
		return chartReference(d.Repository, d.Name, d.Version)
	}
	ref := source.Reference{Kind: source.Chart, URL: "@" + name, Name: d.Name, Version: d.Version}
	if problem := ref.Problem(); problem != "" {
		return ref, errors.New(problem)
	}
	return ref, nil
}

// fetched reads a chart that was fetched.
func (c *chartReader) fetched(from origin) (*loadedChart, diag.List) {
	at := place{origin: from, packed: true}
	var err error
	if at.path, err = from.onlyFile(".tgz"); err != nil {
		return nil, diag.List{at.mistake("helm-chart", "", 0, "the chart cannot be read: "+err.Error())}
	}
	loaded, diags := c.read(at)
	if len(diags) == 0 {
		if found := loaded.chart.Metadata.Version; !strings.Contains(from.name+" ", " "+found+" ") { // than was asked for, such as 1.x
			loaded.rename(from.name + " (" + found + ")")
		}
	}
	return loaded, diags
}

// rename changes what messages call something that was fetched.
func (l *loadedChart) rename(name string) {
	l.name = name
	for _, s := range l.subcharts {
		s.rename(name)
	}
}

// local is a chart of the same repository.
func (b *dependencies) local(d *chart.Dependency, folder string) (*loadedChart, diag.List) {
	dir := path.Join(b.top.path, folder)
	if b.top.packed || path.IsAbs(folder) || !fs.ValidPath(dir) {
		return nil, diag.List{b.fail(d, "", ", which is outside of the repository")}
	}
	if info, err := fs.Stat(b.top.files, dir); err != nil || !info.IsDir() {
		return nil, diag.List{b.fail(d, "", ", which is not there")}
	}
	added, diags := b.read(place{origin: b.top.origin, path: dir})
	if len(diags) == 0 && !isWanted(added, d) {
		diags.Add(b.fail(d, "", ", where there is "+added.chart.Name()+" "+added.chart.Metadata.Version))
	}
	return added, diags
}

func isWanted(found *loadedChart, d *chart.Dependency) bool {
	return found.chart.Name() == d.Name && chartutil.IsCompatibleRange(d.Version, found.chart.Metadata.Version)
}

func (b *dependencies) fail(d *chart.Dependency, hint, which string) diag.Diagnostic {
	of := ""
	if d.Repository != "" && !secretQuery().MatchString(d.Repository) {
		of = "of " + userInfo().ReplaceAllString(d.Repository, "$1")
	}
	line, column := b.line(d)
	at, prefix := b.top.at(b.file, line, column)
	needs := strings.Join(strings.Fields(d.Name+" "+d.Version+" "+of), " ")
	return diag.Diagnostic{Pos: at, Code: "helm-dependency", Message: prefix + "needs the chart " + needs + which, Hint: hint}
}

// place is where a dependency is named.
func (b *dependencies) place(d *chart.Dependency) diag.Position {
	line, column := b.line(d)
	at, _ := b.top.at(b.file, line, column)
	return at
}

// line is where the first dependency with the name of d stands in its file; 0 when it is not known.
func (b *dependencies) line(d *chart.Dependency) (line, column int) {
	documents, err := syntax.Documents(b.top.raw(b.file))
	if err != nil || len(documents) == 0 {
		return 0, 0
	}
	for _, entry := range valueOf(documents[0], "dependencies").Content {
		if name := valueOf(entry, "name"); name.Value == d.Name {
			return cmp.Or(name.Line, entry.Line), name.Column
		}
	}
	return 0, 0
}

// valueOf is the value of a key of a mapping, or of a document that is one; an empty node when there is none.
func valueOf(n *yamlv3.Node, key string) *yamlv3.Node {
	if n.Kind == yamlv3.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	if n.Kind == yamlv3.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	}
	return &yamlv3.Node{}
}
