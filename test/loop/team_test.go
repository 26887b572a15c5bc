package loop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/remote"
	"github.com/hippotion/roster/test/loop/world"

	authorization "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	teamURL     = "https://git.example/platform/cluster.git"
	argoAccount = "system:serviceaccount:argocd:argocd-application-controller" // who Argo CD is for the API server
	shop        = "shop"                                                       // a namespace, its application, and a Deployment of that
	shopAccount = "system:serviceaccount:shop:argocd-deployer"                 // who Argo CD is to be there
)

const roles = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "{{ .Release.Name }}-reads-everything"}
rules:
  - {apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: "{{ .Release.Name }}-reads-everything"}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "{{ .Release.Name }}-reads-everything"}
subjects:
  - {kind: ServiceAccount, name: default, namespace: "{{ .Release.Namespace }}"}
`

// TestTeam brings the example, as it is, to Synced. In each namespace, Argo CD has to write as an account of that namespace.
func TestTeam(t *testing.T) {
	log := filepath.Join(t.TempDir(), "audit.log")
	l := start(t, options{apiServerFlags: []string{"--audit-policy-file", filepath.Join("testdata", "team", "audit.yaml"), "--audit-log-path", log}})
	revision := l.push(os.DirFS(example("team")), teamURL)
	l.publish(l.rendered(), teamURL, nil)
	charts, err := remote.ChartsOf(l.rendered())
	l.must(err)
	for _, c := range charts { // the one of Traefik, which brings roles with more rights than its account has
		c.Files["templates/roles.yaml"] = []byte(roles)
		l.must(l.remote.Publish(c))
	}
	objects := l.install(revision)
	if names := l.retried(); len(names) > 0 {
		l.Errorf("tried again: %s", strings.Join(names, "\n"))
	}
	l.steady(objects, revision)

	accounts := l.writers(log)
	l.must(l.writtenAs(accounts, root, argoAccount))
	for _, o := range objects {
		if o.GetKind() == "Application" {
			namespace, _, _ := unstructured.NestedString(o.Object, "spec", "destination", "namespace")
			l.must(l.writtenAs(accounts, o.GetName(), "system:serviceaccount:"+namespace+":argocd-deployer"))
		}
	}
	l.step("each was written by its account")

	l.withoutRole()
	l.step("nothing without the account's role")
	l.escalation()
	l.step("nothing that the account may not give")
}

// install brings the list that was pushed at a revision, and all applications of it, to Synced. CRDs are there before. It
// returns what roster renders.
func (l *loop) install(revision string) []unstructured.Unstructured {
	l.Helper()
	objects := l.rendered()
	crds, err := remote.CRDs(objects)
	l.must(err)
	l.installCRDs(crds)
	l.populate(world.Options{Log: l.Logf})
	l.provide(objects)
	l.bootstrap()
	l.argo.WaitSynced(l, 3*time.Minute, root, revision)
	l.step("the platform is synced")
	l.must(l.compare(objects))
	cluster.Eventually(l, 3*time.Minute, "all is synced and healthy", func() error { return l.settled(objects) })
	l.step("all applications are synced and healthy")
	return objects
}

// event is of an entry of the audit log what the test looks at.
type event struct {
	RequestURI             string
	User, ImpersonatedUser struct{ Username string }
	ObjectRef              struct{ APIGroup, Resource, Namespace, Name string }
	ResponseStatus         struct{ Code int }
}

// audited is an object in the audit log.
type audited struct{ group, resource, namespace, name string }

// writers are the accounts as which Argo CD has written, by object.
func (l *loop) writers(log string) map[audited][]string {
	l.Helper()
	text, err := os.ReadFile(log)
	l.must(err)
	accounts := map[audited][]string{}
	for line := range bytes.Lines(text[:bytes.LastIndexByte(text, '\n')+1]) { // the next is being written
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			l.Fatalf("%v: %s", err, line)
		}
		if e.User.Username == argoAccount && e.ResponseStatus.Code < 300 && !strings.Contains(e.RequestURI, "dryRun=All") {
			o := audited{e.ObjectRef.APIGroup, e.ObjectRef.Resource, e.ObjectRef.Namespace, e.ObjectRef.Name}
			if o.resource == "namespaces" { // the log has a Namespace in itself
				o.namespace = ""
			}
			accounts[o] = append(accounts[o], e.ImpersonatedUser.Username)
		}
	}
	return accounts
}

// writtenAs returns which objects of an Application Argo CD has not written, or not as the account alone.
func (l *loop) writtenAs(accounts map[audited][]string, app, account string) error {
	s, err := l.argo.Status(l.Context(), app)
	if err != nil {
		return err
	}
	if len(s.Resources) == 0 {
		return fmt.Errorf("%s has no objects", app)
	}
	var problems []error
	for _, r := range s.Resources {
		if r.Kind == "Application" { // its status is Argo CD's own
			continue
		}
		m, err := l.cluster.Mapping(schema.GroupVersion{Group: r.Group, Version: r.Version}.String(), r.Kind)
		if err != nil {
			return err
		}
		as := accounts[audited{r.Group, m.Resource.Resource, r.Namespace, r.Name}]
		if len(as) == 0 || slices.ContainsFunc(as, func(a string) bool { return a != account }) {
			problems = append(problems, fmt.Errorf("%s %s/%s was written as %q, want %s", r.Kind, r.Namespace, r.Name, as, account))
		}
	}
	return errors.Join(problems...)
}

// withoutRole removes the account's role. Argo CD itself may do everything, but must not.
func (l *loop) withoutRole() {
	l.Helper()
	// Argo CD would put the RoleBinding back.
	l.patch(root, `{"spec": {"syncPolicy": {"automated": null}}}`)
	l.argo.Refresh(l, root, false) // now it knows
	l.must(l.cluster.Delete(l.Context(), "rbac.authorization.k8s.io/v1", "RoleBinding", shop, "argocd-deployer"))
	l.waitForAccess(false)

	file := filepath.Join("deploy", "shop", "shop.yaml")
	text, err := os.ReadFile(filepath.Join(l.dir, file))
	l.must(err)
	before := l.deployment()
	revision := l.repo.Commit(l, map[string][]byte{file: bytes.Replace(text, []byte("replicas: 2"), []byte("replicas: 3"), 1)})
	message := l.refused(revision)
	if !strings.Contains(message, "forbidden: User \""+shopAccount+"\" cannot ") {
		l.Errorf("the sync without a role says %q", message)
	}
	if after := l.deployment(); after.GetGeneration() != before.GetGeneration() {
		l.Errorf("the sync without a role made %v of %v", after.Object["spec"], before.Object["spec"])
	}

	l.byHand() // Argo CD syncs by itself again
	l.waitForAccess(true)
	// An Application that does not say how often is tried again for two and a half minutes.
	l.argo.WaitSynced(l, 4*time.Minute, shop, revision)
	if replicas, _, _ := unstructured.NestedInt64(l.deployment().Object, "spec", "replicas"); replicas != 3 {
		l.Errorf("with the role, there are %d replicas", replicas)
	}
}

// escalation has the application give itself more than its account has.
func (l *loop) escalation() {
	l.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "team", "rolebinding.yaml"))
	l.must(err)
	message := l.refused(l.repo.Commit(l, map[string][]byte{"deploy/shop/rolebinding.yaml": text}))
	if !strings.Contains(message, "user \""+shopAccount+"\" ") || !strings.Contains(message, "is attempting to grant RBAC permissions not currently held") {
		l.Errorf("the sync of a RoleBinding for cluster-admin says %q", message)
	}
	if _, err := l.cluster.Get(l.Context(), "rbac.authorization.k8s.io/v1", "RoleBinding", shop, "everything"); !apierrors.IsNotFound(err) {
		l.Errorf("the RoleBinding for cluster-admin: %v", err)
	}
}

// waitForAccess waits until the API server knows whether the account has its role.
func (l *loop) waitForAccess(want bool) {
	l.Helper()
	cluster.Eventually(l, 2*time.Minute, fmt.Sprintf("whether %s may write is %t", shopAccount, want), func() error {
		review, err := l.cluster.Client.AuthorizationV1().SubjectAccessReviews().Create(l.Context(), &authorization.SubjectAccessReview{
			Spec: authorization.SubjectAccessReviewSpec{User: shopAccount, Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + shop, "system:authenticated"},
				ResourceAttributes: &authorization.ResourceAttributes{Namespace: shop, Verb: "patch", Group: "apps", Resource: "deployments"}},
		}, metav1.CreateOptions{})
		if err == nil && review.Status.Allowed != want {
			err = errors.New(review.Status.Reason)
		}
		return err
	})
}

// refused waits until a sync of shop at a revision has been tried and did not succeed, and returns what Argo CD reports about it.
func (l *loop) refused(revision string) (message string) {
	l.Helper()
	l.argo.Refresh(l, shop, false)
	cluster.Eventually(l, 2*time.Minute, "a sync of "+shop+" is refused", func() error {
		s, err := l.argo.Status(l.Context(), shop)
		if err != nil {
			return err
		}
		o := s.OperationState
		message = o.Message
		failed := o.Phase == "Failed"
		for _, r := range o.SyncResult.Resources {
			message += "\n" + r.Message
			failed = failed || r.Status == "SyncFailed"
		}
		if o.SyncResult.Revision != revision || !failed {
			return fmt.Errorf("its operation is %+v", o)
		}
		return nil
	})
	l.Logf("the refusal: %s", message)
	return message
}

func (l *loop) deployment() *unstructured.Unstructured {
	l.Helper()
	o, err := l.cluster.Get(l.Context(), "apps/v1", "Deployment", shop, shop)
	l.must(err)
	return o
}
