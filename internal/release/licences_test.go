package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// own is a text of the Apache License.
func own(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "LICENSE"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const gpl = `This program is free software: you can redistribute it and/or modify
it under the terms of the GNU General Public License as published by
the Free Software Foundation, either version 3 of the License, or
(at your option) any later version.`

func TestIdentified(t *testing.T) {
	for _, c := range []struct {
		name  string
		texts map[string]string
		want  []string
		error string
	}{
		{"permitted", map[string]string{"LICENSE": own(t), "NOTICE": "Copyright by somebody"}, []string{"Apache-2.0"}, ""},
		{"copyleft", map[string]string{"LICENSE": own(t), "sub/COPYING": gpl}, []string{"Apache-2.0", "GPL-3.0-or-later"}, "m v1.0.0: GPL-3.0-or-later is not among the licences that are permitted"},
		{"none", map[string]string{}, nil, "m v1.0.0: no licence that is known, in 0 files: it cannot be shipped"},
		{"unknown", map[string]string{"LICENSE": "All rights reserved."}, nil, "no licence that is known, in 1 files"},
		{"notice alone", map[string]string{"NOTICE": own(t)}, nil, "no licence that is known"},
		{"of documentation", map[string]string{"LICENSE": own(t), "LICENSE.docs": gpl}, []string{"Apache-2.0"}, ""},
	} {
		got, err := identified(component{path: "m", version: "v1.0.0", texts: c.texts})
		if !slices.Equal(got, c.want) || (err == nil) != (c.error == "") || err != nil && !strings.Contains(err.Error(), c.error) {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

// TestOffers: another licence than the module's is taken only while the file says that it may be.
func TestOffers(t *testing.T) {
	o := offer{"Apache-2.0", "api/types.go", "may be used under either licence"}
	for _, c := range []struct{ name, text, want, error string }{
		{"offered", "/*\nThis file may be used\nunder either licence.\n*/\n\npackage api\n", "/*\nThis file may be used\nunder either licence.\n*/\n", ""},
		{"withdrawn", "/*\nAGPL\n*/\n\npackage api\n", "", "api/types.go no longer says that it may be used under Apache-2.0"},
		{"said elsewhere", "package api\n\n// may be used under either licence\n", "", "no longer says"},
	} {
		root := t.TempDir()
		if err := os.Mkdir(filepath.Join(root, "api"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "api", "types.go"), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		texts, err := o.taken(root)
		if texts["api/types.go"] != c.want || (err == nil) != (c.error == "") || err != nil && !strings.Contains(err.Error(), c.error) {
			t.Errorf("%s: %q, %v", c.name, texts, err)
		}
	}
}

// TestLicenceTexts: a licence beside a package that is linked, and above it, and no other one.
func TestLicenceTexts(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"LICENSE", "license.go", "a/LICENCE.md", "a/b/NOTICE", "c/LICENSE-MIT", "a/b/x.go", "c/x.go"} {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	texts, err := licenceTexts(root, map[string]bool{filepath.Join(root, "a", "b"): true})
	want := map[string]string{"LICENSE": "LICENSE", "a/LICENCE.md": "a/LICENCE.md", "a/b/NOTICE": "a/b/NOTICE"}
	if err != nil || len(texts) != len(want) {
		t.Fatalf("%q: %v", texts, err)
	}
	for name, text := range want {
		if texts[name] != text {
			t.Errorf("%s: %q", name, texts[name])
		}
	}
}

// TestNotice: a text that several have is there once, with all of them.
func TestNotice(t *testing.T) {
	text, err := notice("About.", []component{
		{path: "example.org/A", version: "v1.0.0", licences: []string{"MPL-2.0"}, texts: map[string]string{"LICENSE": "the text\r\n"}},
		{path: "example.org/b", version: "v2.0.0", licences: []string{"MIT"}, texts: map[string]string{"COPYING": "the text"}},
	})
	want := `About.

What others have made of it follows, with versions and licences; and after the list, the texts of these.

example.org/A v1.0.0: MPL-2.0
    its source: https://proxy.golang.org/example.org/!a/@v/v1.0.0.zip
example.org/b v2.0.0: MIT

` + strings.Repeat("=", 100) + `
example.org/A v1.0.0: LICENSE
example.org/b v2.0.0: COPYING

the text
`
	if err != nil || string(text) != want {
		t.Errorf("%v\n%s", err, text)
	}
}
