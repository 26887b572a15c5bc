package diff

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/render"
)

// The reasons why a difference means nothing.
const (
	chartLabel   = "chart label"
	checksum     = "checksum"
	generated    = "generated"
	leftToOthers = "left to others"
	placeInList  = "place in the list"
	waveNumber   = "wave number" // the consequences say who waits for whom
	filesRead    = "files read"  // the objects that are made of them differ themselves
)

// markNoise sets Noise of the differences of a pair that mean nothing.
func markNoise(p *Pair, out []fields.Difference) {
	if p.Before == nil || p.After == nil {
		return
	}
	left := ignoredOf(p)
	made := generatedOf(p, out)
	for i := range out {
		switch d := &out[i]; {
		case ofPlace(p, d):
			d.Noise = placeInList
		case ofWave(p, d):
			d.Noise = waveNumber
		case ofFiles(p, d):
			d.Noise = filesRead
		case ofChart(p, d):
			d.Noise = chartLabel
		case ofChecksum(p, d):
			d.Noise = checksum
		case made[i] || unstable(p, d):
			d.Noise = generated
		case left.has(d):
			d.Noise = leftToOthers
		}
	}
}

// metadata is the key of a label or an annotation of an object, or of the pods or Jobs that it makes; empty for everything else. In a Job, and in
// the claims of a StatefulSet, even labels cannot be changed, so that these mean something.
func metadata(p *Pair, d *fields.Difference, in string) string {
	keys := d.Path.Fields()
	if len(keys) < 3 || len(keys) != len(d.Path) || p.ID.Kind == "Job" && keys[0] == "spec" {
		return ""
	}
	last := len(keys) - 1
	for _, at := range []string{"metadata", "spec.template.metadata", "spec.jobTemplate.metadata", "spec.jobTemplate.spec.template.metadata"} {
		if strings.Join(keys[:last], ".") == at+"."+in {
			return keys[last]
		}
	}
	return ""
}

// texts are the values of a difference that are there; nil when one of them is no text.
func texts(d *fields.Difference) []string {
	from, before := d.From.(string)
	to, after := d.To.(string)
	switch {
	case d.Change == fields.Added && after:
		return []string{to}
	case d.Change == fields.Removed && before:
		return []string{from}
	case d.Change == fields.Changed && before && after:
		return []string{from, to}
	}
	return nil
}

var (
	nameVersion = lazy.Regexp(`^[a-z0-9.-]+-v?\d+\.\d+`)
	hash        = lazy.Regexp(`^(?:sha256[:-])?[0-9a-f]{8,128}$`)
	hashKey     = lazy.Regexp(`(?:^|[^A-Za-z0-9])(?:checksum|hash|sha256|sha256sum|md5|md5sum)(?:[^A-Za-z0-9]|$)`)
)

// all reports whether there are texts, and all are as they should be.
func all(texts []string, ok func(string) bool) bool {
	return len(texts) > 0 && !slices.ContainsFunc(texts, func(t string) bool { return !ok(t) })
}

// ofChart reports whether a label names the chart or the version. A selector of it would be a difference of its own.
func ofChart(p *Pair, d *fields.Difference) bool {
	switch metadata(p, d, "labels") {
	case "helm.sh/chart", "app.kubernetes.io/version":
		return len(texts(d)) > 0
	case "chart": // before there was helm.sh/chart
		return all(texts(d), nameVersion().MatchString)
	}
	return false
}

// ofChecksum reports whether a text only differs because something else does, which is a difference of its own.
func ofChecksum(p *Pair, d *fields.Difference) bool {
	if hashKey().MatchString(metadata(p, d, "annotations")) {
		return all(texts(d), hash().MatchString)
	}
	n := len(d.Path)
	return n > 2 && d.Path[n-1].Key == "string" && d.Path[n-2].Key == render.ContentParameter && d.Path[n-2].By == "name" &&
		d.Change == fields.Changed && slices.Contains(d.Path.Fields(), "plugin") && p.ofRoster("argoproj.io", "Application")
}

// ofRoster reports whether roster renders an object of some kind on both sides.
func (p *Pair) ofRoster(group, kind string) bool {
	return p.ID.Group == group && p.ID.Kind == kind && p.Before.Deployed == nil && p.After.Deployed == nil
}

// ofPlace reports whether only the place in the list differs, or which files the list consists of.
func ofPlace(p *Pair, d *fields.Difference) bool {
	if d.Change != fields.Changed || p.Before.Deployed != nil || p.After.Deployed != nil {
		return false
	}
	from, _ := d.From.(string)
	to, _ := d.To.(string)
	switch metadata(p, d, "annotations") {
	case render.OriginAnnotation:
		_, before, ok := strings.Cut(from, "#")
		_, after, both := strings.Cut(to, "#")
		return ok && both && before == after
	case render.ManifestGeneratePaths:
		return p.ofRoster("argoproj.io", "Application") && slices.Equal(withoutList(from), withoutList(to))
	}
	return false
}

// ofWave reports whether only the number of a wave differs that roster has counted: somebody before it waits for somebody else.
func ofWave(p *Pair, d *fields.Difference) bool {
	return d.Change == fields.Changed && p.Before.Deployed == nil && p.After.Deployed == nil && metadata(p, d, "annotations") == render.SyncWave
}

// ofFiles reports whether only the files differ that Argo CD has to look at for an application: often very many.
func ofFiles(p *Pair, d *fields.Difference) bool {
	return d.Change == fields.Changed && p.ofRoster("argoproj.io", "Application") && metadata(p, d, "annotations") == render.ManifestGeneratePaths
}

// withoutList are the paths of an annotation that are not the list's.
func withoutList(paths string) []string {
	out := strings.Split(paths, ";")
	slices.Sort(out)
	return slices.DeleteFunc(out, func(name string) bool {
		return slices.Contains([]string{catalog.ApplicationsFile, catalog.ApplicationsDir, catalog.PlatformFile, catalog.ProfilesDir}, name) ||
			strings.HasPrefix(name, catalog.ApplicationsDir+"/")
	})
}

// unstable reports whether a field is different each time that it is rendered, on both sides. That is only known of sides that were rendered twice.
func unstable(p *Pair, d *fields.Difference) bool {
	if d.Change != fields.Changed || p.Before.Deployed == nil || p.After.Deployed == nil {
		return false
	}
	from, to := d.Path.Places()
	return below(from, p.Before.Deployed.Unstable) && below(to, p.After.Deployed.Unstable)
}

// below reports whether a path begins with one of some others.
func below(at []string, fields [][]string) bool {
	return slices.ContainsFunc(fields, func(f []string) bool { return len(at) >= len(f) && slices.Equal(at[:len(f)], f) })
}
