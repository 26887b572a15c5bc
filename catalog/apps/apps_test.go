package apps_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/catalog/apps/builtin"
	"github.com/hippotion/roster/internal/schema"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

type object = map[string]any

// bus is what roster tells an application about the ntfy that it uses.
var bus = object{"ntfy": object{"application": "web-ntfy", "url": "http://ntfy.web-ntfy.svc.cluster.local", "outside": "https://ntfy.home.example",
	"topics": object{"crit": "hl-crit", "warn": "hl-warn", "info": "hl-info", "event": "hl-event"}}}

// guarded is what roster tells the guardrails of the list.
var guarded = object{"guardrails": object{"listed": []any{"kube-system", "web-a", "web-b"},
	"actions": object{"limits": object{"audit": []any{"web-a"}, "enforce": []any{"web-b"}}, "team-label": object{"audit": []any{"web-b"}}, "live-state": object{"enforce": []any{"web-a"}},
		"pinned-images": object{"enforce": []any{"web-a"}}, "non-root": object{"enforce": []any{"web-a"}}, "readiness-probes": object{"enforce": []any{"web-a"}}},
	"exceptions": object{"limits": object{"web-b": []any{"one", "two"}}, "live-state": object{"web-a": []any{"one"}}}}}

// cases are the values that each application is rendered with, over what it must have. Those with pods are marked.
var cases = []struct {
	app, name string
	values    object
	roster    object // what roster knows
	pods      int
}{
	{"ntfy", "alone", nil, object{"host": "ntfy.home.example"}, 1},
	{"ntfy", "monitored", object{"upstream": "https://ntfy.sh", "monitorLabels": object{"release": "x"}}, object{"host": "ntfy.home.example", "monitoring": "m"}, 1},
	{"ntfy", "watching", object{"usageWatch": []any{object{"name": "a", "url": "http://localhost/x"}, object{"name": "b", "url": "http://localhost/y",
		"windows": []any{"w"}, "thresholds": object{"50": "warn"}, "valueKey": "v", "resetKey": "r", "tokenKey": "t"}}}, object{"host": "ntfy.home.example"}, 3},
	{"alerting", "operator", nil, object{"uses": bus}, 0},
	{"alerting", "operator, all", object{"deadMansSwitch": object{"url": "https://hc.example/x"}, "monitorLabels": object{"release": "x"},
		"routes": object{"critical": object{"mail": true}}, "mail": object{"to": "a@b.example", "from": "c@b.example", "smarthost": "b.example:25", "username": "x"},
		"rules": []any{object{"alert": "X", "expr": "up == 0", "for": "1m", "severity": "info", "summary": "s", "description": "d"}}}, object{"uses": bus}, 0},
	{"alerting", "operator, no switch", object{"alerts": object{"DeadMansSwitch": object{"enabled": false}}}, object{"uses": bus}, 0},
	{"alerting", "files", object{"mode": "files"}, object{"uses": bus}, 0},
	{"gardener", "pod", object{"repository": object{"url": "https://git.example/notes"}}, object{"uses": bus, "monitoring": "m"}, 1},
	{"gardener", "deciding", object{"repository": object{"url": "https://git.example/notes"}, "decide": object{"command": []any{"/tidy", "--a: b"}},
		"report": object{"always": true, "webhook": object{"url": "https://hook.example", "token": true}}}, object{"uses": bus}, 1},
	{"app", "all", object{"image": "a:1", "port": 80, "volumes": object{"/data": "1Gi"}, "files": object{"/etc/a.yml": "x"}, "database": "postgres",
		"initContainers": []any{object{"name": "b", "args": []any{"x"}}}, "containers": []any{object{"name": "c", "image": "c:1"}}}, nil, 2},
	{"guardrails", "Kyverno", object{"others": object{"limits": "audit", "live-state": "enforce"}, "defaultDeny": object{"action": "enforce"}}, guarded, 0},
	{"guardrails", "Kyverno, without Cilium", object{"failurePolicy": "Ignore", "teamLabel": "example.com/team", "defaultDeny": object{"action": "enforce", "kind": "NetworkPolicy", "except": []any{"lab"}}}, guarded, 0},
	{"guardrails", "admission", object{"engine": "admission", "others": object{"limits": "audit"}}, guarded, 0},
	{"gardener", "node", object{"runsOn": "node"}, object{"uses": bus, "monitoring": "m"}, 0},
}

