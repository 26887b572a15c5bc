package workload

import (
	"testing"

	"github.com/hippotion/roster/internal/source"
)

// TestRepoSpec holds what entries of kustomizations are as references: kustomize's forms of Git repositories.
func TestRepoSpec(t *testing.T) {
	git := func(url, version string) source.Reference {
		return source.Reference{Kind: source.Git, URL: url, Version: version}
	}
	for entry, want := range map[string]struct {
		ref    source.Reference
		folder string
	}{
		"github.com/o/r":                                {git("https://github.com/o/r", ""), ""},
		"github.com/o/r//a/b?ref=v1":                    {git("https://github.com/o/r", "v1"), "a/b"},
		"GitHub.com/o/r/a?version=v1":                   {git("https://github.com/o/r", "v1"), "a"},
		"https://github.com/o/r.git/a?ref=v1&version=2": {git("https://github.com/o/r.git", "v1"), "a"},
		"http://github.com/o/r?timeout=90s":             {git("https://github.com/o/r", ""), ""},
		"git::https://github.com/o/r":                   {git("https://github.com/o/r", ""), ""},
		"git@github.com:o/r.git//a":                     {git("git@github.com:o/r.git", ""), "a"},
		"ssh://git@github.com/o/r?ref=v1":               {git("git@github.com:o/r", "v1"), ""},
		"git@git.example:team/r.git?ref=v1":             {git("git@git.example:team/r.git", "v1"), ""},
		"ssh://git@git.example:22/team/r//a":            {git("ssh://git@git.example:22/team/r", ""), "a"},
		"ssh://me:hunter2@git.example/team/r.git":       {git("ssh://me@git.example/team/r.git", ""), ""},
		"https://me:hunter2@git.example/team/r.git":     {git("https://git.example/team/r.git", ""), ""},
		"https://git.example/deep/team/r.git/a":         {git("https://git.example/deep/team/r.git", ""), "a"},
		"https://dev.azure.com/o/p/_git/r/a?ref=v1":     {git("https://dev.azure.com/o/p/_git/r", "v1"), "a"},
		"https://git.example/team/r/notCloned":          {git("https://git.example/team/r", ""), "notCloned"},
	} {
		spec, ok := parseRepoSpec(entry)
		ref, err := spec.reference()
		if !ok || err != nil || ref != want.ref || spec.folder != want.folder {
			t.Errorf("%s: %t, %v, %+v, %q", entry, ok, err, ref, spec.folder)
		}
	}
	for _, entry := range []string{"../base", "base", "a/b/c", "/abs", "https://host/one", "github.com/o/r//../../x", "a: b", ""} {
		if spec, ok := parseRepoSpec(entry); ok {
			t.Errorf("%q: %+v", entry, spec)
		}
	}
}

// TestLooksCloned holds which addresses are looked for as repositories, and which as files.
func TestLooksCloned(t *testing.T) {
	for entry, want := range map[string]bool{
		"https://github.com/o/r":                                            true,
		"https://github.com/o/r/tree?ref=v1":                                true,
		"https://gitlab.com/o/r.git":                                        true,
		"https://git.example/o/r.git/base?ref=v1":                           true,
		"https://git.example/o/r//base":                                     true,
		"https://git.example/o/r/base?ref=v1":                               true,
		"https://dev.azure.com/o/p/_git/r":                                  true,
		"https://raw.githubusercontent.com/o/r/main/x.yaml":                 false,
		"https://github.com/o/r/releases/download/v1/install.yaml":          false,
		"https://github.com/o/r/releases/download/v1/components":            false,
		"https://github.com/o/r/raw/main/x":                                 false,
		"https://gitlab.com/api/v4/projects/1/repository/files/x/raw?ref=v": false,
		"https://git.example/o/r/x.yml?ref=v1":                              false,
		"https://get.example/o/install":                                     false,
	} {
		if got := looksCloned(entry); got != want {
			t.Errorf("%s: %t", entry, got)
		}
	}
}
