package gardener

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/render/workload"
	"github.com/hippotion/roster/test/examples"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// These tests hold the catalog's application gardener, and the units of systemd, against the program's own flags: what they
// write is what it takes, and what it refuses does not get so far.

// aList has what a gardener needs around it, and one with the values in flow style.
const aList = `
- {namespace: sys-monitoring, applications: [{applicationCode: sys-monitoring, provides: [monitoring.coreos.com], repoURL: 'https://git.example/m.git', path: deploy}]}
- {namespace: web-git, networkPolicies: web-app}
- {namespace: web-hook, networkPolicies: web-app}
- {namespace: web-ntfy, applications: [{applicationCode: web-ntfy, catalog: ntfy}]}
- {namespace: sys-gardener, applications: [{applicationCode: sys-gardener, catalog: gardener, values: %s}]}
`

// deployment is what roster makes of an application.
type deployment struct {
	objects map[string]map[string]any // by kind
	secrets []catalog.Secret
	text    string // all of it, to be compared
}

// deploy reads a list with a gardener of these values. There are diagnostics, or there is a deployment.
func deploy(t *testing.T, values string) (*deployment, diag.List) {
	t.Helper()
	list := fmt.Sprintf(aList, values)
	p, diags, err := catalog.Load(fstest.MapFS{
		"applications.yml": {Data: []byte(list)},
		"platform.yml":     {Data: []byte("domain: home.example\nrepository: {url: 'https://git.example/x.git', revision: main}\n")},
	}, ".", catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(diags) > 0 {
		return nil, diags
	}
	return deployed(t, p, "sys-gardener"), nil
}

// deployed renders the application of that code.
func deployed(t *testing.T, p *catalog.Platform, code string) *deployment {
	t.Helper()
	for _, n := range p.Namespaces {
		for _, a := range n.Applications {
			if a.Code != code {
				continue
			}
			result, diags := workload.New(workload.Files{Repository: fstest.MapFS{}, Catalog: apps.Charts()}, workload.Cluster{}).Render(&workload.Application{
				Code: code, Namespace: n.Name, Kind: workload.Catalog, Path: a.Workload.Path, Helm: *a.Workload.Source.Helm})
			for _, d := range diags {
				t.Fatalf("%s: %s", a.Code, d.Message)
			}
			out := &deployment{objects: map[string]map[string]any{}, secrets: a.Secrets, text: fmt.Sprintln(n.Flows, a.Secrets)}
			for _, o := range result.Objects {
				text, err := json.Marshal(o.Value())
				var fields map[string]any
				if err == nil {
					err = json.Unmarshal(text, &fields)
				}
				if err != nil {
					t.Fatal(err)
				}
				out.objects[o.Kind], out.text = fields, out.text+string(text)
			}
			return out
		}
	}
	t.Fatalf("there is no application %s", code)
	return nil
}

// arguments are what the pod gives to gardener run. What they name in the pod must be there.
func (d *deployment) arguments(t *testing.T) []string {
	t.Helper()
	containers, _, err := unstructured.NestedSlice(d.objects["CronJob"], "spec", "jobTemplate", "spec", "template", "spec", "containers")
	if err != nil || len(containers) != 1 {
		t.Fatal(containers, err)
	}
	command, _, err := unstructured.NestedStringSlice(containers[0].(map[string]any), "command")
	if err != nil || len(command) < 2 || command[0] != "gardener" || command[1] != "run" {
		t.Fatal(command, err)
	}
	var keys []string
	for _, s := range d.secrets {
		for _, data := range s.Data {
			keys = append(keys, s.Name+"/"+data.Key)
		}
	}
	for _, a := range command {
		if _, file, ok := strings.Cut(a, "=/etc/"); ok && !slices.Contains(keys, file) {
			t.Errorf("%s is not among %v", a, keys)
		}
	}
	return command[2:]
}

const credentials = "/run/credentials/gardener.service/"

// expand is what systemd makes of a word, once it is without its quotes.
func expand(t *testing.T, word string) string {
	t.Helper()
	if !regexp.MustCompile(`^([^$%]|\$\$|%%|\$\{CREDENTIALS_DIRECTORY\})*$`).MatchString(word) {
		t.Errorf("systemd would expand something in %s", word)
	}
	return strings.NewReplacer("$$", "$", "%%", "%", "${CREDENTIALS_DIRECTORY}/", credentials).Replace(word)
}

// flags are those of the ConfigMap for the unit, as systemd passes them on.
func (d *deployment) flags(t *testing.T) []string {
	t.Helper()
	text, _, err := unstructured.NestedString(d.objects["ConfigMap"], "data", "flags")
	if err != nil || text == "" {
		t.Fatal(d.text, err)
	}
	var out []string
	for line := range strings.Lines(text) {
		word, err := strconv.Unquote(strings.TrimSuffix(line, "\n")) // systemd has the same escapes as Go
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out = append(out, expand(t, word))
	}
	return out
}

// odd are texts that YAML, a template, a shell or systemd could take for something else.
var odd = []string{"Notes #1", "notes: daily", `"a" 'b' \ c`, "- x", "..x", "*a", "null", "1e6", "{a}", "%s %h", "$HOME $$ ${x}", "Ä€ ☂", " x ", "a/./b", "{{ .Values }}"}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

const everything = `
	branch: feature/a.b_c, path: 'Notes #1'}, author: 'Ann: "x" #1 {a} $b %c <a@b.example>', schedule: '0 1 * * *', timeZone: Europe/Berlin,
	maxChanges: 1000000, maxDeletions: 2000000, missed: {afterHours: 1000000, severity: page}, monitorLabels: {a: b}, `

// TestCatalogArguments gives the program what the catalog renders.
func TestCatalogArguments(t *testing.T) {
	t.Parallel()
	type test struct {
		name, values string
		want         []string // among the arguments
	}
	all := []string{"--branch=feature/a.b_c", "--path=Notes #1", `--author=Ann: "x" #1 {a} $b %c <a@b.example>`, "--max-changes=1000000", "--max-deletions=2000000",
		"--ntfy-topic=hl-info", "--report-always", "--decide-timeout=1h30m", "--webhook-url=https://hook.example/x?a=b%20c#f"}
	tests := []test{
		{"the least", "{repository: {url: 'https://git.example/notes.git'}}", []string{"--repository=https://git.example/notes.git", "--branch=main", "--path=.",
			"--git-username=oauth2", "--author=Gardener <gardener@localhost>", "--max-changes=25", "--max-deletions=0", "--ntfy-topic=hl-event"}},
		{"everything", `{repository: {url: 'https://git.example/notes.git', username: x.y+z, ` + everything + `decide: {command: [/tidy, '--a: b', '', '#', --], timeout: 1h30m},
			report: {topic: info, always: true, webhook: {url: 'https://hook.example/x?a=b%20c#f', token: true}}, work: 2Gi,
			image: {repository: r.example/x, tag: '1', digest: ` + "'sha256:" + strings.Repeat("0", 64) + `'}}`,
			append([]string{"--git-username=x.y+z", "--webhook-token-file=/etc/gardener/webhook-token", "/tidy", "--a: b", "", "#"}, all...)},
		{"in the cluster", `{repository: {url: 'http://git.web-git.svc.cluster.local:3000/a/notes.git', podPort: 3000},
			report: {webhook: {url: 'http://hook.web-hook.svc/x', podPort: 8080}}}`,
			[]string{"--repository=http://git.web-git.svc.cluster.local:3000/a/notes.git", "--webhook-url=http://hook.web-hook.svc/x"}},
		{"in the cluster, short", "{repository: {url: 'http://git.web-git.svc/notes.git', podPort: 80}}", nil},
		{"a node", "{runsOn: node}", []string{"--branch=main", "--ntfy-url=https://ntfy.home.example", "--ntfy-topic=hl-event", "--ntfy-token-file=" + credentials + "ntfy.token"}},
		{"a node, everything", `{runsOn: node, repository: {` + everything + `decide: {timeout: 1h30m},
			report: {topic: info, always: true, webhook: {url: 'https://hook.example/x?a=b%20c#f', token: true}}}`,
			append([]string{"--webhook-token-file=" + credentials + "webhook.token"}, all...)},
	}
	for _, s := range odd {
		name := "--author=" + s + " <a@b.example>"
		values := "author: " + quoted(s+" <a@b.example>") + ", repository: {path: " + quoted(s)
		tests = append(tests, test{"a node: " + s, "{runsOn: node, " + values + "}}", []string{name, "--path=" + s}},
			test{s, "{" + values + ", url: 'https://git.example/x'}, decide: {command: [x, " + quoted(s) + "]}}", []string{name, "--path=" + s, s}})
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			d, diags := deploy(t, c.values)
			for _, x := range diags {
				t.Errorf("%s: %s", x.Path, x.Message)
			}
			if t.Failed() {
				return
			}
			var args, parsed []string
			if strings.Contains(c.values, "runsOn: node") {
				args = d.flags(t)
				parsed = append(args, "--vault=x", "--push")
			} else {
				args = d.arguments(t)
				parsed = args
			}
			if _, err := parseRun(parsed, io.Discard); err != nil {
				t.Errorf("gardener run %q: %v", parsed, err)
			}
			for _, want := range c.want {
				if !slices.Contains(args, want) {
					t.Errorf("%q is not in %q", want, args)
				}
			}
			if rule := d.objects["PrometheusRule"]; strings.Contains(c.values, "afterHours: 1000000") {
				if text := fmt.Sprint(rule); !strings.Contains(text, "longer than 1000000 hours") || !strings.Contains(text, "> 3600000000") {
					t.Errorf("the rule %s", text)
				}
			}
		})
	}
}

