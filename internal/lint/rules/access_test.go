package rules_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
	"github.com/hippotion/roster/render/workload"
	"golang.org/x/tools/txtar"
)

// found are the places and messages of what one rule finds.
func found(t *testing.T, rule, folder string) []string {
	t.Helper()
	var out []string
	for _, f := range run(t, folder, false).Findings {
		if f.Code == rule {
			out = append(out, f.Pos.String()+": "+f.Message)
		}
	}
	return out
}

// check compares what a rule finds in a folder with what it should.
func check(t *testing.T, rule, folder string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, found(t, rule, folder)); diff != "" {
		t.Errorf("%s, -want +got:\n%s", rule, diff)
	}
}

const home = `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
`

// manifest is a platform with one manifest, in a/a.yaml.
func manifest(text string) string {
	return home + `-- applications.yml --
- {namespace: web-a, applications: [{applicationCode: web-a, path: a}]}
-- a/a.yaml --
` + text
}

// remote is a platform with a chart from elsewhere: its values are at values.yml.
func remote(values string) string {
	return home + `-- applications.yml --
- namespace: web-a
  applications: [{applicationCode: web-a, chart: a, repoURL: 'https://charts.example', version: 1.0.0, valueFiles: [values.yml]}]
-- values.yml --
` + values
}

const chart = `-- c/Chart.yaml --
apiVersion: v2
name: c
version: 1.0.0
-- c/templates/a.yaml --
{{- range .Values.objects }}
---
{{ toYaml . }}
{{- end }}
`

// charted is a platform with a chart of its own that deploys the objects of its value file.
func charted(values string) string {
	return home + `-- applications.yml --
- {namespace: web-a, applications: [{applicationCode: web-a, path: c}]}
` + chart + "-- c/values-web-a.yml --\n" + values
}

func TestPlainSecret(t *testing.T) {
	const rule = "plain-secret"
	for name, c := range map[string]struct {
		folder string
		want   []string
	}{
		"stringData": {manifest("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  user: anna\n  password: geheim123\n"),
			[]string{"a/a.yaml:6:3: Secret a is in Git with its values: password, user"}},
		"data":   {manifest("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  password: Z2VoZWltMTIz\n"), []string{"a/a.yaml:5:3: Secret a is in Git with its values: password"}},
		"nested": {charted("objects:\n  - apiVersion: v1\n    kind: Secret\n    metadata: {name: a}\n    stringData:\n      x: geheim123\n"), []string{"c/values-web-a.yml:6:7: Secret a is in Git with its values: x"}},
		"a template": {home + "-- applications.yml --\n- {namespace: web-a, applications: [{applicationCode: web-a, path: c}]}\n" + `-- c/Chart.yaml --
apiVersion: v2
name: c
version: 1.0.0
-- c/templates/a.yaml --
apiVersion: v1
kind: Secret
metadata: {name: "{{ .Release.Name }}-a"}
stringData:
  host: smtp.mail.example
  password: {{ .Values.password | quote }}
  token: {{ randAlphaNum 32 | quote }}
-- c/values-web-a.yml --
host: smtp.mail.example
password: geheim123
`, []string{"c/values-web-a.yml:2:11: Secret web-a-a is in Git with its values: password"}},
		"made up": {home + "-- applications.yml --\n- {namespace: web-a, applications: [{applicationCode: web-a, path: c}]}\n" + `-- c/Chart.yaml --
apiVersion: v2
name: c
version: 1.0.0
-- c/templates/a.yaml --
apiVersion: v1
kind: Secret
metadata: {name: a}
data: {password: {{ randAlphaNum 32 | b64enc }}}
`, nil},
		"empty":       {manifest("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: ''}\n"), nil},
		"a token":     {manifest("apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {kubernetes.io/service-account.name: b}}\ntype: kubernetes.io/service-account-token\n"), nil},
		"sealed":      {manifest("apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\nspec: {encryptedData: {password: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq}}\n"), nil},
		"sops":        {manifest("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: 'ENC[AES256_GCM,data:abc]'}\nsops: {version: 3.9.0}\n"), nil},
		"filled in":   {manifest("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: '<path:secret/data/a#password>', user: '${USER}'}\n"), nil},
		"a Helm repo": {manifest("apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {argocd.argoproj.io/secret-type: repository}}\nstringData: {type: helm, url: 'https://charts.example'}\n"), nil},
		"a repository": {manifest("apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {argocd.argoproj.io/secret-type: repository}}\nstringData: {url: 'https://git.example', password: geheim123}\n"),
			[]string{"a/a.yaml:4:42: Secret a is in Git with its values: password"}},
	} {
		t.Run(name, func(t *testing.T) { check(t, rule, c.folder, c.want...) })
	}
	t.Run("one fault is one finding", func(t *testing.T) {
		check(t, "credential-in-values", manifest("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: geheim123, url: 'postgres://a:geheim123@db'}\n"))
	})
}

