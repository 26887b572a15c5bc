package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/examples"
)

// TestSmallApplications: each example of the small application renders, what it deploys included, and lint finds nothing.
func TestSmallApplications(t *testing.T) {
	roster, shown := examples.Roster(t), 0
	for _, list := range blocks(read(t, "catalog/apps/app/README.md"), "yaml") {
		shown++
		dir := t.TempDir()
		for file, text := range map[string]string{
			"applications.yml": list,
			"platform.yml":     "domain: home.example\nrepository: {url: https://git.example/homelab.git}\ningress: {defaults: {auth: none}}\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, args := range [][]string{{"lint"}, {"render", "--all"}} {
			out, err := exec.Command(roster, append(args, dir)...).CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v\n%s%s", args, err, list, out)
			}
			if args[0] == "render" && strings.Count(string(out), "\nkind: Deployment\n")+strings.Count(string(out), "\nkind: CronJob\n") != 1 {
				t.Errorf("it is not one workload:\n%s", out)
			}
		}
	}
	if shown != 3 {
		t.Errorf("%d examples", shown)
	}
}
