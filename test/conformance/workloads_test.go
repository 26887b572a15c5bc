package conformance

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/schema"
	"github.com/hippotion/roster/internal/schema/celrules"
	"github.com/hippotion/roster/test/examples"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// workloads is what the applications of an example deploy, and the platform around them.
type workloads struct {
	t                  *testing.T
	platform, deployed []examples.Object
	elsewhere          []string                            // the applications whose objects are not here
	pods               map[string][]corev1.PodTemplateSpec // by namespace; each has the title of its object as its name
	services           map[string]corev1.Service           // by namespace/name
	checked            map[string]int                      // how often each check found something to look at
}

// TestWorkloads checks what the applications of the examples deploy with the schemas of the kinds, with the pod security
// that the platform sets around them, and against each other.
func TestWorkloads(t *testing.T) {
	roster := examples.Roster(t)
	checked := map[string]int{}
	for _, c := range examples.Every(t) {
		t.Run(c.String(), func(t *testing.T) {
			w := workloads{t: t, pods: map[string][]corev1.PodTemplateSpec{}, services: map[string]corev1.Service{}, checked: checked}
			objects, elsewhere := examples.All(t, roster, c)
			w.elsewhere = elsewhere
			for _, o := range objects {
				if o.Platform() {
					w.platform = append(w.platform, o)
				} else {
					w.deployed = append(w.deployed, o)
				}
			}
			w.index()
			w.schemas()
			w.namespaces(c)
			w.podSecurity()
			w.images()
			w.selectors()
			w.routes()
			if c.Example == "homelab" {
				w.household()
			}
		})
	}
	for what, least := range map[string]int{
		"objects": 100, "custom objects": 20, "namespaces": 15, "restricted": 20, "baseline": 1, "privileged": 1,
		"images": 30, "selectors": 25, "IngressRoute": 20, "IngressRouteTCP": 2, "IngressRouteUDP": 1, "TraefikService": 2, "HTTPRoute": 20, "Ingress": 3,
	} {
		if checked[what] < least {
			t.Errorf("%s: %d were checked, expected %d or more", what, checked[what], least)
		}
	}
}

// podTemplates is where each kind of workload has its pod template.
var podTemplates = map[string][]string{
	"CronJob":     {"spec", "jobTemplate", "spec", "template"},
	"DaemonSet":   {"spec", "template"},
	"Deployment":  {"spec", "template"},
	"Job":         {"spec", "template"},
	"Pod":         {},
	"StatefulSet": {"spec", "template"},
}

// index collects the pod templates and the Services.
func (w *workloads) index() {
	for _, o := range slices.Concat(w.platform, w.deployed) {
		if path, ok := podTemplates[o.GetKind()]; ok {
			content, _, err := unstructured.NestedMap(o.Object, path...)
			var pod corev1.PodTemplateSpec
			if err == nil {
				err = runtime.DefaultUnstructuredConverter.FromUnstructured(content, &pod)
			}
			if err != nil || len(pod.Spec.Containers) == 0 {
				w.t.Fatalf("%s: no pod template: %v", title(o), err)
			}
			pod.Name = title(o)
			w.pods[o.GetNamespace()] = append(w.pods[o.GetNamespace()], pod)
		}
		if o.GetKind() == "Service" {
			var s corev1.Service
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &s); err != nil {
				w.t.Fatalf("%s: %v", title(o), err)
			}
			w.services[s.Namespace+"/"+s.Name] = s
		}
	}
}

func title(o examples.Object) string {
	return fmt.Sprintf("%s %s/%s", o.GetKind(), o.GetNamespace(), o.GetName())
}

// schemas validates each object. Unlike roster's own, these need not write out fields that have defaults: their authors decide
// what they look like.
func (w *workloads) schemas() {
	set := schema.New()
	rules := celrules.New(set)
	for _, o := range w.deployed {
		w.checked["objects"]++
		problems, err := set.ValidateYAML([]byte(o.Text))
		if err != nil {
			w.t.Errorf("%s: %v", title(o), err)
			continue
		}
		if slices.Contains(set.Kinds(), o.GetAPIVersion()+" "+o.GetKind()) {
			w.checked["custom objects"]++
			more, err := rules.Validate(o.Object)
			if err != nil {
				w.t.Errorf("%s: %v", title(o), err)
			}
			problems = append(problems, more...)
		}
		for _, p := range problems {
			w.t.Errorf("%s: %s", title(o), p)
		}
	}
}

