package fleet_test

import (
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/fleet"
)

// TestNowhere holds files that are on no disk against what a file system is.
func TestNowhere(t *testing.T) {
	for _, texts := range []map[string]string{{"applications.yml": "- namespace: a\n", "profiles/a.yml": "extends: isolated\n", "profiles/b/c.yml": ""}, {}} {
		files, closer, err := fleet.Nowhere(".").With(texts).Open()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for name := range texts {
			names = append(names, name)
		}
		if err := fstest.TestFS(files, names...); err != nil {
			t.Error(err)
		}
		if err := closer(); err != nil {
			t.Error(err)
		}
	}
}
