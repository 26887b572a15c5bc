package traefik

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
)

// Version is a version of Traefik: that one or, when it is not exact, that one or a newer one. The zero value is an unknown one.
type Version struct {
	Major, Minor, Patch int
	Exact               bool
	Within              bool // whether a newer one has the same Major: so it is for the tags v2 and v2.11
}

// AtLeast reports whether it is certainly that version, or a newer one.
func (v Version) AtLeast(major, minor, patch int) bool {
	return v.compare(Version{Major: major, Minor: minor, Patch: patch}) >= 0
}

func (v Version) compare(other Version) int {
	return cmp.Or(cmp.Compare(v.Major, other.Major), cmp.Compare(v.Minor, other.Minor), cmp.Compare(v.Patch, other.Patch))
}

// numbers are those of a version. A single one of more digits is a date.
var numbers = lazy.Regexp(`^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?$|^v?(\d{1,2})$`)

// versionOf reads a version, or a tag of Traefik's image.
func versionOf(text string) Version {
	m := numbers().FindStringSubmatch(text)
	if m == nil {
		return Version{}
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(m[i]) // which is empty, or digits
		return n
	}
	return Version{number(1) + number(4), number(2), number(3), m[3] != "", true}
}

// imageVersion is the version in an image of Traefik: others, such as Traefik Hub's, have versions of their own.
func imageVersion(image string) Version {
	image, _, _ = strings.Cut(image, "@")
	name, tag, _ := strings.Cut(imageName(image), ":")
	if name != "traefik" && name != "mirrored-library-traefik" {
		return Version{}
	}
	return versionOf(tag)
}

// imageName is an image without where it is from.
func imageName(image string) string { return image[strings.LastIndex(image, "/")+1:] }

// charts are the versions of Traefik's chart, and the Traefik that each has from then on (Chart.yaml, appVersion).
var charts = [...][2]string{
	{"15.0.0", "2.9.1"}, {"18.3.0", "2.9.4"}, {"20.5.2", "2.9.5"}, {"20.7.0", "2.9.6"}, {"21.1.0", "2.9.7"}, {"21.2.0", "2.9.8"},
	{"21.2.1", "2.9.9"}, {"22.1.0", "2.9.10"}, {"22.3.0", "2.10.0"}, {"23.0.1", "2.10.1"}, {"23.2.0", "2.10.4"}, {"25.0.0", "2.10.5"},
	{"26.0.0", "2.10.6"}, {"26.1.0", "2.11.0"}, {"27.0.1", "2.11.1"}, {"27.0.2", "2.11.2"}, {"28.0.0", "3.0.0"}, {"28.2.0", "3.0.1"},
	{"28.3.0", "3.0.2"}, {"29.0.0", "3.0.4"}, {"30.0.0", "3.1.0"}, {"30.1.0", "3.1.2"}, {"31.1.0", "3.1.3"}, {"31.1.1", "3.1.4"},
	{"32.1.0", "3.1.5"}, {"32.1.1", "3.1.6"}, {"33.0.0", "3.2.0"}, {"33.1.0", "3.2.1"}, {"33.2.0", "3.2.2"}, {"34.0.0", "3.3.1"},
	{"34.1.0", "3.3.2"}, {"34.3.0", "3.3.3"}, {"34.4.1", "3.3.4"}, {"35.0.0", "3.3.5"}, {"35.0.1", "3.3.6"}, {"35.3.0", "3.4.0"},
	{"36.0.0", "3.4.1"}, {"36.3.0", "3.4.3"}, {"37.0.0", "3.5.0"}, {"37.1.0", "3.5.1"}, {"37.1.1", "3.5.2"}, {"37.1.2", "3.5.3"},
	{"37.3.0", "3.6.0"}, {"37.4.0", "3.6.2"}, {"38.0.0", "3.6.5"}, {"38.0.2", "3.6.6"}, {"39.0.0", "3.6.7"}, {"39.0.1", "3.6.8"},
	{"39.0.3", "3.6.9"}, {"39.0.5", "3.6.10"}, {"39.0.6", "3.6.11"}, {"39.0.7", "3.6.12"}, {"39.0.8", "3.6.13"}, {"39.0.9", "3.6.15"},
	{"40.0.0", "3.7.0"}, {"40.1.0", "3.7.1"}, {"40.3.0", "3.7.4"}, {"41.0.0", "3.7.5"}, {"41.0.2", "3.7.6"}, {"41.1.0", "3.7.9"},
	{"41.2.0", "3.7.10"}, {"41.3.0", "3.7.11"},
}

// chartVersion is the Traefik of a version of its chart. A newer chart than is known here has this Traefik, or a newer one.
func chartVersion(chart Version) Version {
	var out Version
	for _, known := range charts {
		if v := versionOf(known[0]); chart.compare(v) >= 0 {
			out = versionOf(known[1])
		}
	}
	if out.Major == 0 && chart.Major > 0 {
		return Version{Major: 2, Within: true} // the first of these charts had Traefik 2
	}
	known := chart.compare(versionOf(charts[len(charts)-1][0])) <= 0 && out.Major > 0
	out.Exact, out.Within = chart.Exact && known, chart.Within && known
	return out
}

// oldest is a version that all of several are, or newer than.
func oldest(versions []Version) Version {
	if len(versions) == 0 {
		return Version{}
	}
	out := slices.MinFunc(versions, Version.compare)
	for _, v := range versions {
		out.Exact = out.Exact && v.Exact && v.compare(out) == 0
		out.Within = out.Within && v.Within && v.Major == out.Major
	}
	return out
}
