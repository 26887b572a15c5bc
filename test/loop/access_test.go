package loop

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/tools"
)

const audience = "https://kube.home.example"

// TestAccess has jobs of a pipeline come to a real API server, which knows them by what bootstrap prints alone, with tokens of issuers of its own:
// what they may do is what the rendered bindings say.
func TestAccess(t *testing.T) {
	gitlab, github := newIssuer(t), newIssuer(t)
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("applications.yml", `
- namespace: web-shop
  networkPolicies: open
  ci:
    - {issuer: gitlab, project: house/shop, branch: main, role: edit}
    - {issuer: house, project: octo/shop, branch: main, environment: production, role: edit}
- namespace: web-other
  networkPolicies: open
`)
	write("platform.yml", fmt.Sprintf(`
repository: {url: https://git.example/house.git}
ciIssuers:
  gitlab: {url: %q, audience: %q, certificateAuthority: %q}
  house: {kind: github, url: %q, audience: %q, certificateAuthority: %q}
ci:
  - {issuer: gitlab, project: house/platform, branch: main, role: view}
`, gitlab.URL, audience, gitlab.ca(), github.URL, audience, github.ca()))
	roster := func(args ...string) []byte {
		out, err := exec.Command(tools.Program("roster"), args...).Output()
		if err != nil {
			t.Fatal(args, err)
		}
		return out
	}
	write("authentication.yaml", string(roster("bootstrap", "--format", "authentication", dir)))
	// The rules of edit and view are those of other roles, which a controller puts together.
	c := cluster.Start(t, cluster.Options{Controllers: "serviceaccount-controller,clusterrole-aggregation-controller", APIServerFlags: []string{"--authentication-config=" + filepath.Join(dir, "authentication.yaml")}})
	applyKinds(t, c, roster("render", dir), "Namespace", "RoleBinding")

	shop := map[string]any{"project_path": "house/shop", "ref": "main", "ref_type": "branch", "ref_path": "refs/heads/main", "ref_protected": "true", "pipeline_source": "push"}
	octo := map[string]any{"repository": "octo/shop", "ref": "refs/heads/main", "event_name": "push", "environment": "production"}
	// The API server asks the issuers for their keys after it has started.
	for of, claims := range map[*issuer]map[string]any{gitlab: shop, github: octo} {
		cluster.Eventually(t, 2*time.Minute, "the API server knows the issuer", func() error { return writes(t, c, of.token(t, claims), "web-shop") })
	}
	cluster.Eventually(t, 2*time.Minute, "the role view has its rules", func() error {
		platform := maps.Clone(shop)
		platform["project_path"] = "house/platform"
		_, err := client(t, c, gitlab.token(t, platform)).CoreV1().ConfigMaps("web-shop").List(t.Context(), metav1.ListOptions{})
		return err
	})
	but := func(claims map[string]any, changes ...any) map[string]any {
		out := maps.Clone(claims)
		for i := 0; i < len(changes); i += 2 {
			out[changes[i].(string)] = changes[i+1]
		}
		return out
	}
	for _, job := range []struct {
		name      string
		of        *issuer
		claims    map[string]any
		namespace string
		want      func(error) bool // nil when it may write
		reads     bool
	}{
		{"main", gitlab, shop, "web-shop", nil, true},
		{"main with an environment", gitlab, but(shop, "environment", "staging"), "web-shop", nil, true},
		{"another branch", gitlab, but(shop, "ref", "feature", "ref_path", "refs/heads/feature"), "web-shop", apierrors.IsForbidden, false},
		{"a tag main", gitlab, but(shop, "ref_type", "tag", "ref_path", "refs/tags/main"), "web-shop", apierrors.IsForbidden, false},
		{"another project", gitlab, but(shop, "project_path", "house/shop2"), "web-shop", apierrors.IsForbidden, false},
		{"the platform's project", gitlab, but(shop, "project_path", "house/platform"), "web-other", apierrors.IsForbidden, true},
		{"another namespace", gitlab, shop, "web-other", apierrors.IsForbidden, false},
		{"an unprotected main", gitlab, but(shop, "ref_protected", "false"), "web-shop", apierrors.IsUnauthorized, false},
		{"the merge request of a fork's main", gitlab, but(shop, "pipeline_source", "merge_request_event"), "web-shop", apierrors.IsUnauthorized, false},
		{"a token for somebody else", gitlab, but(shop, "aud", "https://vault.example"), "web-shop", apierrors.IsUnauthorized, false},
		{"a token that has expired", gitlab, but(shop, "exp", time.Now().Add(-time.Hour).Unix()), "web-shop", apierrors.IsUnauthorized, false},
		{"the other issuer's claims", gitlab, octo, "web-shop", apierrors.IsUnauthorized, false},
		{"main in production", github, octo, "web-shop", nil, true},
		{"main in staging", github, but(octo, "environment", "staging"), "web-shop", apierrors.IsForbidden, false},
		{"main without an environment", github, but(octo, "environment", ""), "web-shop", apierrors.IsForbidden, false},
		{"another branch in production", github, but(octo, "ref", "refs/heads/feature"), "web-shop", apierrors.IsForbidden, false},
		{"a pull request", github, but(octo, "event_name", "pull_request_target"), "web-shop", apierrors.IsUnauthorized, false},
	} {
		t.Run(job.name, func(t *testing.T) {
			token := job.of.token(t, job.claims)
			switch err := writes(t, c, token, job.namespace); {
			case job.want == nil && err != nil:
				t.Errorf("it may not write: %v", err)
			case job.want != nil && !job.want(err):
				t.Errorf("writing ends with %v", err)
			}
			_, err := client(t, c, token).CoreV1().ConfigMaps(job.namespace).List(t.Context(), metav1.ListOptions{})
			if (err == nil) != job.reads {
				t.Errorf("reading ends with %v", err)
			}
		})
	}
}

