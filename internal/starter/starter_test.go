package starter_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/internal/starter"
)

func TestForgeOf(t *testing.T) {
	for url, want := range map[string]string{
		"https://github.com/me/homelab.git": "github", "git@github.com:me/homelab.git": "github", "ssh://git@GitHub.com:22/me/homelab.git": "github",
		"https://gitlab.com/me/homelab.git": "gitlab", "git@gitlab.example:me/homelab.git": "gitlab",
		"https://git.example/github.com/gitlab.com.git": "none", "https://notgithub.com/me": "none", "https://github.com.example/me": "none", "": "none", "https://": "none",
	} {
		if got := starter.ForgeOf(url); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}

// TestPieces: below the top, each piece names the folder, once, and is otherwise as it is at the top.
func TestPieces(t *testing.T) {
	for _, forge := range starter.Forges() {
		at := map[string]string{}
		for _, f := range starter.Files(starter.Answers{Folder: ".", Forge: forge}) {
			at[f.Name] = f.Text
		}
		pieces := 0
		for _, f := range starter.Files(starter.Answers{Folder: "infra/a: b", Forge: forge}) {
			if strings.Contains(at[f.Name], "ROSTER_DIR: .") {
				pieces++
				if f.Text != strings.Replace(at[f.Name], "ROSTER_DIR: .", "ROSTER_DIR: 'infra/a: b'", 1) || strings.Count(at[f.Name], "ROSTER_DIR: .") != 1 {
					t.Errorf("%s is\n%s", f.Name, f.Text)
				}
			}
		}
		if want := 2; forge != "none" && pieces != want {
			t.Errorf("%s: %d pieces have the line of ROSTER_DIR, want %d", forge, pieces, want)
		}
	}
}

// TestVersion: the pieces take the release that writes them; of a build they say in a comment what to do, and are otherwise the same.
func TestVersion(t *testing.T) {
	comment := regexp.MustCompile(`(?m)^ *# The roster that wrote this is a build.*\n *# make release VERSION=v1\.0\.0 .*\n`)
	for _, forge := range []string{"github", "gitlab"} {
		of := func(a starter.Answers) (out []string) {
			a.Folder, a.Forge = ".", forge
			for _, f := range starter.Files(a) {
				if strings.Contains(f.Text, "ROSTER_VERSION: ") {
					out = append(out, f.Text)
				}
			}
			return out
		}
		build, release, branch := of(starter.Answers{}), of(starter.Answers{Release: "v1.2.3"}), of(starter.Answers{Release: "v1.2.3", Revision: "a: b"})
		if len(build) != 2 || len(release) != 2 || len(branch) != 2 {
			t.Fatalf("%s: %d, %d and %d pieces", forge, len(build), len(release), len(branch))
		}
		for i := range build {
			if len(comment.FindAllString(build[i], -1)) != 1 {
				t.Errorf("a build does not say what to do:\n%s", build[i])
			}
			if got := strings.Replace(release[i], "ROSTER_VERSION: v1.2.3", "ROSTER_VERSION: v1.0.0", 1); got != comment.ReplaceAllString(build[i], "") || got == release[i] {
				t.Errorf("a release writes\n%s", release[i])
			}
			if branch[i] != strings.Replace(release[i], "branches: [main]", "branches: ['a: b']", 1) {
				t.Errorf("of another branch it is\n%s", branch[i])
			}
		}
	}
}

// TestRenovate: the patterns find the files and versions that roster writes, in whichever way they stand there.
func TestRenovate(t *testing.T) {
	var config struct {
		Kubernetes     struct{ ManagerFilePatterns []string }
		CustomManagers []struct{ ManagerFilePatterns, MatchStrings []string }
	}
	for _, f := range starter.Files(starter.Answers{Folder: "infra.d"}) {
		if f.Name == "renovate.json" {
			if err := json.Unmarshal([]byte(f.Text), &config); err != nil {
				t.Fatal(err)
			}
		}
	}
	matches := func(patterns []string, name string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return regexp.MustCompile(strings.Trim(p, "/")).MatchString(name) })
	}
	for name, want := range map[string]bool{"infra.d/applications.yml": true, "infra.d/applications/a.yml": true, "infraxd/applications.yml": false, "applications.yml": false, "infra.d/platform.yml": false} {
		for _, m := range config.CustomManagers {
			if matches(m.ManagerFilePatterns, name) != want {
				t.Errorf("%q and %s", m.ManagerFilePatterns, name)
			}
		}
	}
	if p := config.Kubernetes.ManagerFilePatterns; !matches(p, "infra.d/deploy/web-whoami/whoami.yaml") || matches(p, "infra.d/values.yaml") {
		t.Errorf("%q", p)
	}
	application := func(repoURL string) listtext.Map {
		return listtext.Map{{Key: "applicationCode", Value: "a"}, {Key: "chart", Value: "charts/vault"}, {Key: "repoURL", Value: repoURL}, {Key: "version", Value: "1.2.3"}}
	}
	long := func(repoURL string) listtext.Map {
		return append(application(repoURL), listtext.Field{Key: "values", Value: map[string]string{"a": "b\nc"}})
	}
	for number, c := range [][2]string{{"https://charts.example/stable", "charts/vault https://charts.example/stable 1.2.3"}, {"oci://registry.example:5000/house", "charts/vault registry.example:5000/house 1.2.3"}} {
		for _, app := range []listtext.Map{application(c[0]), long(c[0])} {
			text := string(listtext.Entry(listtext.Map{{Key: "namespace", Value: "a"}, {Key: "applications", Value: []listtext.Map{app}}}))
			for other := range 2 {
				found := regexp.MustCompile(config.CustomManagers[other].MatchStrings[0]).FindStringSubmatch(text)
				if (other == number) != (found != nil) || found != nil && strings.Join(found[1:], " ") != c[1] {
					t.Errorf("manager %d finds %q in\n%s", other, found, text)
				}
			}
		}
	}
	image := regexp.MustCompile(config.CustomManagers[2].MatchStrings[0])
	for text, want := range map[string]string{
		"{image: traefik/whoami:v1.11.0, port: 8080}": "traefik/whoami v1.11.0 ", "image: registry.example:5000/a/b:1.2-alpine\n": "registry.example:5000/a/b 1.2-alpine ",
		"image: a:1@sha256:" + strings.Repeat("0", 64): "a 1 sha256:" + strings.Repeat("0", 64),
	} {
		if found := image.FindStringSubmatch(text); found == nil || strings.Join(found[1:], " ") != want {
			t.Errorf("%q in %q", found, text)
		}
	}
}