// TestExamples gives the program what the examples render.
func TestExamples(t *testing.T) {
	t.Parallel()
	found := 0
	for _, c := range examples.Every(t) {
		p := c.Platform
		for _, n := range p.Namespaces {
			for _, a := range n.Applications {
				if a.Workload == nil || a.Workload.Kind != catalog.Catalog || a.Workload.Path != "gardener" {
					continue
				}
				found++
				d := deployed(t, p, a.Code)
				var args []string
				if d.objects["CronJob"] != nil {
					args = d.arguments(t)
				} else {
					args = append(d.flags(t), "--vault=x")
				}
				if _, err := parseRun(args, io.Discard); err != nil {
					t.Errorf("%v: gardener run %q: %v", c, args, err)
				}
			}
		}
	}
	if found < 3 {
		t.Errorf("%d gardeners", found)
	}
}

// TestCatalogRefuses: what the program refuses is refused in the list, at its place.
func TestCatalogRefuses(t *testing.T) {
	t.Parallel()
	const fine = "repository: {url: 'https://git.example/x'}, "
	for _, c := range []struct{ values, flag, path, message string }{
		{"{repository: {url: 'http://git.example/x'}}", "--repository=http://git.example/x", "repository.url", "show the token"},
		{"{repository: {url: 'http://git.web-git.svc.example/x'}}", "--repository=http://git.web-git.svc.example/x", "repository.url", "show the token"},
		{"{repository: {url: 'http://GIT.web-git.svc/x', podPort: 80}}", "--repository=http://GIT.web-git.svc/x", "repository.url", "show the token"},
		{"{repository: {url: 'https://git.example/x?query'}}", "--repository=https://git.example/x?query", "repository.url", "without ?, #"},
		{"{repository: {url: 'https://git.example/x#f'}}", "--repository=https://git.example/x#f", "repository.url", "without ?, #"},
		{"{repository: {url: 'https://[2001:db8::1]/x'}}", "--repository=https://[2001:db8::1]/x", "repository.url", "and ::"},
		{"{repository: {url: 'https://u:p@git.example/x'}}", "--repository=https://u:p@git.example/x", "repository.url", "matches"},
		{"{repository: {url: 'https://:443/x'}}", "--repository=https://:443/x", "repository.url", ""},
		{"{repository: {url: 'ssh://git@git.example/x'}}", "--repository=ssh://git@git.example/x", "repository.url", "matches"},
		{"{repository: {url: 'https://git.example/x', branch: a..b}}", "--branch=a..b", "repository.branch", "name of a branch"},
		{"{repository: {url: 'https://git.example/x', branch: a/.b}}", "--branch=a/.b", "repository.branch", "name of a branch"},
		{"{repository: {url: 'https://git.example/x', branch: a/}}", "--branch=a/", "repository.branch", "name of a branch"},
		{"{repository: {url: 'https://git.example/x', branch: -x}}", "--branch=-x", "repository.branch", "matches"},
		{"{repository: {url: 'https://git.example/x', path: ../x}}", "--path=../x", "repository.path", "folder of the repository"},
		{"{repository: {url: 'https://git.example/x', path: a/../..}}", "--path=a/../..", "repository.path", "folder of the repository"},
		{"{repository: {url: 'https://git.example/x', path: a/.Git}}", "--path=a/.Git", "repository.path", "folder of the repository"},
		{"{repository: {url: 'https://git.example/x', path: /x}}", "--path=/x", "repository.path", "matches"},
		{"{" + fine + "decide: {timeout: 0s}}", "--decide-timeout=0s", "decide.timeout", "positive time"},
		{"{" + fine + "decide: {timeout: 9999999h}}", "--decide-timeout=9999999h", "decide.timeout", "290 years"},
		{"{" + fine + "decide: {timeout: 1d}}", "--decide-timeout=1d", "decide.timeout", "matches"},
		{"{" + fine + "decide: {command: ['']}}", "", "decide.command", "a program"},
		{"{" + fine + "author: x}", "--author=x", "author", "matches"},
		{"{" + fine + `author: "a\tb <x@y>"}`, "--author=a\tb <x@y>", "author", "printed"},
		{"{" + fine + "maxChanges: 0}", "--max-changes=0", "maxChanges", ""},
		{"{" + fine + "maxChanges: 1e30}", "--max-changes=1e30", "maxChanges", ""},
		{"{" + fine + "maxDeletions: -1}", "--max-deletions=-1", "maxDeletions", ""},
		{"{" + fine + "report: {webhook: {url: 'ftp://x'}}}", "--webhook-url=ftp://x", "report.webhook.url", "matches"},
		{"{" + fine + "report: {webhook: {url: 'https://'}}}", "--webhook-url=https://", "report.webhook.url", ""},
		{"{runsOn: node, repository: {branch: a..b}}", "--branch=a..b", "repository.branch", "name of a branch"},
		{"{runsOn: node, repository: {path: ../x}}", "--path=../x", "repository.path", "folder of the repository"},
		{"{runsOn: node, decide: {timeout: 0s}}", "--decide-timeout=0s", "decide.timeout", "positive time"},
		{"{runsOn: node, report: {webhook: {url: 'http://hook.web-hook.svc/x'}}}", "", "report.webhook.url", "does not reach"},
	} {
		_, diags := deploy(t, c.values)
		if len(diags) != 1 || diags[0].Path != "sys-gardener.applications[0].values."+c.path || !strings.Contains(diags[0].Message, c.message) || strings.Contains(diags[0].Message, "u:p") {
			t.Errorf("%s: %v", c.values, diags)
		}
		if c.flag == "" {
			continue
		}
		args := []string{"--repository=https://git.example/x", c.flag}
		if _, err := parseRun(args, io.Discard); err == nil {
			t.Errorf("the program takes %s", c.flag)
		}
	}
}

