// Package cluster runs a Kubernetes control plane: etcd, kube-apiserver and, if wanted, kube-controller-manager. There are no
// nodes, so nothing runs Pods.
package cluster

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	authentication "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/hippotion/roster/test/loop/sandbox"
	"github.com/hippotion/roster/test/loop/tools"
)

// Options are the parts of a cluster that tests want in different ways.
type Options struct {
	Number                 int      // of which cluster it is, when there are several: each has its own addresses
	Controllers            string   // --controllers of the kube-controller-manager, which is not started when this is empty
	ControllerManagerFlags []string // further ones
	APIServerFlags         []string
}

// Cluster is a control plane and clients of it, which may do anything.
type Cluster struct {
	Kubeconfig string // the file
	Config     *rest.Config
	Client     kubernetes.Interface
	Dynamic    dynamic.Interface

	Etcd, APIServer, ControllerManager *sandbox.Process

	mapper  *restmapper.DeferredDiscoveryRESTMapper
	options Options
	dir     string
	server  []byte // the certificates of the apiserver
}

// The ports of the first cluster; those of the next are next to them. All are fixed: the sandbox has its own.
const (
	etcdPort              = 2379
	peerPort              = 2479
	apiServerPort         = 6443
	controllerManagerPort = 10257
)

// url is an address of the cluster.
func (c *Cluster) url(scheme string, port int) string {
	return fmt.Sprintf("%s://127.0.0.1:%d", scheme, port+c.options.Number)
}

// program starts one of the cluster's programs.
func (c *Cluster) program(t testing.TB, name string, args ...string) *sandbox.Process {
	t.Helper()
	log := name
	if c.options.Number > 0 {
		log = fmt.Sprintf("%s-%d", name, c.options.Number)
	}
	return sandbox.Start(t, log, exec.Command(tools.Program(name), args...))
}

// token is who may do anything.
const token = "admin"

// The files of the apiserver.
func (c *Cluster) tokens() string             { return filepath.Join(c.dir, "tokens") }
func (c *Cluster) certificates() string       { return filepath.Join(c.dir, "certificates") }
func (c *Cluster) certificate() string        { return filepath.Join(c.certificates(), "apiserver.crt") }
func (c *Cluster) serviceAccountsKey() string { return filepath.Join(c.dir, "service-accounts.key") }

// Start starts a cluster, which ends with the test.
func Start(t testing.TB, o Options) *Cluster {
	t.Helper()
	c := &Cluster{options: o, dir: t.TempDir()}
	c.Kubeconfig = filepath.Join(c.dir, "admin.kubeconfig")
	must(t, os.WriteFile(c.tokens(), []byte(token+`,admin,admin,"system:masters"`), 0o600))
	must(t, writeKey(c.serviceAccountsKey()))

	client, peer := c.url("http", etcdPort), c.url("http", peerPort)
	c.Etcd = c.program(t, "etcd", "--data-dir", filepath.Join(c.dir, "etcd"),
		"--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer,
		"--unsafe-no-fsync", "--log-level", "warn")
	c.StartAPIServer(t)
	if o.Controllers != "" {
		c.ControllerManager = c.program(t, "kube-controller-manager", append([]string{
			"--kubeconfig", c.Kubeconfig, "--controllers", o.Controllers, "--leader-elect=false",
			"--bind-address=127.0.0.1", "--secure-port", fmt.Sprint(controllerManagerPort + o.Number),
			"--use-service-account-credentials", "--service-account-private-key-file", c.serviceAccountsKey(), "--root-ca-file", c.certificate(),
		}, o.ControllerManagerFlags...)...)
		Eventually(t, time.Minute, "there is a ServiceAccount for Pods", func() error {
			_, err := c.Client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(t.Context(), "default", metav1.GetOptions{})
			return err
		})
	}
	return c
}

// StartAPIServer starts the kube-apiserver, which may have been stopped, and returns when it is ready.
func (c *Cluster) StartAPIServer(t testing.TB) {
	t.Helper()
	// Without a certificate of ours it makes itself one, and a CA, in cert-dir.
	c.APIServer = c.program(t, "kube-apiserver", append([]string{
		"--etcd-servers", c.url("http", etcdPort), "--cert-dir", c.certificates(),
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port", fmt.Sprint(apiServerPort + c.options.Number), "--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=10.0.0.0/16",
		"--authorization-mode=RBAC", "--allow-privileged=true", "--token-auth-file", c.tokens(),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file", c.serviceAccountsKey(), "--service-account-signing-key-file", c.serviceAccountsKey(),
	}, c.options.APIServerFlags...)...)
	Eventually(t, time.Minute, "kube-apiserver is ready", func() error {
		if !c.APIServer.Running() || !c.Etcd.Running() {
			t.Fatal("kube-apiserver or etcd has ended")
		}
		var err error
		if c.server, err = os.ReadFile(c.certificate()); err != nil {
			return err
		}
		if err := c.connect(token); err != nil {
			return err
		}
		return c.Client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(t.Context()).Error()
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// writeKey writes a new key, with which the apiserver signs the tokens of ServiceAccounts.
func writeKey(file string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600)
}

// connect makes the clients.
func (c *Cluster) connect(token string) error {
	err := c.WriteKubeconfig(c.Kubeconfig, token)
	if err != nil {
		return err
	}
	if c.Config, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig); err != nil {
		return err
	}
	c.Config.QPS = -1 // no limit: tests wait for what they ask
	if c.Client, err = kubernetes.NewForConfig(c.Config); err != nil {
		return err
	}
	if c.Dynamic, err = dynamic.NewForConfig(c.Config); err != nil {
		return err
	}
	c.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(c.Client.Discovery()))
	return nil
}

