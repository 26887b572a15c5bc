package loop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"

	"github.com/hippotion/roster/test/loop/argo"
	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/tools"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// deeds are what happens to objects: "deleted PersistentVolumeClaim store/data". What they may be:
//
//	created, deleted   the object is new, or gone
//	changed            it is the same, and Argo CD has written it
//	moved              another Application has it. Argo CD writes it, or deletes it and creates it anew: which, nobody knows before
//	stays              no Application has it any more, and it is there
//	recreated          Argo CD has deleted it, and created it anew
//	refused            the API server does not let Argo CD change it
//	folded             only what roster diff calls noise differs. Argo CD may write it or not
//	asked by           an Application waits for a confirmation, before any of it is gone
//
// Objects that Kubernetes makes for others are none of Argo CD's.
type deeds map[string]bool

func (d deeds) add(what, object string) { d[what+" "+object] = true }

// fold notes what was announced as folded, whether it was written or not.
func (d deeds) fold(announced deeds) {
	for deed := range announced {
		if object, ok := strings.CutPrefix(deed, "folded "); ok {
			delete(d, "changed "+object)
			d[deed] = true
		}
	}
}

func (d deeds) String() string { return strings.Join(slices.Sorted(maps.Keys(d)), "\n") }

// objectID is an object for people, as roster diff writes it.
func objectID(kind, namespace, name string) string {
	if namespace == "" {
		return kind + " " + name
	}
	return kind + " " + namespace + "/" + name
}

// allKinds are those that there are objects of.
func (l *differ) allKinds() map[schema.GroupVersionResource]string {
	l.Helper()
	lists, err := l.cluster.Client.Discovery().ServerPreferredResources()
	l.must(err)
	out := map[schema.GroupVersionResource]string{}
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		l.must(err)
		for _, r := range list.APIResources {
			if slices.Contains(r.Verbs, "list") && slices.Contains(r.Verbs, "patch") && r.Kind != "Endpoints" { // each list warns of these
				out[gv.WithResource(r.Name)] = r.Kind
			}
		}
	}
	return out
}

// deployedObject is an object that Argo CD has deployed.
type deployedObject struct {
	uid, app string
	content  string // without what the API server and controllers write
	going    bool   // it is being deleted
}

// tracked are all objects that Argo CD has deployed, by objectID: it has marked them.
func (l *differ) tracked() map[string]deployedObject {
	l.Helper()
	out := map[string]deployedObject{}
	for resource, kind := range l.kinds {
		list, err := l.cluster.Dynamic.Resource(resource).List(l.Context(), metav1.ListOptions{})
		l.must(err)
		for _, o := range list.Items {
			if app, _, tracked := strings.Cut(o.GetAnnotations()["argocd.argoproj.io/tracking-id"], ":"); tracked && len(o.GetOwnerReferences()) == 0 {
				out[objectID(kind, o.GetNamespace(), o.GetName())] = deployedObject{string(o.GetUID()), app, content(o), o.GetDeletionTimestamp() != nil}
			}
		}
	}
	return out
}

// content is an object without what the API server, and Argo CD beside a sync, write into it.
func content(o unstructured.Unstructured) string {
	o = *o.DeepCopy()
	for _, key := range []string{"resourceVersion", "generation", "managedFields"} {
		unstructured.RemoveNestedField(o.Object, "metadata", key)
	}
	for _, key := range []string{"argocd.argoproj.io/refresh", "argocd.argoproj.io/deletion-approved", "kubectl.kubernetes.io/last-applied-configuration"} {
		unstructured.RemoveNestedField(o.Object, "metadata", "annotations", key)
	}
	delete(o.Object, "status")
	delete(o.Object, "operation")
	return fmt.Sprint(o.Object)
}

// apps are all Applications.
func (l *differ) apps() map[string]*unstructured.Unstructured {
	l.Helper()
	list, err := l.cluster.List(l.Context(), argoAPI, "Application", argo.Namespace, listAll)
	l.must(err)
	out := map[string]*unstructured.Unstructured{}
	for i := range list {
		out[list[i].GetName()] = &list[i]
	}
	return out
}