// others are, for each value of the chart, another one than below.
var others = map[string]string{
	"runsOn": "node", "repository.url": "https://other.example/x", "repository.podPort": "81", "repository.branch": "b", "repository.username": "u", "repository.path": "p",
	"author": "A <a@b.example>", "schedule": "1 2 3 * *", "timeZone": "Europe/Berlin", "decide.command": "[tidy]", "decide.timeout": "11m", "maxChanges": "26", "maxDeletions": "1",
	"report.topic": "info", "report.always": "true", "report.webhook.url": "https://other.example/h", "report.webhook.podPort": "82", "report.webhook.token": "true",
	"missed.enabled": "false", "missed.afterHours": "27", "missed.severity": "page", "monitorLabels": "{a: b}", "image.repository": "r.example/x", "image.tag": "t",
	"image.digest": "sha256:" + strings.Repeat("0", 64), "imagePullSecrets": "[{name: x}]", "resources.requests.cpu": "1", "resources.requests.memory": "1Gi",
	"resources.limits.memory": "2Gi", "work": "2Gi",
}

// TestNothingIdle: each value changes something, or is refused at its place.
func TestNothingIdle(t *testing.T) {
	t.Parallel()
	var defaults map[string]any
	text, err := fs.ReadFile(apps.Charts(), "gardener/values.yaml")
	if err == nil {
		err = yaml.Unmarshal(text, &defaults)
	}
	if err != nil {
		t.Fatal(err)
	}
	delete(defaults, "global")
	var known []string
	leaves(defaults, "", &known)
	if want := slices.Sorted(maps.Keys(others)); !slices.Equal(known, want) {
		t.Errorf("the values are %v, and tested are %v", known, want)
	}
	for name, below := range map[string]string{
		"pod": `{repository: {url: 'http://git.web-git.svc/x', podPort: 80}, decide: {command: [x]}, report: {webhook: {url: 'http://hook.web-hook.svc/x', podPort: 80}}}`,
		// The address of the webhook is there so that its other values can do something.
		"node": "{runsOn: node, report: {webhook: {url: 'https://hook.example/x'}}}",
	} {
		d, diags := deploy(t, below)
		if d == nil {
			t.Fatal(diags)
		}
		refused := 0
		for _, at := range known {
			if at == "runsOn" {
				continue
			}
			changed, diags := deploy(t, with(t, below, at, others[at]))
			if changed != nil {
				if changed.text == d.text {
					t.Errorf("%s: %s changes nothing", name, at)
				}
				continue
			}
			refused++
			place, found := strings.CutPrefix(diags[0].Path, "sys-gardener.applications[0].values.")
			if !found || at != place && !strings.HasPrefix(at, place+".") || diags[0].Hint == "" {
				t.Errorf("%s: %s: %v", name, at, diags)
			}
		}
		if name == "pod" && refused > 0 {
			t.Errorf("%d values are refused", refused)
		}
	}
}

