package catalog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
)

const (
	longest = 60 * time.Second // a refusal takes a second at most, on an idle machine; this is to tell it from forever
	most    = 500 << 20        // bytes that a refusal may allocate
)

// refuse loads a folder within bounds of time and memory, and returns what is wrong with it.
func refuse(t *testing.T, files map[string]string) diag.List {
	t.Helper()
	fsys := fstest.MapFS{"chart/Chart.yaml": {Data: []byte("name: chart\n")}}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	type result struct {
		diags diag.List
		err   error
	}
	done := make(chan result, 1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	go func() {
		_, diags, err := catalog.Load(fsys, ".", catalog.Options{})
		done <- result{diags, err}
	}()
	select {
	case <-time.After(longest):
		t.Fatalf("not refused after %s", longest)
	case r := <-done:
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > most {
			t.Errorf("allocated %d MiB, want at most %d", used>>20, most>>20)
		}
		if r.err != nil {
			t.Fatal(r.err)
		}
		if len(r.diags) == 0 {
			t.Fatal("not refused")
		}
		return r.diags
	}
	return nil
}

const entry = "- namespace: web-a\n  applications:\n    - applicationCode: web-a\n      path: chart\n      values:\n"

func TestLimits(t *testing.T) {
	bomb := func(levels int) string {
		var b strings.Builder
		b.WriteString("        a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
		for i := 1; i < levels; i++ {
			fmt.Fprintf(&b, "        a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
		}
		return b.String()
	}
	merges := func(levels int) string {
		var b strings.Builder
		b.WriteString("        a0: &a0 {x: 1}\n")
		for i := 1; i < levels; i++ {
			fmt.Fprintf(&b, "        a%d: &a%d {<<: [%s]}\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
		}
		return b.String()
	}
	for _, test := range []struct{ name, file, text, code string }{
		{"aliases of aliases", "applications.yml", entry + bomb(9), "alias-bomb"},
		{"merges of merges", "applications.yml", entry + merges(9), "alias-bomb"},
		{"aliases in platform.yml", "platform.yml", "ingress:\n      auth:\n" + bomb(9), "alias-bomb"},
		{"nested in brackets", "applications.yml", strings.Repeat("[", 100_000), "yaml-syntax"},
		{"nested in braces", "applications.yml", strings.Repeat("{a: ", 100_000) + strings.Repeat("}", 100_000), "yaml-syntax"},
		{"nested in lines", "applications.yml", strings.Repeat("- ", 100_000) + "a", "yaml-syntax"},
		{"nested in values", "applications.yml", entry + "        a: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "too-deep"},
		{"50 MB", "applications.yml", strings.Repeat("- namespace: web-a\n", 50<<20/19), "too-large"},
		{"50 MB of platform", "platform.yml", strings.Repeat("# nothing\n", 5<<20), "too-large"},
		{"50 MB of a profile", "profiles/house.yml", strings.Repeat("# nothing\n", 5<<20), "too-large"},
		{"15 MB of nothing", "applications.yml", strings.Repeat("\n", 15<<20), "empty"},
		{"one long line", "applications.yml", "- namespace: " + strings.Repeat("a", 15<<20), "bad-name"},
		{"many mistakes", "applications.yml", strings.Repeat("- nmespace: a\n", 20_000), "unknown-field"},
		{"many duplicates", "applications.yml", strings.Repeat("- namespace: a\n", 20_000), "duplicate-namespace"},
		{"65 headers of logins", "platform.yml", "ingress: {identityHeaders: [a" + strings.Repeat(", X-A", 64) + "]}\n", "too-large"},
		{"a path that repeats", "applications.yml", routed(`path: {regex: "/` + strings.Repeat("(k{0,1000})", 10) + `"}`), "bad-path"},
		{"a header that repeats", "applications.yml", routed(`match: {headers: {X: {regex: "` + strings.Repeat("(k{0,1000})", 10) + `"}}}`), "bad-value"},
		{"a broadcast", "applications.yml", routed("address: 255.255.255.255"), "bad-address"},
		{"an address of no machine", "applications.yml", routed("address: 0.1.2.3"), "bad-address"},
		{"a deep cycle", "applications.yml", cycle(5_000), "cycle"},
		{"each waits for all", "applications.yml", circles(1_500), "cycle"},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := map[string]string{"applications.yml": "- namespace: web-a\n"}
			files[test.file] = test.text
			diags := refuse(t, files)
			for _, d := range diags {
				if d.Code == test.code && d.Pos.File == test.file {
					return
				}
			}
			t.Errorf("found %d messages, the first is %v; want one with the code %s", len(diags), diags[0], test.code)
		})
	}
}

// routed is a list with one route.
func routed(keys string) string {
	return "- namespace: web-a\n  applications: [{applicationCode: web-a, path: chart, ingress: [{host: a.example, port: 80, auth: none, " + keys + "}]}]\n"
}

// cycle is n applications that wait for each other in a circle.
func cycle(n int) string {
	var b strings.Builder
	b.WriteString("- namespace: web-a\n  applications:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - {applicationCode: a%d, path: chart, dependsOn: [a%d]}\n", i, (i+1)%n)
	}
	return b.String()
}

// circles is n applications that install the kinds of their own secrets: each waits for all.
func circles(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "- {namespace: n%d, networkPolicies: isolated, applications: [{applicationCode: a%d, path: chart, provides: [external-secrets.io], secrets: [{name: x, data: {A: b}}]}]}\n", i, i)
	}
	return b.String()
}

// TestPipe has a named pipe in the place of each file: reading it would wait forever.
func TestPipe(t *testing.T) {
	for _, name := range []string{"applications.yml", "platform.yml", "profiles/house.yml", "charts/app/Chart.yaml", "charts/app/values-web-a.yml"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(file, text string) {
				path := filepath.Join(dir, filepath.FromSlash(file))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if file == name {
					if err := syscall.Mkfifo(path, 0o644); err != nil {
						t.Fatal(err)
					}
				} else if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write("applications.yml", "- namespace: web-a\n  applications: [{applicationCode: web-a, path: charts/app}]\n")
			write("platform.yml", "repository: {url: https://git.example/a.git}\n")
			write("profiles/house.yml", "extends: isolated\n")
			write("charts/app/Chart.yaml", "name: app\n")
			write("charts/app/values-web-a.yml", "{}\n")
			root, err := os.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			done := make(chan diag.List, 1)
			go func() {
				_, diags, err := catalog.Load(root.FS(), ".", catalog.Options{})
				if err != nil {
					t.Error(err)
				}
				done <- diags
			}()
			select {
			case <-time.After(longest):
				t.Fatal("it waits for a writer of the pipe")
			case diags := <-done:
				if len(diags) == 0 && !strings.HasPrefix(name, "charts/") { // Helm judges what is in a chart
					t.Error("not refused")
				}
			}
		})
	}
}

// TestIdentityHeaders: no route may say who has logged in, however the header is written.
func TestIdentityHeaders(t *testing.T) {
	for _, change := range []string{"set: {x-auth-request-USER: admin}", "add: {X-Auth-Request-User: admin}"} {
		diags := refuse(t, map[string]string{
			"applications.yml": routed("service: a, requestHeaders: {" + change + "}"),
			"platform.yml":     "ingress: {identityHeaders: [X-Auth-Request-User]}\n",
		})
		if !slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Code == "reserved-name" && d.Pos.File == "applications.yml" }) {
			t.Errorf("%s: found %v", change, diags)
		}
	}
}
