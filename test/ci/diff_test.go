package ci

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/examples"
)

func diffWorkflow(t *testing.T) workflow {
	t.Helper()
	var w workflow
	read(t, "docs/ci/github-diff.yml", &w)
	return w
}

func diffJobs(t *testing.T) map[string]gitlabJob {
	t.Helper()
	var jobs map[string]gitlabJob
	read(t, "docs/ci/gitlab-diff.yml", &jobs)
	return jobs
}

// step is the step of a name.
func step(t *testing.T, steps []githubStep, name string) githubStep {
	t.Helper()
	i := slices.IndexFunc(steps, func(s githubStep) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("there is no step %q", name)
	}
	return steps[i]
}

// TestDiffGitHub is what keeps strangers' pull requests from doing harm, and the two runs of a pull request from writing two comments.
func TestDiffGitHub(t *testing.T) {
	w := diffWorkflow(t)
	diff, comment := w.Jobs["diff"], w.Jobs["comment"]
	if _, is := w.On["pull_request_target"]; !is || len(w.On) != 1 || len(w.Jobs) != 2 {
		t.Errorf("%d jobs run on %v", len(w.Jobs), w.On)
	}
	if w.Permissions == nil || len(w.Permissions) > 0 || len(diff.Permissions) != 1 || diff.Permissions["contents"] != "read" ||
		len(comment.Permissions) != 1 || comment.Permissions["pull-requests"] != "write" {
		t.Errorf("permissions %v, %v, %v", w.Permissions, diff.Permissions, comment.Permissions)
	}
	if !w.Concurrency.CancelInProgress || !strings.Contains(w.Concurrency.Group, "github.event.pull_request.number") || !strings.Contains(w.Concurrency.Group, "github.workflow_ref") {
		t.Errorf("concurrency %+v", w.Concurrency)
	}
	if comment.Needs != "diff" || comment.If != "${{ !cancelled() }}" || diff.TimeoutMinutes == 0 || comment.TimeoutMinutes == 0 {
		t.Errorf("the comment needs %q if %q", comment.Needs, comment.If)
	}
	var script string
	saved, named := 0, 0
	for i, s := range append(slices.Clone(diff.Steps), comment.Steps...) {
		script += s.Run + "\n"
		if (s.Run == "") == (s.Uses == "") {
			t.Errorf("step %+v runs and uses", s)
		}
		if strings.Contains(s.Run, "${{") {
			t.Errorf("the script of %q has an expression, whose value would be run", s.Name)
		}
		for _, value := range s.With {
			if strings.Contains(value, "pull_request.head") {
				t.Errorf("%s uses what the pull request names: %q", s.Uses, value)
			}
		}
		if strings.HasPrefix(s.Uses, "actions/cache/save@") {
			saved = i
		}
		if strings.Contains(s.Run, "worktree add") {
			named = i
		}
	}
	if saved == 0 || named < saved {
		t.Error("what the pull request refers to is in the cache that others restore")
	}
	defaults(t, diff.Env, script+"$ROSTER_CACHE", "NUMBER", "RANGE")
	if lint := github(t); step(t, diff.Steps, "Install roster").Run != lint["Install roster"].Run || diff.Steps[0].Uses != lint["actions/checkout"].Uses {
		t.Error("roster is installed in another way than for lint")
	}
}

func TestDiffGitLab(t *testing.T) {
	jobs := diffJobs(t)
	diff, comment := jobs["roster-diff"], jobs["roster-comment"]
	const request = `$CI_PIPELINE_SOURCE == "merge_request_event"`
	if len(jobs) != 2 || len(diff.Rules) != 1 || diff.Rules[0].If != request || len(comment.Rules) != 1 || comment.Rules[0].If != request+" && $ROSTER_TOKEN" || comment.Rules[0].When != "always" {
		t.Errorf("%d jobs, rules %v and %v", len(jobs), diff.Rules, comment.Rules)
	}
	if !slices.Equal(comment.Needs, []string{"roster-diff"}) || !strings.Contains(comment.ResourceGroup, "$CI_MERGE_REQUEST_IID") {
		t.Errorf("the comment needs %q, one at a time in %q", comment.Needs, comment.ResourceGroup)
	}
	if !slices.Equal(diff.Cache.Paths, []string{diff.Variables["ROSTER_CACHE"] + "/1"}) { // internal/source/cache checks what is there; internal/rendered does not
		t.Errorf("%q are cached", diff.Cache.Paths)
	}
	if diff.Artifacts.When != "always" || !slices.Equal(diff.Artifacts.Paths, []string{"out/"}) || diff.Artifacts.ExposeAs == "" || diff.Artifacts.Reports.CodeQuality == "" {
		t.Errorf("artifacts %+v", diff.Artifacts)
	}
	if diff.Image != gitlab(t).Image || !slices.Equal(diff.BeforeScript, gitlab(t).BeforeScript) {
		t.Error("roster is installed in another way than for lint")
	}
	defaults(t, diff.Variables, strings.Join(append(slices.Clone(diff.BeforeScript), diff.Script...), "\n")+"$ROSTER_CACHE", "GIT_DEPTH")
}

