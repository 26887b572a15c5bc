package object_test

import (
	"testing"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/render/object"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// BenchmarkEncode compares the encoder with sigs.k8s.io/yaml, on the kinds that make up most of a platform's objects.
func BenchmarkEncode(b *testing.B) {
	for _, o := range []struct {
		name  string
		value any
	}{{"namespace", namespace()}, {"application", application()}, {"policy", policy()}} {
		b.Run(o.name+"/roster", func(b *testing.B) {
			var e object.Encoder
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				buf = e.Encode(buf[:0], o.value)
			}
		})
		b.Run(o.name+"/sigs", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := yaml.Marshal(o.value); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func meta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: namespace,
		Name:      name,
		Labels:    map[string]string{"app.kubernetes.io/managed-by": "roster"},
		Annotations: map[string]string{
			"roster.hippotion.github.io/origin": "applications.yml#web-ntfy",
			"argocd.argoproj.io/sync-wave":      "-10",
		},
	}
}

func namespace() *corev1.Namespace {
	o := &corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: meta("", "web-ntfy")}
	for _, mode := range []string{"enforce", "audit", "warn"} {
		o.Labels["pod-security.kubernetes.io/"+mode] = "restricted"
		o.Labels["pod-security.kubernetes.io/"+mode+"-version"] = "v1.35"
	}
	o.Annotations["argocd.argoproj.io/sync-options"] = "Prune=confirm,Delete=confirm"
	return o
}

type app struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              appSpec `json:"spec"`
}

type appSpec struct {
	Project     string      `json:"project"`
	Source      *appSource  `json:"source,omitempty"`
	Sources     []appSource `json:"sources,omitempty"`
	Destination struct {
		Server    string `json:"server"`
		Namespace string `json:"namespace"`
	} `json:"destination"`
	SyncPolicy *appSync `json:"syncPolicy,omitempty"`
}

type appSource struct {
	RepoURL        string   `json:"repoURL"`
	Path           string   `json:"path,omitempty"`
	TargetRevision string   `json:"targetRevision,omitempty"`
	Chart          string   `json:"chart,omitempty"`
	Helm           *appHelm `json:"helm,omitempty"`
}

type appHelm struct {
	ReleaseName  string   `json:"releaseName,omitempty"`
	ValueFiles   []string `json:"valueFiles,omitempty"`
	ValuesObject any      `json:"valuesObject,omitempty"`
}

type appSync struct {
	Automated *struct {
		Prune    bool `json:"prune"`
		SelfHeal bool `json:"selfHeal"`
	} `json:"automated,omitempty"`
	SyncOptions []string `json:"syncOptions,omitempty"`
}

func application() *app {
	o := &app{TypeMeta: metav1.TypeMeta{APIVersion: "argoproj.io/v1alpha1", Kind: "Application"}, ObjectMeta: meta("argocd", "web-ntfy")}
	o.Finalizers = []string{"resources-finalizer.argocd.argoproj.io/foreground"}
	o.Spec = appSpec{
		Project:    "web-ntfy",
		Source:     &appSource{RepoURL: "https://github.com/hippotion/homelab", Path: "charts/ntfy", TargetRevision: "main", Helm: &appHelm{ValueFiles: []string{"values-ntfy.yml"}}},
		SyncPolicy: &appSync{SyncOptions: []string{"ServerSideApply=true"}},
	}
	o.Spec.Destination.Server, o.Spec.Destination.Namespace = "https://kubernetes.default.svc", "web-ntfy"
	return o
}

type networkPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              *api.Rule `json:"spec"`
}

func policy() *networkPolicy {
	selector := func(labels map[string]string) api.EndpointSelector {
		return api.EndpointSelector{LabelSelector: &slimmetav1.LabelSelector{MatchLabels: labels}}
	}
	return &networkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "cilium.io/v2", Kind: "CiliumNetworkPolicy"},
		ObjectMeta: meta("web-ntfy", "allow-to-host.api.example.com"),
		Spec: &api.Rule{
			Description:      "pods (all) to api.example.com on 443/TCP",
			EndpointSelector: selector(nil),
			Egress: []api.EgressRule{{
				EgressCommonRule: api.EgressCommonRule{ToEndpoints: []api.EndpointSelector{selector(map[string]string{
					"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s:k8s-app": "kube-dns"})}},
				ToPorts: api.PortRules{{
					Ports: []api.PortProtocol{{Port: "53", Protocol: api.ProtoAny}},
					Rules: &api.L7Rules{DNS: api.PortRulesDNS{{MatchName: "api.example.com"}}},
				}},
			}, {
				ToFQDNs: api.FQDNSelectorSlice{{MatchName: "api.example.com"}},
				ToPorts: api.PortRules{{Ports: []api.PortProtocol{{Port: "443", Protocol: api.ProtoTCP}}}},
			}},
		},
	}
}
