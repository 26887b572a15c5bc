package diff_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/render/object"
	"sigs.k8s.io/yaml"
)

// manifest is an object of a text. Application is nil for what roster renders.
func manifest(t testing.TB, text string, a *catalog.Application, unstable ...[]string) *diff.Object {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err, text)
	}
	var id struct {
		APIVersion, Kind string
		Metadata         struct{ Name, Namespace string }
	}
	if err := json.Unmarshal(data, &id); err != nil {
		t.Fatal(err)
	}
	group, _, grouped := strings.Cut(id.APIVersion, "/")
	if !grouped {
		group = ""
	}
	o := object.Object{APIVersion: id.APIVersion, Kind: id.Kind, Namespace: id.Metadata.Namespace, Name: id.Metadata.Name, JSON: data}
	out := &diff.Object{Object: o, ID: diff.ID{Group: group, Kind: id.Kind, Namespace: o.Namespace, Name: o.Name}, Application: a}
	if a != nil {
		out.Deployed = &lint.Object{Object: o, Application: a, Unstable: unstable}
	}
	return out
}

// changes are what Compare says of two objects, either of which may be nil.
func changes(t testing.TB, before, after *diff.Object) []diff.ObjectChange {
	t.Helper()
	var sides [2]*diff.Side
	for i, o := range []*diff.Object{before, after} {
		sides[i] = &diff.Side{Clusters: []*diff.Cluster{{}}}
		if o != nil {
			sides[i].Clusters[0].Objects = []*diff.Object{o}
		}
	}
	r, err := diff.Compare(sides[0], sides[1], diff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r.Objects
}

// noise are the paths that differ, one a line, with the reason why they mean nothing.
func noise(t testing.TB, before, after *diff.Object) string {
	t.Helper()
	var b strings.Builder
	for _, c := range changes(t, before, after) {
		for _, f := range c.Fields {
			fmt.Fprintf(&b, "%s: %s\n", f.Path, f.Noise)
		}
	}
	return b.String()
}

func chart() *catalog.Application {
	return &catalog.Application{Code: "web", Workload: &catalog.Workload{Kind: catalog.HelmChart}}
}

const sum1, sum2 = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"

func TestNoise(t *testing.T) {
	folder := &catalog.Application{Code: "web", Workload: &catalog.Workload{Kind: catalog.Manifests}}
	respected := []string{"RespectIgnoreDifferences=true"}
	left := func(options []string, rules ...catalog.IgnoreDifference) *catalog.Application {
		return &catalog.Application{Code: "web", SyncOptions: options, IgnoreDifferences: rules}
	}
	const deployment = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: web, labels: %s, annotations: %s}, spec: %s}"
	of := func(labels, annotations, spec string) string {
		return fmt.Sprintf(deployment, labels, annotations, spec)
	}
	job := func(text string) string {
		return strings.Replace(strings.Replace(text, "apps/v1", "batch/v1", 1), "Deployment", "Job", 1)
	}
	application := func(annotations, spec string) string {
		return fmt.Sprintf("{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: web, namespace: argocd, annotations: %s}, spec: %s}", annotations, spec)
	}
	pods := func(metadata string) string { return "{template: {metadata: " + metadata + "}}" }
	replicas := func(n int) string { return of("{}", "{}", fmt.Sprintf("{replicas: %d}", n)) }
	rule := func(pointers, jq []string) catalog.IgnoreDifference {
		return catalog.IgnoreDifference{Group: "apps", Kind: "Deployment", JSONPointers: pointers, JQPathExpressions: jq}
	}
	containers := func(first, second string) string {
		return of("{}", "{}", fmt.Sprintf("{containers: [{name: a, image: %s}, {name: b, image: %s}]}", first, second))
	}
	for _, c := range []struct {
		name       string
		app        *catalog.Application
		from, to   string
		unstable   [2][][]string
		want, back string // back is for the other direction, where it is not the same
	}{
		{name: "labels of the chart", app: folder,
			from: of("{helm.sh/chart: web-1.0.0, app.kubernetes.io/version: '1', chart: web-1.0}", "{}", pods("{labels: {helm.sh/chart: web-1.0.0}}")),
			to:   of("{helm.sh/chart: web-1.1.0, app.kubernetes.io/version: '2', chart: web-1.1}", "{}", pods("{labels: {helm.sh/chart: web-1.1.0}}")),
			want: `metadata.labels["app.kubernetes.io/version"]: chart label
metadata.labels.chart: chart label
metadata.labels["helm.sh/chart"]: chart label
spec.template.metadata.labels["helm.sh/chart"]: chart label
`},
		{name: "the number of a wave", from: application("{argocd.argoproj.io/sync-wave: '1'}", "{}"), to: application("{argocd.argoproj.io/sync-wave: '2'}", "{}"),
			want: "metadata.annotations[\"argocd.argoproj.io/sync-wave\"]: wave number\n"},
		{name: "a wave that an application writes", app: folder, from: of("{}", "{argocd.argoproj.io/sync-wave: '1'}", "{}"), to: of("{}", "{argocd.argoproj.io/sync-wave: '2'}", "{}"),
			want: "metadata.annotations[\"argocd.argoproj.io/sync-wave\"]: \n"},
		{name: "other labels, and selectors", app: folder,
			from: of("{app.kubernetes.io/managed-by: Helm, app.kubernetes.io/name: a, chart: sea}", "{}", "{selector: {matchLabels: {helm.sh/chart: web-1.0.0}}}"),
			to:   of("{app.kubernetes.io/managed-by: me, app.kubernetes.io/name: b, chart: sky}", "{}", "{selector: {matchLabels: {helm.sh/chart: web-1.1.0}}}"),
			want: `metadata.labels["app.kubernetes.io/managed-by"]: 
metadata.labels["app.kubernetes.io/name"]: 
metadata.labels.chart: 
spec.selector.matchLabels["helm.sh/chart"]: 
`},
		{name: "the pods of a Job cannot be changed", app: folder,
			from: job(of("{helm.sh/chart: web-1.0.0}", "{}", pods("{labels: {helm.sh/chart: web-1.0.0}, annotations: {checksum/a: "+sum1+"}}"))),
			to:   job(of("{helm.sh/chart: web-1.1.0}", "{}", pods("{labels: {helm.sh/chart: web-1.1.0}, annotations: {checksum/a: "+sum2+"}}"))),
			want: `metadata.labels["helm.sh/chart"]: chart label
spec.template.metadata.annotations["checksum/a"]: 
spec.template.metadata.labels["helm.sh/chart"]: 
`},
		{name: "checksums", app: folder,
			from: of("{}", "{config-hash: "+sum1+"}", pods("{annotations: {checksum/config: "+sum1+"}}")),
			to:   of("{}", "{config-hash: sha256:"+sum2+"}", pods("{annotations: {checksum/config: "+sum2+", checksum/secret: "+sum2+"}}")),
			want: `metadata.annotations.config-hash: checksum
spec.template.metadata.annotations["checksum/config"]: checksum
spec.template.metadata.annotations["checksum/secret"]: checksum
`},
		{name: "no checksums", app: folder,
			from: of("{}", "{nginx.ingress.kubernetes.io/upstream-hash-by: $host, checksum/config: off, hashes: "+sum1+"}", "{checksum/config: "+sum1+"}"),
			to:   of("{}", "{nginx.ingress.kubernetes.io/upstream-hash-by: $uri, checksum/config: 'on', hashes: "+sum2+"}", "{checksum/config: "+sum2+"}"),
			want: `metadata.annotations["checksum/config"]: 
metadata.annotations.hashes: 
metadata.annotations["nginx.ingress.kubernetes.io/upstream-hash-by"]: 
spec["checksum/config"]: 
`},
		{name: "the content of an application",
			from: application("{}", "{source: {plugin: {name: roster, parameters: [{name: application, string: web}, {name: content, string: a}]}}}"),
			to:   application("{}", "{source: {plugin: {name: roster, parameters: [{name: application, string: wep}, {name: content, string: b}]}}}"),
			want: `spec.source.plugin.parameters[application].string: 
spec.source.plugin.parameters[content].string: checksum
`},
		{name: "the place in the list",
			from: application("{roster.hippotion.github.io/origin: 'applications.yml#web/applications/web', argocd.argoproj.io/manifest-generate-paths: 'applications.yml;platform.yml;profiles;/a.yml'}", "{}"),
			to:   application("{roster.hippotion.github.io/origin: 'applications/web.yml#web/applications/web', argocd.argoproj.io/manifest-generate-paths: 'applications;platform.yml;profiles;/a.yml'}", "{}"),
			want: `metadata.annotations["argocd.argoproj.io/manifest-generate-paths"]: place in the list
metadata.annotations["roster.hippotion.github.io/origin"]: place in the list
`},
		{name: "another place",
			from: application("{roster.hippotion.github.io/origin: 'applications.yml#web/applications/web', argocd.argoproj.io/manifest-generate-paths: 'applications.yml;/a.yml'}", "{}"),
			to:   application("{roster.hippotion.github.io/origin: 'applications.yml#shop/applications/web', argocd.argoproj.io/manifest-generate-paths: 'applications.yml;/b.yml'}", "{}"),
			want: `metadata.annotations["argocd.argoproj.io/manifest-generate-paths"]: files read
metadata.annotations["roster.hippotion.github.io/origin"]: 
`},
		{name: "places of what an application deploys are its own", app: folder,
			from: of("{}", "{roster.hippotion.github.io/origin: 'a#web'}", "{}"), to: of("{}", "{roster.hippotion.github.io/origin: 'b#web'}", "{}"),
			want: `metadata.annotations["roster.hippotion.github.io/origin"]: ` + "\n"},
		{name: "different each time", app: chart(), from: of("{}", "{}", "{a: {token: x}, b: [1, {c: x}], d: x}"), to: of("{}", "{}", "{a: {token: y}, b: [1, {c: y}], d: y}"),
			unstable: [2][][]string{{{"spec", "a", "token"}, {"spec", "b", "1", "c"}, {"spec", "d"}}, {{"spec", "a"}, {"spec", "b", "1", "c"}, {"spec", "da"}}},
			want:     "spec.a.token: generated\nspec.b[1].c: generated\nspec.d: \n"},
		{name: "left to others", app: left(respected, rule([]string{"/spec/replicas"}, nil)), from: replicas(1), to: replicas(2), want: "spec.replicas: left to others\n"},
		{name: "compared, but not respected", app: left(nil, rule([]string{"/spec/replicas"}, nil)), from: replicas(1), to: replicas(2), want: "spec.replicas: \n"},
		{name: "globs", app: left(respected, catalog.IgnoreDifference{Group: "*", Kind: "Dep*", Name: "web", Namespace: "web", JSONPointers: []string{"/spec"}}), from: replicas(1), to: replicas(2), want: "spec.replicas: left to others\n"},
		{name: "another name", app: left(respected, catalog.IgnoreDifference{Group: "*", Kind: "*", Name: "other", JSONPointers: []string{"/spec"}}), from: replicas(1), to: replicas(2), want: "spec.replicas: \n"},
		{name: "another namespace", app: left(respected, catalog.IgnoreDifference{Group: "*", Kind: "*", Namespace: "other", JSONPointers: []string{"/spec"}}), from: replicas(1), to: replicas(2), want: "spec.replicas: \n"},
		{name: "another group", app: left(respected, catalog.IgnoreDifference{Kind: "Deployment", JSONPointers: []string{"/spec"}}), from: replicas(1), to: replicas(2), want: "spec.replicas: \n"},
		{name: "a pointer with escapes", app: left(respected, rule([]string{"/metadata/annotations/a~1b~0c"}, nil)), from: of("{}", "{a/b~c: x, a/b: x}", "{}"), to: of("{}", "{a/b~c: y, a/b: y}", "{}"),
			want: `metadata.annotations["a/b"]: ` + "\n" + `metadata.annotations["a/b~c"]: left to others` + "\n"},
		{name: "an element by its place", app: left(respected, rule([]string{"/spec/containers/1/image"}, nil)), from: containers("x", "x"), to: containers("y", "y"),
			want: "spec.containers[a].image: \nspec.containers[b].image: left to others\n"},
		{name: "an element by its place that is another one after", app: left(respected, rule([]string{"/spec/containers/1/image"}, nil)),
			from: of("{}", "{}", "{containers: [{name: a, image: x}, {name: b, image: x}]}"), to: of("{}", "{}", "{containers: [{name: b, image: y}, {name: a, image: x}]}"),
			want: "spec.containers: \nspec.containers[b].image: \n"},
		{name: "jq", app: left(respected, rule(nil, []string{`.spec.containers[] | select(.name == "b") | .image`})), from: containers("x", "x"), to: containers("y", "y"),
			want: "spec.containers[a].image: \nspec.containers[b].image: left to others\n"},
		{name: "jq that fails", app: left(respected, rule(nil, []string{`.spec.containers[], .spec.containers.x`})), from: containers("x", "x"), to: containers("y", "y"),
			want: "spec.containers[a].image: \nspec.containers[b].image: \n"},
		{name: "jq without an end, or too large", app: left(respected, rule(nil, []string{`.spec | recurse(.)`, `.spec | select("x" * 1000000000)`, `.spec | select([range(1e9)])`, `.spec | select("\(1)")`, `.spec | select($ENV)`})),
			from: containers("x", "x"), to: containers("y", "y"), want: "spec.containers[a].image: \nspec.containers[b].image: \n"},
		{name: "an element that moves another one", app: left(respected, rule([]string{"/spec/args/0", "/spec/args/0", "/spec/other"}, nil)),
			from: of("{}", "{}", "{args: [a, b, c], other: 1}"), to: of("{}", "{}", "{args: [x, y, c], other: 2}"),
			want: "spec.args[0]: left to others\nspec.args[1]: \nspec.args[0]: left to others\nspec.args[1]: \nspec.other: left to others\n"},
		{name: "what is added", app: left(respected, rule([]string{"/spec/replicas"}, nil)), from: of("{}", "{}", "{}"), to: of("{}", "{}", "{replicas: 1}"), want: "spec.replicas: left to others\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, after := manifest(t, c.from, c.app, c.unstable[0]...), manifest(t, c.to, c.app, c.unstable[1]...)
			if d := gocmp.Diff(c.want, noise(t, before, after)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			if created := changes(t, nil, manifest(t, c.to, c.app)); len(created) != 1 || created[0].Quiet() || created[0].Fields[0].Noise != "" {
				t.Error("nothing of an object that is created is noise")
			}
		})
	}
}

