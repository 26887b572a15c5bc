package loop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/loop/argo"
	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/sandbox"
	"github.com/hippotion/roster/test/loop/world"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const moveURL = "https://" + trialHost + "/cluster.git"

// mover is a cluster that moves.
type mover struct {
	*trial
	log    string // what was written to the API server
	work   string // the user's clone of the repository
	page   map[string][]*block
	server int64 // the generation of the Deployment that the repo-server runs with
}

// move is in which order the page is followed, with the Applications that there are then, synced and healthy.
var move = []struct {
	heading string
	apps    []string
}{
	{"1. Save what there is", before},
	{"2. Write the list", before},
	{"3. Stop the controllers", nil},
	{"4. Let the old Applications go", nil},
	{"Back from step 4", before},
	{"3. Stop the controllers", nil},
	{"4. Let the old Applications go", nil},
	{"5. Hand over to roster", []string{"blog", "media.home", "notes", "pad", "roster", "wiki"}},
	{"6. Turn it on", []string{"blog", "media.home", "notes", "pad", "roster", "wiki"}},
	{"An application that is not in the list", after},
	{"7. Clean up", after},
	{"Back from roster", before},
}

var (
	before = []string{"blog", "media.home", "notes", "pad", "platform", "wiki"}
	after  = []string{"blog", "media", "notes", "pad", "roster", "wiki"}
)

// TestMove follows docs/migrate.md to the letter, there and back: its commands are run, and what they print is compared with what the page
// says. By the log of the API server, nothing is deleted that the page does not name. What it warns of is done first, to things that nobody
// needs: the log would show it.
func TestMove(t *testing.T) {
	log := filepath.Join(t.TempDir(), "audit.log")
	l := &mover{trial: &trial{start(t, options{apiServerFlags: []string{"--audit-policy-file", filepath.Join("testdata", "team", "audit.yaml"), "--audit-log-path", log}}), t}, log: log}
	l.page = l.blocks()
	l.argo.StartSets(l)
	l.cluster.InstallCRDs(l, "ciliumnetworkpolicies.cilium.io")
	l.populate(world.Options{Log: l.Logf})
	_, err := l.cluster.Apply(l.Context(), []byte(`{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "argocd-redis", "namespace": "argocd"}, "data": {"auth": ""}}`)) // without it no pod of Argo CD starts
	l.must(err)
	l.push(copied(t, filepath.Join("testdata", "move", "old")), moveURL)
	l.volumes("blog", "wiki", "media", "pad", "notes")
	l.applyFile("platform.yaml")
	l.wrongOrder()
	l.synced(before...)
	l.argo.Refresh(l, "blog", false) // it notices the hook when it compares
	cluster.Eventually(l, patience, "the hook for the removal of blog is to run", func() error {
		blog, err := l.argo.App(l.Context(), "blog")
		if err == nil && !slices.Contains(blog.GetFinalizers(), "post-delete-finalizer.argocd.argoproj.io") {
			err = fmt.Errorf("its finalizers are %q", blog.GetFinalizers())
		}
		return err
	})
	l.step("what there is before the move")
	l.clone()
	was, mark := l.live(), len(l.audited())
	for _, m := range move {
		l.follow(m.heading)
		l.synced(m.apps...)
		l.kept(was)
		if m.heading == "7. Clean up" {
			l.deployed()
		}
		l.step(m.heading)
	}
	l.named(mark)
	l.must(l.absent("v1", "ConfigMap", "blog", "blog-farewell")()) // the hook for its removal
	for _, app := range []string{"notes", "pad"} {
		cluster.Eventually(l, patience, "the ApplicationSet has its Applications again", func() error {
			o, err := l.argo.App(l.Context(), app)
			if err == nil && len(o.GetOwnerReferences()) != 1 {
				err = fmt.Errorf("%s is owned by %v", app, o.GetOwnerReferences())
			}
			return err
		})
	}
}

// clone makes the user's clone of the repository.
func (l *mover) clone() {
	l.Helper()
	l.work = filepath.Join(l.TempDir(), "cluster")
	_, err := l.shell(fmt.Sprintf("git clone --quiet %q %q", l.repo.Dir, l.work))
	l.must(err)
}

// wrongOrder does what the page warns of, to what nobody needs: it takes the Namespace out of an application that prunes, and deletes an
// ApplicationSet, and a root Application with its finalizer. Each loses a claim.
func (l *mover) wrongOrder() {
	l.Helper()
	l.applyFile("lost.yaml")
	l.synced("lost-root", "lost-namespace", "lost-set", "lost-child")
	mark := len(l.audited())
	l.repo.Commit(l, map[string][]byte{"lost/namespace/namespace.yaml": nil})
	l.must(l.argo.RequestRefresh(l.Context(), "lost-namespace", false))
	l.must(l.cluster.Delete(l.Context(), argoAPI, "ApplicationSet", argo.Namespace, "lost-set"))
	l.must(l.cluster.Delete(l.Context(), argoAPI, "Application", argo.Namespace, "lost-root"))
	cluster.Eventually(l, patience, "the claims are deleted", func() error {
		gone := l.deletions(mark)
		for _, want := range []string{
			"namespaces lost-namespace", "persistentvolumeclaims lost-namespace/", // all that are in it
			"applications argocd/lost-set", "persistentvolumeclaims lost-set/data", "applications argocd/lost-child", "persistentvolumeclaims lost-child/data",
		} {
			if !slices.Contains(gone, want) {
				return fmt.Errorf("the log has no deletion of %s, but of %q", want, gone)
			}
		}
		return nil
	})
	l.must(l.cluster.Delete(l.Context(), argoAPI, "Application", argo.Namespace, "lost-namespace"))
	for _, namespace := range []string{"lost-set", "lost-child"} {
		l.must(l.cluster.Delete(l.Context(), "v1", "Namespace", "", namespace))
	}
	for _, namespace := range []string{"lost-namespace", "lost-set", "lost-child"} {
		cluster.Eventually(l, patience, namespace+" is gone", l.absent("v1", "Namespace", "", namespace))
	}
	l.step("the wrong order has lost three claims")
}

