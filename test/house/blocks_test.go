package house

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/render"
	"sigs.k8s.io/yaml"
)

// elses are the first lines of yaml blocks that are no part of a list or of platform.yml.
var elses = map[string]string{
	"migrate:":                        "a job of GitLab",
	"permissions: {id-token: write}":  "a job of GitHub",
	"providers:":                      "values of Traefik's chart",
	"apiVersion: traefik.io/v1alpha1": "what is rendered",
	"# ingress: [{host: n8n, path: /webhook, service: n8n, port: 5678, expose: public, auth: oauth}]": "what is rendered",
	"description: A web-app that sends mail.":                                                         "a profile, which TestCommands renders",
	"- to: {cidr: 192.168.0.0/24, except: [192.168.0.109/32], ports: [80, 443]}":                      "shown again",
}

// around is a platform in which parts of others are read, and around the list of it.
const (
	aroundPlatform = `
domain: home.example
repository: {url: https://git.example/house.git, revision: main}
ingress:
  expose: {lan: [websecure], public: [cloudflare, websecure]}
  auth: {oauth: {name: oauth-auth, namespace: sys-oauth2-gitlab}}
  defaults: {auth: app}
backup: {kind: volsync, repository: backups/restic, to: {host: s3.example.com, ports: [443]}}
ciIssuers: {gitlab: {url: https://gitlab.example, audience: https://kube.home.example}}
monitoring: {kind: operator, namespace: sys-monitoring}
defaults: {path: deploy/page}
secrets: {reloader: stakater}
`
	aroundList = `
- {namespace: web-ntfy, applications: [{applicationCode: web-ntfy, catalog: ntfy}]}
- {namespace: sys-guardrails, applications: [{applicationCode: sys-guardrails, catalog: guardrails}]}
- {namespace: sys-monitoring, networkPolicies: open}
- {namespace: web-ai-engine, networkPolicies: web-app}
- {namespace: web-status, networkPolicies: web-app}
`
)

// TestBlocks renders what the pages show of applications.yml and platform.yml: each yaml block alone, in a platform around it, to which
// belongs what the same page shows of platform.yml.
func TestBlocks(t *testing.T) {
	seen := map[string]bool{}
	for _, page := range []string{"access", "argocd", "catalog", "clusters", "gateway", "guardrails", "input", "platform", "profiles", "secrets", "traefik", "workloads"} {
		var platforms []map[string]any
		var others []string
		for _, block := range shownIn(t, page, seen) {
			of, _ := parsed(t, block).(map[string]any)
			if r := try(t, platformsOf(of, platforms)); of != nil && len(r.mistakes) == 0 {
				platforms = append(platforms, of)
			} else {
				others = append(others, block)
			}
		}
		for _, block := range others {
			if r := try(t, listsOf(t, parsed(t, block), platforms)); len(r.mistakes) > 0 {
				t.Errorf("docs/%s.md shows, and no list has it:\n%s\n%v", page, block, r.mistakes)
			}
		}
	}
	for begin := range elses {
		if !seen[begin] {
			t.Errorf("no block begins with %q", begin)
		}
	}
}

// shownIn are the yaml blocks of a page, without those of something else.
func shownIn(t *testing.T, page string, seen map[string]bool) []string {
	t.Helper()
	var out []string
	for _, block := range regexp.MustCompile("(?ms)^( *)```yaml\n(.*?)^ *```$").FindAllStringSubmatch(read(t, "docs/"+page+".md"), -1) {
		text := strings.ReplaceAll("\n"+block[2], "\n"+block[1], "\n")[1:]
		begin, _, _ := strings.Cut(text, "\n")
		if seen[begin] = true; elses[begin] == "" {
			out = append(out, apart(text)...)
		}
	}
	return out
}

// apart are the parts of a block that shows a key of the top twice, as alternatives.
func apart(text string) []string {
	key, out, seen := regexp.MustCompile(`^[A-Za-z]+:`), []string{""}, map[string]bool{}
	for line := range strings.Lines(text) {
		if k := key.FindString(line); k != "" {
			if seen[k] {
				out, seen = append(out, ""), map[string]bool{}
			}
			seen[k] = true
		}
		out[len(out)-1] += line
	}
	return out
}

