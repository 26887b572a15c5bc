package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hippotion/roster/cmd/internal/cli"
)

// settings are the platform.yml of the mistakes that are not about it.
const settings = "domain: home.example\nrepository: {url: https://git.example/homelab.git}\ningress: {auth: {oauth: {name: oauth, namespace: sys-auth}}}\n"

// mistake is what newcomers do: a list, or another file or command.
type mistake struct {
	name     string
	list     string
	platform string // settings when empty; "-" for none
	files    map[string]string
	args     string // render when empty
}

// app is an entry with an application that has these keys, too.
func app(keys string) string {
	return "- namespace: web-a\n  applications:\n    - applicationCode: web-a\n      path: deploy/whoami\n      " + strings.ReplaceAll(keys, "\n", "\n      ") + "\n"
}

var mistakes = []mistake{
	// files
	{name: "a folder without a list", list: "-"},
	{name: "applications.yaml", list: "-", files: map[string]string{"applications.yaml": "- namespace: web-a\n"}},
	{name: "platform.yaml", list: "- namespace: web-a\n", platform: "-", files: map[string]string{"platform.yaml": settings}},
	{name: "no platform.yml, and a host without dots", list: app("ingress: [{host: a, service: a, port: 80, auth: none}]"), platform: "-"},
	{name: "no platform.yml, and a path", list: app("autoSync: true"), platform: "-"},
	{name: "a folder that is not there", args: "render infra"},
	{name: "the file in place of its folder", list: "- namespace: web-a\n", args: "render applications.yml"},
	{name: "an empty file", list: "\n"},
	{name: "an empty list", list: "[]\n"},
	{name: "a settings file that is a list", list: "- namespace: web-a\n", platform: "- domain: home.example\n"},
	{name: "settings in the list", list: "domain: home.example\n"},
	{name: "settings as an entry", list: "- domain: home.example\n"},
	{name: "settings in an entry", list: "- namespace: web-a\n  domain: home.example\n"},
	{name: "an entry in platform.yml", list: "- namespace: web-a\n", platform: "namespace: web-a\napplications: [web-a]\n"},
	// YAML
	{name: "a tab", list: "- namespace: web-a\n\tapplications: [web-a]\n"},
	{name: "indentation", list: "- namespace: web-a\n   applications:\n  - web-a\n"},
	{name: "an application that is not indented", list: "- namespace: web-a\n  applications:\n- applicationCode: web-a\n  path: deploy/whoami\n"},
	{name: "hosts that are not indented", list: "- namespace: web-a\n  applications:\n    - applicationCode: web-a\n      path: deploy/whoami\n      ingress:\n    - host: a\n      service: a\n      port: 80\n    - host: b\n      service: a\n      port: 80\n"},
	{name: "no dash", list: "namespace: web-a\nnetworkPolicies: web-app\n"},
	{name: "no dash before an application", list: "- namespace: web-a\n  applications:\n    applicationCode: web-a\n    path: deploy/whoami\n"},
	{name: "an open bracket", list: "- namespace: web-a\n  applications: [web-a\n"},
	{name: "an open quote", list: "- namespace: \"web-a\n"},
	{name: "no space after a colon", list: "- namespace:web-a\n"},
	{name: "a colon in text", list: "- namespace: web-a\n  project: {description: the shop: all of it}\n"},
	{name: "an at sign", list: "- namespace: web-a\n  access: [{user: @jane, role: view}]\n"},
	{name: "a star", list: "- namespace: web-a\n  project: {sourceRepos: [*]}\n"},
	{name: "an anchor that is not there", list: "- namespace: web-a\n  labels: *common\n"},
	{name: "a key twice", list: "- namespace: web-a\n  applications: [web-a]\n  applications: [web-b]\n"},
	{name: "two documents", list: "- namespace: web-a\n---\n- namespace: web-b\n"},
	{name: "a template", list: "- namespace: {{ .Values.namespace }}\n"},
	{name: "a part of a template", list: "- namespace: web-{{ .Values.stage }}-a\n"},
	{name: "a loop of a template", list: "{{- range .Values.namespaces }}\n- namespace: {{ . }}\n{{- end }}\n"},
	{name: "UTF-16", list: "\xff\xfe-\x00 \x00"},
	{name: "a key without a value", list: "- namespace: web-a\n  applications:\n"},
	{name: "a tag of Ansible", list: "- namespace: !vault web-a\n"},
	// shapes
	{name: "an entry that is text", list: "- web-a\n"},
	{name: "applications as a mapping", list: "- namespace: web-a\n  applications: {web-a: {path: deploy/whoami}}\n"},
	{name: "an application as text", list: "- namespace: web-a\n  applications: web-a\n"},
	{name: "ingress as text", list: app("ingress: a.home.example")},
	{name: "ingress as a mapping", list: app("ingress: {host: a, service: a, port: 80}")},
	{name: "secrets as names", list: app("secrets: [db]")},
	{name: "data of a secret as a list", list: app("secrets: [{name: db, data: [password]}]")},
	{name: "a flow to a name", list: "- namespace: web-a\n  networkPolicies: {profile: web-app, allow: [{to: db}]}\n"},
	{name: "a flow to an entity", list: "- namespace: web-a\n  networkPolicies: {profile: web-app, allow: [{to: world}]}\n"},
	{name: "a flow to an address", list: "- namespace: web-a\n  networkPolicies: {profile: web-app, allow: [{to: 192.168.1.10}, {from: \"fd00::/8\"}]}\n"},
	{name: "a flow to a host", list: "- namespace: web-a\n  networkPolicies: {profile: web-app, allow: [{to: api.example.com}, {to: \"*.example.com\"}]}\n"},
	{name: "a flow to a mapping", list: "- namespace: web-a\n  networkPolicies: {profile: web-app, allow: [{to: {namespace: {name: db}}}]}\n"},
	{name: "access as a role", list: "- namespace: web-a\n  access: view\n"},
	{name: "the store as text", list: "- namespace: web-a\n", platform: "secrets: {store: vault}\n"},
	{name: "values as text", list: app("values: \"replicas: 2\"")},
	{name: "values as a block", list: "- namespace: web-a\n  applications:\n    - applicationCode: web-a\n      chart: redis\n      repoURL: https://charts.example\n      version: 1.2.3\n      values: |\n        replicas: 2\n"},
	{name: "values of the catalog as a block", list: "- namespace: web-a\n  applications:\n    - applicationCode: web-a\n      catalog: app\n      values: |\n        image: traefik/whoami:v1.11.0\n        port: 8080\n"},
	{name: "a patch in quotes", list: app("patches: [{target: {kind: ConfigMap}, patch: '[{op: add, path: /data, value: {a: b}}]'}]"), args: "render --all"},
	{name: "yes for true", list: app("autoSync: yes")},
	{name: "a number as text", list: app("retry: five")},
	{name: "a version as a number", list: "- namespace: web-a\n  applications: [{applicationCode: web-a, chart: redis, repoURL: https://charts.example, version: 1.2}]\n"},
	{name: "a label that is no text", list: "- namespace: web-a\n  labels: {team: 7, critical: true}\n"},
	// names
	{name: "capitals", list: "- namespace: Web_A\n"},
	{name: "a namespace twice", list: "- namespace: web-a\n- namespace: web-a\n"},
	{name: "a code twice", list: "- namespace: web-a\n  applications: [{applicationCode: web, path: deploy/whoami}]\n- namespace: web-b\n  applications: [{applicationCode: web, path: deploy/whoami}]\n"},
	{name: "no namespace", list: "- applications: [web-a]\n"},
	{name: "an unknown profile", list: "- namespace: web-a\n  networkPolicies: webapp\n"},
	{name: "none in place of a profile", list: "- namespace: web-a\n  networkPolicies: none\n"},
	{name: "false in place of a profile", list: "- namespace: web-a\n  networkPolicies: false\n"},
	{name: "deny in place of a profile", list: "- namespace: web-a\n  networkPolicies: deny-all\n"},
	{name: "a flow to a namespace that is not there", list: "- namespace: web-a\n  networkPolicies: {profile: web-app, allow: [{to: {namespace: postgres}}]}\n"},
	{name: "a dependency that is not there", list: app("dependsOn: [cert-manager]")},
	{name: "an unknown level", list: "- namespace: web-a\n  podSecurity: strict\n"},
	{name: "an unknown entity", list: "- namespace: web-a\n  networkPolicies: {profile: web-app, allow: [{to: {entity: internet}}]}\n"},
	// sources
	{name: "no source", list: "- namespace: web-a\n  applications: [web-a]\n"},
	{name: "a path that is not there", list: "- namespace: web-a\n  applications: [{applicationCode: web-a, path: deploy/nothing}]\n"},
	{name: "a path to a file", list: "- namespace: web-a\n  applications: [{applicationCode: web-a, path: deploy/whoami/whoami.yaml}]\n"},
	{name: "a path out of the repository", list: "- namespace: web-a\n  applications: [{applicationCode: web-a, path: ../other}]\n"},
	{name: "an empty folder", list: "- namespace: web-a\n  applications: [{applicationCode: web-a, path: docs}]\n", files: map[string]string{"docs/README.md": "hello\n"}},
	{name: "a chart without a version", list: "- namespace: web-a\n  applications: [{applicationCode: web-a, chart: redis, repoURL: https://charts.example}]\n"},
	{name: "a chart without a repository", list: "- namespace: web-a\n  applications: [{applicationCode: web-a, chart: redis, version: 1.2.3}]\n"},
	{name: "a chart by the name of a repository", list: "- namespace: web-a\n  applications: [{applicationCode: web-a, chart: redis, repoURL: bitnami, version: 1.2.3}]\n"},
	{name: "a path and a chart", list: app("chart: redis")},
	{name: "the whole reference of a chart", list: "- namespace: web-a\n  applications: [{applicationCode: web-a, repoURL: oci://ghcr.io/stefanprodan/charts/podinfo}]\n"},
	{name: "a reference of a chart with a password", list: "- namespace: web-a\n  applications: [{applicationCode: web-a, repoURL: \"oci://jane:hunter2@ghcr.io/podinfo\"}]\n"},
	{name: "a typo in the catalog", list: "- namespace: web-a\n  applications: [{applicationCode: web-a, catalog: ntfi}]\n"},
	{name: "a values file that is not there", list: app("valueFiles: [values-prod.yaml]"), files: map[string]string{"deploy/whoami/Chart.yaml": "name: whoami\n"}},
	{name: "values for manifests", list: app("values: {replicas: 2}")},
	{name: "a version for a path", list: app("version: 1.2.3")},
	// hosts
	{name: "a host without a port", list: app("ingress: [{host: a, service: a}]")},
	{name: "a host with a scheme", list: app("ingress: [{host: \"https://a.home.example/\", service: a, port: 80}]")},
	{name: "a host with a star in the middle", list: app("ingress: [{host: \"a.*.example\", service: a, port: 80}]")},
	{name: "a port with a protocol", list: app("ingress: [{host: a, service: a, port: 80/TCP}]")},
	{name: "a port that is too large", list: app("ingress: [{host: a, service: a, port: 80800}]")},
	{name: "a path without a slash", list: app("ingress: [{host: a, service: a, port: 80, path: api}]")},
	{name: "an unknown login", list: app("ingress: [{host: a, service: a, port: 80, auth: authelia}]")},
	{name: "false for the login", list: app("ingress: [{host: a, service: a, port: 80, auth: false}]")},
	{name: "no login", list: app("ingress: [{host: a, service: a, port: 80}]"), platform: "domain: home.example\nrepository: {url: https://git.example/homelab.git}\n"},
	{name: "an unknown exposure", list: app("ingress: [{host: a, service: a, port: 80, expose: public}]")},
	{name: "a host twice", list: app("ingress: [{host: a, service: a, port: 80}, {host: a, service: b, port: 80}]")},
	// secrets
	{name: "a secret without a property", list: app("secrets: [{name: db, data: {PASSWORD: web-a}}]")},
	{name: "a secret with its value", list: app("secrets: [{name: db, stringData: {PASSWORD: hunter2}}]")},
	{name: "a secret without data", list: app("secrets: [{name: db}]")},
	{name: "a secret by its store's path", list: app("secrets: [{name: db, path: web-a/db}]")},
	// flows
	{name: "flows without a profile", list: "- namespace: web-a\n  networkPolicies: {allow: [{to: {namespace: web-a}}]}\n"},
	{name: "a port as a name with a protocol", list: "- namespace: web-a\n  networkPolicies: {profile: web-app, allow: [{to: {host: api.example.com, ports: [https:443]}}]}\n"},
	{name: "one port", list: "- namespace: web-a\n  networkPolicies: {profile: web-app, allow: [{to: {host: api.example.com, ports: 443}}]}\n"},
	{name: "an address in place of a prefix", list: "- namespace: web-a\n  networkPolicies: {profile: web-app, allow: [{to: {cidr: 192.168.0.10}}]}\n"},
	{name: "a URL in place of a host", list: "- namespace: web-a\n  networkPolicies: {profile: web-app, allow: [{to: {host: \"https://api.example.com\"}}]}\n"},
	{name: "egress", list: "- namespace: web-a\n  networkPolicies: {profile: web-app, allow: [{egress: {host: api.example.com}}]}\n"},
	// words of other tools
	{name: "keys of Argo CD", list: "- namespace: web-a\n  applications:\n    - name: web-a\n      project: default\n      source: {repoURL: https://git.example/a.git, path: deploy, targetRevision: HEAD}\n      destination: {server: https://kubernetes.default.svc, namespace: web-a}\n      syncPolicy: {automated: {}}\n"},
	{name: "targetRevision", list: app("targetRevision: main")},
	{name: "helm.values", list: app("helm: {values: {replicas: 2}, valueFiles: [values.yaml]}")},
	{name: "keys of Compose", list: app("image: traefik/whoami\nports: [\"8080:80\"]\nenvironment: {TZ: Europe/Berlin}\nvolumes: [\"./data:/data\"]\nrestart: always\ndepends_on: [db]")},
	{name: "keys of a Deployment", list: app("replicas: 2\ncontainers: [{image: a}]\nenv: [{name: TZ, value: UTC}]")},
	{name: "keys of an Ingress", list: app("ingress: [{host: a, serviceName: a, servicePort: 80, pathType: Prefix, tls: true}]")},
	{name: "keys at the wrong level", list: "- namespace: web-a\n  path: deploy/whoami\n  ingress: [{host: a, service: a, port: 80}]\n  applications: [{applicationCode: web-a, networkPolicies: web-app, path: deploy/whoami}]\n"},
	{name: "a key that nobody has", list: app("frobnicate: true")},
	{name: "an Application", list: "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web-a, namespace: argocd}\nspec: {project: default}\n"},
	{name: "an ApplicationSet", list: "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec: {generators: []}\n"},
	{name: "a Namespace", list: "- apiVersion: v1\n  kind: Namespace\n  metadata: {name: web-a}\n"},
	{name: "a Deployment and a Service", list: "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 2}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n"},
	{name: "a HelmRelease among the applications", list: "- namespace: web-a\n  applications:\n    - apiVersion: helm.toolkit.fluxcd.io/v2\n      kind: HelmRelease\n      metadata: {name: a}\n      spec: {chart: {}}\n"},
	{name: "a Secret", list: "- apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n  stringData: {password: hunter2}\n"},
	{name: "a Compose file", list: "version: \"3\"\nservices:\n  web:\n    image: nginx\n"},
	{name: "a Chart.yaml", list: "apiVersion: v2\nname: web\nversion: 1.0.0\n"},
	{name: "a Kustomization of Flux in platform.yml", list: "- namespace: web-a\n", platform: "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {path: ./a}\n"},
	{name: "a policy in place of a profile", list: "- namespace: web-a\n  networkPolicies: house\n", files: map[string]string{"profiles/house.yml": "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a}\nspec: {endpointSelector: {}, ingress: [{}]}\n"}},
	{name: "the spec of a policy in place of a profile", list: "- namespace: web-a\n  networkPolicies: house\n", files: map[string]string{"profiles/house.yml": "endpointSelector: {}\negress: [{toEntities: [world]}]\n"}},
	// commands
	{name: "apply", args: "apply"},
	{name: "template", args: "template"},
	{name: "validate", args: "validate"},
	{name: "install", args: "install web-a"},
	{name: "build", args: "build ."},
	{name: "plan", args: "plan"},
	{name: "a typo of a verb", args: "rendr"},
	{name: "-f", args: "render -f applications.yml"},
	{name: "--dry-run", args: "render --dry-run"},
	{name: "--set", args: "render --set a=b"},
	{name: "-n", args: "lint -n web-a"},
	{name: "an application that is not there", list: app("autoSync: true"), args: "render --app whoami"},
	{name: "a namespace that is not there", list: app("autoSync: true"), args: "render --namespace web"},
	{name: "--output yaml", args: "render --output yaml"},
	{name: "a format that is not there", list: "- namespace: web-a\n", args: "lint --format yaml"},
	{name: "an entry in place of a folder", list: app("autoSync: true"), args: "render web-a"},
	{name: "a code that is there already", list: app("autoSync: true"), args: "add web-a --path deploy/whoami"},
	{name: "help about a key", args: "help ingress"},
	{name: "help about a path", args: "help ingress.auth"},
	{name: "help about nothing", args: "help frobnicate"},
	{name: "explain two words", args: "explain ingress auth"},
	{name: "two folders", args: "render a b"},
	{name: "no Git", list: "- namespace: web-a\n", args: "diff"},
	{name: "one end", list: "- namespace: web-a\n", args: "reach web-a"},
	{name: "an end that is not there", list: "- namespace: web-a\n  networkPolicies: web-app\n", args: "reach web-a web-b"},
}

