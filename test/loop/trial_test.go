package loop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hippotion/roster/test/loop/argo"
	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/world"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	trialHost = "git.example"
	trialURL  = "https://" + trialHost + "/trial.git"

	argoAPI = "argoproj.io/v1alpha1"
	ciliumA = "cilium.io/v2"
)

// patience is for what takes seconds on an idle machine.
const patience = 3 * time.Minute

// trial is a small platform, to which everything is done that docs/argocd.md speaks of.
type trial struct {
	*loop
	top *testing.T // what outlives a scenario is of this one
}

// TestTrial has one cluster for all scenarios. Each begins by pushing the list that it needs, and leaves nothing that has to be
// confirmed to the next.
func TestTrial(t *testing.T) {
	l := &trial{start(t, options{}), t}
	l.cluster.InstallCRDs(l, "ciliumnetworkpolicies.cilium.io")
	l.populate(world.Options{Log: l.Logf})
	revision := l.push(l.list(), trialURL)
	l.bootstrap()
	l.argo.WaitSynced(l, patience, root, revision)
	l.healthy("web-site")
	l.step("the platform is synced and healthy")
	for _, scenario := range []struct {
		name string
		run  func(*trial)
	}{
		{"entries come and go", (*trial).entries},
		{"edits by hand are healed", (*trial).edits},
		{"nothing is pruned by mistake", (*trial).faults},
		{"projects permit what is listed", (*trial).projects},
		{"Pod Security is enforced", (*trial).podSecurity},
	} {
		if !t.Run(scenario.name, func(t *testing.T) {
			own := *l.loop
			own.T = t
			scenario.run(&trial{&own, l.top})
		}) {
			return // nobody knows in what state the cluster is
		}
	}
}

// list is the repository, with further entries in its list.
func (l *trial) list(entries ...string) fstest.MapFS {
	l.Helper()
	const dir = "testdata/trial"
	out := fstest.MapFS{}
	from := os.DirFS(path.Join(dir, "repository"))
	l.must(fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(from, name)
		out[name] = &fstest.MapFile{Data: text}
		return err
	}))
	applications := out["applications.yml"]
	for _, name := range entries {
		text, err := os.ReadFile(path.Join(dir, "entries", name+".yml"))
		l.must(err)
		applications.Data = slices.Concat(applications.Data, []byte("\n"), text)
	}
	return out
}

// deploy pushes the list with further entries, waits until the cluster has what it lists, and returns that.
func (l *trial) deploy(entries ...string) []unstructured.Unstructured {
	l.Helper()
	began := time.Now()
	revision := l.push(l.list(entries...), trialURL)
	l.argo.Refresh(l, root, false)
	l.argo.WaitSynced(l, patience, root, revision)
	l.step(fmt.Sprintf("push to Synced: %.1f s, with %q", time.Since(began).Seconds(), entries))
	objects := l.rendered()
	l.must(l.compare(objects))
	return objects
}

// healthy waits until an Application, and so what it deploys, is synced and healthy.
func (l *trial) healthy(code string) {
	l.Helper()
	cluster.Eventually(l, patience, code+" is synced and healthy", func() error {
		s, err := l.argo.Status(l.Context(), code)
		if err == nil && (s.Sync.Status != "Synced" || s.Health.Status != "Healthy") {
			err = fmt.Errorf("its status is %+v", s)
		}
		return err
	})
}

// state is what there is in the cluster: each object's identity by its name. An object that was recreated has another one.
type state map[string]string

// live is the state of all kinds that a list or its workloads bring.
func (l *trial) live() state {
	l.Helper()
	out, err := l.state(listAll)
	l.must(err)
	return out
}

