package catalog

import (
	"path"
	"strings"
)

// vendored is the copy of a chart from elsewhere, as a path of the repository: NAME-VERSION.tgz, as helm pull writes it, or a
// folder NAME-VERSION or NAME. Empty when there is none of that version.
func (r *sourceReader) vendored(chart, version string) string {
	if r.vendor == "" || chart == "" || version == "" {
		return ""
	}
	name, bare := path.Base(chart), strings.TrimPrefix(version, "v")
	for _, v := range [...]string{bare, "v" + bare} {
		archive := path.Join(r.vendor, name+"-"+v+".tgz")
		if problem, _, _ := r.isFile(archive); problem == "" {
			return archive
		}
		for _, folder := range [...]string{path.Join(r.vendor, name+"-"+v), path.Join(r.vendor, name)} {
			var chart struct{ Version string }
			if r.readYAML(path.Join(folder, "Chart.yaml"), &chart) && strings.TrimPrefix(chart.Version, "v") == bare {
				return folder
			}
		}
	}
	return ""
}