// deployed checks that the cluster has what the user's list renders.
func (l *mover) deployed() {
	l.Helper()
	out, err := l.shell("roster render")
	l.must(err)
	objects, err := decode([]byte(out))
	l.must(err)
	for _, o := range objects {
		o.SetFinalizers(nil) // Argo CD adds some for the hooks
	}
	l.must(l.compare(objects))
}

// kept checks that everything is there that was, but for what the page names: Applications, and the pods of Argo CD.
func (l *mover) kept(was state) {
	l.Helper()
	now := l.live()
	for name, identity := range was {
		if now[name] != identity && !strings.HasPrefix(name, "Application argocd/") && !strings.HasPrefix(name, "Pod argocd/") {
			l.Errorf("%s was %s, and is %q", name, identity, now[name])
		}
	}
}

// named checks that nothing was deleted that the page does not name.
func (l *mover) named(since int) {
	l.Helper()
	permitted := map[string]bool{"applicationsets argocd/tools": true}
	for _, app := range slices.Concat(before, after) {
		permitted["applications argocd/"+app] = true
	}
	gone := l.deletions(since)
	for _, name := range gone {
		// The last commands of the page delete what roster has added. Argo CD's own pods restart.
		added := strings.HasPrefix(name, "configmaps ") && strings.HasSuffix(name, "/roster-guard") || strings.HasPrefix(name, "appprojects argocd/")
		if !permitted[name] && !added && !strings.HasPrefix(name, "pods argocd/") {
			l.Errorf("deleted: %s", name)
		}
	}
	for name := range permitted { // or else the log would prove nothing
		if !slices.Contains(gone, name) {
			l.Errorf("the log does not have the deletion of %s", name)
		}
	}
}

// kubelet runs the components of Argo CD as the cluster says: the pods of the loop are no processes.
func (l *mover) kubelet() {
	l.Helper()
	apps := l.cluster.Client.AppsV1()
	controller, err := apps.StatefulSets(argo.Namespace).Get(l.Context(), "argocd-application-controller", metav1.GetOptions{})
	l.must(err)
	sets, err := apps.Deployments(argo.Namespace).Get(l.Context(), "argocd-applicationset-controller", metav1.GetOptions{})
	l.must(err)
	server, err := apps.Deployments(argo.Namespace).Get(l.Context(), "argocd-repo-server", metav1.GetOptions{})
	l.must(err)
	if l.server != 0 && l.server != server.Generation {
		l.argo.StartRepoServer(l)
	}
	l.server = server.Generation
	for _, c := range []struct {
		replicas int32
		process  *sandbox.Process
		start    func(testing.TB)
	}{{*controller.Spec.Replicas, l.argo.Controller, l.argo.StartController}, {*sets.Spec.Replicas, l.argo.Sets, l.argo.StartSets}} {
		switch {
		case c.replicas == 0:
			c.process.Stop()
		case !c.process.Running():
			c.start(l)
		}
	}
}

// audited is the log of what was written to the API server, up to its last whole line.
func (l *mover) audited() []byte {
	l.Helper()
	text, err := os.ReadFile(l.log)
	l.must(err)
	return text[:bytes.LastIndexByte(text, '\n')+1]
}

// deletions are what was deleted since the log had a length, such as "persistentvolumeclaims blog/data"; with nothing behind the slash, all of a namespace.
func (l *mover) deletions(since int) (out []string) {
	l.Helper()
	for line := range bytes.Lines(l.audited()[since:]) {
		var e struct {
			event
			Verb string
		}
		l.must(json.Unmarshal(line, &e))
		if r := e.ObjectRef; strings.HasPrefix(e.Verb, "delete") && e.ResponseStatus.Code < 300 && !strings.Contains(e.RequestURI, "dryRun") {
			name := r.Namespace + "/" + r.Name
			if r.Resource == "namespaces" || r.Namespace == "" { // the log has a Namespace in itself
				name = r.Name
			}
			out = append(out, r.Resource+" "+name)
		}
	}
	return out
}

func (l *mover) applyFile(name string) {
	l.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "move", name))
	l.must(err)
	_, err = l.cluster.Apply(l.Context(), text)
	l.must(err)
}

// volumes makes a volume for the claim of each of these applications.
func (l *mover) volumes(apps ...string) {
	l.Helper()
	for _, app := range apps {
		_, err := l.cluster.Apply(l.Context(), fmt.Appendf(nil, `{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "%[1]s-data"}, "spec": {
			"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Delete",
			"claimRef": {"namespace": %[1]q, "name": "%[1]s-data"}, "hostPath": {"path": "/data/%[1]s"}}}`, app))
		l.must(err)
	}
}

// synced waits until Applications are synced and healthy.
func (l *mover) synced(apps ...string) {
	l.Helper()
	for _, app := range apps {
		l.healthy(app)
		l.argo.WaitSynced(l, patience, app, "")
	}
}