// state is that of some objects. The cluster does not have to have all kinds.
func (l *trial) state(which metav1.ListOptions) (state, error) {
	out := state{}
	for _, k := range []struct{ apiVersion, kind string }{
		{"v1", "Namespace"}, {"v1", "ServiceAccount"}, {"v1", "ConfigMap"}, {"v1", "Secret"}, {"v1", "Service"}, {"v1", "Pod"},
		{"v1", "PersistentVolumeClaim"}, {"apps/v1", "Deployment"}, {"apps/v1", "ReplicaSet"},
		{"rbac.authorization.k8s.io/v1", "RoleBinding"}, {"rbac.authorization.k8s.io/v1", "ClusterRole"},
		{ciliumA, "CiliumNetworkPolicy"}, {"external-secrets.io/v1", "ClusterSecretStore"}, {"external-secrets.io/v1", "ExternalSecret"},
		{"traefik.io/v1alpha1", "Middleware"}, {"traefik.io/v1alpha1", "IngressRoute"}, {argoAPI, "AppProject"}, {argoAPI, "Application"},
	} {
		objects, err := l.cluster.List(l.Context(), k.apiVersion, k.kind, "", which)
		if meta.IsNoMatchError(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, o := range objects {
			identity := string(o.GetUID())
			if o.GetDeletionTimestamp() != nil {
				identity += ", being deleted"
			}
			out[fmt.Sprintf("%s %s/%s", k.kind, o.GetNamespace(), o.GetName())] = identity
		}
	}
	return out, nil
}

// differs returns what is not as it was.
func (s state) differs(was state) error {
	var problems []error
	for name, identity := range was {
		if now, there := s[name]; !there {
			problems = append(problems, fmt.Errorf("%s is gone", name))
		} else if now != identity {
			problems = append(problems, fmt.Errorf("%s was %s, and is %s", name, identity, now))
		}
	}
	for name := range s {
		if _, there := was[name]; !there {
			problems = append(problems, fmt.Errorf("%s is new", name))
		}
	}
	return errors.Join(problems...)
}

// unchanged checks that everything is there that was, and nothing else.
func (l *trial) unchanged(was state) {
	l.Helper()
	if err := l.live().differs(was); err != nil {
		l.Fatalf("the cluster has changed:\n%v", err)
	}
}

// back waits until everything is there that was, and nothing else.
func (l *trial) back(was state) {
	l.Helper()
	cluster.Eventually(l, patience, "what was removed is gone, and nothing else", func() error { return l.live().differs(was) })
}

// waits checks that the sync of the platform waits for confirmation that an entry may be removed, and does nothing until then.
func (l *trial) waits(was state) {
	l.Helper()
	const message = "Waiting for pruning confirmation of v1/ConfigMap/roster-guard"
	waiting := func() error {
		s, err := l.argo.Status(l.Context(), root)
		if err == nil && (s.OperationState.Phase != "Running" || !strings.HasPrefix(s.OperationState.Message, message)) {
			err = fmt.Errorf("the sync is %s: %s", s.OperationState.Phase, s.OperationState.Message)
		}
		return err
	}
	cluster.Eventually(l, patience, message, waiting)
	for range 3 { // each takes another step of the sync
		l.unchanged(was)
		l.argo.Refresh(l, root, false)
	}
	l.unchanged(was)
	l.must(waiting())
	l.step("the sync waits for confirmation")
}

// confirm confirms as in docs/argocd.md.
func (l *trial) confirm() {
	l.Helper()
	_, err := l.cluster.Kubectl(l.Context(), nil, "-n", argo.Namespace, "annotate", "application", root,
		"argocd.argoproj.io/deletion-approved="+time.Now().UTC().Format("2006-01-02T15:04:05Z"), "--overwrite")
	l.must(err)
}

// terminate ends a sync that waits, after what it would have done has been taken back.
func (l *trial) terminate(revision string) {
	l.Helper()
	l.argo.Refresh(l, root, false)
	l.argo.Terminate(l, root)
	l.argo.WaitSynced(l, patience, root, revision)
	l.step("terminated, and synced")
}

// entries has entries come, go, and get other names.
func (l *trial) entries() {
	l.deploy()
	bare := l.live()

	objects := l.deploy("preview", "archive")
	for _, want := range []string{
		"Namespace /web-archive", "AppProject argocd/web-archive", "Application argocd/web-archive", "RoleBinding web-archive/access-view-group-house",
		"CiliumNetworkPolicy web-archive/default-deny", "Namespace /web-preview", "Application argocd/web-preview",
	} { // deploy has found all objects as they were rendered
		if !slices.ContainsFunc(objects, func(o unstructured.Unstructured) bool {
			return fmt.Sprintf("%s %s/%s", o.GetKind(), o.GetNamespace(), o.GetName()) == want
		}) {
			l.Errorf("there is no %s", want)
		}
	}
	for _, code := range []string{"web-archive", "web-preview"} {
		l.healthy(code)
		name := strings.TrimPrefix(code, "web-")
		deployment, err := l.cluster.Get(l.Context(), "apps/v1", "Deployment", code, name)
		l.must(err)
		if ready, _, _ := unstructured.NestedInt64(deployment.Object, "status", "readyReplicas"); ready != 1 {
			l.Errorf("%d pods of %s are ready", ready, code)
		}
	}
	l.step("two new applications are healthy")

	// A toggleable entry goes by itself.
	l.deploy("archive")
	cluster.Eventually(l, patience, "the namespace web-preview is gone", l.absent("v1", "Namespace", "", "web-preview"))
	l.must(l.absent(argoAPI, "Application", argo.Namespace, "web-preview")())
	app, err := l.argo.App(l.Context(), root)
	l.must(err)
	if approved := app.GetAnnotations()["argocd.argoproj.io/deletion-approved"]; approved != "" {
		l.Errorf("somebody has confirmed it at %s", approved)
	}
	l.step("a toggleable entry is gone")

	// Another one does not.
	with := l.live()
	remove := func() string {
		l.Helper()
		revision := l.push(l.list(), trialURL)
		l.argo.Refresh(l, root, false)
		l.waits(with)
		return revision
	}
	remove()
	revision := l.push(l.list("archive"), trialURL)
	l.terminate(revision)
	l.unchanged(with)
	l.must(l.compare(l.rendered()))

	revision = remove()
	l.confirm()
	l.argo.WaitSynced(l, patience, root, revision)
	l.back(bare)
	l.step("confirmed, and gone")

	// A new name of a namespace is a new namespace.
	l.deploy("archive")
	l.healthy("web-archive")
	with = l.live()
	revision = l.push(l.list("records"), trialURL)
	l.argo.Refresh(l, root, false)
	l.waits(with)
	l.confirm()
	l.argo.WaitSynced(l, patience, root, revision)
	cluster.Eventually(l, patience, "the namespace web-archive is gone", l.absent("v1", "Namespace", "", "web-archive"))
	cluster.Eventually(l, patience, "the application is in the new namespace", func() error {
		_, err := l.cluster.Get(l.Context(), "apps/v1", "Deployment", "web-records", "archive")
		return err
	})
	l.healthy("web-archive")
	l.step("renamed")

	revision = l.push(l.list(), trialURL)
	l.argo.Refresh(l, root, false)
	l.waits(l.live())
	l.confirm()
	l.argo.WaitSynced(l, patience, root, revision)
	l.back(bare)

	// What is in a namespace without applications counts as well.
	l.deploy("empty")
	with = l.live()
	revision = l.push(l.list(), trialURL)
	l.argo.Refresh(l, root, false)
	l.waits(with)
	l.confirm()
	l.argo.WaitSynced(l, patience, root, revision)
	l.back(bare)
}

// absent returns what reports an object that is there.
func (l *trial) absent(apiVersion, kind, namespace, name string) func() error {
	return func() error {
		o, err := l.cluster.Get(l.Context(), apiVersion, kind, namespace, name)
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err != nil:
			return err
		}
		return fmt.Errorf("there is the %s %s/%s: %v", kind, namespace, name, o.Object["status"])
	}
}

