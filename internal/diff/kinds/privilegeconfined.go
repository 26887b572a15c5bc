package kinds

import (
	"slices"

	"github.com/hippotion/roster/internal/diff"
	corev1 "k8s.io/api/core/v1"
)

// addConfinement notes where pods are kept less apart from their node than baseline asks for. It matters also for pods that have another right
// beyond baseline already: then their level stays what it is.
func (r *podRights) addConfinement(p *corev1.PodTemplateSpec) {
	if s := p.Spec.SecurityContext; s != nil {
		r.confine(s.SeccompProfile, s.AppArmorProfile, s.SELinuxOptions, s.WindowsOptions)
		for _, sysctl := range s.Sysctls {
			r.beyondBaseline = append(r.beyondBaseline, "sysctl "+sysctl.Name)
		}
	}
	for _, list := range [...][]corev1.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for i := range list {
			if s := list[i].SecurityContext; s != nil {
				r.confine(s.SeccompProfile, s.AppArmorProfile, s.SELinuxOptions, s.WindowsOptions)
			}
		}
	}
}

func (r *podRights) confine(seccomp *corev1.SeccompProfile, appArmor *corev1.AppArmorProfile, selinux *corev1.SELinuxOptions, windows *corev1.WindowsSecurityContextOptions) {
	if seccomp != nil && seccomp.Type == corev1.SeccompProfileTypeUnconfined {
		r.beyondBaseline = append(r.beyondBaseline, "seccompProfile Unconfined")
	}
	if appArmor != nil && appArmor.Type == corev1.AppArmorProfileTypeUnconfined {
		r.beyondBaseline = append(r.beyondBaseline, "appArmorProfile Unconfined")
	}
	if selinux != nil && selinux.Type != "" {
		r.beyondBaseline = append(r.beyondBaseline, "SELinux type "+selinux.Type)
	}
	if windows != nil && windows.HostProcess != nil && *windows.HostProcess {
		r.beyondBaseline = append(r.beyondBaseline, "hostProcess")
	}
}

// projectsToken reports whether pods have a volume with a token for the API server, whatever automountServiceAccountToken says.
func projectsToken(spec *corev1.PodSpec) bool {
	return slices.ContainsFunc(spec.Volumes, func(v corev1.Volume) bool {
		return v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(s corev1.VolumeProjection) bool {
			return s.ServiceAccountToken != nil && s.ServiceAccountToken.Audience == ""
		})
	})
}

// unknownPods notes where objects of other kinds make pods, which nobody here reads.
func unknownPods(c *diff.Change) {
	var unknown []string
	for _, p := range c.Pairs {
		if slices.Contains(podKinds[:], p.ID.Kind) || p.After == nil {
			continue
		}
		containers, _ := memberAt(p.After.Content(), "spec", "template", "spec", "containers").([]any)
		if len(containers) > 0 && (p.Before == nil || !equal(memberAt(p.Before.Content(), "spec", "template", "spec"), memberAt(p.After.Content(), "spec", "template", "spec"))) {
			unknown = append(unknown, p.ID.String())
		}
	}
	unknownDeployers(c)
	if len(unknown) > 0 {
		c.Unjudged("what the pods of " + fewOf(unknown, mostAlike) + " may do is not known here")
	}
}

// deployers are kinds of objects that deploy others, which nobody here renders.
var deployers = []string{
	"Application.argoproj.io", "ApplicationSet.argoproj.io", "HelmChart.helm.cattle.io", "HelmChartConfig.helm.cattle.io",
	"HelmRelease.helm.toolkit.fluxcd.io", "Kustomization.kustomize.toolkit.fluxcd.io",
}

// unknownDeployers notes where applications deploy such objects.
func unknownDeployers(c *diff.Change) {
	var unknown []string
	for _, p := range c.Pairs {
		if o := p.Either(); o.Deployed != nil && isKind(o, deployers...) && (p.Before == nil || p.After == nil || !equal(p.Before.Content()["spec"], p.After.Content()["spec"])) {
			unknown = append(unknown, p.ID.String())
		}
	}
	if len(unknown) > 0 {
		c.Unjudged("what " + fewOf(unknown, mostAlike) + " deploys is not rendered here")
	}
}
