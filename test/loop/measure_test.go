package loop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hippotion/roster/test/loop/sandbox"
	"github.com/hippotion/roster/test/loop/tools"
)

// TestMeasure prints how long it takes until users see something. It requires nothing of that, as machines differ: so it finds
// no mistake that other tests do not find, and is left out unless the environment has LOOP_MEASURE=1.
func TestMeasure(t *testing.T) {
	if os.Getenv("LOOP_MEASURE") != "1" {
		t.Skip("LOOP_MEASURE is not 1")
	}
	t.Run("push", measurePush)
	t.Run("homelab", measureHomelab)
	t.Run("large repository", measureLarge)
}

// measurePush is for a list with one namespace, of which a label changes. Argo CD is told of each commit, as by a webhook.
func measurePush(t *testing.T) {
	l := start(t, options{})
	l.install(l.push(os.DirFS(example("minimal")), homelabURL))
	list, err := os.ReadFile(filepath.Join(l.dir, "applications.yml"))
	l.must(err)
	const namespace = "web-vaultwarden"
	run := 0
	l.measure("push to Synced", 5, func() time.Duration {
		run++
		entry := "- namespace: " + namespace + "\n"
		labelled := strings.Replace(string(list), entry, fmt.Sprintf("%s  labels: {run: \"%d\"}\n", entry, run), 1)
		began := time.Now()
		revision := l.repo.Commit(l, map[string][]byte{"applications.yml": []byte(labelled)})
		l.argo.Refresh(l, root, false)
		l.argo.WaitSynced(l, 2*time.Minute, root, revision)
		took := time.Since(began)
		o, err := l.cluster.Get(l.Context(), "v1", "Namespace", "", namespace)
		l.must(err)
		if got := o.GetLabels()["run"]; got != fmt.Sprint(run) {
			l.Errorf("the label is %q after run %d", got, run)
		}
		return took
	})
}

// measureHomelab also runs the plugin alone, as often as Argo CD would, to tell its part.
func measureHomelab(t *testing.T) {
	l := start(t, options{})
	l.homelab(false)
	l.measureRefresh(root)
	l.measure("roster plugin generate, alone", 10, func() time.Duration {
		c := exec.Command(tools.Program("roster"), "plugin", "generate")
		c.Dir = l.dir
		c.Env = []string{"ARGOCD_APP_NAME=" + root, "ARGOCD_APP_SOURCE_PATH=.", "ARGOCD_APP_SOURCE_REPO_URL=" + homelabURL}
		began := time.Now()
		out, err := c.Output()
		took := time.Since(began)
		l.must(err)
		if len(out) == 0 {
			l.Error("it prints nothing")
		}
		return took
	})
}

// measureLarge has 3,000 files beside the folder of the list.
func measureLarge(t *testing.T) {
	l := start(t, options{})
	const url = "https://git.example/house/everything.git"
	files := fstest.MapFS{
		"cluster/platform.yml": {Data: []byte("repository: {url: " + url + ", revision: main, root: ..}\n")},
		"cluster/applications.yml": {Data: []byte(`
- namespace: ntfy
  networkPolicies: open
  applications:
    - {applicationCode: ntfy, catalog: ntfy, autoSync: true, ingress: [], secrets: [], values: {baseURL: 'https://ntfy.example'}}
`)},
	}
	random := rand.NewChaCha8([32]byte{})
	for i := range 3000 {
		var half [2048]byte
		_, _ = random.Read(half[:])                                                                        // it never fails
		files[fmt.Sprintf("src/%02d/%04d", i%50, i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "%x", half)} // half as large when compressed
	}
	revision := l.push(files, url)
	l.must(exec.Command("git", "init", "--quiet", l.dir).Run()) // by which roster knows the repository's root
	l.dir = filepath.Join(l.dir, "cluster")
	for _, args := range []string{ // what its pods wait for, as users may make it by hand
		"create namespace ntfy",
		"create secret generic ntfy-auth --namespace=ntfy --from-literal=NTFY_AUTH_USERS=u --from-literal=NTFY_AUTH_TOKENS=t",
	} {
		_, err := l.cluster.Kubectl(l.Context(), nil, strings.Fields(args)...)
		l.must(err)
	}
	l.install(revision)

	const annotation = "argocd.argoproj.io/manifest-generate-paths"
	for _, app := range []string{root, "ntfy"} {
		o, err := l.argo.App(l.Context(), app)
		l.must(err)
		l.Logf("%s: manifest-generate-paths is %q", app, o.GetAnnotations()[annotation])
		l.measureRefresh(app)
	}
	l.patch(root, `{"spec": {"syncPolicy": {"automated": null}}}`) // it would give the other its annotation back
	for _, app := range []string{root, "ntfy"} {
		l.patch(app, fmt.Sprintf(`{"metadata": {"annotations": {%q: null}}}`, annotation))
		l.Logf("%s: manifest-generate-paths is not there", app)
		l.measureRefresh(app)
	}
}

// measure logs the median of what some runs took.
func (l *loop) measure(what string, runs int, run func() time.Duration) {
	l.Helper()
	var all []time.Duration
	for range runs {
		all = append(all, run())
	}
	l.report(what, all)
}

func (l *loop) report(what string, all []time.Duration) {
	l.Helper()
	slices.Sort(all)
	n := len(all)
	l.Logf("%-40s median of %2d: %7.3f s (%.3f to %.3f)", what, n, ((all[(n-1)/2] + all[n/2]) / 2).Seconds(), all[0].Seconds(), all[n-1].Seconds())
}

// measureRefresh logs what a hard refresh of an Application takes: all of it, and of that GenerateManifest at the repo-server,
// and of that the same at the sidecar, which receives the files and runs roster.
func (l *loop) measureRefresh(app string) {
	l.Helper()
	var refresh, server, sidecar []time.Duration
	for range 5 {
		atServer, atSidecar := len(l.argo.RepoServer.Tail(logSize)), len(l.argo.CMPServer.Tail(logSize))
		began := time.Now()
		l.argo.Refresh(l, app, true)
		refresh = append(refresh, time.Since(began))
		server = append(server, l.generated(l.argo.RepoServer, atServer))
		sidecar = append(sidecar, l.generated(l.argo.CMPServer, atSidecar))
	}
	l.report(app+": hard refresh", refresh)
	l.report(app+": at the repo-server", server)
	l.report(app+": at the sidecar", sidecar)
}

const logSize = 1 << 30 // more than there is

// generated is how long a server took to generate manifests, in its log from an offset on. The longest counts: others
// come from its cache.
func (l *loop) generated(p *sandbox.Process, offset int) (longest time.Duration) {
	l.Helper()
	for line := range bytes.Lines(p.Tail(logSize)[offset:]) {
		var entry struct {
			Msg    string
			Method string      `json:"grpc.method"`
			Took   json.Number `json:"grpc.time_ms"`
		}
		if json.Unmarshal(line, &entry) != nil || entry.Msg != "finished call" || !strings.HasPrefix(entry.Method, "GenerateManifest") {
			continue
		}
		took, err := time.ParseDuration(entry.Took.String() + "ms")
		l.must(err)
		longest = max(longest, took)
	}
	if longest == 0 {
		l.Fatal("no manifests were generated")
	}
	return longest
}