// edits changes by hand what the list renders.
func (l *trial) edits() {
	objects := l.deploy()
	for _, edit := range []struct{ apiVersion, kind, namespace, name, merge string }{
		{ciliumA, "CiliumNetworkPolicy", "web-site", "default-deny", `{"spec": {"ingress": [{"fromEntities": ["all"]}]}}`},
		{"v1", "Namespace", "", "web-site", `{"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}`},
	} {
		was, err := l.cluster.Get(l.Context(), edit.apiVersion, edit.kind, edit.namespace, edit.name)
		l.must(err)
		edited, err := l.cluster.Patch(l.Context(), edit.apiVersion, edit.kind, edit.namespace, edit.name, edit.merge)
		l.must(err)
		if edited.GetResourceVersion() == was.GetResourceVersion() {
			l.Fatalf("the %s %s is as it was", edit.kind, edit.name)
		}
		cluster.Eventually(l, patience, edit.kind+" is healed", func() error { return l.compare(objects) })
		l.step("healed: " + edit.kind)
	}
	l.must(l.cluster.Delete(l.Context(), ciliumA, "CiliumNetworkPolicy", "web-site", "default-deny"))
	l.must(l.absent(ciliumA, "CiliumNetworkPolicy", "web-site", "default-deny")())
	cluster.Eventually(l, patience, "the policy is back", func() error { return l.compare(objects) })
	l.argo.WaitSynced(l, patience, root, "")
	l.step("a policy that was deleted is back")
}