// settle waits until Argo CD has nothing more to do for a revision, or waits for confirmations: of these Applications.
func (l *differ) settle(revision string) (asking []string) {
	l.Helper()
	for app := range l.apps() {
		l.must(l.argo.RequestRefresh(l.Context(), app, false))
	}
	quiet := false
	cluster.Eventually(l, patience, "Argo CD has done what it can", func() error {
		was := quiet
		asking, quiet = nil, false
		var problems []error
		apps := l.apps()
		for _, name := range slices.Sorted(maps.Keys(apps)) {
			if l.asking(name) == nil {
				asking = append(asking, name)
			} else if err := l.done(apps[name], revision); err != nil {
				problems = append(problems, err)
			}
		}
		if len(problems) > 0 {
			return errors.Join(problems...)
		}
		for name, o := range l.tracked() {
			if o.going {
				problems = append(problems, fmt.Errorf("%s is being deleted", name))
			}
		}
		if quiet = len(problems) == 0; quiet && !was { // one Application may not know yet what another has just done
			problems = append(problems, errors.New("it has just become quiet"))
		}
		return errors.Join(problems...)
	})
	return asking
}

// done returns what an Application has still to do for a revision. It is also done when the API server has refused a part of that.
func (l *differ) done(app *unstructured.Unstructured, revision string) error {
	s, err := l.argo.Status(l.Context(), app.GetName())
	if err != nil {
		return err
	}
	wanted, _, _ := unstructured.NestedMap(app.Object, "spec", "source")
	compared, _, _ := unstructured.NestedMap(app.Object, "status", "sync", "comparedTo", "source")
	_, pending := app.Object["operation"]
	prunes, _, _ := unstructured.NestedBool(app.Object, "spec", "syncPolicy", "automated", "prune")
	tried := s.OperationState.SyncResult.Revision == revision
	var open []string
	for _, r := range s.Resources {
		if r.Status != "Synced" && (!r.RequiresPruning || prunes && !tried) {
			open = append(open, objectID(r.Kind, r.Namespace, r.Name))
		}
	}
	switch {
	case app.GetDeletionTimestamp() != nil:
		return fmt.Errorf("%s is being deleted", app.GetName())
	case s.Sync.Revision != revision || !reflect.DeepEqual(wanted, compared):
		return fmt.Errorf("%s is at %s and %v: %v", app.GetName(), s.Sync.Revision, compared, s.Conditions)
	case tried && len(refusals(s)) > 0:
		return nil // it is tried again
	case pending, s.Operating(), len(open) > 0:
		return fmt.Errorf("%s is %s with %q: %+v", app.GetName(), s.Sync.Status, open, s.OperationState)
	}
	return nil
}

// refusals are the objects that the API server has refused to change, and refuses as often as Argo CD tries. Of an object that another
// Application deletes or writes at the same time the first try may fail as well: as not found, or as a conflict.
func refusals(s argo.Status) (out []string) {
	for _, r := range s.OperationState.SyncResult.Resources {
		if r.Status == "SyncFailed" && strings.Contains(r.Message, " is invalid: ") {
			out = append(out, objectID(r.Kind, r.Namespace, r.Name))
		}
	}
	return out
}

// waits checks that nothing is gone while an Application asks.
func (l *differ) waits(app string, before map[string]deployedObject) {
	l.Helper()
	l.argo.Refresh(l, app, false) // which takes another step of the sync
	l.must(l.asking(app))
	now := l.tracked()
	for name, o := range before {
		if now[name].uid != o.uid || now[name].going {
			l.Errorf("%s asks, and %s is gone", app, name)
		}
	}
}

// observe notes what was done with objects since there were those before.
func (l *differ) observe(done deeds, before map[string]deployedObject, patched map[string]bool) {
	l.Helper()
	after := l.tracked()
	left := l.left(after)
	for name, now := range after {
		was, there := before[name]
		switch {
		case !there:
			done.add("created", name)
		case was.app != now.app:
			done.add("moved", name)
			l.Logf("%s was created anew: %t", name, was.uid != now.uid)
		case was.uid != now.uid:
			done.add("recreated", name)
		case patched[name] && was.content != now.content: // a server-side apply of what is there is logged as well
			done.add("changed", name)
		}
		if left[name] && !l.stayed[name] {
			done.add("stays", name)
			l.stayed[name] = true
		}
	}
	for name := range before {
		if _, there := after[name]; !there {
			done.add("deleted", name)
		}
	}
	for name := range l.apps() {
		s, err := l.argo.Status(l.Context(), name)
		l.must(err)
		for _, object := range refusals(s) {
			done.add("refused", object)
		}
	}
}

// left are the objects that no Application has any more.
func (l *differ) left(objects map[string]deployedObject) map[string]bool {
	l.Helper()
	out := map[string]bool{}
	apps := l.apps()
	for name, o := range objects {
		if apps[o.app] == nil {
			out[name] = true
		}
	}
	for app := range apps {
		s, err := l.argo.Status(l.Context(), app)
		l.must(err)
		for _, r := range s.Resources {
			if r.RequiresPruning {
				out[objectID(r.Kind, r.Namespace, r.Name)] = true
			}
		}
	}
	return out
}