// TestCredentials tells credentials from what only looks like one.
func TestCredentials(t *testing.T) {
	const rule = "credential-in-values"
	// Scanners of repositories must not find our tokens: each has a dot in it, which is removed.
	for _, text := range []string{ // values that are credentials
		"password: Sommer2026",
		"adminPassword: changeme",
		"auth: {rootPassword: hunter2hunter2}",
		"SMTP_PASS: correcthorse",
		"db: {passwd: 'x9!kkQ-7'}",
		"apiKey: 3f9a8b7c6d5e4f3a2b1c",
		"cookieSecret: OQINaROshtE9TcZkNAm-5Zs2Pv3xaWytBmc5W7sPX7w=",
		"token: 550e8400-e29b-41d4-a716-446655440000",
		"clientSecret: change-me-please",
		"N8N_ENCRYPTION_KEY: a1b2c3d4e5f6a7b8",
		"notes: gh·p_R8fkQ2mZx7LpWv4TnYb1Cd9Ge3Hj6Ks0AqUe",
		"notes: github·_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789",
		"notes: gl·pat-Xy7_kQ2mZx7LpWv4TnYb",
		"notes: xo·xb-123456789012-AbCdEfGhIjKl",
		"notes: AK·IAQ7WJ2XMLZ4PTR5VN",
		"notes: hv·s.CAESIJ7kQ2mZx7LpWv4TnYb1Cd9",
		"notes: t·k_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o",
		"notes: ey·JhbGciOiJIUzI1NiJ9.ey·JzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJlc2ln",
		"notes: s·k-proj-R8fkQ2mZx7LpWv4TnYb1",
		"url: postgres://wiki:geheim@db.web-a.svc:5432/wiki",
		"url: redis://:geheim@redis:6379",
		"headers: [{name: Authorization, value: Bearer R8fkQ2mZx7LpWv4TnYb1}]",
		"env: [{name: DB_PASSWORD, value: hunter2hunter2}]",
		"args: [--password=hunter2hunter2]",
		"args: [--password, hunter2hunter2]",
		"environment: [DB_PASSWORD=hunter2hunter2]",
		`config: '{"db": {"password": "hunter2hunter2"}}'`,
	} {
		got := found(t, rule, remote(strings.ReplaceAll(text, "·", "")+"\n"))
		if len(got) != 1 || !strings.HasPrefix(got[0], "values.yml:1:") {
			t.Errorf("%s: %q", text, got)
		}
	}
	for _, text := range []string{ // values that are none
		"password: ''", "password: short", "password: ${DB_PASSWORD}", "password: $(DB_PASSWORD)", "password: '{{ .Values.db.password }}'",
		"password: $oidc.clientSecret", "password: /etc/secrets/password", "passwordFile: /run/secrets/password1", "password: 'ENC[AES256_GCM,data:x9kkQ7]'",
		"password: vault:secret/data/a#password", "password: '<path:secret/data/a#password>'", "password: web-a#password", "password: xxxxxxxxxxxx",
		"password: Enter your password", "password: admin-password", "password: pihole-admin", "password: DB_PASSWORD", "password: config.db.password",
		"password: true", "htpasswd: 'anna:$2y$10$9L4Tc0DJbFFMB6RdSCunrOpTHdwhid4k'", "password: null", "password: disabled", "password: {secretKeyRef: {name: grafana2026, key: password}}",
		"existingSecret: oauth2-proxy-2026", "secretName: wiki2026password", "passwordKey: adminPassword1", "secret: grafana", "secret: vaultwarden-tls-2026",
		"secret: oauth2-proxy-config", "token: ntfy-token", "tokenKey: a1b2c3d4e5f6a7b8", "tokenUrl: https://gitlab.example/oauth/token", "apiKey: OPENAI_API_KEY",
		"secretKey: password", "publicKey: a1b2c3d4e5f6a7b8", "digest: sha256:3f9a8b7c6d5e4f3a2b1c3f9a8b7c6d5e4f3a2b1c", "url: https://user@git.example/a.git",
		"url: postgres://wiki:$(DB_PASSWORD)@db/wiki", "url: postgres://wiki:${DB_PASSWORD}@db/wiki", "url: postgres://wiki:***@db/wiki",
		"url: http://db:5432/a@b", "image: registry.example:5000/a@sha256:3f9a8b7c6d5e4f3a", "notes: ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "notes: AKIAIOSFODNN7EXAMPLE",
		"notes: task-sk-and-a-long-name-of-something", "args: [--password-file=/run/a1b2c3d4, --token, --verbose2026]", "headers: [{name: Authorization, value: Bearer $ntfy-token}]",
		"key: |\n  -----BEGIN RSA PRIVATE KEY-----\n  -----END RSA PRIVATE KEY-----\n",
		"kind: ExternalSecret\nspec: {data: [{secretKey: a1b2c3d4e5f6a7b8}]}", "sops: {version: 3.9.0}\npassword: hunter2hunter2",
		"config: |\n  # password = hunter2hunter2\n  password = os.environ['DB_PASSWORD1']\n  password: settings.password1\n  token = request(a1b2c3d4e5f6a7b8)\n  password = userpassword\n",
	} {
		check(t, rule, remote(text+"\n"))
		if t.Failed() {
			t.Fatal(text)
		}
	}
}

// TestCredentialPlaces finds credentials wherever they are written, at their line, and never prints them.
func TestCredentialPlaces(t *testing.T) {
	const rule, secret = "credential-in-values", "hunter2hunter2"
	pod := func(more string) string {
		return "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: registry.example/a:1.2.3\n" + more
	}
	for name, c := range map[string]struct {
		folder string
		want   []string
	}{
		"values of the list": {home + "-- applications.yml --\n- namespace: web-a\n  applications:\n    - applicationCode: web-a\n      chart: a\n      repoURL: https://charts.example\n      version: 1.0.0\n" +
			"      values:\n        db:\n          password: hunter2hunter2\n      helm:\n        parameters: {auth.password: hunter2hunter2}\n",
			[]string{"applications.yml:9:21: password is here in plain text", "applications.yml:11:37: auth.password is here in plain text"}},
		"the same file twice": {home + "-- applications.yml --\n- namespace: web-a\n  applications:\n    - &a {applicationCode: web-a, chart: a, repoURL: 'https://charts.example', version: 1.0.0, valueFiles: [v.yml]}\n" +
			"    - {<<: *a, applicationCode: web-b}\n-- v.yml --\npassword: hunter2hunter2\n", []string{"v.yml:1:11: password is here in plain text"}},
		"a variable":  {manifest(pod("      env:\n        - name: DB_PASSWORD\n          value: hunter2hunter2\n")), []string{"a/a.yaml:10:18: DB_PASSWORD is here in plain text"}},
		"an argument": {manifest(pod("      args:\n        - --db-password=hunter2hunter2\n")), []string{"a/a.yaml:9:11: db-password is here in plain text"}},
		"a script":    {manifest(pod("      args:\n        - |\n          set -e\n          export DB_PASSWORD=hunter2hunter2\n")), []string{"a/a.yaml:11:11: DB_PASSWORD is here in plain text"}},
		"a ConfigMap": {manifest("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a.ini: |\n    [db]\n    password = hunter2hunter2\n"), []string{"a/a.yaml:7:5: password is here in plain text"}},
		"an object among values": {charted("objects:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: a}\n    data:\n      DB_PASSWORD: hunter2hunter2\n"),
			[]string{"c/values-web-a.yml:6:20: DB_PASSWORD is here in plain text"}},
		"the chart's defaults": {charted("objects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}]\n-- c/values.yaml --\nobjects: []\npassword: hunter2hunter2\n"),
			[]string{"c/values.yaml:2:11: password is here in plain text"}},
		"Jsonnet": {home + "-- applications.yml --\n- {namespace: web-a, applications: [{applicationCode: web-a, path: a}]}\n" +
			"-- a/a.jsonnet --\n{\n  apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'},\n  data: {DB_PASSWORD: 'hunter2hunter2'},\n}\n",
			[]string{"a/a.jsonnet:3:23: DB_PASSWORD is here in plain text"}},
		"a template": {home + "-- applications.yml --\n- {namespace: web-a, applications: [{applicationCode: web-a, path: c}]}\n-- c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 1.0.0\n" +
			"-- c/templates/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata:\n  a.ini: |\n    [db]\n    password = hunter2hunter2\n",
			[]string{"c/templates/a.yaml:7:5: password is here in plain text"}},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, rule, c.folder, c.want...)
			if all := fmt.Sprint(run(t, c.folder, true)); strings.Contains(all, secret) || strings.Contains(all, secret[:7]) {
				t.Error("it prints the value")
			}
		})
	}
}