// broken checks that Argo CD shows what is wrong, and leaves everything as it is.
func (l *trial) broken(app, message string, hard bool, was state) {
	l.Helper()
	for range 2 {
		l.argo.Refresh(l, app, hard)
		s, err := l.argo.Status(l.Context(), app)
		l.must(err)
		if c := s.Condition("ComparisonError"); !strings.Contains(c, message) || s.Sync.Status != "Unknown" || s.Operating() {
			l.Fatalf("there is no ComparisonError with %q: %+v", message, s)
		}
		l.unchanged(was)
	}
}

// mended checks that all is well again, without anything having been done to the cluster.
func (l *trial) mended(app, revision string, was state) {
	l.Helper()
	l.argo.Refresh(l, app, false)
	l.argo.WaitSynced(l, patience, app, revision)
	s, err := l.argo.Status(l.Context(), app)
	l.must(err)
	if len(s.Conditions) > 0 {
		l.Errorf("%s has the conditions %v", app, s.Conditions)
	}
	l.unchanged(was)
}

// faults has everything go wrong that docs/argocd.md lists.
func (l *trial) faults() {
	objects := l.deploy("preview")
	l.healthy("web-preview")
	was := l.live()
	good := l.list("preview")
	list := func(text string) func(fstest.MapFS) {
		return func(files fstest.MapFS) { files["applications.yml"] = &fstest.MapFile{Data: []byte(text)} }
	}
	for _, fault := range []struct {
		name, message string
		commit        func(fstest.MapFS)
	}{
		{"bad YAML", "applications.yml:2:3: not YAML: did not find expected node content [yaml-syntax]", list("- namespace: web-site\n  applications: [\n")},
		{"an unknown profile", `applications.yml:1:42: web-site.networkPolicies: there is no profile "web-ap" [unknown-profile]`,
			list("- {namespace: web-site, networkPolicies: web-ap}\n")},
		{"no list", "applications.yml: there is no such file [missing-file]", func(files fstest.MapFS) { delete(files, "applications.yml") }},
		{"an empty list", "applications.yml:1:1: the list has no namespaces [empty]", list("[]\n")},
	} {
		files := l.list("preview")
		fault.commit(files)
		l.push(files, trialURL)
		l.broken(root, fault.message, false, was)
		l.mended(root, l.push(good, trialURL), was)
		l.step("nothing was pruned: " + fault.name)
	}
	revision := l.push(good, trialURL)
	l.mended(root, revision, was)

	l.argo.CMPServer.Kill()
	l.broken(root, `find cmp-server plugin with name "roster-v1"`, true, was) // 2.14 "couldn't" do it
	l.argo.StartCMPServer(l.top)
	l.argo.Refresh(l, root, true) // Argo CD remembers for up to an hour what could not be rendered
	l.mended(root, revision, was)
	l.step("nothing was pruned: the sidecar was killed")

	l.patch(root, `{"spec": {"source": {"path": "deploy/site"}}}`)
	l.broken(root, "applications.yml: there is no such file [missing-file]", false, was)
	l.patch(root, `{"spec": {"source": {"path": "."}}}`)
	l.mended(root, revision, was)
	l.step("nothing was pruned: the path led to a folder without a list")

	l.patch(root, `{"spec": {"source": {"path": "other"}}}`)
	l.waits(was)
	l.patch(root, `{"spec": {"source": {"path": "."}}}`)
	l.terminate(revision)
	l.mended(root, revision, was)
	l.step("nothing was pruned: the path led to another list")

	l.patch(root, `{"spec": {"source": {"plugin": {"parameters": [{"name": "application", "string": "web-preview"}]}}}}`)
	l.broken(root, `the Application "roster" asks for what "web-preview" deploys`, false, was)
	l.patch(root, `{"spec": {"source": {"plugin": {"parameters": null}}}}`)
	l.mended(root, revision, was)
	l.step("nothing was pruned: the root Application had a parameter")

	// As long as nobody heals it, one sees that roster refuses.
	l.patch(root, `{"spec": {"syncPolicy": {"automated": {"selfHeal": false}}}}`)
	l.patch("web-preview", `{"spec": {"source": {"plugin": {"parameters": null}}}}`)
	l.broken("web-preview", `the Application "web-preview" asks for the whole platform`, false, was)
	l.patch(root, `{"spec": {"syncPolicy": {"automated": {"selfHeal": true}}}}`)
	cluster.Eventually(l, patience, "the parameter is back", func() error { return l.compare(objects) })
	l.mended("web-preview", revision, was)
	l.mended(root, revision, was)
	l.step("nothing was pruned: an Application had lost its parameter")

	l.outOfMemory(was)

	// The workloads of one application never end.
	l.deploy("preview", "endless")
	with := l.live()
	cluster.Eventually(l, patience, "roster gives up", func() error {
		s, err := l.argo.Status(l.Context(), "web-endless")
		if err == nil && !strings.Contains(s.Condition("ComparisonError"), "deploy/endless: web-endless: rendering had not finished when the time was up [too-slow]") {
			err = fmt.Errorf("its status is %+v", s)
		}
		return err
	})
	l.mended(root, "", with)
	l.deploy("preview")
	l.back(was)
	l.step("nothing was pruned: a program did not end")

	// Without the root Application, everything stays.
	l.must(l.cluster.Delete(l.Context(), argoAPI, "Application", argo.Namespace, root))
	cluster.Eventually(l, patience, "the root Application is gone", l.absent(argoAPI, "Application", argo.Namespace, root))
	self := "Application " + argo.Namespace + "/" + root
	delete(was, self)
	for _, code := range []string{"web-site", "web-preview"} {
		l.argo.Refresh(l, code, true)
		l.unchanged(was)
	}
	l.byHand()
	l.argo.WaitSynced(l, patience, root, "")
	was[self] = l.live()[self]
	l.mended(root, "", was)
	l.must(l.compare(objects))
	if began := l.operation(root); began != "" {
		l.Errorf("there was something to sync at %s", began)
	}
	l.step("nothing was pruned: the root Application was deleted")
}

