package diff_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diff"
)

// shown are the differences of two objects, as JSON, one a line.
func shown(t testing.TB, before, after *diff.Object) string {
	t.Helper()
	var b strings.Builder
	for _, c := range changes(t, before, after) {
		for _, f := range c.Fields {
			data, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s\n", data)
		}
	}
	return b.String()
}

func TestConceal(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"a Secret", `{apiVersion: v1, kind: Secret, metadata: {name: s, labels: {a: b}}, type: Opaque, data: {a: YQ==, b: Yg==}}`,
			`{apiVersion: v1, kind: Secret, metadata: {name: s, labels: {a: c}}, type: Opaque, data: {a: Yg==, c: YQ==}, stringData: {d: x}}`,
			`{"path":"data.a","change":"changed","from":"(concealed)","to":"(concealed)"}
{"path":"data.b","change":"removed","from":"(concealed)"}
{"path":"data.c","change":"added","to":"(concealed)"}
{"path":"metadata.labels.a","change":"changed","from":"b","to":"c"}
{"path":"stringData","change":"added","to":{"d":"(concealed)"}}
`},
		{"a Secret that is created", ``, `{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: YQ==}}`,
			`{"path":"","change":"added","to":{"apiVersion":"v1","data":{"a":"(concealed)"},"kind":"Secret","metadata":{"name":"s"}}}` + "\n"},
		{"variables", `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, env: [{name: DB_PASSWORD, value: hunter2}, {name: HOST, value: a}, {name: PASSWORD, value: $(OTHER)}]}]}}`,
			`{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, env: [{name: DB_PASSWORD, value: hunter3}, {name: HOST, value: b}, {name: PASSWORD, value: $(MORE)}]}]}}`,
			`{"path":"spec.containers[a].env[DB_PASSWORD].value","change":"changed","from":"(concealed)","to":"(concealed)"}
{"path":"spec.containers[a].env[HOST].value","change":"changed","from":"a","to":"b"}
{"path":"spec.containers[a].env[PASSWORD].value","change":"changed","from":"$(OTHER)","to":"$(MORE)"}
`},
		{"where a Secret is", `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {existingSecret: db-password, secretName: a, valueFrom: {secretKeyRef: {name: a, key: password}}}}`,
			`{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {existingSecret: db-password-2, secretName: b, valueFrom: {secretKeyRef: {name: b, key: password}}}}`,
			`{"path":"spec.existingSecret","change":"changed","from":"db-password","to":"db-password-2"}
{"path":"spec.secretName","change":"changed","from":"a","to":"b"}
{"path":"spec.valueFrom.secretKeyRef.name","change":"changed","from":"a","to":"b"}
`},
		{"lines of a text", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  app.ini: |\n    host = a\n    password = hunter2\n",
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  app.ini: |\n    host = b\n    password = hunter3\n",
			`{"path":"data[\"app.ini\"]","change":"changed","from":"host = a\n(concealed)\n","to":"host = b\n(concealed)\n"}` + "\n"},
		{"values of a chart as a text", "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source:\n    helm:\n      values: |\n        db:\n          password: |\n            hunter2\n          host: a\n",
			"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source:\n    helm:\n      values: |\n        db:\n          host: b\n",
			`{"path":"spec.source.helm.values","change":"changed","from":"db:\n  (concealed)\n    (concealed)\n  host: a\n","to":"db:\n  host: b\n"}` + "\n"},
		{"encrypted", `{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: s}, spec: {encryptedData: {password: AgB3x9kQ2mZ7pLw4}}}`,
			`{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: s}, spec: {encryptedData: {password: AgC8y1rT5nV6qXs0}}}`,
			`{"path":"spec.encryptedData.password","change":"changed","from":"AgB3x9kQ2mZ7pLw4","to":"AgC8y1rT5nV6qXs0"}` + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before *diff.Object
			if c.from != "" {
				before = manifest(t, c.from, nil)
			}
			if d := gocmp.Diff(c.want, shown(t, before, manifest(t, c.to, nil))); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// TestConcealed puts a marker wherever a secret may be, and looks for it in all that may be shown: of what is created, deleted and changed, from
// and to the marker and from one marker to another.
func TestConcealed(t *testing.T) {
	for name, text := range map[string]string{
		"data":              `{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: MARKER}}`,
		"base64":            `{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: BASE64}}`,
		"stringData":        `{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: MARKER, b: "x MARKER y"}}`,
		"no text":           `{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: {b: {MARKER: MARKER}}, c: [MARKER, {name: MARKER}]}}`,
		"no mapping":        `{apiVersion: v1, kind: Secret, metadata: {name: s}, data: MARKER, stringData: [MARKER, x]}`,
		"keyed":             `{apiVersion: v1, kind: Secret, metadata: {name: s}, data: [{name: MARKER, value: a}]}`,
		"keyed, nested":     `{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: [{name: MARKER, value: b}, {name: c, value: MARKER}]}}`,
		"last applied":      `{apiVersion: v1, kind: Secret, metadata: {name: s, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":{"a":"MARKER"}}'}}}`,
		"last applied, all": `{apiVersion: v1, kind: ConfigMap, metadata: {name: s, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":{"a":"MARKER"}}'}}}`,
		"a list":            `{apiVersion: v1, kind: List, metadata: {name: l}, items: [{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: MARKER}}]}`,
		"extra objects":     `{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: a}, spec: {source: {helm: {valuesObject: {extra: [{kind: Secret, stringData: {a: MARKER}}]}}}}}`,
		"values":            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {sources: [{helm: {values: 'adminPassword: MARKER'}}]}",
		"values, folded":    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  sources:\n  - helm:\n      values: |\n        a: b\n        adminPassword: >-\n\n          MARKER\n          x\n        c: d\n",
		"values, escaped":   "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  sources:\n  - helm:\n      values: |\n        a: b\n        adminPassword: \"x\n          MARKER\"\n        c: d\n",
		"values, flow":      "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  sources:\n  - helm:\n      values: |\n        a: {b: c, password: 'MARKER', d: e}\n        c: d\n",
		"values, alias":     "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  sources:\n  - helm:\n      values: |\n        a: &x MARKER\n        password: *x\n",
		"values, no YAML":   "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  sources:\n  - helm:\n      values: |\n        a: [MARKER\n",
		"values, Secret":    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  sources:\n  - helm:\n      values: |\n        extra:\n        - kind: Secret\n          stringData:\n            a: |\n              x\n              MARKER\n        b: c\n",
		"values object":     `{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: a}, spec: {source: {helm: {valuesObject: {auth: {password: MARKER}}}}}}`,
		"parameters":        `{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: a}, spec: {source: {helm: {parameters: [{name: auth.password, value: MARKER}]}}}}`,
		"manifests":         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a.yaml: |\n    apiVersion: v1\n    kind: Secret\n    data:\n      a: MARKER\n  b.json: '{\"kind\":\"Secret\",\"data\":{\"a\":\"MARKER\"}}'\n",
		"key":               `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {password: MARKER, DB_PASS: MARKER}}`,
		"private key":       "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  tls.key: |\n    # a key\n    -----BEGIN RSA PRIVATE KEY-----\n    MARKER\n    -----END RSA PRIVATE KEY-----\n",
		"lines":             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: |\n    x = y\n    export PASSWORD=MARKER\n    \"password\": \"MARKER\"\n    postgres://user:MARKER@db/app\n",
		"variables":         `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, env: [{name: PASSWORD, value: MARKER}], args: [--password, MARKER, --password=MARKER, --db-password MARKER]}]}}`,
		"variables, twice":  `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, env: [{name: PASSWORD, value: a}, {name: PASSWORD, value: MARKER}]}]}}`,
		"a number":          `{apiVersion: v1, kind: ConfigMap, metadata: {name: p}, spec: {password: 7331733173317331}}`,
		"a token":           `{apiVersion: v1, kind: ConfigMap, metadata: {name: p}, spec: {a: "ghp_MARKERa1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			var both [2]string // that the marker is
			for i, marker := range []string{"first4MARKER9x7Qz2", "other5MARKER8y6Rw3"} {
				s := strings.ReplaceAll(text, "BASE64", base64.StdEncoding.EncodeToString([]byte(marker)))
				both[i] = strings.ReplaceAll(strings.ReplaceAll(s, "MARKER", marker), "73317331", []string{"73317331", "13371337"}[i])
			}
			without := strings.ReplaceAll(strings.ReplaceAll(text, "MARKER", "x"), "BASE64", "eA==")
			without = strings.ReplaceAll(without, "7331733173317331", "1")
			o := func(text string) *diff.Object { return manifest(t, text, nil) }
			empty := o(text)
			empty.JSON = fmt.Appendf(nil, `{"apiVersion":%q,"kind":%q,"metadata":{"name":%q}}`, empty.APIVersion, empty.Kind, empty.Name)
			for way, got := range map[string]string{
				"created": shown(t, nil, o(both[0])), "deleted": shown(t, o(both[0]), nil), "changed": shown(t, o(both[0]), o(both[1])),
				"to": shown(t, o(without), o(both[0])), "from": shown(t, o(both[0]), o(without)), "added": shown(t, empty, o(both[0])),
			} {
				if got == "" {
					t.Error(way, "nothing is shown")
				}
				for _, marker := range []string{"MARKER", base64.StdEncoding.EncodeToString([]byte("first4MARKER9x7Qz2")), "7331", "1337"} {
					if strings.Contains(got, marker) {
						t.Errorf("%s: %s", way, got)
					}
				}
			}
		})
	}
}

// TestConcealMade: what becomes the value of a Secret is one, wherever it stands.
func TestConcealMade(t *testing.T) {
	const (
		external = `{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: e}, spec: {target: {template: {data: {literal: %s, made: "{{ .%s }}"}}}}}`
		store    = `{apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, metadata: {name: s}, spec: {provider: {fake: {data: [{key: k, value: %s}]}}}}`
		maker    = `{apiVersion: generators.external-secrets.io/v1alpha1, kind: Fake, metadata: {name: f}, spec: {data: {k: %s}}}`
	)
	for _, c := range []struct{ text, want string }{
		{external, `{"path":"spec.target.template.data.literal","change":"changed","from":"(concealed)","to":"(concealed)"}
{"path":"spec.target.template.data.made","change":"changed","from":"{{ .one }}","to":"{{ .two }}"}
`},
		{store, `{"path":"spec.provider.fake.data[0].value","change":"changed","from":"(concealed)","to":"(concealed)"}` + "\n"},
		{maker, `{"path":"spec.data.k","change":"changed","from":"(concealed)","to":"(concealed)"}` + "\n"},
	} {
		of := func(value string) *diff.Object { return manifest(t, strings.ReplaceAll(c.text, "%s", value), nil) }
		if d := gocmp.Diff(c.want, shown(t, of("one"), of("two"))); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

// TestConcealElsewhere: a value of a Secret that differs is not shown where else it stands, such as among the values of the chart that makes it.
func TestConcealElsewhere(t *testing.T) {
	side := func(value, short string) *diff.Side {
		return &diff.Side{Clusters: []*diff.Cluster{{Objects: []*diff.Object{
			manifest(t, `{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: `+base64.StdEncoding.EncodeToString([]byte(value+"\n"))+`, same: c2FtZXNhbWU=}, stringData: {b: "`+short+`"}}`, nil),
			manifest(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {value: `+value+`, short: "`+short+`", same: samesame`+short+`}}`, nil),
		}}}}
	}
	r, err := diff.Compare(side("correct-horse", "one"), side("battery-staple", "two"), diff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(r.Objects)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"correct-horse", "battery-staple"} {
		if strings.Contains(string(text), value) {
			t.Errorf("it shows %s: %s", value, text)
		}
	}
	for _, value := range []string{`"one"`, "samesametwo"} {
		if !strings.Contains(string(text), value) {
			t.Errorf("it does not show %s: %s", value, text)
		}
	}
}
