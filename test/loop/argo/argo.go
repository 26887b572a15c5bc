// Package argo installs Argo CD in a cluster, from the manifest that its users apply, and runs those of its components that
// the loop needs as processes: what their Pods would run, with the settings and the permissions that the Pods would have.
package argo

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/sandbox"
	"github.com/hippotion/roster/test/loop/tools"
)

// Namespace is where Argo CD is, and its Applications.
const Namespace = "argocd"

// All addresses are fixed: the sandbox has its own.
const (
	redis      = "127.0.0.1:6379"
	repoServer = "127.0.0.1:8081"
	metrics    = "127.0.0.1:8082" // of the application-controller
	setsProbe  = "127.0.0.1:8083" // of the applicationset-controller
)

// Options are what users of Argo CD set up in different ways.
type Options struct {
	PluginDir string            // the folder with the plugin.yaml of the cmp-server, which does not run when this is empty
	PluginEnv []string          // further environment of the cmp-server
	Env       []string          // further environment of all components
	CA        string            // a file with the certificates that they trust instead of the system's
	Settings  map[string]string // argocd-cm
	Params    map[string]string // argocd-cmd-params-cm, with all timeouts of components
}

// ArgoCD is an Argo CD. A component that is started while it runs is restarted, with the settings that are then in the cluster.
type ArgoCD struct {
	CMPServer, RepoServer, Controller *sandbox.Process
	Sets                              *sandbox.Process // makes Applications of ApplicationSets; it runs where StartSets started it

	cluster *cluster.Cluster
	redis   *miniredis.Miniredis
	options Options
	dir     string
}

// Start installs Argo CD and starts its components.
func Start(t testing.TB, c *cluster.Cluster, o Options) *ArgoCD {
	t.Helper()
	for _, path := range []*string{&o.PluginDir, &o.CA} {
		if *path != "" { // the components run in another folder
			var err error
			*path, err = filepath.Abs(*path)
			must(t, err)
		}
	}
	a := &ArgoCD{cluster: c, options: o, dir: t.TempDir()}
	for _, dir := range []string{"home", "plugins", "tls", "ssh", "config"} {
		must(t, os.Mkdir(filepath.Join(a.dir, dir), 0o755))
	}
	must(t, os.WriteFile(filepath.Join(a.dir, "ssh", "ssh_known_hosts"), nil, 0o644))
	a.install(t)

	a.redis = miniredis.NewMiniRedis()
	must(t, a.redis.StartAddr(redis))
	t.Cleanup(a.redis.Close)
	if o.PluginDir != "" {
		a.StartCMPServer(t)
	}
	a.StartRepoServer(t)
	a.StartController(t)
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// install applies the manifest, and does what no component does that runs here.
func (a *ArgoCD) install(t testing.TB) {
	t.Helper()
	module, err := tools.ArgoCD()
	must(t, err)
	manifest, err := os.ReadFile(filepath.Join(tools.Module(module), "manifests", "install.yaml"))
	must(t, err)
	ns := &core.Namespace{ObjectMeta: metav1.ObjectMeta{Name: Namespace}}
	if _, err := a.cluster.Client.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{}); !apierrors.IsAlreadyExists(err) {
		must(t, err)
	}
	_, err = a.cluster.Apply(t.Context(), manifest, "--namespace", Namespace)
	must(t, err)
	for name, data := range map[string]map[string]string{"argocd-cm": a.options.Settings, "argocd-cmd-params-cm": a.options.Params} {
		a.Configure(t, name, data)
	}
	// What argocd-server makes when it starts: without the key, the others do not notice that settings have changed.
	_, err = a.cluster.Patch(t.Context(), "v1", "Secret", Namespace, "argocd-secret", `{"stringData": {"server.secretkey": "aGVyZSBub2JvZHkgbG9ncyBpbg=="}}`)
	must(t, err)
	project := `{"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": "default", "namespace": "argocd"},
		"spec": {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}], "clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}}`
	cluster.Eventually(t, 30*time.Second, "the CRDs of Argo CD are established", func() error {
		_, err := a.cluster.Apply(t.Context(), []byte(project))
		return err
	})
}

// Configure sets keys of a ConfigMap of Argo CD's.
func (a *ArgoCD) Configure(t testing.TB, name string, data map[string]string) {
	t.Helper()
	patch, err := json.Marshal(map[string]any{"data": data})
	must(t, err)
	_, err = a.cluster.Patch(t.Context(), "v1", "ConfigMap", Namespace, name, string(patch))
	must(t, err)
}

// StartCMPServer starts what runs as a sidecar of the repo-server, with a configuration of the user's.
func (a *ArgoCD) StartCMPServer(t testing.TB) {
	t.Helper()
	const name = "argocd-cmp-server"
	work := filepath.Join(a.dir, "cmp")
	sockets := filepath.Join(a.dir, "plugins", "*.sock")
	a.start(t, &a.CMPServer, name, append([]string{"ARGOCD_CMP_WORKDIR=" + work}, a.options.PluginEnv...), "--config-dir-path", a.options.PluginDir)
	a.wait(t, name, a.CMPServer, func() error {
		found, err := filepath.Glob(sockets)
		if err != nil || len(found) == 0 {
			return errors.Join(err, errors.New("it has made no socket"))
		}
		return dial("unix", found[0])() // one that was killed has left its socket
	})
}

func (a *ArgoCD) StartRepoServer(t testing.TB) {
	t.Helper()
	const name = "argocd-repo-server"
	helm := filepath.Join(a.dir, "helm")
	env := append(a.environment(t, "Deployment", name),
		"HELM_CACHE_HOME="+helm, "HELM_CONFIG_HOME="+helm, "HELM_DATA_HOME="+helm,
		"ARGOCD_ASK_PASS_SOCK="+filepath.Join(a.dir, "ask-pass.sock"))
	a.start(t, &a.RepoServer, name, env, "--disable-tls", "--redis", redis)
	a.wait(t, name, a.RepoServer, dial("tcp", repoServer))
}