// outOfMemory has the kernel kill the sidecar in the middle of a rendering, with all that runs in it, as it does when the container has
// reached its memory limit (with cgroup v2, where the kubelet sets memory.oom.group), and then the renderer alone.
func (l *trial) outOfMemory(was state) {
	l.Helper()
	revision := l.push(l.list("preview", "endless"), trialURL)
	l.argo.Refresh(l, root, false)
	rendering := func() (pid int) {
		cluster.Eventually(l, patience, "roster renders what never ends", func() error {
			pids := l.argo.CMPServer.Below("render-worker")
			if len(pids) == 0 {
				return errors.New("it does not")
			}
			pid = pids[0]
			return nil
		})
		return pid
	}
	condition := func(name string, words ...string) {
		l.Helper()
		cluster.Eventually(l, patience, name+" shows what has happened", func() error {
			s, err := l.argo.Status(l.Context(), name)
			if err == nil && !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s.Condition("ComparisonError"), w) }) {
				err = fmt.Errorf("its status is %+v", s)
			}
			return err
		})
	}
	rendering()
	l.argo.WaitSynced(l, patience, root, revision)
	with := l.live()
	l.argo.CMPServer.KillAll()
	condition("web-endless", "error reading from server: EOF", "connection reset", `find cmp-server plugin with name "roster-v1"`)
	l.broken(root, `find cmp-server plugin with name "roster-v1"`, true, with)
	l.unchanged(with)
	l.argo.StartCMPServer(l.top) // Kubernetes does that by itself
	l.argo.Refresh(l, root, true)
	l.mended(root, revision, with)
	l.healthy("web-preview")
	l.step("nothing was pruned: the sidecar was killed while it rendered")

	l.must(l.argo.RequestRefresh(l.Context(), "web-endless", true)) // which does not end before the rendering does
	l.must(syscall.Kill(rendering(), syscall.SIGKILL))
	condition("web-endless", "deploy/endless: web-endless: the renderer was killed, probably because the system has no more memory [too-large]")
	l.mended(root, revision, with)
	l.step("nothing was pruned: a renderer was killed")
	l.deploy("preview")
	l.back(was)
}

