package loop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hippotion/roster/test/loop/argo"
	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/remote"
	"github.com/hippotion/roster/test/loop/repo"
	"github.com/hippotion/roster/test/loop/world"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	clustersURL = "https://" + trialHost + "/clusters.git"
	mediaURL    = "https://" + trialHost + "/media.git"
	farHost     = "vps.example" // the other cluster's API server
	farServer   = "https://" + farHost + ":6444"
	farCharts   = "charts.example"

	home, vps = "home", "vps"
	farRoot   = vps + "." + root
	manager   = "system:serviceaccount:kube-system:argocd-manager" // who Argo CD is on the other cluster
)

var clustersHosts = []string{farHost, farCharts}

// clusters are two, and the Argo CD of the first.
type clusters struct {
	*trial            // home
	far     *trial    // the other one, with the same Argo CD
	log     string    // what was written to the other one
	changes *[]change // of all commits so far
}

// TestClusters deploys one list to two clusters with one Argo CD, and then with one in each.
func TestClusters(t *testing.T) {
	if !t.Run("one Argo CD", oneArgoCD) {
		return
	}
	t.Run("an Argo CD in each", argoCDInEach)
}

func oneArgoCD(t *testing.T) {
	log := filepath.Join(t.TempDir(), "audit.log")
	near := &trial{start(t, options{settings: map[string]string{"timeout.reconciliation": "20s", "timeout.reconciliation.jitter": "0s"}}), t}
	far := *near.loop
	o := clusterOptions(options{apiServerFlags: []string{"--audit-policy-file", filepath.Join("testdata", "team", "audit.yaml"), "--audit-log-path", log}})
	o.Number = 1
	o.Controllers += ",-node-lifecycle-controller" // while its API server is away, it would give the node up, and the pods
	far.cluster = cluster.Start(t, o)
	near.step("the other cluster runs")
	l := &clusters{near, &trial{&far, t}, log, &[]change{}}
	l.fromEmpty()
	for _, scenario := range []struct {
		name string
		run  func(*clusters)
	}{
		{"what is new begins in order", (*clusters).late},
		{"an entry moves", (*clusters).moves},
		{"what is toggleable goes by itself", (*clusters).toggled},
		{"edits by hand are healed", (*clusters).healed},
		{"a cluster is unreachable", (*clusters).unreachable},
		{"another list", (*clusters).otherList},
	} {
		if !t.Run(scenario.name, func(t *testing.T) {
			near, far := *l.loop, *l.far.loop
			near.T, far.T = t, t
			scenario.run(&clusters{&trial{&near, l.top}, &trial{&far, l.top}, log, l.changes})
		}) {
			return // nobody knows in what state the clusters are
		}
	}
}

// tree is a copy of files below testdata/clusters, to change.
func tree(t testing.TB, dir string) fstest.MapFS {
	t.Helper()
	return copied(t, filepath.Join("testdata", "clusters", dir))
}