func (a *ArgoCD) StartController(t testing.TB) {
	t.Helper()
	const name = "argocd-application-controller"
	kubeconfig := filepath.Join(a.dir, "controller.kubeconfig")
	must(t, a.cluster.WriteKubeconfig(kubeconfig, a.cluster.Token(t, Namespace, name)))
	// FAKE_IN_CLUSTER: https://kubernetes.default.svc is the cluster of KUBECONFIG, as there is no Pod to be in.
	env := append(a.environment(t, "StatefulSet", name), "ARGOCD_FAKE_IN_CLUSTER=true", "KUBECONFIG="+kubeconfig,
		"KUBECACHEDIR="+filepath.Join(a.dir, "kubecache"))
	a.start(t, &a.Controller, name, env, "--namespace", Namespace, "--kubeconfig", kubeconfig,
		"--redis", redis, "--repo-server", repoServer, "--repo-server-plaintext")
	a.wait(t, name, a.Controller, dial("tcp", metrics))
}

// StartSets starts the applicationset-controller, which no test needs but those with ApplicationSets; version 2 is built without it.
func (a *ArgoCD) StartSets(t testing.TB) {
	t.Helper()
	const name = "argocd-applicationset-controller"
	kubeconfig := filepath.Join(a.dir, "sets.kubeconfig")
	must(t, a.cluster.WriteKubeconfig(kubeconfig, a.cluster.Token(t, Namespace, name)))
	env := append(a.environment(t, "Deployment", name), "KUBECONFIG="+kubeconfig, "KUBECACHEDIR="+filepath.Join(a.dir, "setscache"))
	a.start(t, &a.Sets, name, env, "--namespace", Namespace, "--kubeconfig", kubeconfig, "--argocd-repo-server", repoServer, "--repo-server-plaintext",
		"--metrics-addr", "0", "--probe-addr", setsProbe, "--webhook-addr", "127.0.0.1:7000")
	a.wait(t, name, a.Sets, dial("tcp", setsProbe))
}

// start starts a component, which may run already. Later values in the environment win.
func (a *ArgoCD) start(t testing.TB, p **sandbox.Process, name string, env []string, args ...string) {
	t.Helper()
	if *p != nil {
		(*p).Stop()
	}
	tmp := filepath.Join(a.dir, name) // of its own, as in a Pod
	must(t, os.MkdirAll(tmp, 0o755))
	c := exec.Command(tools.Program(name), args...)
	c.Dir = a.dir
	c.Env = append(env,
		"HOME="+filepath.Join(a.dir, "home"),
		"PATH="+tools.Bin()+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"TMPDIR="+tmp,
		"GIT_CONFIG_NOSYSTEM=1",
		"ARGOCD_GPG_ENABLED=false",
		"ARGOCD_PLUGINSOCKFILEPATH="+filepath.Join(a.dir, "plugins"),
		"ARGOCD_TLS_DATA_PATH="+filepath.Join(a.dir, "tls"),
		"ARGOCD_SSH_DATA_PATH="+filepath.Join(a.dir, "ssh"),
		"ARGOCD_APP_CONF_PATH="+filepath.Join(a.dir, "config"),
	)
	if a.options.CA != "" {
		c.Env = append(c.Env, "SSL_CERT_FILE="+a.options.CA, "GIT_SSL_CAINFO="+a.options.CA)
	}
	c.Env = append(c.Env, a.options.Env...)
	*p = sandbox.Start(t, name, c)
}

// wait waits until a component answers.
func (a *ArgoCD) wait(t testing.TB, name string, p *sandbox.Process, try func() error) {
	t.Helper()
	cluster.Eventually(t, time.Minute, name+" answers", func() error {
		if !p.Running() {
			t.Fatalf("%s has ended", name)
		}
		return try()
	})
}

func dial(network, address string) func() error {
	return func() error {
		c, err := net.Dial(network, address)
		if err != nil {
			return err
		}
		return c.Close()
	}
}

// environment is what the Pods of an object of Argo CD's would have, but for secrets: the Redis here has no password.
func (a *ArgoCD) environment(t testing.TB, kind, name string) []string {
	t.Helper()
	var template core.PodTemplateSpec
	switch kind {
	case "Deployment":
		o, err := a.cluster.Client.AppsV1().Deployments(Namespace).Get(t.Context(), name, metav1.GetOptions{})
		must(t, err)
		template = o.Spec.Template
	case "StatefulSet":
		o, err := a.cluster.Client.AppsV1().StatefulSets(Namespace).Get(t.Context(), name, metav1.GetOptions{})
		must(t, err)
		template = o.Spec.Template
	}
	list, err := a.cluster.Client.CoreV1().ConfigMaps(Namespace).List(t.Context(), metav1.ListOptions{})
	must(t, err)
	data := map[string]map[string]string{}
	for _, m := range list.Items {
		data[m.Name] = m.Data
	}
	var env []string
	for _, v := range template.Spec.Containers[0].Env {
		switch {
		case v.ValueFrom == nil:
			env = append(env, v.Name+"="+v.Value)
		case v.ValueFrom.ConfigMapKeyRef != nil:
			if value, ok := data[v.ValueFrom.ConfigMapKeyRef.Name][v.ValueFrom.ConfigMapKeyRef.Key]; ok {
				env = append(env, fmt.Sprintf("%s=%s", v.Name, value))
			}
		}
	}
	return env
}
