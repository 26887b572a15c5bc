package rules

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var missingClaim = lint.Rule{
	Name:     "missing-claim",
	Severity: lint.Error,
	Summary:  "a pod mounts a PersistentVolumeClaim that nothing creates",
	Doc: `The pod stays in Pending forever, since the scheduler waits for the claim. Add the claim to the application, or correct the name. The
claims of a StatefulSet are called TEMPLATE-STATEFULSET-NUMBER, and a claim of another namespace does not count. It is reported only
where all that runs in the namespace is known, and where nothing, such as a custom resource with the name in it or a program
that may create claims, could create it.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/claim.yaml --
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: app-data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
-- a/app.yaml --
` + hardenedWith("      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]\n", "          volumeMounts: [{name: data, mountPath: /data}]\n"),
	Mend: []string{"claimName: data", "claimName: app-data"},
	Check: func(in *lint.Context, report lint.Report) {
		elsewhere := map[string]string{}
		for _, o := range in.Deployed.Kind("PersistentVolumeClaim") {
			elsewhere[o.Name] = cmp.Or(elsewhere[o.Name], o.Namespace)
		}
		for v := range in.Deployed.OrderedInventories() {
			if !v.Complete || v.May("persistentvolumeclaims", "create") {
				continue
			}
			var templates map[string]bool
			for _, p := range v.Pods {
				own := claimTemplates(p.Object)
				for i, volume := range p.Spec.Volumes {
					if volume.PersistentVolumeClaim == nil || volume.PersistentVolumeClaim.ClaimName == "" || own[volume.Name] {
						continue
					}
					name := volume.PersistentVolumeClaim.ClaimName
					if templates == nil {
						templates = claimTemplatesIn(v)
					}
					if v.Objects["PersistentVolumeClaim"][name] != nil || v.Makes(name) || templates[unnumbered(name)] {
						continue
					}
					at := slices.Concat(p.At, []string{"spec", "volumes", strconv.Itoa(i), "persistentVolumeClaim", "claimName"})
					hint := v.Near("PersistentVolumeClaim", name, "add it to the application")
					if other := elsewhere[name]; other != "" {
						hint = "the one of " + other + " cannot be mounted: a pod mounts claims of its own namespace only; add one to the application, or move the application to " + other
					}
					report(in.Places.Source(p.Object, name, []string{"claimName: " + name, "claimName:"}, at...), hint,
						"%s mounts the PersistentVolumeClaim %s, which nothing creates", p.Title(), name)
				}
			}
		}
	},
}

// claimTemplatesIn are the names of the claims of StatefulSets, without their number: TEMPLATE-STATEFULSET.
func claimTemplatesIn(v *deployed.Inventory) map[string]bool {
	out := map[string]bool{}
	for _, o := range v.Objects["StatefulSet"] {
		for name := range claimTemplates(o) {
			out[name+"-"+o.Name] = true
		}
	}
	return out
}

// claimTemplates are the names of the claims that a StatefulSet creates for each pod. It mounts them in place of volumes of these
// names.
func claimTemplates(o *deployed.Object) map[string]bool {
	if o.Kind != "StatefulSet" {
		return nil
	}
	out := map[string]bool{}
	templates, _ := deployed.FieldAt(o, "spec", "volumeClaimTemplates").([]any)
	for i := range templates {
		out[deployed.StringAt(o, "spec", "volumeClaimTemplates", strconv.Itoa(i), "metadata", "name")] = true
	}
	return out
}

// unnumbered is a name without the number at its end; empty when it has none.
func unnumbered(name string) string {
	base := strings.TrimRight(name, "0123456789")
	if base == name || !strings.HasSuffix(base, "-") {
		return ""
	}
	return strings.TrimSuffix(base, "-")
}
