package cli_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hippotion/roster/cmd/internal/cli"
)

// importExamples are what each cluster of the examples renders to, as Argo CD would have it.
var importExamples = []string{"minimal", "homelab", "team", "catalog", "catalog-full", "clusters/home", "clusters/vps", "homelab-gateway", "gateway-small", "ingress", "plain", "routes", "secrets", "upkeep/home"}

// TestImportExamples imports each example rendered. The report is compared, with the share and each reason; and the list that comes of it is, once it
// has been rendered and read again, the same for ever. UPDATE=1 rewrites the reports.
func TestImportExamples(t *testing.T) {
	for _, name := range importExamples {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			report := imported(t, filepath.Join("../../../golden", name), filepath.Join(dir, "first"))
			golden := filepath.Join("testdata/import", strings.ReplaceAll(name, "/", "-")+".txt")
			if os.Getenv("UPDATE") == "1" {
				if err := os.WriteFile(golden, report, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(report, want) {
				t.Errorf("%s: the report is another one: UPDATE=1, and read the difference\n%s", golden, report)
			}
			again(t, dir, "first", "second")
			again(t, dir, "second", "third")
			for _, file := range []string{"applications.yml", "platform.yml"} {
				second, _ := os.ReadFile(filepath.Join(dir, "second", file)) // none when nothing has to be said
				third, _ := os.ReadFile(filepath.Join(dir, "third", file))
				if !bytes.Equal(second, third) {
					t.Errorf("%s changes each time that it is rendered and read\n%s\n%s", file, second, third)
				}
			}
		})
	}
}

// again renders a list and imports what it renders, of which all must be expressed.
func again(t *testing.T, dir, list, next string) {
	t.Helper()
	rendered := filepath.Join(dir, list+"-rendered")
	if code, _, stderr := run("render", "--output-dir", rendered, filepath.Join(dir, list)); code != 0 {
		t.Fatalf("rendering the list that was imported: %s", stderr)
	}
	report := imported(t, rendered, filepath.Join(dir, next))
	if bytes.Contains(report, []byte("\nnot expressed\n")) {
		t.Errorf("what the list renders is not expressed\n%s", report)
	}
}

// imported imports a folder into another one, and returns the report.
func imported(t *testing.T, from, to string) []byte {
	t.Helper()
	code, stdout, stderr := run("import", from, "-o", to)
	if code != 0 && code != 3 || len(stderr) > 0 {
		t.Fatalf("import %s: %d\n%s", from, code, stderr)
	}
	return stdout
}

func run(args ...string) (code int, stdout, stderr []byte) {
	var out, messages bytes.Buffer
	code = cli.Run(args, &out, &messages)
	return code, out.Bytes(), messages.Bytes()
}

// TestImportWritesAll writes all files or none, each as a whole, and follows no link on the way.
func TestImportWritesAll(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "other"), 0o755), os.Symlink("other", filepath.Join(dir, "profiles"))); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := run("import", "../../../golden/homelab", "-o", dir)
	if code != 2 || len(stdout) > 0 || !bytes.Contains(stderr, []byte("symbolic link")) {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	for name, most := range map[string]int{dir: 2, filepath.Join(dir, "other"): 0} {
		if entries, err := os.ReadDir(name); err != nil || len(entries) != most {
			t.Errorf("%s: %v, %v", name, entries, err)
		}
	}
}
