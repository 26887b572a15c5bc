package profiles_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/profiles"
)

// FuzzLoad gives Load any profile: it reports mistakes, each with its file and code, or Cilium accepts each policy.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"*.yml", "../cmd/internal/cli/testdata/script/bad_profile_*.txtar"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			if _, text, found := strings.Cut(string(data), "-- profiles/"); found { // a script
				_, text, _ = strings.Cut(text, " --\n")
				text, _, _ = strings.Cut(text, "\n-- ")
				data = []byte(text)
			}
			f.Add(string(data))
		}
	}
	names := usual()
	names.ControllerOn, names.NodeLocalDNS, names.Clients = profiles.OnHost, profiles.OnHost, profiles.BehindServiceLB
	names.APIServerOutside = []netip.Prefix{netip.MustParsePrefix("203.0.113.10/32")}
	f.Fuzz(func(t *testing.T, text string) {
		var diags diag.List
		set, err := profiles.Load(fstest.MapFS{"profiles/house.yml": {Data: []byte(text)}}, "profiles", "profiles", names, &diags)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range diags {
			if d.Pos.File != "profiles/house.yml" || d.Code == "" || d.Message == "" || strings.Contains(d.Message, "%!") {
				t.Errorf("incomplete: %+v", d)
			}
		}
		house := set["house"]
		if house == nil {
			t.Fatal("the profile is missing")
		}
		for _, p := range house.Policies {
			if err := p.Rule.DeepCopy().Sanitize(); err != nil {
				t.Errorf("%s: Cilium refuses it: %v", p.Name, err)
			}
		}
		var again diag.List
		if _, err := profiles.Load(fstest.MapFS{"profiles/house.yml": {Data: []byte(text)}}, "profiles", "profiles", names, &again); err != nil {
			t.Fatal(err)
		}
		if a, b := list(t, diags), list(t, again); a != b {
			t.Errorf("two runs differ:\n%s\n%s", a, b)
		}
	})
}

func list(t *testing.T, l diag.List) string {
	t.Helper()
	var b strings.Builder
	if err := l.Print(&b, diag.Frame{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