// render renders a chart as Helm does.
func render(t *testing.T, name string, values, roster object) ([]object, error) {
	t.Helper()
	var files []*archive.BufferedFile
	chart, err := fs.Sub(apps.Charts(), name)
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(chart, ".", func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(chart, at)
		files = append(files, &archive.BufferedFile{Name: at, Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := loader.LoadFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	values = maps.Clone(values)
	if values == nil {
		values = object{}
	}
	values["global"] = object{"roster": roster}
	all, err := util.ToRenderValues(c, values, common.ReleaseOptions{Name: "web-" + name, Namespace: "web-" + name, IsInstall: true}, nil)
	if err != nil {
		return nil, err
	}
	texts, err := engine.Render(c, all)
	if err != nil {
		return nil, err
	}
	var objects []object
	for _, file := range slices.Sorted(maps.Keys(texts)) {
		if path.Ext(file) != ".yaml" {
			continue
		}
		for document := range strings.SplitSeq("\n"+texts[file], "\n---") {
			var o object
			if err := yaml.Unmarshal([]byte(document), &o); err != nil {
				t.Fatalf("%s: %v\n%s", file, err, document)
			}
			if o != nil {
				objects = append(objects, o)
			}
		}
	}
	return objects, nil
}

// TestList compares the list of applications with the folders.
func TestList(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "builtin" {
			folders = append(folders, e.Name())
		}
	}
	if !slices.Equal(folders, apps.Names()) {
		t.Errorf("folders %v, listed %v", folders, apps.Names())
	}
	for _, name := range apps.Names() {
		if apps.Find(name) == nil || apps.Find(name).Declare == nil {
			t.Errorf("%s declares nothing", name)
		}
		for _, file := range []string{"README.md", "chart/values.schema.json", "chart/values.yaml"} {
			if _, err := os.Stat(path.Join(name, file)); err != nil {
				t.Error(err)
			}
		}
	}
	if apps.Find("x") != nil {
		t.Error("there is an application called x")
	}
}

// TestChartFiles checks the file system of all charts against the contract of fs.FS.
func TestChartFiles(t *testing.T) {
	for _, name := range apps.Names() {
		chart, err := fs.Sub(apps.Charts(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := fstest.TestFS(chart, "Chart.yaml", "values.yaml", "values.schema.json"); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"x", "x/Chart.yaml", "../ntfy/Chart.yaml", "ntfy/../ntfy/Chart.yaml", "/ntfy", ""} {
		if f, err := apps.Charts().Open(bad); err == nil {
			t.Errorf("%q is there", bad)
			_ = f.Close() // which failed the test already
		}
	}
}

// TestCharts renders each application in its variants: every object is one that an API server accepts, every pod meets the
// level restricted, mounts nothing of its node, and has no token of the API server.
func TestCharts(t *testing.T) {
	set := schema.New()
	rendered := map[string]bool{}
	for _, c := range cases {
		t.Run(c.app+" "+c.name, func(t *testing.T) {
			rendered[c.app] = true
			objects, err := render(t, c.app, c.values, c.roster)
			if err != nil {
				t.Fatal(err)
			}
			if len(objects) == 0 {
				t.Error("nothing was rendered")
			}
			pods := 0
			for _, o := range objects {
				text, err := yaml.Marshal(o)
				if err != nil {
					t.Fatal(err)
				}
				problems, err := set.ValidateYAML(text)
				if err != nil {
					t.Errorf("%s: %v", o["kind"], err)
				}
				for _, p := range problems {
					t.Errorf("%s: %v", o["kind"], p)
				}
				if at := map[any][]string{"Deployment": {"spec", "template"}, "StatefulSet": {"spec", "template"},
					"CronJob": {"spec", "jobTemplate", "spec", "template"}}[o["kind"]]; at != nil {
					pods++
					restricted(t, o, at)
				}
			}
			if pods != c.pods {
				t.Errorf("%d workloads with pods", pods)
			}
		})
	}
	for _, name := range apps.Names() {
		if !rendered[name] {
			t.Errorf("%s was not rendered", name)
		}
	}
}

func restricted(t *testing.T, o object, at []string) {
	t.Helper()
	content, found, err := unstructured.NestedMap(o, at...)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	var pod corev1.PodTemplateSpec
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, &pod); err != nil {
		t.Fatal(err)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	if r := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec)); !r.Allowed {
		t.Error(r.ForbiddenDetail())
	}
	if pod.Spec.AutomountServiceAccountToken == nil || *pod.Spec.AutomountServiceAccountToken {
		t.Error("the pod has a token of the API server")
	}
	for _, v := range pod.Spec.Volumes {
		if v.HostPath != nil {
			t.Errorf("the volume %s is a folder of the node", v.Name)
		}
	}
	for _, c := range pod.Spec.Containers {
		if !*c.SecurityContext.ReadOnlyRootFilesystem || c.Resources.Limits.Memory().IsZero() {
			t.Errorf("%s: its root can be written, or its memory has no limit", c.Name)
		}
	}
}

// TestFlowPorts compares the numbers in the flows to the server of ntfy, which senders' policies have in place of names, with its containers.
func TestFlowPorts(t *testing.T) {
	objects, err := render(t, "ntfy", nil, object{"host": "ntfy.home.example", "monitoring": "m"})
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]string{}
	for _, o := range objects {
		containers, _, _ := unstructured.NestedSlice(o, "spec", "template", "spec", "containers")
		for _, c := range containers {
			ports, _ := c.(object)["ports"].([]any)
			for _, p := range ports {
				numbers[fmt.Sprint(p.(object)["name"])] = fmt.Sprint(p.(object)["containerPort"])
			}
		}
	}
	chart, err := fs.ReadFile(apps.Charts(), "ntfy/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	values, err := yaml.YAMLToJSON([]byte(strings.Replace(string(chart), "usageWatch: []", "usageWatch: [{name: a, url: 'http://localhost/x'}]", 1)))
	if err != nil {
		t.Fatal(err)
	}
	ntfy := apps.Find("ntfy")
	offer, err := ntfy.Offer(values)
	if err != nil || offer.Port != numbers["http"] {
		t.Errorf("the port that others use is %v, the container's is %s: %v", offer, numbers["http"], err)
	}
	d, _, err := ntfy.Declare(&builtin.Surroundings{Values: values, Monitoring: "m"})
	if err != nil {
		t.Fatal(err)
	}
	var in []string
	for _, f := range d.Flows {
		if f.From {
			in = append(in, f.Peer.Ports...)
		}
	}
	if !slices.Equal(in, []string{numbers["metrics"], numbers["http"]}) {
		t.Errorf("flows to the ports %v, the containers have %v", in, numbers)
	}
}

// TestRefused checks values that would make an application useless or unsafe.
func TestRefused(t *testing.T) {
	home := object{"host": "ntfy.home.example"}
	for name, c := range map[string]struct {
		app            string
		values, roster object
	}{
		"no address":        {"ntfy", nil, nil},
		"plain HTTP":        {"ntfy", object{"baseURL": "http://ntfy.home.example"}, home},
		"no auth":           {"ntfy", object{"authSecret": ""}, home},
		"unknown value":     {"ntfy", object{"authFile": "none"}, home},
		"everyone writes":   {"ntfy", object{"users": object{"producers": []any{"everyone"}}}, home},
		"rules in a user":   {"ntfy", object{"users": object{"producers": []any{"a:*:rw"}}}, home},
		"topic with a star": {"ntfy", object{"topics": object{"prefix": "", "names": []any{"*"}}}, home},
		"no bus":            {"alerting", nil, nil},
		"no such mode":      {"alerting", object{"mode": "both"}, object{"uses": bus}},
		"no bus, either":    {"gardener", object{"repository": object{"url": "https://git.example/notes"}}, nil},
		"password in a URL": {"gardener", object{"repository": object{"url": "https://a:b@git.example/notes"}}, object{"uses": bus}},
		"a node, no host": {"gardener", object{"runsOn": "node"}, object{"uses": object{"ntfy": object{"url": "http://ntfy",
			"topics": object{"event": "hl-event"}}}}},
	} {
		if objects, err := render(t, c.app, c.values, c.roster); err == nil {
			t.Errorf("%s: rendered %d objects", name, len(objects))
		}
	}
}
