package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// differences measures roster diff: of many applications one of which is changed, of the homelab, and of so many changed objects that they take
// memory. With what is kept means that an earlier run has rendered both sides; without, that nothing is kept yet.
func (p programs) differences(work string, s size) ([]promise, error) {
	fmt.Println("\n| roster diff | wall time | processor time | memory |")
	fmt.Println("|:--|--:|--:|--:|")
	one, err := p.changed(filepath.Join(work, "one"), s.linted, "values-web-photos-00001.yml", "replicas: 1", "replicas: 2")
	if err != nil {
		return nil, err
	}
	all, err := p.changed(filepath.Join(work, "all"), s.changed, "templates/all.yaml", "  labels: {", "  labels: {house.example/new: label, ")
	if err != nil {
		return nil, err
	}
	homelab, err := changedHomelab(filepath.Join(work, "homelab"))
	if err != nil {
		return nil, err
	}
	kept := func() (string, error) { return filepath.Join(work, "caches"), nil }
	empty := func() (string, error) { return os.MkdirTemp(work, "empty-") }
	what := fmt.Sprintf("one of %d applications", s.linted)
	var out []promise
	for _, c := range []struct {
		name  string
		args  []string
		cache func() (string, error)
		runs  int
		limit float64 // seconds
	}{
		{what + ", with what is kept", one, kept, 7, 1},
		{what + ", without", one, empty, 3, 3},
		{"a line of the homelab, with what is kept", homelab, kept, 7, 0.4},
	} {
		samples, err := p.diffs(c.name, c.args, c.cache, s.runs(c.runs))
		if err != nil {
			return nil, err
		}
		out = append(out, promise{"diff of " + c.name + ": seconds", wall(samples).Seconds(), c.limit})
	}
	for _, format := range []string{"text", "json", "markdown", "html"} {
		name := fmt.Sprintf("%d changed objects as %s", 4*s.changed, format)
		samples, err := p.diffs(name, append(all, "--whole", "--format", format), kept, 1)
		if err != nil {
			return nil, err
		}
		out = append(out, promise{"diff of " + name + ": memory in MiB", memory(samples) / (1 << 20), 1024})
	}
	return out, nil
}

// diffs runs roster diff so many times, after a run that is not counted, and prints the line.
func (p programs) diffs(name string, args []string, cache func() (string, error), runs int) ([]sample, error) {
	var all []sample
	for i := range runs + 1 {
		folder, err := cache()
		if err != nil {
			return nil, err
		}
		c := exec.Command(p.roster, append([]string{"diff"}, args...)...)
		c.Env = append(os.Environ(), "ROSTER_CACHE="+folder)
		one, err := run(c)
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 { // something differs
			err = nil
		} else if err == nil {
			err = fmt.Errorf("%s: nothing differs", c)
		}
		if err != nil {
			return nil, err
		}
		if i > 0 {
			all = append(all, one)
		}
	}
	cpu := median(all, func(i int) float64 { return all[i].cpu.Seconds() })
	fmt.Printf("| %s | %s | %.1f ms | %s |\n", name, ms(wall(all)), cpu*1e3, mib(all))
	return all, nil
}

// changed writes two platforms of so many applications, each of which deploys four objects. In a file of their chart, the second has a text for
// another one, wherever that stands.
func (p programs) changed(work string, applications int, file, old, with string) ([]string, error) {
	before, after := filepath.Join(work, "before"), filepath.Join(work, "after")
	for _, dir := range []string{before, after} {
		c := exec.Command(p.write, "-workloads", "-entries", strconv.Itoa(applications), dir)
		if out, err := c.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("writing %d applications: %w\n%s", applications, err, out)
		}
	}
	return []string{"--base", before, after}, replace(filepath.Join(after, chart, file), old, with)
}

// changedHomelab is the example in a repository, with a line that is not committed.
func changedHomelab(dir string) ([]string, error) {
	if err := os.CopyFS(dir, os.DirFS(example)); err != nil {
		return nil, err
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=bench", "-c", "user.email=bench@house.example", "commit", "-q", "-m", "all"}} {
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("git %s: %w\n%s", args[0], err, out)
		}
	}
	return []string{"HEAD", dir}, replace(filepath.Join(dir, "applications.yml"), "profile: web-app\n    allow:\n      - to: {namespace: web-ai-engine", "profile: isolated\n    allow:\n      - to: {namespace: web-ai-engine")
}

// replace replaces a text in a file, which must have it.
func replace(name, old, with string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if !bytes.Contains(text, []byte(old)) {
		return fmt.Errorf("%s has no %q", name, old)
	}
	return os.WriteFile(name, bytes.ReplaceAll(text, []byte(old), []byte(with)), 0o644)
}