// projects has applications deploy what their projects permit, and what these do not.
func (l *trial) projects() {
	entries := []string{"ntfy", "chart", "roles", "stray"}
	l.push(l.list(entries...), trialURL)
	l.publish(l.rendered(), trialURL, nil)
	l.deploy(entries...)
	// Somebody has to bring the values of secrets.
	secret := &core.Secret{ObjectMeta: metav1.ObjectMeta{Name: "ntfy-auth"}}
	_, err := l.cluster.Client.CoreV1().Secrets("web-ntfy").Create(l.Context(), secret, metav1.CreateOptions{})
	l.must(err)
	for _, p := range []struct{ code, kind, apiVersion, name, source string }{
		{"web-ntfy", "Deployment", "apps/v1", "ntfy", trialURL},
		{"web-chart", "ConfigMap", "v1", "web-chart", "https://git.example/charts"},
	} {
		l.healthy(p.code)
		_, err := l.cluster.Get(l.Context(), p.apiVersion, p.kind, p.code, p.name)
		l.must(err)
		project, err := l.cluster.Get(l.Context(), argoAPI, "AppProject", argo.Namespace, p.code)
		l.must(err)
		for field, want := range map[string]string{
			"sourceRepos":              fmt.Sprint([]string{p.source}),
			"destinations":             fmt.Sprintf("[map[namespace:%s server:https://kubernetes.default.svc]]", p.code),
			"clusterResourceWhitelist": "[]",
		} {
			got, _, _ := unstructured.NestedSlice(project.Object, "spec", field)
			if fmt.Sprint(got) != want {
				l.Errorf("the project %s has the %s %v, not %s", p.code, field, got, want)
			}
		}
	}
	// The same source, where the entry lists the kind.
	l.healthy("web-roles")
	_, err = l.cluster.Get(l.Context(), "rbac.authorization.k8s.io/v1", "ClusterRole", "", "permitted-reader")
	l.must(err)
	l.step("what is permitted is deployed")

	for _, refused := range []struct{ code, message, kind, apiVersion, namespace, name string }{
		{"web-stray-elsewhere", "namespace web-site is not permitted in project 'web-stray'", "ConfigMap", "v1", "web-site", "intruder"},
		{"web-stray-roles", "resource rbac.authorization.k8s.io:ClusterRole is not permitted in project web-stray",
			"ClusterRole", "rbac.authorization.k8s.io/v1", "", "stray-reader"},
	} {
		cluster.Eventually(l, patience, refused.code+" is refused", func() error {
			s, err := l.argo.Status(l.Context(), refused.code)
			if err != nil {
				return err
			}
			invalid := strings.HasPrefix(s.OperationState.Message, "one or more synchronization tasks are not valid") // it is tried again
			for _, r := range s.OperationState.SyncResult.Resources {
				if invalid && s.Sync.Status == "OutOfSync" && r.Kind == refused.kind && r.Name == refused.name && r.Status == "SyncFailed" && r.Message == refused.message {
					return nil
				}
			}
			return fmt.Errorf("its status is %+v", s)
		})
		l.must(l.absent(refused.apiVersion, refused.kind, refused.namespace, refused.name)())
		l.step("refused: " + refused.code)
	}
}

// podSecurity has pods come into a namespace that enforces baseline.
func (l *trial) podSecurity() {
	// Without it, pods would be refused for another reason.
	_, err := l.cluster.Get(l.Context(), "v1", "ServiceAccount", "web-site", "default")
	l.must(err)
	create := func(privileged bool) error {
		pod := &core.Pod{ObjectMeta: metav1.ObjectMeta{Name: "by-hand"}, Spec: core.PodSpec{Containers: []core.Container{{
			Name: "main", Image: "registry.example/main:1.0.0", SecurityContext: &core.SecurityContext{Privileged: &privileged},
		}}}}
		_, err := l.cluster.Client.CoreV1().Pods("web-site").Create(l.Context(), pod, metav1.CreateOptions{})
		return err
	}
	err = create(true)
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `violates PodSecurity "baseline:latest": privileged (container "main" must not set securityContext.privileged=true)`) {
		l.Errorf("a privileged pod: %v", err)
	}
	l.must(create(false))
	l.must(l.cluster.Delete(l.Context(), "v1", "Pod", "web-site", "by-hand"))
}