// applyKinds applies those objects of a text that are of some kinds, in its order.
func applyKinds(t *testing.T, c *cluster.Cluster, text []byte, kinds ...string) {
	t.Helper()
	objects, err := decode(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if !slices.Contains(kinds, o.GetKind()) {
			continue
		}
		manifest, err := yaml.Marshal(o.Object)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Apply(t.Context(), manifest); err != nil {
			t.Fatal(err)
		}
	}
}

func client(t *testing.T, c *cluster.Cluster, token string) kubernetes.Interface {
	t.Helper()
	config := rest.AnonymousClientConfig(c.Config)
	config.BearerToken = token
	k, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// writes has who has a token make an object in a namespace.
func writes(t *testing.T, c *cluster.Cluster, token, namespace string) error {
	t.Helper()
	_, err := client(t, c, token).CoreV1().ConfigMaps(namespace).Create(t.Context(), &core.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "job-"}}, metav1.CreateOptions{})
	return err
}

// issuer is a forge, as far as an API server asks it.
type issuer struct {
	*httptest.Server
	key *rsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: key}
	i.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers := map[string]any{
			"/.well-known/openid-configuration": map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}},
			"/keys":                             map[string]any{"keys": []any{map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": encoded(key.N.Bytes()), "e": encoded(big.NewInt(int64(key.E)).Bytes())}}},
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answers[r.URL.Path])
	}))
	t.Cleanup(i.Close)
	return i
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// ca is by what the issuer's server is known.
func (i *issuer) ca() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.Certificate().Raw}))
}

// token is signed by the issuer, and has the claims besides those that every token has.
func (i *issuer) token(t *testing.T, claims map[string]any) string {
	t.Helper()
	all := map[string]any{"iss": i.URL, "aud": audience, "sub": "anything", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	maps.Copy(all, claims)
	payload, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	text := encoded([]byte(`{"alg":"RS256","kid":"1","typ":"JWT"}`)) + "." + encoded(payload)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + encoded(signature)
}
