package lint

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/gen"
	"github.com/hippotion/roster/test/examples"
)

// BenchmarkLint1000 is the whole process on 1,000 entries, each with what a chart of the repository makes: at most 1 s.
func BenchmarkLint1000(b *testing.B) {
	dir := thousand(b)
	if err := os.CopyFS(filepath.Join(dir, gen.Chart), os.DirFS("testdata/chart")); err != nil {
		b.Fatal(err)
	}
	benchmark(b, dir, 12_800) // 9,800 that roster renders, and three of each application
}

// BenchmarkLint1000WithoutWorkloads is the same with applications that are elsewhere, and not looked into: at most 0.3 s.
func BenchmarkLint1000WithoutWorkloads(b *testing.B) {
	dir := thousand(b)
	file := filepath.Join(dir, "applications.yml")
	write(b, file, strings.ReplaceAll(read(b, file), "path: "+gen.Chart+"\n", "repoURL: https://gitlab.example/house/applications.git\n      path: deploy\n"))
	benchmark(b, dir, 9_800)
}

// thousand is a repository with 1,000 entries, without what their chart makes.
func thousand(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	if err := gen.Write(dir, gen.Options{Entries: 1000}); err != nil {
		b.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, ".git"), 0o755); err != nil {
		b.Fatal(err)
	}
	platform := filepath.Join(dir, "platform.yml")
	write(b, platform, read(b, platform)+"\nlint: {rules: {not-fetched: off}}\n")
	return dir
}

// benchmark runs roster lint on a folder without findings. It reports the medians, which a busy moment does not
// move, of the time and of the processors' time: on a busy machine only the latter is meaningful.
func benchmark(b *testing.B, dir string, objects int) {
	roster := examples.Roster(b)
	var times, work []time.Duration
	for b.Loop() {
		c := exec.Command(roster, "lint", "--format", "json", dir)
		start := time.Now()
		out, err := c.Output()
		times = append(times, time.Since(start))
		work = append(work, c.ProcessState.UserTime()+c.ProcessState.SystemTime()) // with its workers
		var r report
		if err == nil {
			err = json.Unmarshal(out, &r)
		}
		if err != nil || r.Summary.Checked != objects {
			b.Fatalf("%d objects checked, not %d: %v\n%.2000s", r.Summary.Checked, objects, err, out)
		}
	}
	for unit, all := range map[string][]time.Duration{"ms": times, "cpu-ms": work} {
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2].Seconds()*1e3, unit)
	}
}