func parsed(t *testing.T, text string) any {
	t.Helper()
	var out any
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

// reading is both files, with what a page shows as a part of one of them.
type reading struct {
	platform map[string]any
	list     []any
	mistakes diag.List
}

// try is the first reading without mistakes, or the one with the fewest.
func try(t *testing.T, readings []reading) reading {
	t.Helper()
	var best reading
	for i, r := range readings {
		if r.read(t); i == 0 || len(r.mistakes) < len(best.mistakes) {
			best = r
		}
		if len(r.mistakes) == 0 {
			break
		}
	}
	return best
}

// platformsOf are the readings as a part of platform.yml.
func platformsOf(shown map[string]any, others []map[string]any) []reading {
	return []reading{{platform: platformWith(shown), list: listWith()}, {platform: platformWith(append(slices.Clone(others), shown)...), list: listWith()}}
}

// listsOf are the readings as entries, applications, keys of an entry and keys of an application.
func listsOf(t *testing.T, shown any, platforms []map[string]any) []reading {
	t.Helper()
	entry := func(of map[string]any) any {
		return with(of, map[string]any{"namespace": "web-page", "networkPolicies": "web-app", "applications": []any{"web-page"}})
	}
	deploys := func(of ...any) any { return entry(map[string]any{"applications": of}) }
	var lists [][]any
	switch shown := shown.(type) {
	case []any:
		lists = [][]any{listWith(shown...), listWith(deploys(shown...))}
	case map[string]any:
		lists = [][]any{
			listWith(entry(shown)), listWith(entry(map[string]any{"networkPolicies": with(shown, map[string]any{"profile": "web-app"})})),
			listWith(deploys(with(shown, map[string]any{"applicationCode": "web-page"}))),
			listWith(deploys(with(shown, map[string]any{"applicationCode": "web-page", "catalog": "app", "values": parsed(t, "{image: page:1, volumes: {/data: 1Gi}}")}))),
		}
	}
	var out []reading
	clusters := parsed(t, "{clusters: {home: {}, vps: {server: 'https://vps.example:6443', domain: vps.example}}, defaults: {cluster: home}}").(map[string]any)
	around := []map[string]any{platformWith(), platformWith(clusters)}
	if n := len(platforms); n > 0 {
		around = append(around, platformWith(platforms...), platformWith(platforms[n-1]))
	}
	for _, p := range around {
		for _, l := range lists {
			out = append(out, reading{platform: p, list: l})
		}
	}
	return out
}

// platformWith is the one around what a page shows.
func platformWith(shown ...map[string]any) map[string]any {
	out := map[string]any{}
	if err := yaml.Unmarshal([]byte(aroundPlatform), &out); err != nil {
		panic(err)
	}
	for _, s := range shown {
		merge(out, s)
	}
	return out
}

// listWith is the one around entries that a page shows.
func listWith(shown ...any) []any {
	var out []any
	if err := yaml.Unmarshal([]byte(aroundList), &out); err != nil {
		panic(err)
	}
	namespace := func(e any) any {
		of, _ := e.(map[string]any)
		return of["namespace"]
	}
	return append(slices.DeleteFunc(out, func(o any) bool {
		return slices.ContainsFunc(shown, func(e any) bool { return namespace(e) == namespace(o) })
	}), shown...)
}

// with is the mapping with what it lacks.
func with(of, otherwise map[string]any) map[string]any {
	out := maps.Clone(otherwise)
	maps.Copy(out, of)
	return out
}

// merge merges mappings, at all depths but those in lists.
func merge(into, from map[string]any) {
	for k, v := range from {
		below, ok := v.(map[string]any)
		if here, too := into[k].(map[string]any); ok && too {
			merge(here, below)
		} else {
			into[k] = v
		}
	}
}

// read reads both files, and renders what has no mistakes.
func (r *reading) read(t *testing.T) {
	t.Helper()
	fsys := fstest.MapFS{"teams/house/applications.yml": &fstest.MapFile{Data: []byte("- namespace: house\n")}}
	for file, value := range map[string]any{"platform.yml": r.platform, "applications.yml": r.list} {
		data, err := yaml.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		fsys[file] = &fstest.MapFile{Data: data}
		for _, m := range regexp.MustCompile(`(?m)path: ([a-z].*/.*)$`).FindAllStringSubmatch(string(data), -1) {
			if strings.HasSuffix(m[1], ".yaml") {
				fsys[m[1]] = &fstest.MapFile{Data: []byte("spec: {replicas: 1}\n")}
				continue
			}
			fsys[m[1]+"/Chart.yaml"] = &fstest.MapFile{Data: []byte("{apiVersion: v2, name: a, version: 1.0.0}\n")}
			fsys[m[1]+"/templates/a.yaml"] = &fstest.MapFile{Data: []byte("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n")}
		}
	}
	in, err := catalog.Read(fsys, ".", catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.mistakes = in.Mistakes; len(in.Mistakes) > 0 {
		return
	}
	for _, c := range in.Clusters {
		render.Build(c.Platform)
	}
}
