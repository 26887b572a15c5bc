package catalog

import (
	"cmp"
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// reservation is the owner of a label or an annotation. Whose is empty when it only informs: then anyone may set it.
type reservation struct {
	// keys is one key, or all keys with that prefix when it ends in "*", or, when it begins with ".", all of that domain and of
	// those below it.
	keys, whose, hint string
}

const (
	fromRoster     = "is written by roster"
	forArgoCD      = "changes what Argo CD does with the object"
	forHelm        = "changes what Helm and Argo CD do with the object"
	forKubectl     = "changes what kubectl does with the object"
	forKubernetes  = "belongs to Kubernetes"
	forDeletion    = "makes another program delete the object"
	noHook         = "remove it: a hook is deleted before each sync, without confirmation; dependsOn decides the order"
	noPruning      = "remove it; toggleable: true on an application lets it be removed without confirmation"
	inPodSecurity  = "set podSecurity"
	inAnApp        = "remove it; an application's own syncOptions say how it is synced"
	inDifferences  = "remove it; ignoreDifferences says what is not compared"
	notReconciled  = "remove it; autoSync: false stops Argo CD from changing what an application deploys"
	onceByHand     = "remove it: that is done once, by hand"
	onceConfirmed  = "remove it: it is set by hand, to confirm a removal"
	trackedByArgo  = "remove it: Argo CD writes it, to track what belongs to which Application"
	decidedByOrder = "dependsOn and provides decide the order"
)

// reservations are the labels and annotations that decide what happens to an object, by whole domains, so that what the next version
// of Argo CD adds is reserved in advance. The first that matches counts: those that only inform come first. Argo CD's are
// in docs/user-guide/annotations-and-labels.md, and in pkg/sync/common and pkg/sync/hook of gitops-engine: a live object with a hook
// is deleted before each sync (sync_task.go, deleteBeforeCreation), and Prune=confirm does not apply to that.
var reservations = []reservation{
	{keys: "notifications.argoproj.io/*"},
	{keys: "link.argocd.argoproj.io/*"},
	{keys: "notice.argocd.argoproj.io/*"},
	{keys: "pref.argocd.argoproj.io/*"},
	{keys: "argocd.argoproj.io/ignore-default-links"},
	{keys: "argocd.argoproj.io/managed-by-url"},
	{keys: "argocd-image-updater.argoproj.io/*"},
	{keys: "helm.sh/chart"},
	{keys: "kubernetes.io/description"},
	{keys: "scheduler.alpha.kubernetes.io/*"}, // of the pods in a namespace

	{".roster.hippotion.github.io", fromRoster, "remove it"},

	{"argocd.argoproj.io/sync-wave", fromRoster, decidedByOrder},
	{"argocd.argoproj.io/sync-options", fromRoster, inAnApp},
	{"argocd.argoproj.io/manifest-generate-paths", fromRoster, "remove it"},
	{"argocd.argoproj.io/hook*", forArgoCD, noHook},
	{"argocd.argoproj.io/compare-options", forArgoCD, inDifferences},
	{"argocd.argoproj.io/skip-reconcile", forArgoCD, notReconciled},
	{"argocd.argoproj.io/refresh", forArgoCD, onceByHand},
	{"argocd.argoproj.io/hydrate", forArgoCD, onceByHand},
	{"argocd.argoproj.io/deletion-approved", forArgoCD, onceConfirmed},
	{"argocd.argoproj.io/tracking-id", forArgoCD, trackedByArgo},
	{"argocd.argoproj.io/instance", forArgoCD, trackedByArgo},
	{"argocd.argoproj.io/installation-id", forArgoCD, trackedByArgo},
	{".argoproj.io", forArgoCD, "remove it"},

	{"helm.sh/hook*", forHelm, noHook},
	{"helm.sh/resource-policy", forHelm, noPruning},
	{".helm.sh", forHelm, "remove it"},

	{"app.kubernetes.io/managed-by", fromRoster, "remove it"},
	{"app.kubernetes.io/instance", forArgoCD, trackedByArgo}, // 2.14 tracks by it unless it is told otherwise
	{keys: "app.kubernetes.io/*"},
	{"pod-security.kubernetes.io/enforce", fromRoster, "set podSecurity.enforce"},
	{"pod-security.kubernetes.io/audit", fromRoster, "set podSecurity.audit"},
	{"pod-security.kubernetes.io/warn", fromRoster, "set podSecurity.warn"},
	{"pod-security.kubernetes.io/enforce-version", fromRoster, "set podSecurity.version"},
	{"pod-security.kubernetes.io/audit-version", fromRoster, "set podSecurity.version"},
	{"pod-security.kubernetes.io/warn-version", fromRoster, "set podSecurity.version"},
	{".pod-security.kubernetes.io", forKubernetes, inPodSecurity},
	{".kubectl.kubernetes.io", forKubectl, "remove it"},
	{".applyset.kubernetes.io", forKubectl, "remove it"},      // kubectl apply --prune deletes by it
	{".addonmanager.kubernetes.io", forDeletion, "remove it"}, // so does Kubernetes' addon manager
	{".kubernetes.io", forKubernetes, "remove it"},
	{".k8s.io", forKubernetes, "remove it"},

	{".cleanup.kyverno.io", forDeletion, "remove it"}, // Kyverno's cleanup controller, after the time that it says
	{"janitor/*", forDeletion, "remove it"},           // kube-janitor, likewise
	{".k8s-ttl-controller.twin.sh", forDeletion, "remove it"},
	{"sleepmode.loft.sh/delete-after", forDeletion, "remove it"}, // vCluster Platform, after some time without activity
	{"fluxcd.io/sync-gc-mark", forDeletion, "remove it"},         // Flux 1 prunes by it
	{".objectset.rio.cattle.io", forDeletion, "remove it"},       // k3s and Rancher prune by it what is not in their manifests
}

func (r *reservation) fits(key string) bool {
	if prefix, ok := strings.CutSuffix(r.keys, "*"); ok {
		return strings.HasPrefix(key, prefix)
	}
	if below, ok := strings.CutPrefix(r.keys, "."); ok {
		domain, _, _ := strings.Cut(key, "/")
		return domain == below || strings.HasSuffix(domain, r.keys)
	}
	return key == r.keys
}

// reserved is the reservation of a label or an annotation of an object that roster renders; nil when anyone may set it.
func reserved(key string) *reservation {
	for i := range reservations {
		if r := &reservations[i]; r.fits(key) {
			if r.whose == "" {
				return nil
			}
			return r
		}
	}
	return nil
}

// reservedInSource is the same for the output of a source: workloads have the recommended labels of Kubernetes, as Helm charts do.
func reservedInSource(key string) *reservation {
	if strings.HasPrefix(key, "app.kubernetes.io/") {
		return nil
	}
	held := reserved(key)
	if held != nil && held.whose == fromRoster { // into its own objects
		return &reservation{held.keys, forArgoCD, held.hint}
	}
	return held
}

func unreserved(string) *reservation { return nil }

// labelsOf checks and returns the labels of an object that roster renders.
func labelsOf(in syntax.Map[text]) map[string]string {
	labels, _ := metadata(in, "a label", reserved, labelValue)
	return labels
}

// annotationsOf checks and returns the annotations of an object that roster renders.
func annotationsOf(in syntax.Map[text]) map[string]string {
	return annotationsBut(in, reserved)
}

// labelValue checks the value of a label.
func labelValue(at *syntax.Node, value string) bool {
	if validation.IsValidLabelValue(value) == nil {
		return true
	}
	at.Report("bad-value", "", expectedLabel+"found %s", syntax.Quote(value))
	return false
}

const expectedLabel = `expected a label value of at most 63 letters, digits, "-", "_" and ".", `

// labelsIn are labels in whose values Argo CD replaces variables.
func labelsIn(env argocd.Environment, in syntax.Map[text], reserved func(key string) *reservation) map[string]string {
	env.Revision = cmp.Or(env.Revision, strings.Repeat("0", 40)) // any commit is as good
	labels, _ := metadata(in, "a label", reserved, func(at *syntax.Node, value string) bool {
		expanded, _ := env.Expand(value)
		switch errs := validation.IsValidLabelValue(expanded); {
		case errs == nil:
		case expanded == value:
			at.Report("bad-value", "", expectedLabel+"found %s", syntax.Quote(value))
		default:
			at.Report("bad-value", "", expectedLabel+"found %s, which Argo CD makes %s", syntax.Quote(value), shown(expanded))
		}
		return true
	})
	return labels
}

func annotationsBut(in syntax.Map[text], reserved func(key string) *reservation) map[string]string {
	annotations, _ := metadata(in, "an annotation", reserved, func(at *syntax.Node, value string) bool {
		if credentials.MatchString(value) {
			at.Report("secret-in-url", "leave it out of the URL", "a URL in the annotation holds a user name or password")
		}
		return true
	})
	return annotations
}

// podLabels checks and returns labels that select pods. In policies Cilium gives pods more of them, such as their namespace: with one of
// these, a flow would lead to other pods than its namespace says.
func podLabels(in syntax.Map[text]) (labels map[string]string, ok bool) {
	ok = true
	for _, item := range in.Items {
		if strings.HasPrefix(item.Key, "io.kubernetes.") || strings.HasPrefix(item.Key, "io.cilium.") {
			ok = false
			item.At.Report("reserved-name", "the key namespace says where the pods are", "%s is a label that Cilium itself gives to pods", item.Key)
		}
	}
	labels, valid := metadata(in, "a label", unreserved, labelValue)
	return labels, ok && valid
}

// metadata checks labels or annotations; ok reports whether they are right.
func metadata(in syntax.Map[text], what string, reserved func(key string) *reservation, check func(*syntax.Node, string) bool) (out map[string]string, ok bool) {
	ok = true
	if len(in.Items) == 0 {
		return nil, ok
	}
	out = make(map[string]string, len(in.Items))
	for _, item := range in.Items {
		if errs := validation.IsQualifiedName(item.Key); errs != nil {
			ok = false
			item.At.Report("bad-name", "", "expected %s key such as example.com/name, found %s", what, syntax.Quote(item.Key))
		} else if held := reserved(item.Key); held != nil {
			ok = false
			item.At.Report("reserved-name", cmp.Or(held.hint, "remove it"), "%s %s", item.Key, held.whose)
		}
		if item.Value.IsSet() {
			ok = check(item.Value.Node, item.Value.V) && ok
		}
		out[item.Key] = item.Value.V
	}
	return out, ok
}
