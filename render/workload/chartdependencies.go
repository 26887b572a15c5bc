package workload

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// complete checks that the top chart can be installed, and adds the charts of the repository which Argo CD would put into
// it with helm dependency build. As in Helm, only the top chart is checked, and dependencies that are turned off count as well.
func (c *chartReader) complete(top *loadedChart) diag.List {
	if kind := top.chart.Metadata.Type; kind != "" && kind != "application" {
		return diag.List{top.mistake("helm-chart", "Chart.yaml", 0, kind+" charts are not installable")}
	}
	var missing []*chart.Dependency
	for _, d := range top.chart.Metadata.Dependencies {
		if !slices.ContainsFunc(top.subcharts, func(s *loadedChart) bool { return s.chart.Name() == d.Name }) {
			missing = append(missing, d)
		}
	}
	if len(missing) > 0 && outOfStep(top.chart) {
		return diag.List{top.mistake("helm-dependency", "Chart.lock", 0, "it is out of step with Chart.yaml")}
	}
	var diags diag.List
	for _, d := range missing {
		if slices.ContainsFunc(top.subcharts, func(s *loadedChart) bool { return s.chart.Name() == d.Name }) {
			continue // under another alias
		}
		added, more := c.dependency(top, d)
		if diags = append(diags, more...); len(more) == 0 {
			top.subcharts = append(top.subcharts, added)
		}
	}
	return diags
}

// outOfStep reports whether helm dependency build would refuse the lock file. Those of API version v1 can have another digest.
func outOfStep(c *chart.Chart) bool {
	if c.Lock == nil || c.Metadata.APIVersion == chart.APIVersionV1 {
		return false
	}
	data, err := json.Marshal([2][]*chart.Dependency{c.Metadata.Dependencies, c.Lock.Dependencies})
	return err != nil || c.Lock.Digest != fmt.Sprintf("sha256:%x", sha256.Sum256(data))
}

// dependency loads a chart that charts/ does not hold, when it is in the repository.
func (c *chartReader) dependency(top *loadedChart, d *chart.Dependency) (*loadedChart, diag.List) {
	file := "Chart.yaml"
	if slices.ContainsFunc(top.chart.Raw, func(f *chart.File) bool { return f.Name == "requirements.yaml" }) {
		file = "requirements.yaml"
	}
	of := ""
	if d.Repository != "" {
		of = "of " + d.Repository
	}
	fail := func(hint, which string) (*loadedChart, diag.List) {
		problem := top.mistake("helm-dependency", file, 0, "needs the chart "+strings.Join(strings.Fields(d.Name+" "+d.Version+" "+of), " ")+", "+which)
		problem.Hint = hint
		return nil, diag.List{problem}
	}
	folder, local := strings.CutPrefix(d.Repository, "file://")
	if !local || top.packed {
		return fail("run helm dependency build, and commit charts/", "which is not in charts/")
	}
	dir := path.Join(top.path, folder)
	if path.IsAbs(folder) || !fs.ValidPath(dir) {
		return fail("", "which is outside of the repository")
	}
	if info, err := fs.Stat(c.files, dir); err != nil || !info.IsDir() {
		return fail("", "which is missing")
	}
	added, diags := c.read(place{path: dir})
	if len(diags) > 0 {
		return nil, diags
	}
	found, want := added.chart.Metadata, d.Version
	if top.chart.Lock != nil {
		for _, locked := range top.chart.Lock.Dependencies {
			if locked.Name == d.Name {
				want = locked.Version
			}
		}
	}
	if found.Name != d.Name || !chartutil.IsCompatibleRange(want, found.Version) {
		return fail("", "where there is "+found.Name+" "+found.Version)
	}
	return added, nil
}