// WriteKubeconfig writes a kubeconfig for who has the token.
func (c *Cluster) WriteKubeconfig(file, token string) error {
	config := api.NewConfig()
	config.Clusters["loop"] = &api.Cluster{Server: c.url("https", apiServerPort), CertificateAuthorityData: c.server}
	config.AuthInfos["loop"] = &api.AuthInfo{Token: token}
	config.Contexts["loop"] = &api.Context{Cluster: "loop", AuthInfo: "loop"}
	config.CurrentContext = "loop"
	return clientcmd.WriteToFile(*config, file)
}

// CA are the certificates by which a client knows the apiserver.
func (c *Cluster) CA() []byte { return c.server }

// Token is a token of a ServiceAccount.
func (c *Cluster) Token(t testing.TB, namespace, name string) string {
	t.Helper()
	seconds := int64((24 * time.Hour).Seconds())
	token, err := c.Client.CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), name,
		&authentication.TokenRequest{Spec: authentication.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
	must(t, err)
	return token.Status.Token
}

// Kubectl runs kubectl, and returns what it prints. What it prints as errors is in the error.
func (c *Cluster) Kubectl(ctx context.Context, stdin []byte, args ...string) (string, error) {
	k := exec.CommandContext(ctx, tools.Program("kubectl"), args...)
	k.Env = []string{"HOME=" + c.dir, "KUBECONFIG=" + c.Kubeconfig, "TMPDIR=" + os.TempDir()}
	var stdout, stderr bytes.Buffer
	k.Stdin, k.Stdout, k.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	if err := k.Run(); err != nil {
		return stdout.String(), fmt.Errorf("kubectl %q: %w\n%s", args, err, &stderr)
	}
	return stdout.String(), nil
}

// Apply is `kubectl apply --server-side` of a manifest, with further options such as --dry-run=server.
func (c *Cluster) Apply(ctx context.Context, manifest []byte, options ...string) (string, error) {
	return c.Kubectl(ctx, manifest, append([]string{"apply", "--server-side", "-f", "-"}, options...)...)
}

// Mapping is the resource of a kind, which may be of a CRD that is newer than the last mapping.
func (c *Cluster) Mapping(apiVersion, kind string) (*meta.RESTMapping, error) {
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return nil, err
	}
	gk := gv.WithKind(kind).GroupKind()
	m, err := c.mapper.RESTMapping(gk, gv.Version)
	if meta.IsNoMatchError(err) {
		c.mapper.Reset()
		m, err = c.mapper.RESTMapping(gk, gv.Version)
	}
	return m, err
}

// Resource is the client of a kind's objects: in a namespace, or in all, or cluster-wide, when namespace is empty.
func (c *Cluster) Resource(apiVersion, kind, namespace string) (dynamic.ResourceInterface, error) {
	m, err := c.Mapping(apiVersion, kind)
	if err != nil {
		return nil, err
	}
	return c.Dynamic.Resource(m.Resource).Namespace(namespace), nil
}

func (c *Cluster) Get(ctx context.Context, apiVersion, kind, namespace, name string) (*unstructured.Unstructured, error) {
	r, err := c.Resource(apiVersion, kind, namespace)
	if err != nil {
		return nil, err
	}
	return r.Get(ctx, name, metav1.GetOptions{})
}

func (c *Cluster) List(ctx context.Context, apiVersion, kind, namespace string, o metav1.ListOptions) ([]unstructured.Unstructured, error) {
	r, err := c.Resource(apiVersion, kind, namespace)
	if err != nil {
		return nil, err
	}
	list, err := r.List(ctx, o)
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// Patch merges a JSON document into an object.
func (c *Cluster) Patch(ctx context.Context, apiVersion, kind, namespace, name, merge string) (*unstructured.Unstructured, error) {
	r, err := c.Resource(apiVersion, kind, namespace)
	if err != nil {
		return nil, err
	}
	return r.Patch(ctx, name, types.MergePatchType, []byte(merge), metav1.PatchOptions{})
}

func (c *Cluster) Delete(ctx context.Context, apiVersion, kind, namespace, name string) error {
	r, err := c.Resource(apiVersion, kind, namespace)
	if err != nil {
		return err
	}
	return r.Delete(ctx, name, metav1.DeleteOptions{})
}

// Eventually tries until try returns no error, and fails the test with the last error when that takes longer than timeout.
func Eventually(t testing.TB, timeout time.Duration, what string, try func() error) {
	t.Helper()
	deadline := time.After(timeout)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %s: %s: %v", timeout, what, err)
		case <-t.Context().Done():
			t.Fatalf("%s: %v", what, errors.Join(err, t.Context().Err()))
		}
	}
}