// namespaces fails when an application deploys into a namespace that nothing creates.
func (w *workloads) namespaces(c examples.Cluster) {
	known, used := map[string]bool{}, map[string]bool{"": true} // cluster-scoped
	for _, n := range c.Platform.Namespaces {
		known[n.Name] = !n.Managed
	}
	for _, o := range w.platform {
		if o.GetKind() == "Namespace" {
			known[o.GetName()] = true
		}
	}
	for _, o := range w.deployed {
		if n := o.GetNamespace(); !used[n] {
			used[n] = true
			w.checked["namespaces"]++
			if !known[n] {
				w.t.Errorf("%s: there is no such namespace", title(o))
			}
		}
	}
}

// podSecurity does what the API server does with each pod: a Namespace without a level lets all of them in.
func (w *workloads) podSecurity() {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	privileged := api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}
	levels := map[string]api.LevelVersion{}
	for _, o := range w.platform {
		if o.GetKind() != "Namespace" {
			continue
		}
		p, errs := api.PolicyToEvaluate(o.GetLabels(), api.Policy{Enforce: privileged, Audit: privileged, Warn: privileged})
		if len(errs) > 0 {
			w.t.Errorf("%s: %v", title(o), errs)
		}
		levels[o.GetName()] = p.Enforce
	}
	for namespace, pods := range w.pods {
		level, ok := levels[namespace]
		if !ok {
			level = privileged
		}
		for _, pod := range pods {
			w.checked[string(level.Level)]++
			if r := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec)); !r.Allowed {
				w.t.Errorf("%s: %s forbids it: %s", pod.Name, level.String(), r.ForbiddenDetail())
			}
		}
	}
}

// images fails for an image that may be another one tomorrow.
func (w *workloads) images() {
	for _, pods := range w.pods {
		for _, pod := range pods {
			for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
				w.checked["images"]++
				_, tag, _ := strings.Cut(c.Image[strings.LastIndexByte(c.Image, '/')+1:], ":")
				if !strings.Contains(c.Image, "@sha256:") && (tag == "" || tag == "latest") {
					w.t.Errorf("%s: the image %q of %s has no version", pod.Name, c.Image, c.Name)
				}
			}
		}
	}
}

// selectors fails for a Service without pods, or with a port that its pods do not have.
func (w *workloads) selectors() {
	for name, s := range w.services {
		if len(s.Spec.Selector) == 0 {
			continue // an alias, or its endpoints are somebody else's work
		}
		w.checked["selectors"]++
		selector, pods := labels.SelectorFromSet(s.Spec.Selector), 0
		for _, pod := range w.pods[s.Namespace] {
			if !selector.Matches(labels.Set(pod.Labels)) {
				continue
			}
			pods++
			for _, port := range s.Spec.Ports {
				if !serves(pod, port) {
					w.t.Errorf("Service %s: %s has no port %s", name, pod.Name, port.TargetPort.String())
				}
			}
		}
		if pods == 0 {
			w.t.Errorf("Service %s selects no pods", name)
		}
	}
}

func serves(pod corev1.PodTemplateSpec, want corev1.ServicePort) bool {
	if want.TargetPort == (intstr.IntOrString{}) {
		want.TargetPort = intstr.FromInt32(want.Port)
	}
	return slices.ContainsFunc(pod.Spec.Containers, func(c corev1.Container) bool {
		return slices.ContainsFunc(c.Ports, func(have corev1.ContainerPort) bool {
			same := have.Protocol == want.Protocol || have.Protocol+want.Protocol == corev1.ProtocolTCP // the default
			return same && (want.TargetPort == intstr.FromString(have.Name) || want.TargetPort == intstr.FromInt32(have.ContainerPort))
		})
	})
}

// backend is where a rule of a route leads.
type backend struct {
	Kind, Name, Namespace string
	Port                  intstr.IntOrString
}

// routeSpec is what the specs of all kinds of routes have of backends.
type routeSpec struct {
	Routes []struct{ Services []backend } // of Traefik
	Rules  []struct {
		BackendRefs []backend // of the Gateway API
		HTTP        struct {
			Paths []struct{ Backend ingressBackend }
		}
	}
	Weighted struct{ Services []backend }
}

type ingressBackend struct {
	Service struct {
		Name string
		Port struct {
			Name   string
			Number int32
		}
	}
}