// audited is the log of what was written, up to its last whole line.
func (l *differ) audited() []byte {
	l.Helper()
	text, err := os.ReadFile(l.log)
	l.must(err)
	return text[:bytes.LastIndexByte(text, '\n')+1]
}

// patched are the objects that Argo CD has written since the log had a length, as a part of a sync: of an Application it also writes the status.
func (l *differ) patched(since int) map[string]bool {
	l.Helper()
	out := map[string]bool{}
	for line := range bytes.Lines(l.audited()[since:]) {
		var e event
		l.must(json.Unmarshal(line, &e))
		if e.User.Username != argoAccount || e.ResponseStatus.Code != 200 || !strings.Contains(e.RequestURI, "fieldManager=argocd-controller") || strings.Contains(e.RequestURI, "dryRun") {
			continue
		}
		for resource, kind := range l.kinds {
			if r := e.ObjectRef; resource.Group == r.APIGroup && resource.Resource == r.Resource {
				if kind == "Namespace" { // the log has a Namespace in itself
					r.Namespace = ""
				}
				out[objectID(kind, r.Namespace, r.Name)] = true
			}
		}
	}
	return out
}

// said is what roster diff says, as JSON.
type said struct {
	Consequences []struct {
		Word, Subject, Message string
		Details                []string
		Objects                []struct{ Kind, Namespace, Name string }
	}
	NotCompared, NotJudged []any
	Objects                []struct {
		Kind, Namespace, Name, Change string
		Folded                        bool
	}
}

// announced is what roster diff says of two revisions.
func (l *differ) announced(from, to string) deeds {
	l.Helper()
	c := exec.Command(tools.Program("roster"), "diff", from+".."+to, ".", "--format", "json")
	c.Dir = l.repo.Work
	var stderr bytes.Buffer
	c.Stderr = &stderr
	text, err := c.Output()
	if exit := new(exec.ExitError); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		l.Fatalf("%s: %v\n%s", c, err, &stderr)
	}
	var s said
	l.must(json.Unmarshal(text, &s))
	if len(s.NotCompared)+len(s.NotJudged) > 0 {
		l.Errorf("not all was compared: %v %v", s.NotCompared, s.NotJudged)
	}
	out := deeds{}
	how := s.how(out)
	for _, o := range s.Objects {
		name := objectID(o.Kind, o.Namespace, o.Name)
		switch {
		case o.Folded:
			out.add("folded", name)
		case how[name] == "":
			out.add(o.Change, name)
		}
	}
	for name, deed := range how {
		out.add(deed, name)
	}
	return out
}

// how are the deeds of objects that the consequences tell more of than that these are created, deleted or changed, and notes who asks.
func (s *said) how(out deeds) map[string]string {
	comesOrGoes := map[string]bool{}
	for _, o := range s.Objects {
		comesOrGoes[objectID(o.Kind, o.Namespace, o.Name)] = o.Change != "changed"
	}
	how := map[string]string{}
	for _, c := range s.Consequences {
		deed := ""
		switch {
		case c.Word == "move":
			deed = "moved"
		case c.Word == "replace" && strings.HasPrefix(c.Details[0], "the API server refuses the change"):
			deed = "refused"
		case c.Word == "replace":
			deed = "recreated"
		case c.Word == "delete" && (strings.HasSuffix(c.Message, ": it stays") || strings.HasSuffix(c.Message, ": they stay")):
			deed = "stays"
		}
		for _, o := range c.Objects {
			if name := objectID(o.Kind, o.Namespace, o.Name); deed != "" && (deed != "moved" || !comesOrGoes[name]) {
				how[name] = deed
			}
		}
		if app, ok := strings.CutPrefix(c.Subject, "objects of application "); ok && strings.Contains(c.Message, "Argo CD asks, and then deletes") {
			out.add("asked by", app)
		}
		for _, detail := range c.Details {
			if after, ok := strings.CutPrefix(detail, "Argo CD asks first: the sync of "); ok {
				app, _, _ := strings.Cut(after, " ")
				out.add("asked by", app)
			}
			if _, names, ok := strings.Cut(detail, "): "); ok && strings.HasPrefix(detail, "stays (") {
				for name := range strings.SplitSeq(names, ", ") {
					how[name] = "stays"
				}
			}
		}
	}
	return how
}