// leaves are the paths of all that is no mapping, in order.
func leaves(m map[string]any, above string, out *[]string) {
	for key, v := range m {
		if inner, ok := v.(map[string]any); ok && len(inner) > 0 {
			leaves(inner, above+key+".", out)
		} else {
			*out = append(*out, above+key)
		}
	}
	slices.Sort(*out)
}

// with is a mapping in flow style with a value at a path.
func with(t *testing.T, mapping, at, value string) string {
	t.Helper()
	var m, v any
	if err := yaml.Unmarshal([]byte(mapping), &m); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(value), &v); err != nil {
		t.Fatal(err)
	}
	inner := m.(map[string]any)
	steps := strings.Split(at, ".")
	for _, step := range steps[:len(steps)-1] {
		if inner[step] == nil {
			inner[step] = map[string]any{}
		}
		inner = inner[step].(map[string]any)
	}
	inner[steps[len(steps)-1]] = v
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(m); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out.String())
}

// unit are the settings of a unit of systemd, by key, and the words of its command.
func unit(t *testing.T, file string) (settings map[string][]string, command []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	settings = map[string][]string{}
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\\\n", " ")) {
		if key, value, found := strings.Cut(strings.TrimSpace(line), "="); found {
			settings[key] = append(settings[key], value)
		}
	}
	command = strings.Fields(strings.Join(settings["ExecStart"], " "))
	if strings.ContainsAny(strings.Join(command, " "), `"'`) {
		t.Fatalf("%q: quotes are not known here", command)
	}
	return settings, command
}

