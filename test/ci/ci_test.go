// Package ci runs the ready-made pieces for CI, as far as it can be done without the forge: it reads them as the forge does, and
// runs their command lines on a sound platform, on one with a finding, and on one that does not render.
package ci

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/examples"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// read decodes a YAML file of this repository. Keys that are not in the type are mistakes.
func read(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(examples.Root(), file))
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// machine is where command lines run: a shell, roster's repository in the place of the one on GitHub, and a Go workspace.
type machine struct {
	source string // roster's repository as it is here
	bin    string // where go install puts programs
	path   string // a file whose lines are folders to search for programs first, as GitHub's runner keeps one
	env    []string
}

func newMachine(t *testing.T) machine {
	t.Helper()
	at := t.TempDir()
	m := machine{source: filepath.Join(at, "source"), bin: filepath.Join(at, "go", "bin"), path: filepath.Join(at, "path")}
	modules := strings.TrimSpace(output(t, examples.Root(), "go", "env", "GOMODCACHE"))
	settings := filepath.Join(at, "gitconfig")
	write(t, settings, "[url \"file://"+filepath.ToSlash(m.source)+"\"]\n\tinsteadOf = https://github.com/hippotion/roster.git\n"+
		"[user]\n\tname = test\n\temail = test@example.org\n[init]\n\tdefaultBranch = main\n")
	// In a Git hook, variables name the repository to work on; these command lines must work on their own.
	m.env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	m.env = append(m.env, "TMPDIR="+t.TempDir(), "GOPATH="+filepath.Join(at, "go"), "GOMODCACHE="+modules, "GOBIN=", "GIT_CONFIG_GLOBAL="+settings,
		"GOFLAGS="+os.Getenv("GOFLAGS")+" -trimpath -ldflags=-w", // each clone would be compiled anew, and nobody debugs these programs
		"GITHUB_PATH="+m.path)

	for file := range strings.SplitSeq(strings.TrimSuffix(output(t, examples.Root(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00"), "\x00") {
		info, err := os.Lstat(filepath.Join(examples.Root(), file))
		if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue // removed, and not committed yet; or a link, which are in test data
		} else if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(examples.Root(), file))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(m.source, file), string(data))
	}
	if out, code := m.run(t, m.source, "git init --quiet && git add --all && git commit --quiet --message source"); code != 0 {
		t.Fatal(out)
	}
	return m
}

func output(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir = dir
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %s: %v", name, args, err)
	}
	return string(out)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run runs a script as GitLab's and GitHub's runners do, and returns what it prints and its exit code.