// TestKustomized finds secrets in the files that a kustomization reads: Kustomize itself does not tell which.
func TestKustomized(t *testing.T) {
	files, err := txtar.FS(txtar.Parse([]byte(strings.TrimPrefix(home, "\n") + `-- applications.yml --
- {namespace: web-a, applications: [{applicationCode: web-a, path: k}]}
-- k/kustomization.yaml --
resources: [base/a.yaml]
secretGenerator:
  - {name: a, literals: [password=hunter2hunter2]}
  - {name: b, envs: [secret.env]}
-- k/secret.env --
TOKEN=abc
-- k/base/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  DB_PASSWORD: hunter3hunter3
`)))
	if err != nil {
		t.Fatal(err)
	}
	platform, diags, err := catalog.Load(files, ".", catalog.Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	n := &platform.Namespaces[0]
	result, diags := workload.New(workload.Files{Repository: files}, workload.Cluster{}).Render(
		&workload.Application{Code: "web-a", Namespace: "web-a", Kind: workload.Kustomization, Path: "k"})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	in := &lint.Input{Platform: platform, Repository: files}
	for _, o := range result.Objects {
		in.Workloads = append(in.Workloads, &lint.Object{Object: o.Object, Entry: n, Application: &n.Applications[0], Pos: o.Pos})
	}
	var got []string
	for _, f := range rules.All().Run(in, lint.Options{Today: today, Only: []string{"plain-secret", "credential-in-values"}}).Findings {
		message, _, _ := strings.Cut(f.Message, "-") // the rest of a generated name
		got = append(got, f.Pos.String()+": "+message)
	}
	want := []string{"k/base/a.yaml:5:16: DB_PASSWORD is here in plain text", "k/kustomization.yaml:3:26: Secret a", "k/secret.env:1:1: Secret b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestExternalSecrets(t *testing.T) {
	es := func(version, spec string) string {
		return "apiVersion: external-secrets.io/" + version + "\nkind: ExternalSecret\nmetadata: {name: a}\nspec:\n  " + spec + "\n"
	}
	check(t, "external-secret-version", manifest(es("v1alpha1", "dataFrom: []")),
		"a/a.yaml:1:1: ExternalSecret a has the version external-secrets.io/v1alpha1, which is not served since External Secrets 0.17")
	check(t, "delete-without-owner", manifest(es("v1", "target: {deletionPolicy: Delete, creationPolicy: Owner}")))
	check(t, "delete-without-owner", manifest(es("v1", "target: {deletionPolicy: Retain, creationPolicy: Merge}")))
	check(t, "delete-without-owner", manifest(es("v1", "target: {deletionPolicy: Delete, creationPolicy: Orphan}")),
		"a/a.yaml:5:12: ExternalSecret a has to delete a Secret that it does not own: its creationPolicy is Orphan")
}

func TestUnknownStore(t *testing.T) {
	const rule = "unknown-store"
	const es = "-- a/a.yaml --\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\nspec:\n  secretStoreRef: {name: other, kind: KIND}\n"
	const own = "-- platform.yml --\nrepository: {url: https://git.example/homelab.git}\nsecrets: {store: {name: vault, vault: {server: 'https://vault.example', role: eso, serviceAccount: {name: eso, namespace: eso}}}}\n"
	const list = "-- applications.yml --\n- {namespace: web-a, applications: [{applicationCode: web-a, path: a}]}\n"
	const more = "- {namespace: web-b, applications: [{applicationCode: web-b, chart: a, repoURL: 'https://charts.example', version: 1.0.0}]}\n"
	cluster, local := strings.ReplaceAll(es, "KIND", "ClusterSecretStore"), strings.ReplaceAll(es, "KIND", "SecretStore")
	for name, c := range map[string]struct {
		folder string
		want   []string
	}{
		"a ClusterSecretStore":           {own + list + cluster, []string{"a/a.yaml:5:20: ExternalSecret a reads from the ClusterSecretStore other, which nothing deploys"}},
		"a SecretStore":                  {own + list + more + local, []string{"a/a.yaml:5:20: ExternalSecret a reads from the SecretStore other, which nothing deploys"}},
		"not all is known":               {own + list + more + cluster, nil},
		"somebody else brings the store": {home + list + cluster, nil},
		"a namespace that was there":     {own + strings.Replace(list, "web-a,", "web-a, manageNamespace: false,", 1) + local, nil},
		"the store of platform.yml":      {own + list + strings.ReplaceAll(cluster, "other", "vault"), nil},
		"another default":                {"-- platform.yml --\nrepository: {url: https://git.example/homelab.git}\nsecrets: {store: {kind: SecretStore, name: other}}\n" + list + local, nil},
		"one of the workloads":           {own + list + cluster + "---\napiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: other}\nspec: {}\n", nil},
		"a generator":                    {own + list + "-- a/a.yaml --\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\nspec:\n  dataFrom: [{sourceRef: {generatorRef: {kind: Password, name: other}}}]\n", nil},
		"a store of one key": {own + list + "-- a/a.yaml --\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\nspec:\n  dataFrom: [{sourceRef: {storeRef: {name: vault}}}]\n",
			[]string{"a/a.yaml:5:38: ExternalSecret a reads from the SecretStore vault, which nothing deploys"}},
		"a secret of the list": {own + "-- applications.yml --\n- namespace: web-a\n  applications:\n    - applicationCode: web-a\n      path: a\n      secrets:\n        - {name: db, store: {kind: SecretStore, name: own}, data: {a: b#c}}\n-- a/a.yaml --\n" +
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", []string{"applications.yml:6:11: the secret db is read from the SecretStore own, which nothing deploys"}},
	} {
		t.Run(name, func(t *testing.T) { check(t, rule, c.folder, c.want...) })
	}
}

func TestMissingSecret(t *testing.T) {
	const rule = "missing-secret"
	pod := func(spec string) string {
		return "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: registry.example/a:1.2.3\n" + spec
	}
	list := func(secrets string) string {
		return home + "-- applications.yml --\n- {namespace: web-a, applications: [{applicationCode: web-a, path: a, secrets: [" + secrets + "]}]}\n-- a/a.yaml --\n"
	}
	const need = "      env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: url}}}]\n"
	const nothing = "Pod a needs the Secret db, which nothing creates"
	for name, c := range map[string]struct {
		folder string
		want   []string
	}{
		"a variable":                 {manifest(pod(need)), []string{"a/a.yaml:8:35: " + nothing}},
		"an environment":             {manifest(pod("      envFrom: [{secretRef: {name: db}}]\n")), []string{"a/a.yaml:8:18: " + nothing}},
		"a volume":                   {manifest(pod("  volumes: [{name: v, secret: {secretName: db}}]\n")), []string{"a/a.yaml:8:23: " + nothing}},
		"a projected volume":         {manifest(pod("  volumes: [{name: v, projected: {sources: [{secret: {name: db}}]}}]\n")), []string{"a/a.yaml:8:46: " + nothing}},
		"an image":                   {manifest(pod("  imagePullSecrets: [{name: db}]\n")), []string{"a/a.yaml:8:23: " + nothing}},
		"an init container":          {manifest(pod("  initContainers: [{name: b, image: 'registry.example/b:1', envFrom: [{secretRef: {name: db}}]}]\n")), []string{"a/a.yaml:8:72: " + nothing}},
		"twice":                      {manifest(pod("      envFrom: [{secretRef: {name: db}}]\n" + need)), []string{"a/a.yaml:9:35: " + nothing}},
		"optional":                   {manifest(pod("      envFrom: [{secretRef: {name: db, optional: true}}]\n  volumes: [{name: v, secret: {secretName: db, optional: true}}]\n")), nil},
		"in the list":                {list("{name: db, data: {url: a#url}}") + pod(need), nil},
		"another key":                {list("{name: db, data: {host: a#host, port: a#port}}") + pod(need), []string{"a/a.yaml:8:35: Pod a needs the key url of the Secret db, which has host, port"}},
		"all keys of a path":         {list("{name: db, data: {host: a#host}, dataFrom: [a]}") + pod(need), nil},
		"another key, mounted":       {list("{name: db, data: {host: a#host}}") + pod("  volumes: [{name: v, secret: {secretName: db, items: [{key: url, path: url}]}}]\n"), []string{"a/a.yaml:8:48: Pod a needs the key url of the Secret db, which has host"}},
		"an ExternalSecret":          {manifest(pod(need) + "---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\nspec: {target: {name: db}}\n"), nil},
		"a SealedSecret":             {manifest(pod(need) + "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: db}\nspec: {encryptedData: {}}\n"), nil},
		"a Secret":                   {manifest(pod(need) + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: db}\n"), nil},
		"a Certificate":              {manifest(pod(need) + "---\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a}\nspec: {secretName: db}\n"), nil},
		"an operator's":              {manifest(pod(strings.ReplaceAll(need, "db", "db-app")) + "---\napiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\nspec: {instances: 1}\n"), nil},
		"a Job's":                    {manifest(pod(need + "      args: [create, --secret-name=db]\n")), nil},
		"a route of that name":       {manifest(pod(need) + "---\napiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: db}\nspec: {routes: []}\n"), []string{"a/a.yaml:8:35: " + nothing}},
		"a Service of that name":     {manifest(pod(need) + "---\napiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {selector: {app: db}}\n"), []string{"a/a.yaml:8:35: " + nothing}},
		"a namespace that was there": {strings.Replace(manifest(pod(need)), "web-a,", "web-a, manageNamespace: false,", 1), nil},
		"not all is known":           {strings.Replace(manifest(pod(need)), "path: a}", "path: a}, {applicationCode: web-b, chart: b, repoURL: 'https://charts.example', version: 1.0.0}", 1), nil},
		"another application's": {home + "-- applications.yml --\n- namespace: web-a\n  applications:\n    - {applicationCode: web-a, path: a}\n    - {applicationCode: web-b, path: b, secrets: [{name: db, data: {url: a#url}}]}\n" +
			"-- b/b.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n-- a/a.yaml --\n" + pod(need), nil},
	} {
		t.Run(name, func(t *testing.T) { check(t, rule, c.folder, c.want...) })
	}
}

func TestPodSecurity(t *testing.T) {
	const ok = "      securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}\n"
	pod := func(entry, more string) string {
		return home + "-- applications.yml --\n- {namespace: web-a, " + entry + "applications: [{applicationCode: web-a, path: a}]}\n-- a/a.yaml --\n" +
			"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: registry.example/a:1.2.3\n" + more
	}
	refused := func(level, why string) string {
		return "pods of Pod a are refused, because web-a enforces " + level + ": " + why
	}
	for name, c := range map[string]struct {
		rule, folder string
		want         []string
	}{
		"the host network":  {"pod-security-enforced", pod("podSecurity: baseline, ", "  hostNetwork: true\n"), []string{"a/a.yaml:8:3: " + refused("baseline", "host namespaces (hostNetwork=true)")}},
		"a port":            {"pod-security-enforced", pod("podSecurity: baseline, ", "      ports: [{containerPort: 80, hostPort: 80}]\n"), []string{"a/a.yaml:8:7: " + refused("baseline", `hostPort (container "a" uses hostPort 80)`)}},
		"a sysctl":          {"pod-security-enforced", pod("podSecurity: baseline, ", "  securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}\n"), []string{"a/a.yaml:8:21: " + refused("baseline", "forbidden sysctls (kernel.msgmax)")}},
		"root, for the pod": {"pod-security-enforced", pod("podSecurity: restricted, ", ok+"  securityContext: {runAsUser: 0}\n"), []string{"a/a.yaml:9:3: " + refused("restricted", "runAsUser=0 (pod must not set runAsUser=0)")}},
		"root, for the container": {"pod-security-enforced", pod("podSecurity: restricted, ", strings.Replace(ok, "runAsNonRoot: true, ", "", 1)),
			[]string{"a/a.yaml:8:7: " + refused("restricted", `runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)`)}},
		"an init container": {"pod-security-enforced", pod("podSecurity: baseline, ", "  initContainers:\n    - {name: b, image: 'registry.example/b:1', securityContext: {privileged: true}}\n"),
			[]string{"a/a.yaml:9:48: " + refused("baseline", `privileged (container "b" must not set securityContext.privileged=true)`)}},
		"fits":                       {"pod-security-enforced", pod("podSecurity: restricted, ", ok), nil},
		"an older version":           {"pod-security-enforced", pod("podSecurity: {enforce: baseline, version: v1.33}, ", "      livenessProbe: {httpGet: {host: a.example, port: 80}}\n"), nil},
		"the version of today":       {"pod-security-enforced", pod("podSecurity: {enforce: baseline, version: v1.34}, ", "      livenessProbe: {httpGet: {host: a.example, port: 80}}\n"), []string{"a/a.yaml:6:7: " + refused("baseline", `probe or lifecycle host (container "a" uses probe or lifecycle host "a.example")`)}},
		"a namespace that was there": {"pod-security-warned", pod("manageNamespace: false, ", "  hostNetwork: true\n"), nil},
		"warned by default":          {"pod-security-warned", pod("", "  hostNetwork: true\n"), []string{"a/a.yaml:8:3: web-a warns about pods of Pod a, which are not baseline: host namespaces (hostNetwork=true)"}},
		"refused already":            {"pod-security-warned", pod("podSecurity: {enforce: baseline, warn: restricted}, ", "  hostNetwork: true\n"), nil},
		"stricter":                   {"pod-security-stricter", pod("podSecurity: baseline, ", ok), []string{"applications.yml:1:3: all pods of web-a would pass restricted, which it does not enforce"}},
		"a little stricter":          {"pod-security-stricter", pod("", ""), []string{"applications.yml:1:3: all pods of web-a would pass baseline, which it does not enforce"}},
		"as strict as can be":        {"pod-security-stricter", pod("podSecurity: restricted, ", ok), nil},
		"strict enough":              {"pod-security-stricter", pod("podSecurity: baseline, ", ""), nil},
		"not strict, for a reason":   {"pod-security-stricter", pod("", "  hostNetwork: true\n"), nil},
		"unmanaged":                  {"pod-security-stricter", pod("manageNamespace: false, ", ok), nil},
		"not all is known":           {"pod-security-stricter", strings.Replace(pod("", ok), "path: a}", "path: a}, {applicationCode: web-b, chart: b, repoURL: 'https://charts.example', version: 1.0.0}", 1), nil},
		"no pods":                    {"pod-security-stricter", manifest("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"), nil},
	} {
		t.Run(name, func(t *testing.T) { check(t, c.rule, c.folder, c.want...) })
	}
}

// TestPodSecurityHints: the levels of the hint are those that all pods of the namespace pass, also the others.
func TestPodSecurityHints(t *testing.T) {
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec: {%s containers: [{name: a, image: 'registry.example/a:1.2.3'}]}\n---\n"
	plain, privileged := fmt.Sprintf(pod, "a", ""), fmt.Sprintf(pod, "b", "hostNetwork: true,")
	for name, c := range map[string]struct{ rule, levels, pods, want string }{
		"enforced":        {"pod-security-enforced", "restricted", plain, "{enforce: baseline, warn: baseline}"},
		"and another pod": {"pod-security-enforced", "restricted", plain + privileged, "{enforce: privileged, warn: privileged}"},
		"warned":          {"pod-security-warned", "privileged", privileged, "{enforce: privileged, warn: privileged}"},
		"warned, stricter": {"pod-security-warned", "{enforce: baseline, warn: restricted, version: v1.33}", plain,
			"{enforce: baseline, warn: baseline, version: v1.33}"},
	} {
		t.Run(name, func(t *testing.T) {
			hints := 0
			for _, f := range run(t, strings.Replace(manifest(c.pods), "web-a,", "web-a, podSecurity: "+c.levels+",", 1), false).Findings {
				if f.Code != c.rule {
					continue
				}
				hints++
				if want := "change that in the pod; if it needs it, write podSecurity: " + c.want + " in the entry, which all known pods of web-a pass"; f.Hint != want {
					t.Errorf("got  %s\nwant %s", f.Hint, want)
				}
			}
			if hints == 0 {
				t.Error("nothing is found")
			}
		})
	}
}

// TestForeignClaim: what is said of a claim of another namespace is not to add the name.
func TestForeignClaim(t *testing.T) {
	folder := manifest("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'registry.example/a:1.2.3'}], volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}\n") +
		"-- b/b.yaml --\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"
	folder = strings.Replace(folder, "-- a/a.yaml", "- {namespace: web-b, applications: [{applicationCode: web-b, path: b}]}\n-- a/a.yaml", 1)
	for _, f := range run(t, folder, false).Findings {
		if f.Code == "missing-claim" {
			if !strings.HasPrefix(f.Hint, "the one of web-b cannot be mounted: ") {
				t.Errorf("got %s", f.Hint)
			}
			return
		}
	}
	t.Error("nothing is found")
}

func TestNotPermittedByProject(t *testing.T) {
	const rule = "not-permitted-by-project"
	permit := func(folder, kinds string) string {
		return strings.Replace(folder, "web-a,", "web-a, clusterResources: ["+kinds+"],", 1)
	}
	const issuer = "apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata: {name: a}\nspec: {}\n"
	const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: web-a}\n"
	const custom = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.a.example}\nspec: {group: a.example, scope: Cluster, names: {kind: A, plural: as}}\n" +
		"---\napiVersion: a.example/v1\nkind: A\nmetadata: {name: a}\n"
	for name, c := range map[string]struct {
		folder string
		want   []string
	}{
		"its own Namespace": {manifest(namespace), nil}, // duplicate-object says more
		"another Namespace": {manifest(strings.Replace(namespace, "web-a", "web-b", 1)),
			[]string{"a/a.yaml:2:1: Namespace web-b is cluster-scoped, and the project of web-a does not permit Namespace"}},
		"a permitted one":     {permit(manifest(namespace), "Namespace"), nil},
		"a well-known kind":   {manifest(issuer), []string{"applications.yml:1:3: the project of web-a does not permit what its applications deploy outside of the namespace: cert-manager.io/ClusterIssuer (ClusterIssuer a of web-a at a/a.yaml:2)"}},
		"the same, permitted": {permit(manifest(issuer), "cert-manager.io/ClusterIssuer"), nil},
		"a kind of its own":   {permit(manifest(custom), "apiextensions.k8s.io/CustomResourceDefinition"), []string{"applications.yml:1:3: the project of web-a does not permit what its applications deploy outside of the namespace: a.example/A (A a of web-a at a/a.yaml:7)"}},
		"two kinds, of three objects": {permit(manifest(custom+"---\n"+issuer+"---\n"+strings.ReplaceAll(issuer, "name: a", "name: b")), "PersistentVolume"), []string{"applications.yml:1:3: the project of web-a does not permit what its applications deploy outside of the namespace: a.example/A (A a of web-a at a/a.yaml:7), " +
			"apiextensions.k8s.io/CustomResourceDefinition (CustomResourceDefinition as.a.example of web-a at a/a.yaml:2), cert-manager.io/ClusterIssuer (2 objects, such as ClusterIssuer a of web-a at a/a.yaml:11)"}},
		"an unknown kind": {manifest("apiVersion: b.example/v1\nkind: ClusterB\nmetadata: {name: b}\n"), nil},
		"another namespace": {manifest("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: web-b\n"),
			[]string{"a/a.yaml:5:3: ConfigMap a belongs to the namespace web-b, and the project of web-a permits web-a only"}},
		"its own namespace": {manifest("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: web-a}\n"), nil},
	} {
		t.Run(name, func(t *testing.T) { check(t, rule, c.folder, c.want...) })
	}
}

// TestNotPermittedAddition: what --fix adds permits no more than what is deployed, and nothing that is no kind of any API.
func TestNotPermittedAddition(t *testing.T) {
	objects := func(defined, group, kind string) string {
		object := func(fields map[string]any) string {
			text, err := json.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			return string(text) + "\n---\n"
		}
		names := strings.Split(defined, " ")
		return manifest(object(map[string]any{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": map[string]any{"name": "a"},
			"spec": map[string]any{"scope": "Cluster", "group": names[0], "names": map[string]any{"kind": names[1]}}}) +
			object(map[string]any{"apiVersion": strings.TrimPrefix(group+"/v1", "/"), "kind": kind, "metadata": map[string]any{"name": "b"}}))
	}
	const long = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" // 63
	for _, c := range []struct {
		defined, group, kind string
		want                 bool
	}{
		{"a.example A", "a.example", "A", true},
		{"a.example " + long, "a.example", long, true},
		{"a.example A" + long, "a.example", "A" + long, false},
		{"rbac.authorization.k8s.io ClusterRole", "", "rbac.authorization.k8s.io/ClusterRole", false},
		{"* *", "*", "*", false},
		{"a.example *", "a.example", "*", false},
		{"a.example A]", "a.example", "A]", false},
		{"a.example A\n", "a.example", "A\n", false},
		{"A.example A", "A.example", "A", false},
	} {
		t.Run(c.group+" "+c.kind, func(t *testing.T) {
			for _, f := range run(t, objects(c.defined, c.group, c.kind), false).Findings {
				if f.Code != "not-permitted-by-project" {
					continue
				}
				if (f.Missing != nil) != c.want || c.want && !slices.Contains(f.Missing.Values, c.group+"/"+c.kind) {
					t.Errorf("it adds %v; %s", f.Missing, f.Message)
				}
				return
			}
			t.Error("nothing is found")
		})
	}
}

func TestApplicationsOfWorkloads(t *testing.T) {
	application := func(metadata, spec string) string {
		return "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a" + metadata + "}\nspec:\n" + spec
	}
	project := func(spec string) string {
		return "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: a}\nspec:\n" + spec
	}
	const annotation = ", annotations: {argocd.argoproj.io/manifest-generate-paths: 'PATHS'}"
	paths := func(p, spec string) string {
		return manifest(application(strings.Replace(annotation, "PATHS", p, 1), spec))
	}
	const source = "  source: {repoURL: 'https://git.example/homelab.git', path: charts/a, helm: {valueFiles: [FILE]}}\n"
	reads := func(file string) string { return strings.Replace(source, "FILE", file, 1) }
	for name, c := range map[string]struct {
		rule, folder string
		want         []string
	}{
		"into Argo CD":    {"project-reaches-argocd", manifest(application("", "  destination: {namespace: argocd}\n")), []string{"a/a.yaml:5:17: Application a deploys into argocd, the namespace of Argo CD"}},
		"elsewhere":       {"project-reaches-argocd", manifest(application("", "  destination: {namespace: web-a}\n")), nil},
		"Argo CD's own":   {"project-reaches-argocd", strings.Replace(manifest(application("", "  destination: {namespace: argocd}\n")), "namespace: web-a", "namespace: argocd", 1), nil},
		"a pattern":       {"project-reaches-argocd", manifest(project("  destinations: [{server: '*', namespace: 'argo*'}]\n")), []string{"a/a.yaml:5:3: AppProject a permits deploying into argocd, the namespace of Argo CD"}},
		"but not Argo CD": {"project-reaches-argocd", manifest(project("  destinations: [{server: '*', namespace: '*'}, {server: '*', namespace: '!argocd'}]\n")), nil},
		"everything": {"project-reaches-argocd", manifest(project("  sourceRepos: ['*']\n  destinations: [{server: '*', namespace: web-a}]\n  clusterResourceWhitelist: [{group: '*', kind: '*'}]\n")),
			[]string{"a/a.yaml:7:3: AppProject a permits every cluster-scoped kind from every repository"}},
		"all kinds of one repository": {"project-reaches-argocd", manifest(project("  sourceRepos: ['https://git.example/a.git']\n  clusterResourceWhitelist: [{group: '*', kind: '*'}]\n")), nil},
		"another kind of that name":   {"project-reaches-argocd", manifest("apiVersion: app.k8s.io/v1beta1\nkind: Application\nmetadata: {name: a}\nspec: {destination: {namespace: argocd}}\n"), nil},

		"a file beside the chart":     {"narrow-generate-paths", paths(".", reads("a.yaml")), nil},
		"a file above it":             {"narrow-generate-paths", paths(".", reads("../a.yaml")), []string{"a/a.yaml:3:35: Application a reads charts/a.yaml, which argocd.argoproj.io/manifest-generate-paths does not name"}},
		"a folder above it":           {"narrow-generate-paths", paths(".;..", reads("../a.yaml")), nil},
		"the whole repository":        {"narrow-generate-paths", paths("/", reads("/values/a.yaml")), nil},
		"from the root":               {"narrow-generate-paths", paths(".;/values", reads("/values/a.yaml")), nil},
		"a pattern of files":          {"narrow-generate-paths", paths(".;/values/*.yaml", reads("/values/a.yaml")), nil},
		"a URL":                       {"narrow-generate-paths", paths(".", reads("'https://a.example/a.yaml'")), nil},
		"a variable of Argo CD":       {"narrow-generate-paths", paths(".", reads("../$ARGOCD_APP_NAME.yaml")), nil},
		"no annotation":               {"narrow-generate-paths", manifest(application("", reads("../a.yaml"))), nil},
		"another source's file":       {"narrow-generate-paths", paths("/other", "  sources: [{chart: a, helm: {valueFiles: [$values/v/a.yaml]}}, {ref: values}]\n"), []string{"a/a.yaml:3:35: Application a reads v/a.yaml, which argocd.argoproj.io/manifest-generate-paths does not name"}},
		"a component":                 {"narrow-generate-paths", paths(".", "  source: {path: k/a, kustomize: {components: [../c]}}\n"), []string{"a/a.yaml:3:35: Application a reads k/c, which argocd.argoproj.io/manifest-generate-paths does not name"}},
		"a base of the kustomization": {"narrow-generate-paths", paths(".", "  source: {repoURL: 'https://git.example/homelab.git', path: k/a}\n") + "-- k/a/kustomization.yaml --\nresources: [a.yaml, ../base, 'https://git.example/b']\n", []string{"a/a.yaml:3:35: Application a reads k/base, which argocd.argoproj.io/manifest-generate-paths does not name"}},

		"metadata of a namespace":   {"inert-managed-namespace-metadata", manifest(application("", "  syncPolicy:\n    managedNamespaceMetadata: {labels: {a: b}}\n    syncOptions: [ServerSideApply=true]\n")), []string{"a/a.yaml:6:5: Application a sets metadata of a namespace that it does not create"}},
		"of one that it makes":      {"inert-managed-namespace-metadata", manifest(application("", "  syncPolicy: {managedNamespaceMetadata: {labels: {a: b}}, syncOptions: [CreateNamespace=true]}\n")), nil},
		"ignored by an Application": {"ignore-differences-not-respected", manifest(application("", "  syncPolicy: {automated: {}}\n  ignoreDifferences: [{kind: Secret, jsonPointers: [/data]}]\n")), []string{"a/a.yaml:6:3: a sync of Application a overwrites what ignoreDifferences leaves to others, as far as the manifests have it"}},
		"synced by hand":            {"ignore-differences-not-respected", manifest(application("", "  ignoreDifferences: [{kind: Secret, jsonPointers: [/data]}]\n")), nil},
	} {
		t.Run(name, func(t *testing.T) { check(t, c.rule, c.folder, c.want...) })
	}

	// A million comparisons of files with patterns are made, and no more: what is left counts as named.
	many := func(files int) string {
		names := strings.Repeat("/v/a.yaml, ", files-1)
		return paths(strings.Repeat("/v/b*;", 999)+"/v/*.yaml", reads(names+"/v/a.json"))
	}
	check(t, "narrow-generate-paths", many(1000), "a/a.yaml:3:35: Application a reads v/a.json, which argocd.argoproj.io/manifest-generate-paths does not name")
	check(t, "narrow-generate-paths", many(1001))
}

func TestIgnoreDifferences(t *testing.T) {
	const rule = "ignore-differences-not-respected"
	folder := func(pointer, options string) string {
		return home + "-- applications.yml --\n- namespace: web-a\n  applications:\n    - applicationCode: web-a\n      path: a\n" + options +
			"      ignoreDifferences: [{group: apps, kind: Deployment, jsonPointers: [" + pointer + "]}]\n-- a/a.yaml --\n" +
			"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, annotations: {a/b: c}}\nspec: {replicas: 1}\n"
	}
	const says = ": a sync of web-a overwrites what ignoreDifferences leaves to others, as far as the manifests have it"
	check(t, rule, folder("/spec/replicas", "      autoSync: true\n"), "applications.yml:6:7"+says)
	check(t, rule, folder("/metadata/annotations/a~1b", "      autoSync: true\n"), "applications.yml:6:7"+says)
	check(t, rule, folder("/spec/paused", "      autoSync: true\n")) // which no manifest has
	check(t, rule, folder("/spec/replicas", ""))
	check(t, rule, folder("/spec/replicas", "      autoSync: true\n      syncOptions: [RespectIgnoreDifferences=true]\n"))
}

func TestDependsOnWithoutHealth(t *testing.T) {
	const rule = "depends-on-without-health"
	folder := func(argocd, depends string) string {
		return home + "-- applications.yml --\n- namespace: argocd\n  applications:\n    - applicationCode: argocd\n" + argocd +
			"- namespace: web-a\n  applications:\n    - {applicationCode: web-a, repoURL: 'https://git.example/a.git', path: a" + depends + "}\n"
	}
	const chart = "      chart: argo-cd\n      repoURL: https://argoproj.github.io/argo-helm\n      version: 10.1.1\n"
	const depends = ", dependsOn: [argocd]"
	const says = "Argo CD does not wait for Applications, such as argocd, on which others depend: there is no resource.customizations.health.argoproj.io_Application"
	const cm = "      path: cm\n"
	const config = "-- cm/cm.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n  "
	for name, c := range map[string]struct {
		folder string
		want   []string
	}{
		"a chart":             {folder(chart, depends), []string{"applications.yml:3:7: " + says}},
		"nothing waits":       {folder(chart, ""), nil},
		"in the values":       {folder(chart+"      values: {configs: {cm: {resource.customizations.health.argoproj.io_Application: return hs}}}\n", depends), nil},
		"in the old form":     {folder(chart+"      values: {server: {config: {resource.customizations: 'argoproj.io/Application: {health.lua: x}'}}}\n", depends), nil},
		"a parameter":         {folder(chart+"      helm: {parameters: {a: b}}\n", depends), nil},
		"another chart":       {folder(strings.Replace(chart, "argo-cd", "argo-workflows", 1), depends), nil},
		"a ConfigMap":         {folder(cm, depends) + config + "url: https://argocd.example\n", []string{"cm/cm.yaml:4:1: " + says}},
		"in the ConfigMap":    {folder(cm, depends) + config + "resource.customizations.health.argoproj.io_Application: return hs\n", nil},
		"somebody else's":     {folder("      repoURL: https://git.example/argocd.git\n      path: deploy\n", depends), nil},
		"in the second file":  {folder(chart+"      valueFiles: [a.yml, b.yml]\n", depends) + "-- a.yml --\na: b\n-- b.yml --\nconfigs: {cm: {resource.customizations.health.argoproj.io_Application: return hs}}\n", nil},
		"a file that is gone": {folder(chart+"      valueFiles: [a.yml]\n      helm: {ignoreMissingValueFiles: true}\n", depends), nil},
	} {
		t.Run(name, func(t *testing.T) { check(t, rule, c.folder, c.want...) })
	}
}

func TestRemovalPrunesState(t *testing.T) {
	const rule = "removal-prunes-state"
	claim := func(annotations string) string {
		return "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a" + annotations + "}\nspec: {}\n"
	}
	set := func(spec string) string {
		return "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec: {" + spec + "}\n"
	}
	toggleable := func(text, more, others string) string {
		return strings.Replace(manifest(text), "path: a}", "path: a, toggleable: true"+more+"}"+others, 1)
	}
	const other = ", {applicationCode: web-b, repoURL: 'https://git.example/b.git', path: b}" // which keeps the namespace
	const template = "volumeClaimTemplates: [{metadata: {name: data}}]"
	for name, c := range map[string]struct {
		folder string
		want   []string
	}{
		"with the namespace":         {toggleable(claim(""), "", ""), []string{"a/a.yaml:2:1: PersistentVolumeClaim a and its data go with the namespace, without confirmation: web-a is toggleable"}},
		"with the application":       {toggleable(claim(""), "", other), []string{"a/a.yaml:2:1: PersistentVolumeClaim a and its data go with the application, without confirmation: web-a is toggleable"}},
		"guarded":                    {manifest(claim("")), nil},
		"annotated":                  {toggleable(claim(", annotations: {argocd.argoproj.io/sync-options: 'ServerSideApply=true, Delete=false'}"), "", other), nil},
		"no finalizer":               {toggleable(claim(""), ", finalizer: false", other), nil},
		"no finalizer, no namespace": {toggleable(claim(""), ", finalizer: false", ""), []string{"a/a.yaml:2:1: PersistentVolumeClaim a and its data go with the namespace, without confirmation: web-a is toggleable"}},
		"a StatefulSet":              {toggleable(set(template), "", ""), []string{"a/a.yaml:2:1: StatefulSet a and its data go with the namespace, without confirmation: web-a is toggleable"}},
		"whose claims stay":          {toggleable(set(template), "", other), nil},
		"whose claims go":            {toggleable(set(template+", persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}"), "", other), []string{"a/a.yaml:2:1: StatefulSet a and its data go with the application, without confirmation: web-a is toggleable"}},
		"without claims":             {toggleable(set("replicas: 1"), "", ""), nil},
	} {
		t.Run(name, func(t *testing.T) { check(t, rule, c.folder, c.want...) })
	}
}