// TestMistakes compares testdata/mistakes.txt with what newcomers are told: what is wrong, and for each what to write. UPDATE=1 rewrites it.
func TestMistakes(t *testing.T) {
	golden, err := filepath.Abs("testdata/mistakes.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			args, said := m.run(t)
			fmt.Fprintf(&all, "== %s\n$ roster %s\n%s\n", m.name, args, said)
			m.judge(t, said)
		})
	}
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(golden, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != all.String() {
		t.Errorf("testdata/mistakes.txt is stale; UPDATE=1 rewrites it. Got:\n%s", all.String())
	}
	if len(mistakes) < 60 {
		t.Errorf("only %d mistakes", len(mistakes))
	}
}

// run makes the mistake, in a folder of its own, and returns what is said.
func (m *mistake) run(t *testing.T) (args, said string) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"deploy/whoami/whoami.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: whoami}\n"}
	if m.list != "-" && m.list != "" {
		files["applications.yml"] = m.list
	}
	switch m.platform {
	case "":
		files["platform.yml"] = settings
	case "-":
	default:
		files["platform.yml"] = m.platform
	}
	for name, text := range m.files {
		files[name] = text
	}
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	args = "render"
	if m.args != "" {
		args = m.args
	}
	var stdout, stderr bytes.Buffer
	if code := cli.Run(strings.Fields(args), &stdout, &stderr); code != 2 || stdout.Len() > 0 {
		t.Errorf("it exits with %d, and prints:\n%s", code, stdout.String())
	}
	return args, strings.ReplaceAll(stderr.String(), dir, "DIR")
}

// judge fails where a message has nothing that its reader could write.
func (m *mistake) judge(t *testing.T, said string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(said, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		message, hinted := lines[i], false
		for i+1 < len(lines) && strings.HasPrefix(lines[i+1], "  ") {
			i++
			hinted = hinted || strings.HasPrefix(lines[i], "  hint: ")
		}
		if !hinted {
			t.Errorf("nothing to write in: %s", message)
		}
		if strings.Contains(said, "hunter2") {
			t.Errorf("it repeats a secret: %s", said)
		}
	}
}
