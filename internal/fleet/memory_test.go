package fleet_test

import (
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/fleet"
)

// TestMemory holds files in memory against what a file system is.
func TestMemory(t *testing.T) {
	files := fleet.Memory{"applications.yml": []byte("- namespace: a\n"), "profiles/a.yml": []byte("extends: isolated\n"), "profiles/b/c.yml": nil}
	if err := fstest.TestFS(files, "applications.yml", "profiles/a.yml", "profiles/b/c.yml"); err != nil {
		t.Error(err)
	}
	if err := fstest.TestFS(fleet.Memory{}); err != nil {
		t.Error(err)
	}
}