// certificate is one as Masterminds/sprig makes it, and its key, after some changes.
func certificate(t *testing.T, from time.Time, change func(*x509.Certificate)) (cert, key string) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "web"}, DNSNames: []string{"web.web.svc"}, NotBefore: from, NotAfter: from.Add(365*24*time.Hour + time.Second),
		KeyUsage: x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	change(c)
	der, err := x509.CreateCertificate(rand.Reader, c, c, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte) string {
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return encode("CERTIFICATE", der), encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(private))
}

func TestGeneratedCertificates(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	same := func(*x509.Certificate) {}
	cert1, key1 := certificate(t, now, same)
	cert2, key2 := certificate(t, now.Add(time.Minute), same)
	old, _ := certificate(t, now.Add(-48*time.Hour), same)
	otherName, _ := certificate(t, now, func(c *x509.Certificate) { c.DNSNames = []string{"other.web.svc"} })
	byHand := func(c *x509.Certificate) { c.Subject.Organization = []string{"Example"} }
	hand1, _ := certificate(t, now, byHand)
	hand2, _ := certificate(t, now, byHand)
	_, otherKey := certificate(t, now, same)
	secret := func(cert, key string) string {
		return fmt.Sprintf("{apiVersion: v1, kind: Secret, metadata: {name: tls}, data: {tls.crt: %s, tls.key: %s}}", cert, key)
	}
	webhook := func(bundle string) string {
		return fmt.Sprintf("{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: w}, webhooks: [{name: a, clientConfig: {caBundle: %s}}]}", bundle)
	}
	remote := &catalog.Application{Code: "web", Remote: &catalog.Workload{Kind: catalog.HelmChart}}
	folder := &catalog.Application{Code: "web", Workload: &catalog.Workload{Kind: catalog.Manifests}}
	const none, all = "data[\"tls.crt\"]: \ndata[\"tls.key\"]: \n", "data[\"tls.crt\"]: generated\ndata[\"tls.key\"]: generated\n"
	for _, c := range []struct {
		name     string
		app      *catalog.Application
		from, to string
		want     string
	}{
		{"by a chart", chart(), secret(cert1, key1), secret(cert2, key2), all},
		{"by a chart from elsewhere", remote, secret(cert1, key1), secret(cert2, key2), all},
		{"in a folder", folder, secret(cert1, key1), secret(cert2, key2), none},
		{"of another name", chart(), secret(cert1, key1), secret(otherName, key2), none},
		{"not at the same time", chart(), secret(old, key1), secret(cert2, key2), none},
		{"not by a template", chart(), secret(hand1, key1), secret(hand2, key2), none},
		{"of another key", chart(), secret(cert1, key1), secret(cert2, otherKey), "data[\"tls.crt\"]: generated\ndata[\"tls.key\"]: \n"},
		{"no certificate", chart(), secret("YQ==", "YQ=="), secret("Yg==", "Yg=="), none},
		{"a bundle", chart(), webhook(cert1), webhook(cert2), "webhooks[a].clientConfig.caBundle: generated\n"},
		{"another bundle", chart(), webhook(cert1), webhook(hand1), "webhooks[a].clientConfig.caBundle: \n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := gocmp.Diff(c.want, noise(t, manifest(t, c.from, c.app), manifest(t, c.to, c.app))); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestQuiet(t *testing.T) {
	of := func(chart, kind string) *diff.Object {
		return manifest(t, fmt.Sprintf("{apiVersion: v1, kind: Service, metadata: {name: web, labels: {helm.sh/chart: %s}}, spec: {type: %s}}", chart, kind), nil)
	}
	if c := changes(t, of("web-1.0.0", "ClusterIP"), of("web-1.1.0", "ClusterIP")); len(c) != 1 || !c[0].Quiet() {
		t.Error("only the chart differs:", c)
	}
	if c := changes(t, of("web-1.0.0", "ClusterIP"), of("web-1.1.0", "NodePort")); len(c) != 1 || c[0].Quiet() {
		t.Error("the type differs too:", c)
	}
}

// BenchmarkPair compares a Deployment of 300 fields whose images differ, with expressions of what is left to others.
func BenchmarkPair(b *testing.B) {
	for _, expressions := range [][]string{nil, {".spec.replicas", ".spec.containers[]?.resources"}} {
		a := &catalog.Application{Code: "web", SyncOptions: []string{"RespectIgnoreDifferences=true"}, IgnoreDifferences: []catalog.IgnoreDifference{{Group: "apps", Kind: "Deployment", JQPathExpressions: expressions}}}
		var texts [2]string
		for i := range texts {
			var containers []string
			for n := range 10 {
				var env []string
				for v := range 14 {
					env = append(env, fmt.Sprintf("{name: VARIABLE_%d, value: value %d}", v, v))
				}
				containers = append(containers, fmt.Sprintf("{name: c%d, image: 'web:%d', env: [%s]}", n, i, strings.Join(env, ", ")))
			}
			texts[i] = fmt.Sprintf("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {containers: [%s]}}", strings.Join(containers, ", "))
		}
		before, after := manifest(b, texts[0], a), manifest(b, texts[1], a)
		b.Run(fmt.Sprintf("%d expressions", len(expressions)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				changes(b, before, after)
			}
		})
	}
}
