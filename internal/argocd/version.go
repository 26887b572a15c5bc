package argocd

import (
	"fmt"
	"strconv"

	"github.com/hippotion/roster/internal/lazy"
)

// Version is a release of Argo CD without its last number, which changes no tool in its image. The zero value is the newest one.
type Version struct{ Major, Minor int }

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// IsZero reports whether nobody said which version it is.
func (v Version) IsZero() bool { return v == Version{} }

// less reports whether v was released before w.
func (v Version) less(w Version) bool {
	return v.Major < w.Major || v.Major == w.Major && v.Minor < w.Minor
}

// releases are those that roster works with, and the Helm in their image (hack/tool-versions.sh of argo-cd).
var releases = [...]struct {
	Version
	helm string
}{
	{Version{2, 14}, "v3.16.3"},
	{Version{3, 0}, "v3.17.1"},
	{Version{3, 1}, "v3.18.4"},
	{Version{3, 3}, "v3.19.4"},
	{Version{3, 5}, "v4.2.1"},
}

// Oldest is the oldest release that roster works with.
func Oldest() Version { return releases[0].Version }

// Newest is the newest release that differs from the one before.
func Newest() Version { return releases[len(releases)-1].Version }

var version = lazy.Regexp(`^v?(\d{1,4})\.(\d{1,4})(\.\d{1,4}([-+][0-9A-Za-z.+-]{1,64})?)?$`)

// ParseVersion reads a version such as 3.5, 3.5.1 or v3.5.0-rc1.
func ParseVersion(text string) (v Version, ok bool) {
	m := version().FindStringSubmatch(text)
	if m == nil {
		return v, false
	}
	v.Major, _ = strconv.Atoi(m[1]) // digits, of which there are few
	v.Minor, _ = strconv.Atoi(m[2])
	return v, true
}

// Supported reports whether roster works with it.
func (v Version) Supported() bool { return !v.less(Oldest()) }

// Helm is the version of Helm in its image, such as v4.2.1.
func (v Version) Helm() string {
	if v.IsZero() {
		v = Newest()
	}
	helm := releases[0].helm
	for _, r := range releases {
		if !v.less(r.Version) {
			helm = r.helm
		}
	}
	return helm
}
