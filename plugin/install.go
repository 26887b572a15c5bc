package plugin

import (
	_ "embed" // for health checks
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Health checks: that of Applications, without which no sync wave waits for one, and that of CRDs, without which a sync wave that
// waits for one may fail.
var (
	//go:embed health/application.lua
	applicationHealth string
	//go:embed health/customresourcedefinition.lua
	crdHealth string

	// exclusions are the kinds that Argo CD 3 leaves out by itself (argo-cd manifests/base/config/argocd-cm.yaml), without EndpointSlice.
	//go:embed exclusions.yaml
	exclusions string
)

// Names of Argo CD's own objects, as its manifests and its Helm chart have them.
const (
	settingsMap   = "argocd-cm"
	parametersMap = "argocd-cmd-params-cm"
	repoServer    = "argocd-repo-server"
)

// settings are what argocd-cm must hold.
func settings(p *catalog.Platform) map[string]string {
	const health = "resource.customizations.health."
	out := map[string]string{
		health + "argoproj.io_Application":                       applicationHealth,
		health + "apiextensions.k8s.io_CustomResourceDefinition": crdHealth,
	}
	if options := p.ArgoCD.BuildOptions.Text; options != "" {
		out["kustomize.buildOptions"] = options
	}
	if slices.ContainsFunc(p.Namespaces, func(n catalog.Namespace) bool { return len(n.Outside()) > 0 }) {
		out["resource.exclusions"] = exclusions // or else it applies no EndpointSlice, and the Services of addresses in the LAN lead nowhere
	}
	if p.ArgoCD.Impersonation {
		out["application.sync.impersonation.enabled"] = "true"
	}
	return out
}

// parameters are what argocd-cmd-params-cm must hold: send plugins what an Application's annotation manifest-generate-paths
// names instead of the whole repository, and never its history.
func parameters() map[string]string {
	return map[string]string{
		"reposerver.plugin.tar.exclusions":              ".git/*",
		"reposerver.plugin.use.manifest.generate.paths": "true",
	}
}

// The memory of the sidecar. The list of a homelab takes 15 MiB and an application of it 25 to 70, and Argo CD's own program some 50. The
// limit is for an application that runs away: roster stops it at 2 GiB (workerMemory in internal/fleet), and reports which one it is,
// while a dozen others go on. Without a limit two of these could take the node with them; with it, they take the container.
const (
	sidecarMemory      = "128Mi"
	sidecarMemoryLimit = "3Gi"
)

// sidecar is the container beside the repo-server. The volumes var-files, with the program that it runs, and plugins, with the
// socket that it listens on, are those of Argo CD's own Deployment (argo-cd manifests/base/repo-server). It has a /tmp of its
// own: sharing the repo-server's would let plugins read all repositories.
func sidecar(image string) corev1.Container {
	no, yes, user := false, true, int64(999)
	return corev1.Container{
		Name:    "roster",
		Image:   image,
		Command: []string{"/var/run/argocd/argocd-cmp-server"},
		Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse(sidecarMemory)},
			Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(sidecarMemoryLimit)},
		},
		SecurityContext: &corev1.SecurityContext{
			RunAsNonRoot: &yes, RunAsUser: &user, ReadOnlyRootFilesystem: &yes, AllowPrivilegeEscalation: &no,
			Capabilities:   &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		VolumeMounts: []corev1.VolumeMount{
			{Name: "var-files", MountPath: "/var/run/argocd"},
			{Name: "plugins", MountPath: "/home/argocd/cmp-server/plugins"},
			{Name: "roster-tmp", MountPath: "/tmp"},
		},
	}
}

func sidecarVolume() corev1.Volume {
	return corev1.Volume{Name: "roster-tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}
}

// partial is our part of an object: the rest is Argo CD's own, and stays.
type partial struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Data              map[string]string  `json:"data,omitempty"`
	Spec              *partialDeployment `json:"spec,omitempty"`
}

type partialDeployment struct {
	Template partialTemplate `json:"template"`
}

type partialTemplate struct {
	Spec partialPod `json:"spec"`
}

type partialPod struct {
	Containers []corev1.Container `json:"containers"`
	Volumes    []corev1.Volume    `json:"volumes"`
}

func configMap(name string, data map[string]string) partial {
	return partial{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, ObjectMeta: metav1.ObjectMeta{Name: name}, Data: data}
}

func partials(p *catalog.Platform, image string) []partial {
	return []partial{
		configMap(settingsMap, settings(p)),
		configMap(parametersMap, parameters()),
		{
			TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
			ObjectMeta: metav1.ObjectMeta{Name: repoServer},
			Spec: &partialDeployment{Template: partialTemplate{Spec: partialPod{
				Containers: []corev1.Container{sidecar(image)}, Volumes: []corev1.Volume{sidecarVolume()},
			}}},
		},
	}
}

// Installation returns what an installed Argo CD needs in addition, as parts of its own objects: kubectl apply --server-side adds them to
// the existing ones. Image is the sidecar's.
func Installation(p *catalog.Platform, image string) []object.Object {
	var out []object.Object
	for _, o := range partials(p, image) {
		o.Namespace = p.ArgoCD.Namespace
		if o.Name == settingsMap { // Argo CD reads no other one
			o.Labels = map[string]string{"app.kubernetes.io/part-of": "argocd"}
		}
		out = append(out, object.Object{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name, Value: func() any { return o }})
	}
	return out
}

type component struct {
	metav1.TypeMeta `json:",inline"`
	Patches         []componentPatch `json:"patches"`
}

type componentPatch struct {
	Patch string `json:"patch"`
}

// Component is the same as a Kustomize component, for an Argo CD that is installed with Kustomize from its own manifests.
func Component(p *catalog.Platform, image string) any {
	out := component{TypeMeta: metav1.TypeMeta{APIVersion: "kustomize.config.k8s.io/v1alpha1", Kind: "Component"}}
	var e object.Encoder
	for _, o := range partials(p, image) {
		out.Patches = append(out.Patches, componentPatch{Patch: string(e.Encode(nil, o))})
	}
	return out
}

type helmValues struct {
	Configs    helmConfigs    `json:"configs"`
	RepoServer helmRepoServer `json:"repoServer"`
}

type helmConfigs struct {
	CM     map[string]string `json:"cm"`
	Params map[string]string `json:"params"`
}

type helmRepoServer struct {
	ExtraContainers []corev1.Container `json:"extraContainers"`
	Volumes         []corev1.Volume    `json:"volumes"`
}

// HelmValues are the same as values of the chart argo-cd (github.com/argoproj/argo-helm, charts/argo-cd/values.yaml).
func HelmValues(p *catalog.Platform, image string) any {
	return helmValues{
		Configs:    helmConfigs{CM: settings(p), Params: parameters()},
		RepoServer: helmRepoServer{ExtraContainers: []corev1.Container{sidecar(image)}, Volumes: []corev1.Volume{sidecarVolume()}},
	}
}

// released is the sidecar's image of a release, by its digest. The linker writes it into the programs that people run (internal/release);
// it is empty in a build, and in the image itself, which cannot hold its own digest. Nothing assigns to it.
var released string

// Image is the released image of a version of roster: by digest, or, for one that somebody has built from a version such as v1.2.3, by its
// tag. It is empty when the version is not that of a release.
func Image(version string) string {
	switch {
	case released != "":
		return released
	case !strings.HasPrefix(version, "v") || strings.ContainsAny(version, "+-"):
		return ""
	}
	return "ghcr.io/hippotion/roster:" + version
}