// change is what a pull request does to examples/minimal.
type change struct {
	name, old, new string // in applications.yml
	failOn         string
	fork           bool
	merged         bool // whether GitLab's pipeline is for the merged result
	exits          int
	code, says     string // of the comment
}

const application = "    - applicationCode: web-vaultwarden\n"

var changes = []change{
	{name: "nothing differs", old: "- namespace", new: "# a comment\n- namespace", failOn: "delete", merged: true, code: "0", says: "**no differences**"},
	{name: "something differs", old: "web-app\n", new: "isolated\n", failOn: "nothing", code: "1", says: "flow-closed"},
	{name: "a gate fails", old: "web-app\n", new: "isolated\n", failOn: "delete,flow-closed", exits: 1, code: "1", says: "**It fails**"},
	{name: "a broken list", old: "web-app\n", new: "web-ap\n", failOn: "nothing", exits: 2, code: "2", says: "Mistakes"},
	{name: "from a fork", old: "web-app\n", new: "isolated\n", failOn: "nothing", fork: true, code: "1", says: "flow-closed"},
	{name: "a chart that is not fetched", old: application, new: unfetched + application, failOn: "nothing", code: "1", says: "Not compared"},
	{name: "and a gate that does not know", old: application, new: unfetched + application, failOn: "delete", fork: true, exits: 3, code: "1", says: "Not compared"},
}

const unfetched = "    - {applicationCode: web-new, repoURL: 'https://charts.invalid', chart: web, version: 1.0.0}\n"

// proposed makes a repository in which the pull request 7 changes the list, and the branch main has gone on since.
func (m machine) proposed(t *testing.T, c change) (dir string) {
	t.Helper()
	dir = m.repository(t, "", "")
	list := filepath.Join(dir, "infra", "applications.yml")
	before, err := os.ReadFile(filepath.Join(examples.Root(), "examples", "minimal", "applications.yml"))
	if err != nil || !strings.Contains(string(before), c.old) {
		t.Fatalf("no %q: %v", c.old, err)
	}
	m.must(t, dir, "git add --all && git commit --quiet --message base && git checkout --quiet -b change")
	write(t, list, strings.Replace(string(before), c.old, c.new, 1))
	write(t, filepath.Join(dir, ".gitattributes"), "* filter=evil\n")
	m.must(t, dir, "git add --all && git commit --quiet --message change && git update-ref refs/pull/7/head HEAD && git checkout --quiet main")
	write(t, list, strings.Replace(string(before), "autoSync: true", "autoSync: false", 1))
	m.must(t, dir, "git commit --quiet --all --message on")
	if c.fork {
		m.must(t, dir, "git branch --quiet --delete --force change")
	}
	return dir
}

// must runs a script that cannot fail, and returns what it prints.
func (m machine) must(t *testing.T, dir, script string) string {
	t.Helper()
	out, code := m.run(t, dir, script)
	if code != 0 {
		t.Fatalf("%s: exit code %d\n%s", script, code, out)
	}
	return strings.TrimSpace(out)
}

// diffs runs the pieces of diff, without what writes the comment.
func (m machine) diffs(t *testing.T) {
	for _, c := range changes {
		t.Run("GitHub diff/"+c.name, func(t *testing.T) { m.diffGitHub(t, c) })
		t.Run("GitLab diff/"+c.name, func(t *testing.T) { m.diffGitLab(t, c) })
	}
}

// wrote checks the files of the comment.
func (c change) wrote(t *testing.T, dir, page string, exits int, out string) {
	t.Helper()
	if exits != c.exits {
		t.Errorf("exit code %d, want %d\n%s", exits, c.exits, out)
	}
	for file, want := range map[string][]string{"code": {c.code + "\n"}, "diff.md": {"<!-- roster diff infra -->\n", c.says, page}, "diff.html": {"<!doctype html>"}} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, text := range want {
			if !strings.Contains(strings.ToLower(string(data)), strings.ToLower(text)) {
				t.Errorf("%s does not have %q:\n%.2000s", file, text, data)
			}
		}
		if file == "diff.md" && (!strings.HasPrefix(string(data), want[0]) || strings.Contains(string(data), "automated")) {
			t.Errorf("it does not begin with the marker, or has what main did since:\n%s", data)
		}
	}
}