// backends are those of all rules.
func (s *routeSpec) backends() []backend {
	out := s.Weighted.Services
	for _, r := range s.Routes {
		out = append(out, r.Services...)
	}
	for _, r := range s.Rules {
		out = append(out, r.BackendRefs...)
		for _, p := range r.HTTP.Paths {
			port := intstr.FromInt32(p.Backend.Service.Port.Number)
			if name := p.Backend.Service.Port.Name; name != "" {
				port = intstr.FromString(name)
			}
			out = append(out, backend{Name: p.Backend.Service.Name, Port: port})
		}
	}
	return out
}

var routeKinds = []string{"IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "TraefikService", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "Ingress"}

// routes fails for a route to a Service, or a port, that the application does not have.
func (w *workloads) routes() {
	weighted := map[string]bool{}
	for _, o := range w.platform {
		weighted[o.GetNamespace()+"/"+o.GetName()] = o.GetKind() == "TraefikService" || weighted[o.GetNamespace()+"/"+o.GetName()]
	}
	for _, o := range w.platform {
		_, origin, _ := strings.Cut(o.GetAnnotations()["roster.hippotion.github.io/origin"], "/applications/")
		app, _, _ := strings.Cut(origin, "/")
		if !slices.Contains(routeKinds, o.GetKind()) || slices.Contains(w.elsewhere, app) {
			continue
		}
		var r struct{ Spec routeSpec }
		if err := yaml.Unmarshal([]byte(o.Text), &r); err != nil {
			w.t.Fatalf("%s: %v", title(o), err)
		}
		for _, to := range r.Spec.backends() {
			w.checked[o.GetKind()]++
			name := cmp.Or(to.Namespace, o.GetNamespace()) + "/" + to.Name
			switch {
			case to.Kind == "TraefikService" && (weighted[name] || to.Name == "noop@internal"): // which a redirect needs in its place
			case !slices.ContainsFunc(w.services[name].Spec.Ports, func(p corev1.ServicePort) bool {
				return to.Port == intstr.FromInt32(p.Port) || to.Port == intstr.FromString(p.Name)
			}):
				w.t.Errorf("%s: there is no %s %s with the port %s", title(o), cmp.Or(to.Kind, "Service"), name, to.Port.String())
			}
		}
	}
}

// household fails when the example has lost what makes it worth checking: volumes that namespaces share, a folder of the node,
// a database.
func (w *workloads) household() {
	media := map[string]bool{}
	for _, o := range w.deployed {
		if path, _, _ := unstructured.NestedString(o.Object, "spec", "local", "path"); o.GetKind() == "PersistentVolume" && path == "/srv/media" {
			namespace, _, _ := unstructured.NestedString(o.Object, "spec", "claimRef", "namespace")
			media[namespace] = true
		}
	}
	for namespace, least := range map[string]int{"web-media": 2, "web-jellyfin": 1, "web-qbittorrent": 1} {
		mounts := 0
		for _, pod := range w.pods[namespace] {
			if hasVolume(pod, func(v corev1.Volume) bool {
				return v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == "media"
			}) {
				mounts++
			}
		}
		if !media[namespace] || mounts < least {
			w.t.Errorf("%s: %d pods have the shared volume", namespace, mounts)
		}
	}
	if !slices.ContainsFunc(w.pods["web-ai-engine"], func(pod corev1.PodTemplateSpec) bool {
		return hasVolume(pod, func(v corev1.Volume) bool { return v.HostPath != nil && v.HostPath.Path == "/srv/models" })
	}) {
		w.t.Error("web-ai-engine: no pod has the folder with the models")
	}
	if !slices.ContainsFunc(w.pods["web-brew-buddy"], func(pod corev1.PodTemplateSpec) bool {
		return pod.Name == "StatefulSet web-brew-buddy/postgres" && strings.HasPrefix(pod.Spec.Containers[0].Image, "postgres:")
	}) {
		w.t.Error("web-brew-buddy: there is no PostgreSQL")
	}
}

func hasVolume(pod corev1.PodTemplateSpec, is func(corev1.Volume) bool) bool {
	return slices.ContainsFunc(pod.Spec.Volumes, is)
}

// TestSameBytes fails when the order in which sources happen to be rendered shows.
func TestSameBytes(t *testing.T) {
	roster := examples.Roster(t)
	var first []byte
	for i := range 10 {
		t.Setenv("GOMAXPROCS", []string{"1", "2", "8"}[i%3])
		got, _ := examples.RenderAll(t, roster, "homelab")
		if i == 0 {
			first = got
		}
		if len(got) == 0 || !bytes.Equal(got, first) {
			t.Fatalf("run %d prints something else", i)
		}
	}
}