// TestUnit: the unit's flags are the program's, and it has what they name. The ConfigMap's flags fit it.
func TestUnit(t *testing.T) {
	t.Parallel()
	settings, command := unit(t, "../../cmd/gardener/systemd/gardener.service")
	if len(command) < 2 || !slices.Equal(command[:2], []string{"/usr/local/bin/gardener", "run"}) {
		t.Fatalf("the unit runs %q", command)
	}
	args := command[2:]
	for i := range args {
		args[i] = expand(t, args[i])
	}
	end := slices.Index(args, "--")
	alone, err := parseRun(args, io.Discard)
	if err != nil || end < 0 {
		t.Fatalf("%q: %v", args, err)
	}
	d, diags := deploy(t, "{runsOn: node, report: {webhook: {url: 'https://hook.example/x', token: true}}}")
	if d == nil {
		t.Fatal(diags)
	}
	both, err := parseRun(slices.Concat(args[:end], d.flags(t), args[end:]), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if alone.report.metricsFile != both.report.metricsFile || alone.report.ntfyTokenFile != both.report.ntfyTokenFile || both.vault != alone.vault {
		t.Errorf("the unit has %+v, and with the ConfigMap's flags it has %+v", alone.report, both.report)
	}
	// Below, only these can be written.
	for _, writable := range []string{path.Dir(both.report.metricsFile), both.vault} {
		if paths := strings.Fields(strings.Join(settings["ReadWritePaths"], " ")); !slices.Contains(paths, writable) {
			t.Errorf("%s is not among %q", writable, paths)
		}
	}
	loaded := append(settings["LoadCredential"], settings["#LoadCredential"]...)
	for _, file := range []string{both.report.ntfyTokenFile, both.report.webhookTokenFile, both.access.keyFile} {
		name, ok := strings.CutPrefix(file, credentials)
		if !ok || !slices.Contains(loaded, name+":/etc/gardener/"+name) {
			t.Errorf("%s is not among %q", file, loaded)
		}
	}
	// node_exporter reads one folder: hostwatch's, and the one of the documentation.
	folder := path.Dir(both.report.metricsFile)
	_, command = unit(t, "../../cmd/hostwatch/systemd/hostwatch.service")
	if i := slices.Index(command, "--textfile-dir"); i < 0 || command[i+1] != folder {
		t.Errorf("hostwatch writes elsewhere than into %s: %q", folder, command)
	}
	for _, file := range []string{"../../cmd/gardener/README.md", "../../cmd/hostwatch/README.md"} {
		text, err := os.ReadFile(file)
		if err != nil || !regexp.MustCompile(`(install -d .*|mkdir -p) `+regexp.QuoteMeta(folder)+`[ \n]`).Match(text) {
			t.Errorf("%s does not make the folder %s: %v", file, folder, err)
		}
	}
}