func (m machine) run(t *testing.T, dir, script string, env ...string) (string, int) {
	t.Helper()
	c := exec.Command("bash", "-e", "-o", "pipefail", "-c", script)
	first, err := os.ReadFile(m.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	path := strings.Join(append(strings.Fields(string(first)), m.bin, os.Getenv("PATH")), string(filepath.ListSeparator))
	c.Dir, c.Env = dir, append(append(slices.Clone(m.env), "PATH="+path), env...)
	out, err := c.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return string(out), exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

// platforms are repositories with examples/minimal below infra, and the exit code that lint has for them.
var platforms = []struct {
	name, old, new string // in applications.yml
	code           int
}{
	{"sound", "", "", 0},
	{"finding", "profile: web-app\n", "profile: web-app # lint:ignore outside-address-from-inside for now until 2020-01-31\n", 1},
	{"mistake", "profile: web-app\n", "profile: web-ap\n", 1},
}

// repository makes the repository of a platform, with the folder of the list below.
func (m machine) repository(t *testing.T, old, new string) string {
	t.Helper()
	dir := t.TempDir()
	infra := filepath.Join(dir, "infra")
	if err := os.CopyFS(infra, os.DirFS(filepath.Join(examples.Root(), "examples", "minimal"))); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(infra, "applications.yml")
	data, err := os.ReadFile(list)
	if err != nil || !strings.Contains(string(data), old) {
		t.Fatalf("no %q in %s: %v", old, list, err)
	}
	write(t, list, strings.Replace(string(data), old, new, 1))
	if out, code := m.run(t, dir, "git init --quiet"); code != 0 {
		t.Fatal(out)
	}
	return dir
}

// TestPieces installs and runs each piece.
func TestPieces(t *testing.T) {
	m := newMachine(t)
	at := m.releases(t)
	for _, piece := range []struct {
		name    string
		install func(*testing.T) // puts roster into the PATH
		lint    string           // the command lines
		reports map[string]func(t *testing.T, data []byte) (files []string)
		says    string // in the output when there is a finding
	}{
		{"pre-commit", m.installHook, hook(t).Entry + " infra", nil, "infra/applications.yml:3:"},
		{"GitLab", func(t *testing.T) {
			m.unpack(t, at, strings.Join(gitlab(t).BeforeScript, "\n")+"\necho \"$bin\" >> \"$GITHUB_PATH\"")
		}, strings.Join(gitlab(t).Script, "\n"),
			map[string]func(*testing.T, []byte) []string{
				gitlab(t).Artifacts.Reports.CodeQuality: codeQuality, gitlab(t).Artifacts.Reports.JUnit: junit}, "infra/applications.yml:3:"},
		{"GitHub", func(t *testing.T) { m.unpack(t, at, github(t)["Install roster"].Run) },
			github(t)["Write alerts"].Run + "\n" + github(t)["Lint"].Run,
			map[string]func(*testing.T, []byte) []string{github(t)["Upload alerts"].With["sarif_file"]: sarif}, "::error file=infra/applications.yml,line=3,"},
	} {
		t.Run(piece.name, func(t *testing.T) {
			piece.install(t)
			for _, p := range platforms {
				t.Run(p.name, func(t *testing.T) {
					dir := m.repository(t, p.old, p.new)
					out, code := m.run(t, dir, piece.lint, "ROSTER_DIR=infra")
					if code != p.code {
						t.Fatalf("exit code %d, want %d\n%s", code, p.code, out)
					}
					if p.code == 1 && !strings.Contains(out, piece.says) {
						t.Errorf("does not say %q:\n%s", piece.says, out)
					}
					for file, check := range piece.reports {
						data, err := os.ReadFile(filepath.Join(dir, file))
						if p.code == 2 {
							if !errors.Is(err, os.ErrNotExist) {
								t.Errorf("%s is there although the platform does not render: %v", file, err)
							}
							continue
						} else if err != nil {
							t.Fatal(err)
						}
						named := check(t, data)
						if (len(named) > 0) != (p.code == 1) {
							t.Errorf("%s has findings in %q", file, named)
						}
						for _, name := range named {
							if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
								t.Errorf("%s names a file that is missing in the checkout: %v", file, err)
							}
						}
					}
				})
			}
		})
	}
	m.diffs(t) // with the roster that the last of them has installed
}

// releases serves a release like those that internal/release makes, and returns where.
func (m machine) releases(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	m.must(t, m.source, `CGO_ENABLED=0 go build -o `+dir+`/roster ./cmd/roster
cd `+dir+`
mkdir v0.0.1 v0.0.2
archive=linux_$(dpkg --print-architecture).tar.gz
for version in v0.0.1 v0.0.2; do tar --create --gzip --file $version/roster_${version}_$archive roster; done
(cd v0.0.1 && echo "$(sha256sum --binary < /dev/null | cut -d ' ' -f 1)  another.tar.gz" > SHA256SUMS && sha256sum roster_* >> SHA256SUMS)
(cd v0.0.2 && sha256sum roster_* > SHA256SUMS && echo more >> roster_v0.0.2_$archive)`)
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	return server.URL
}

// unpack runs the lines that install a release, on a machine that has none; and with what is not what was released, they fail.
func (m machine) unpack(t *testing.T, at, script string) {
	t.Helper()
	for version, want := range map[string]string{"v0.0.2": "FAILED", "v0.0.3": "404"} {
		if out, code := m.run(t, t.TempDir(), script, "ROSTER_VERSION="+version, "ROSTER_RELEASES="+at); code == 0 || !strings.Contains(out, want) {
			t.Errorf("%s can be installed, or not for %q: %s", version, want, out)
		}
	}
	m.installed(t, t.TempDir(), script, "ROSTER_VERSION=v0.0.1", "ROSTER_RELEASES="+at)
}

// installHook does what pre-commit does for the language golang: it clones the repository and installs all programs.
func (m machine) installHook(t *testing.T) {
	dir := t.TempDir()
	if out, code := m.run(t, dir, "git clone --quiet https://github.com/hippotion/roster.git ."); code != 0 {
		t.Fatal(out)
	}
	if language := hook(t).Language; language != "golang" {
		t.Fatalf("the hook is in %s", language)
	}
	m.installed(t, dir, "go install ./...")
}

func (m machine) installed(t *testing.T, dir, script string, env ...string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(m.bin), os.RemoveAll(m.path)); err != nil {
		t.Fatal(err)
	}
	if out, code := m.run(t, dir, script, env...); code != 0 {
		t.Fatalf("%s\n%s", script, out)
	}
	folders, err := os.ReadFile(m.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	want := append(strings.Fields(string(folders)), m.bin)[0]
	if out, code := m.run(t, dir, "command -v roster && roster version"); code != 0 || !strings.HasPrefix(out, want) {
		t.Fatalf("roster is missing in %s: %s", want, out)
	}
}

type hookFile struct {
	ID, Name, Description, Language, Entry string
	AlwaysRun                              bool  `yaml:"always_run"`
	PassFilenames                          *bool `yaml:"pass_filenames"`
}

// hook is the definition of the hook.
func hook(t *testing.T) hookFile {
	t.Helper()
	var hooks []hookFile
	read(t, ".pre-commit-hooks.yaml", &hooks)
	if len(hooks) != 1 || hooks[0].ID != "roster-lint" {
		t.Fatalf("hooks %+v", hooks)
	}
	return hooks[0]
}

// TestHook: the hook runs for each commit: the list reads files of any name. make hook has it run by pre-commit.
func TestHook(t *testing.T) {
	if h := hook(t); h.Name == "" || h.PassFilenames == nil || *h.PassFilenames || !h.AlwaysRun {
		t.Errorf("got %+v", h)
	}
}

type gitlabJob struct {
	Stage, Image  string
	Needs         []string
	Variables     map[string]string
	Rules         []struct{ If, When string }
	ResourceGroup string `yaml:"resource_group"`
	Cache         struct {
		Key, When string
		Paths     []string
	}
	BeforeScript []string `yaml:"before_script"`
	Script       []string
	Artifacts    struct {
		When     string
		ExposeAs string `yaml:"expose_as"`
		Paths    []string
		Reports  struct{ CodeQuality, JUnit string }
	}
}

// gitlab is the job of the template.
func gitlab(t *testing.T) gitlabJob {
	t.Helper()
	var jobs map[string]gitlabJob
	read(t, "docs/ci/gitlab.yml", &jobs)
	job, ok := jobs["roster-lint"]
	if !ok || len(jobs) != 1 {
		t.Fatalf("jobs %v", jobs)
	}
	return job
}

func TestGitLab(t *testing.T) {
	job := gitlab(t)
	if job.Artifacts.When != "always" || job.Artifacts.Reports.CodeQuality != "gl-code-quality-report.json" || job.Artifacts.Reports.JUnit == "" {
		t.Errorf("artifacts %+v", job.Artifacts)
	}
	if job.Image != "buildpack-deps:stable-scm" { // Debian, with curl and git
		t.Errorf("image %s", job.Image)
	}
	defaults(t, job.Variables, strings.Join(append(job.BeforeScript, job.Script...), "\n"))
}

type githubStep struct {
	ID, Name, Uses, If, Run string
	ContinueOnError         bool `yaml:"continue-on-error"`
	Env, With               map[string]string
}

type workflow struct {
	Name        string
	On          map[string]any
	Permissions map[string]string
	Concurrency struct {
		Group            string
		CancelInProgress bool `yaml:"cancel-in-progress"`
	}
	Jobs map[string]struct {
		Needs, If      string
		RunsOn         string `yaml:"runs-on"`
		TimeoutMinutes int    `yaml:"timeout-minutes"`
		Permissions    map[string]string
		Env            map[string]string
		Steps          []githubStep
	}
}

func githubWorkflow(t *testing.T) workflow {
	t.Helper()
	var w workflow
	read(t, "docs/ci/github.yml", &w)
	return w
}

// github are the steps of the workflow by their names, or else by what they use.
func github(t *testing.T) map[string]githubStep {
	t.Helper()
	steps := map[string]githubStep{}
	for _, s := range githubWorkflow(t).Jobs["lint"].Steps {
		name := s.Name
		if name == "" {
			name, _, _ = strings.Cut(s.Uses, "@")
		}
		steps[name] = s
	}
	return steps
}

func TestGitHub(t *testing.T) {
	w, steps := githubWorkflow(t), github(t)
	if w.Permissions["security-events"] != "write" || w.Permissions["contents"] != "read" || len(w.Permissions) != 2 {
		t.Errorf("permissions %v", w.Permissions)
	}
	upload := steps["Upload alerts"]
	if !strings.HasPrefix(upload.Uses, "github/codeql-action/upload-sarif@v") || !strings.Contains(upload.If, "hashFiles('"+upload.With["sarif_file"]+"')") {
		t.Errorf("uploads with %+v", upload)
	}
	var script string
	for _, s := range w.Jobs["lint"].Steps {
		script += s.Run + "\n"
		if (s.Run == "") == (s.Uses == "") {
			t.Errorf("step %+v runs and uses", s)
		}
	}
	defaults(t, w.Jobs["lint"].Env, script)
}

// defaults checks that exactly the variables that a script uses have a default, beside others.
func defaults(t *testing.T, variables map[string]string, script string, others ...string) {
	t.Helper()
	used := map[string]bool{}
	for _, name := range others {
		used[name] = true
	}
	for _, name := range regexp.MustCompile(`\$\{?(ROSTER_\w+)`).FindAllStringSubmatch(script, -1) {
		used[name[1]] = true
		if variables[name[1]] == "" {
			t.Errorf("%s has no default", name[1])
		}
	}
	if len(used) != len(variables) {
		t.Errorf("of the variables %v the script uses %v", variables, used)
	}
}

// valid decodes a report that a schema permits.
func valid(t *testing.T, data []byte, schema string, into any) {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(filepath.Join(examples.Root(), schema))
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err == nil {
		err = s.Validate(value)
	}
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
}

func codeQuality(t *testing.T, data []byte) (files []string) {
	var issues []struct{ Location struct{ Path string } }
	valid(t, data, "internal/report/testdata/gitlab-code-quality.schema.json", &issues)
	for _, i := range issues {
		files = append(files, i.Location.Path)
	}
	return files
}

func sarif(t *testing.T, data []byte) (files []string) {
	var log struct {
		Runs []struct {
			Results []struct {
				Locations []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	valid(t, data, "internal/report/testdata/sarif-schema-2.1.0.json", &log)
	for _, r := range log.Runs[0].Results {
		files = append(files, r.Locations[0].PhysicalLocation.ArtifactLocation.URI)
	}
	return files
}

func junit(t *testing.T, data []byte) (files []string) {
	var suites struct {
		XMLName xml.Name `xml:"testsuites"`
		Tests   int      `xml:"tests,attr"`
		Suites  []struct {
			Cases []struct {
				Class   string    `xml:"classname,attr"`
				Failure *struct{} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(data, &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Tests == 0 {
		t.Error("there is no test, which Jenkins takes for a fault")
	}
	for _, s := range suites.Suites {
		for _, c := range s.Cases {
			if c.Failure != nil {
				files = append(files, c.Class)
			}
		}
	}
	return files
}
