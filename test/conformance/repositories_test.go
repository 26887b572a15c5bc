package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	argo "github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v2/util/git"
	"github.com/hippotion/roster/catalog"
)

// TestSourceRepos: each URL that roster accepts in a project permits that repository, as Argo CD's own code has it, and no other.
func TestSourceRepos(t *testing.T) {
	urls := []string{"https://git.example/house/homelab.git", "http://localhost:3000/a", "git@git.example:house/a.git", "ssh://git@git.example:2222/house/a",
		"oci://registry.example/charts", "registry.example/charts", "https://git.example/~anna/a%20b.git", "https://git.example/a", "https://git.example"}
	patterns := []string{"*", "**", "!*", "https://git.example/*", "https://git.example/?.git", "https://git.example/?????.git", "https://git.example/[a-z]",
		"https://git.example/[!a]", "https://git.example/{a,b}", "https://git.example/a,b", `https://git.example/\a`, "!https://git.example/a", "https://[fd00::1]/a",
		"https://git.example/%zz", "ssh://git@git.example/[a]", "git@git.example:*", "registry.example/*", "https://*.example/a", "https://git.example/a?b", ""}
	random := rand.New(rand.NewPCG(1, 2))
	const letters = `ab/.:@*?[]{}!\,-^%~_`
	for _, url := range append([]string{}, urls...) { // and what is near to them
		for range 40 {
			at := random.IntN(len(url))
			patterns = append(patterns, url[:at]+string(letters[random.IntN(len(letters))])+url[min(len(url), at+random.IntN(3)):])
		}
	}
	all := append(append([]string{}, urls...), patterns...)
	accepted := map[string]bool{}
	for i, ok := range acceptedRepos(t, all) {
		if accepted[all[i]] = ok; i < len(urls) && !ok {
			t.Errorf("%s is refused", all[i])
		} else if i >= len(urls) && i < len(urls)+20 && ok {
			t.Errorf("%s is accepted", all[i])
		}
	}
	permits := 0
	for url, ok := range accepted {
		if !ok {
			continue
		}
		project := argo.AppProject{Spec: argo.AppProjectSpec{SourceRepos: []string{url}}}
		for _, other := range all {
			permitted, same := project.IsSourcePermitted(argo.ApplicationSource{RepoURL: other}), git.SameURL(url, other)
			if permitted {
				permits++
			}
			if permitted != same && !(other == "" || git.NormalizeGitURL(other) == "") {
				t.Errorf("%s permits %s: %t, and it is the same repository: %t", url, other, permitted, same)
			}
			if permitted && git.NormalizeGitURL(other) == "" {
				t.Errorf("%s permits %s, which is no URL", url, other)
			}
		}
	}
	if permits < len(urls) {
		t.Errorf("%d sources are permitted", permits)
	}
}

// acceptedRepos are which of the URLs roster accepts as repositories of a project.
func acceptedRepos(t *testing.T, urls []string) []bool {
	t.Helper()
	var list strings.Builder
	list.WriteString("- namespace: web-a\n  networkPolicies: isolated\n  project:\n    sourceRepos:\n")
	for _, url := range urls {
		fmt.Fprintf(&list, "      - '%s'\n", url)
	}
	files := fstest.MapFS{catalog.ApplicationsFile: {Data: []byte(list.String())}, catalog.PlatformFile: {Data: []byte("repository: {url: https://git.example/a.git}\n")}}
	_, diags, err := catalog.Load(files, ".", catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]bool, len(urls))
	for i := range out {
		out[i] = true
	}
	for _, d := range diags {
		var i int
		if _, err := fmt.Sscanf(d.Path, "web-a.project.sourceRepos[%d]", &i); err != nil {
			t.Fatalf("%s: %s", d.Path, d.Message)
		}
		out[i] = false
	}
	return out
}