// copied is a copy of the files of a folder, to change.
func copied(t testing.TB, dir string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	from := os.DirFS(dir)
	if err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(from, name)
		out[name] = &fstest.MapFile{Data: text}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// change is what a commit changes in the list.
type change func(*clusters, fstest.MapFS)

func with(entry string) change {
	return func(l *clusters, files fstest.MapFS) {
		files["applications/"+entry+".yml"] = tree(l, "entries")[entry+".yml"]
	}
}

func without(entry string) change {
	return func(_ *clusters, files fstest.MapFS) { delete(files, "applications/"+entry+".yml") }
}

func edited(file, from, to string) change {
	return func(l *clusters, files fstest.MapFS) {
		l.Helper()
		text := files[file].Data
		if !bytes.Contains(text, []byte(from)) {
			l.Fatalf("%s does not have %q", file, from)
		}
		files[file] = &fstest.MapFile{Data: bytes.ReplaceAll(text, []byte(from), []byte(to))}
	}
}

// commit pushes the list with further changes, and has Argo CD look at both roots: the other Applications are to follow from these.
func (l *clusters) commit(changes ...change) (revision string) {
	l.Helper()
	*l.changes = append(*l.changes, changes...)
	files := tree(l, "repository")
	for _, c := range *l.changes {
		c(l, files)
	}
	revision = l.push(files, clustersURL)
	l.must(l.argo.RequestRefresh(l.Context(), root, false))
	l.must(l.argo.RequestRefresh(l.Context(), farRoot, false))
	return revision
}

// renderedFor are the objects that live on a cluster.
func (l *loop) renderedFor(cluster string) []unstructured.Unstructured {
	l.Helper()
	objects, err := decode(l.roster("render", "--cluster", cluster))
	l.must(err)
	return objects
}

// deployed waits until both clusters have what the list says, and nothing else of roster.
func (l *clusters) deployed(revision string) {
	l.Helper()
	near, far := l.renderedFor(home), l.renderedFor(vps)
	l.argo.WaitSynced(l, 3*patience, root, revision) // two clusters from empty, on as many cores as one
	l.argo.WaitSynced(l, 3*patience, farRoot, revision)
	cluster.Eventually(l, patience, "all is synced and healthy", func() error { return l.settled(near) })
	l.must(errors.Join(l.compare(near), l.far.compare(far)))
	roots := []string{"AppProject argocd/" + root, "AppProject argocd/" + farRoot, "Application argocd/" + root, "Application argocd/" + farRoot}
	cluster.Eventually(l, patience, "there is nothing else", func() error {
		return errors.Join(l.only(near, roots...), l.far.only(far))
	})
}

// only returns what roster has made in the cluster and is not among the objects.
func (l *trial) only(objects []unstructured.Unstructured, others ...string) error {
	known := map[string]bool{}
	for _, o := range objects {
		known[fmt.Sprintf("%s %s/%s", o.GetKind(), o.GetNamespace(), o.GetName())] = true
	}
	for _, name := range others {
		known[name] = true
	}
	there, err := l.state(metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by=roster"})
	problems := []error{err}
	for name := range there {
		if !known[name] && !strings.HasPrefix(name, "Secret ") { // these have the labels of their ExternalSecrets
			problems = append(problems, fmt.Errorf("there is the %s", name))
		}
	}
	return errors.Join(problems...)
}

// fromEmpty brings both clusters from empty to Synced and Healthy, in order.
func (l *clusters) fromEmpty() {
	l.Helper()
	revision := l.commitFirst()
	near := l.renderedFor(home)
	crds, err := remote.CRDs(append(l.renderedFor(vps), near...))
	l.must(err)
	l.installCRDs(crds)
	cilium := crds["cilium"]
	delete(crds, "cilium") // its operator creates them
	l.publish(near, clustersURL, crds)
	l.populate(world.Options{Log: l.Logf})
	l.far.populate(world.Options{Operators: []world.Operator{{Namespace: "kube-system", ConfigMap: "cilium", CRDs: cilium}}, Log: l.Logf})
	l.argo.AddCluster(l, l.far.cluster, vps, farServer)
	l.bootstrap()
	l.deployed(revision)
	l.step("both clusters are synced and healthy")
	if names := l.retried(); len(names) > 0 {
		l.Errorf("tried again: %s", strings.Join(names, "\n"))
	}

	l.elsewhere()
	for _, app := range []string{root, farRoot, farRoot + ".namespaces", farRoot + ".policies", farRoot + ".store", farRoot + ".routes", "vps.web-blog.secrets"} {
		before := l.operation(app)
		l.argo.Refresh(l, app, true)
		if s, err := l.argo.Status(l.Context(), app); err != nil || s.Sync.Status != "Synced" || l.operation(app) != before {
			l.Errorf("%s after a refresh: %v %+v", app, err, s)
		}
	}
	l.inOrder(
		made{"namespaces", "", ""},
		made{"configmaps", "kube-system", "cilium"}, // the application that installs the kind of policies
		made{"ciliumnetworkpolicies", "", ""},
		made{"customresourcedefinitions", "", "externalsecrets.external-secrets.io"},
		made{"clustersecretstores", "", "vault"},
		made{"externalsecrets", "web-status", "status"},
		made{"deployments", "web-status", "status"}, // which web-blog depends on
		made{"externalsecrets", "web-blog", "blog"},
		made{"deployments", "web-blog", "page"},
	)
	l.inOrder(made{"customresourcedefinitions", "", "ingressroutes.traefik.io"}, made{"ingressroutes", "", ""})
	l.inOrder(made{"ciliumnetworkpolicies", "", ""}, made{"deployments", "", ""})
	l.step("in order")
}

// commitFirst pushes the list, before there is a root.
func (l *clusters) commitFirst() string {
	l.Helper()
	return l.push(tree(l, "repository"), clustersURL)
}

// elsewhere checks what is on the wrong cluster, as far as it is not roster's own.
func (l *clusters) elsewhere() {
	l.Helper()
	for _, kind := range []string{"Application", "AppProject"} {
		if _, err := l.far.cluster.Mapping(argoAPI, kind); !meta.IsNoMatchError(err) {
			l.Errorf("the kind %s on a cluster without Argo CD: %v", kind, err)
		}
	}
	for _, p := range []struct {
		of   *trial
		want []string
	}{
		{l.trial, []string{"web-home/page", "web-status/status"}},
		{l.far, []string{"web-blog/page", "web-ntfy/ntfy", "web-preview/page", "web-status/status"}},
	} {
		list, err := p.of.cluster.List(l.Context(), "apps/v1", "Deployment", "", listAll)
		l.must(err)
		var got []string
		for _, d := range list {
			if d.GetNamespace() != argo.Namespace {
				got = append(got, d.GetNamespace()+"/"+d.GetName())
			}
		}
		if slices.Sort(got); !slices.Equal(got, p.want) {
			l.Errorf("the Deployments %v, want %v", got, p.want)
		}
	}
	for cluster, want := range map[*trial]string{l.trial: "1", l.far: "2"} {
		d, err := cluster.cluster.Get(l.Context(), "apps/v1", "Deployment", "web-status", "status")
		l.must(err)
		if replicas, _, _ := unstructured.NestedInt64(d.Object, "spec", "replicas"); fmt.Sprint(replicas) != want {
			l.Errorf("%d replicas of web-status, want %s", replicas, want)
		}
	}
}

// made is an object that was created, or each of that resource, in a namespace or in all.
type made struct{ resource, namespace, name string }

func (m made) is(o made) bool {
	return m.resource == o.resource && (m.namespace == "" || m.namespace == o.namespace) && (m.name == "" || m.name == o.name)
}

// created are the objects that Argo CD has created on the other cluster, in that order.
func (l *clusters) created() []made {
	l.Helper()
	text, err := os.ReadFile(l.log)
	l.must(err)
	var out []made
	for line := range bytes.Lines(text[:bytes.LastIndexByte(text, '\n')+1]) { // the next is being written
		var e event
		l.must(json.Unmarshal(line, &e))
		if e.User.Username != manager || e.ResponseStatus.Code != 201 || strings.Contains(e.RequestURI, "dryRun") {
			continue
		}
		o := made{e.ObjectRef.Resource, e.ObjectRef.Namespace, e.ObjectRef.Name}
		if o.resource == "namespaces" { // the log has a Namespace in itself
			o.namespace = ""
		}
		out = append(out, o)
	}
	return out
}

// inOrder checks that all of one thing were created on the other cluster before any of the next.
func (l *clusters) inOrder(things ...made) {
	l.Helper()
	created := l.created()
	last := -1
	for i, thing := range things {
		first, end := -1, -1
		for j, o := range created {
			if thing.is(o) {
				if first < 0 {
					first = j
				}
				end = j
			}
		}
		switch {
		case first < 0:
			l.Errorf("no %v was created: %v", thing, created)
		case first < last:
			l.Errorf("%v was created before all of %v were: %v", thing, things[i-1], created)
		}
		last = end
	}
}

// late adds an entry, to Applications that are there already.
func (l *clusters) late() {
	l.deployed(l.commit(with("late")))
	if names := l.retried(); len(names) > 0 {
		l.Errorf("tried again: %s", strings.Join(names, "\n"))
	}
	l.inOrder(made{"namespaces", "", "web-late"}, made{"ciliumnetworkpolicies", "web-late", ""}, made{"externalsecrets", "web-late", "late"}, made{"deployments", "web-late", "page"})
	l.step("a new entry begins in order")
}

// asking waits until an Application waits for the confirmation of what it would prune.
func (l *loop) asking(app string) error {
	s, err := l.argo.Status(l.Context(), app)
	if err == nil && (s.OperationState.Phase != "Running" || !strings.HasPrefix(s.OperationState.Message, "Waiting for pruning confirmation of ")) {
		err = fmt.Errorf("%s does not ask: %s: %s", app, s.OperationState.Phase, s.OperationState.Message)
	}
	return err
}

// ask are the Applications that docs/clusters.md has confirmed when a guarded entry is removed.
var ask = []string{farRoot, farRoot + ".namespaces", farRoot + ".policies", farRoot + ".routes"}

// moves has an entry move from one cluster to the other.
func (l *clusters) moves() {
	was := l.far.live()
	revision := l.commit(edited("applications/blog.yml", "cluster: "+vps, "cluster: "+home))
	l.argo.WaitSynced(l, patience, root, revision)
	l.healthy("web-blog")
	_, err := l.cluster.Get(l.Context(), "apps/v1", "Deployment", "web-blog", "page")
	l.must(err)
	l.step("it is at home")
	for _, app := range ask {
		cluster.Eventually(l, patience, app+" asks", func() error { return l.asking(app) })
	}
	apps := l.live().of("Application argocd/" + vps + ".")
	for range 3 { // each takes another step of the sync
		l.far.unchanged(was)
		for _, app := range ask {
			l.argo.Refresh(l, app, false)
		}
	}
	for _, app := range ask {
		l.must(l.asking(app))
	}
	l.far.unchanged(was)
	l.must(l.live().of("Application argocd/" + vps + ".").differs(apps))
	l.step("all of it waits for confirmation")

	for _, app := range ask {
		l.confirmed(app)
		// Each does what it has asked for, and no other one.
		cluster.Eventually(l, patience, app+" is done", func() error {
			s, err := l.argo.Status(l.Context(), app)
			if err == nil && (s.Operating() || s.Sync.Status != "Synced") {
				err = fmt.Errorf("its status is %+v", s)
			}
			return err
		})
		l.step("confirmed: " + app)
	}
	l.deployed(revision)
	want := maps.Clone(was)
	maps.DeleteFunc(want, func(name, _ string) bool {
		return strings.Contains(name, " web-blog/") || name == "Namespace /web-blog"
	})
	l.far.back(want)
	l.step("it is gone")
}

// of are the objects whose names begin so.
func (s state) of(prefix string) state {
	out := maps.Clone(s)
	maps.DeleteFunc(out, func(name, _ string) bool { return !strings.HasPrefix(name, prefix) })
	return out
}

// confirmed confirms as in docs/clusters.md.
func (l *loop) confirmed(app string) {
	l.Helper()
	_, err := l.cluster.Kubectl(l.Context(), nil, "-n", argo.Namespace, "annotate", "application", app,
		"argocd.argoproj.io/deletion-approved="+time.Now().UTC().Format("2006-01-02T15:04:05Z"), "--overwrite")
	l.must(err)
}

// toggled removes an entry that is not guarded.
func (l *clusters) toggled() {
	was := l.far.live()
	l.deployed(l.commit(without("preview")))
	maps.DeleteFunc(was, func(name, _ string) bool {
		return strings.Contains(name, " web-preview/") || name == "Namespace /web-preview"
	})
	l.far.back(was)
	l.step("it is gone without confirmation")
}

// healed changes by hand what is on both clusters.
func (l *clusters) healed() {
	for name, on := range map[string]*trial{home: l.trial, vps: l.far} {
		objects := l.renderedFor(name)
		_, err := on.cluster.Patch(l.Context(), ciliumA, "CiliumNetworkPolicy", "web-status", "default-deny", `{"spec": {"ingress": [{"fromEntities": ["all"]}]}}`)
		l.must(err)
		l.must(on.cluster.Delete(l.Context(), "traefik.io/v1alpha1", "IngressRoute", "web-status", "status."+name+".example"))
		if on.compare(objects) == nil {
			l.Fatalf("%s is as it was", name)
		}
		cluster.Eventually(l, patience, name+" is healed", func() error { return on.compare(objects) })
		l.step("healed: " + name)
	}
}

// unreachable changes both clusters while the other one cannot be reached.
func (l *clusters) unreachable() {
	l.far.cluster.APIServer.Kill()
	began := time.Now()
	revision := l.commit(edited("applications/web.yml", "podSecurity: baseline", "podSecurity: privileged"),
		edited("applications/web.yml", "podSecurity: restricted", "podSecurity: baseline"), edited("applications/web.yml", "replicas: 2", "replicas: 3"))
	l.argo.WaitSynced(l, patience, root, revision)
	namespace, err := l.cluster.Get(l.Context(), "v1", "Namespace", "", "web-status")
	l.must(err)
	if got := namespace.GetLabels()["pod-security.kubernetes.io/enforce"]; got != "privileged" {
		l.Errorf("at home, web-status enforces %s", got)
	}
	l.step(fmt.Sprintf("the change is at home after %.1f s", time.Since(began).Seconds()))
	l.far.cluster.StartAPIServer(l.top)
	l.step("the other cluster is back")
	l.must(l.argo.RequestRefresh(l.Context(), farRoot, false))
	l.deployed(revision)
	d, err := l.far.cluster.Get(l.Context(), "apps/v1", "Deployment", "web-status", "status")
	l.must(err)
	if replicas, _, _ := unstructured.NestedInt64(d.Object, "spec", "replicas"); replicas != 3 {
		l.Errorf("%d replicas of web-status", replicas)
	}
	l.step("the other cluster has caught up")
}

// otherList has a second list in the same Argo CD.
func (l *clusters) otherList() {
	const name = "media"
	other := *l.loop
	other.repo, other.dir = repo.New(l.top), l.top.TempDir()
	revision := other.push(tree(l, name), mediaURL)
	objects := other.rendered()
	other.byHand()
	l.argo.WaitSynced(l, patience, name, revision)
	cluster.Eventually(l, patience, "the other list is synced and healthy", func() error { return l.settled(objects) })
	l.must(other.compare(objects))
	l.argo.WaitSynced(l, patience, root, "")
	l.step("two lists are synced")

	// An entry that is in both.
	was := l.live()
	files := tree(l, name)
	files["applications.yml"].Data = slices.Concat(files["applications.yml"].Data, tree(l, "entries")["shared.yml"].Data)
	other.push(files, mediaURL)
	l.argo.Refresh(l, name, false)
	cluster.Eventually(l, patience, "the shared object is refused", func() error {
		s, err := l.argo.Status(l.Context(), name)
		if err == nil && (s.OperationState.Phase != "Failed" && s.OperationState.Phase != "Running" || !strings.Contains(s.OperationState.Message, "Shared resource found: ")) {
			err = fmt.Errorf("its operation is %s: %s", s.OperationState.Phase, s.OperationState.Message)
		}
		return err
	})
	l.argo.Refresh(l, root, false)
	l.argo.WaitSynced(l, patience, root, "")
	l.unchanged(was)
	l.step("an object in both is refused, and nothing is pruned")

	revision = other.push(tree(l, name), mediaURL)
	l.argo.Refresh(l, name, false)
	l.argo.Terminate(l, name)
	l.argo.Refresh(l, name, false)
	l.argo.WaitSynced(l, patience, name, revision)
	l.unchanged(was)
	l.step("synced again")
}

// argoCDInEach has the Argo CD of one cluster take its part of the list.
func argoCDInEach(t *testing.T) {
	l := &trial{start(t, options{}), t}
	files := tree(t, "repository")
	platform := files["platform.yml"]
	if !bytes.Contains(platform.Data, []byte("    server: "+farServer+"\n")) {
		t.Fatal("the list does not have the server")
	}
	platform.Data = bytes.Replace(platform.Data, []byte("    server: "+farServer+"\n"), nil, 1)
	revision := l.push(files, clustersURL)
	objects := l.renderedFor(vps)
	crds, err := remote.CRDs(objects)
	l.must(err)
	l.installCRDs(crds)
	l.publish(objects, clustersURL, nil)
	l.populate(world.Options{Log: l.Logf})
	_, err = l.cluster.Apply(l.Context(), l.roster("bootstrap", "--image", image, "--cluster", vps), "--field-manager", "roster")
	l.must(err)
	l.argo.StartRepoServer(l)
	l.argo.WaitSynced(l, patience, root, revision)
	cluster.Eventually(l, patience, "all is synced and healthy", func() error { return l.settled(objects) })
	l.must(l.compare(objects))
	l.must(l.only(objects, "AppProject argocd/"+root, "Application argocd/"+root))
	l.step("its part of the list is synced and healthy")

	// Without the parameter, nobody knows whose root it is: it is refused, and nothing changes.
	was := l.live()
	l.patch(root, `{"spec": {"source": {"plugin": {"parameters": null}}}}`)
	l.broken(root, "does not say which one this is", false, was)
	l.step("without the parameter, the root is refused")
}