// expression is what GitHub puts into a text.
func expression(t *testing.T, text string, context map[string]string) string {
	t.Helper()
	return regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`).ReplaceAllStringFunc(text, func(found string) string {
		return value(t, strings.TrimSpace(strings.Trim(found, "${} ")), context)
	})
}

func value(t *testing.T, term string, context map[string]string) string {
	t.Helper()
	if text, is := strings.CutPrefix(term, "'"); is {
		return strings.TrimSuffix(text, "'")
	}
	got, known := context[term]
	if !known {
		t.Fatalf("nobody knows %s", term)
	}
	return got
}

// condition is whether a step runs: comparisons, all of which must be true.
func condition(t *testing.T, text string, context map[string]string) bool {
	t.Helper()
	for part := range strings.SplitSeq(text, "&&") {
		m := regexp.MustCompile(`^(\S+) (==|!=) (\S+)$`).FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			t.Fatalf("cannot read the condition %q", part)
		}
		if (value(t, m[1], context) == value(t, m[3], context)) != (m[2] == "==") {
			return false
		}
	}
	return true
}

// diffGitHub runs the steps as GitHub does, with actions that do what is known of them.
func (m machine) diffGitHub(t *testing.T, c change) {
	origin, temp := m.proposed(t, c), t.TempDir()
	work, pwned := filepath.Join(temp, "work"), filepath.Join(temp, "pwned")
	context := map[string]string{
		"github.repository": "house/infra", "github.event.pull_request.head.repo.full_name": "house/infra", "github.event.pull_request.number": "7",
		"github.event.pull_request.base.ref": "main", "runner.temp": temp, "hashFiles('**/roster.lock')": "",
		"steps.cache.outputs.cache-hit": "", "steps.cache.outputs.cache-primary-key": "roster-",
	}
	if c.fork {
		context["github.event.pull_request.head.repo.full_name"] = "stranger/infra"
	}
	env := []string{"GITHUB_SERVER_URL=https://github.example", "GITHUB_REPOSITORY=house/infra", "GITHUB_RUN_ID=42", "RUNNER_TEMP=" + temp,
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=filter.evil.smudge", "GIT_CONFIG_VALUE_0=touch " + pwned + "; cat"}
	job := diffWorkflow(t).Jobs["diff"]
	for name, v := range job.Env {
		context["env."+name] = expression(t, v, context)
		env = append(env, name+"="+context["env."+name])
	}
	env = append(env, "ROSTER_DIR=infra", "ROSTER_FAIL_ON="+c.failOn)
	var log strings.Builder
	code := 0
	ran := map[string]bool{}
	for _, s := range job.Steps {
		if s.Name == "Install roster" || code != 0 || s.If != "" && !condition(t, s.If, context) {
			continue
		}
		action, _, _ := strings.Cut(s.Uses, "@")
		ran[s.Name+action] = true
		with := map[string]string{}
		for k, v := range s.With {
			with[k] = expression(t, v, context)
		}
		switch action {
		case "":
			out, exit := m.run(t, work, "set +o pipefail\n"+s.Run, env...)
			log.WriteString(out)
			if s.ID != "" {
				context["steps."+s.ID+".outcome"] = map[bool]string{true: "success", false: "failure"}[exit == 0]
			}
			if !s.ContinueOnError {
				code = exit
			}
		case "actions/checkout":
			m.must(t, temp, "git clone --quiet --branch "+with["ref"]+" "+origin+" work")
		case "actions/upload-artifact":
			c.wrote(t, with["path"], "https://github.example/house/infra/actions/runs/42", c.exits, log.String())
		}
	}
	if code != c.exits || !ran["actions/cache/restore"] || !ran["actions/cache/save"] || !ran["actions/upload-artifact"] {
		t.Errorf("exit code %d, want %d, after %v\n%s", code, c.exits, ran, &log)
	}
	if ran["Fetch what the pull request refers to"] == c.fork {
		t.Errorf("for a fork %t, it ran %v", c.fork, ran)
	}
	if _, err := os.Stat(pwned); err == nil {
		t.Error("a filter ran")
	}
	if c.fork && strings.Contains(log.String(), "charts.invalid:") {
		t.Errorf("a stranger's server was asked:\n%s", &log)
	}
}

// diffGitLab runs the job as GitLab does.
func (m machine) diffGitLab(t *testing.T, c change) {
	work := m.proposed(t, c)
	base := m.must(t, work, "git merge-base main refs/pull/7/head")
	env := []string{"CI_JOB_URL=https://gitlab.example/house/infra/-/jobs/42", "CI_MERGE_REQUEST_DIFF_BASE_SHA=" + base}
	m.must(t, work, "git checkout --quiet --detach refs/pull/7/head")
	if c.merged {
		env = append(env, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA="+m.must(t, work, "git rev-parse main"))
		m.must(t, work, "git merge --quiet --no-edit main")
	}
	job := diffJobs(t)["roster-diff"]
	for name, v := range job.Variables {
		env = append(env, name+"="+v)
	}
	out, code := m.run(t, work, strings.Join(job.Script, "\n"), append(env, "ROSTER_DIR=infra", "ROSTER_FAIL_ON="+c.failOn)...)
	c.wrote(t, filepath.Join(work, "out"), "https://gitlab.example/house/infra/-/jobs/42/artifacts/file/out/diff.html", code, out)
	data, err := os.ReadFile(filepath.Join(work, job.Artifacts.Reports.CodeQuality))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range codeQuality(t, data) {
		if _, err := os.Stat(filepath.Join(work, file)); err != nil {
			t.Errorf("the report names a file that is missing in the checkout: %v", err)
		}
	}
}
