package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var missingDependsOn = lint.Rule{
	Name:     "missing-depends-on",
	Severity: lint.Warning,
	Fixable:  true,
	Summary:  "an application deploys objects of a kind that another one installs, and does not wait for it",
	Doc: `On an empty cluster Argo CD cannot apply an object before its kind is there. It tries a few times, some minutes in all, and then not
again before the next commit: whether that is enough depends on how fast the other application is. ` + "`dependsOn`" + ` makes it wait. A wait has
a price: an application that is not healthy then holds up those which wait for it. Where the kinds come from an application of their
own, without anything that may fail, the price is small. An object with ` + "`SkipDryRunOnMissingResource=true`" + ` has
been thought about, and is not reported.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: a}
- namespace: sys-queues
  networkPolicies: isolated
  clusterResources: [apiextensions.k8s.io/CustomResourceDefinition]
  applications:
    - {applicationCode: sys-queues, path: queues}
-- a/queue.yaml --
apiVersion: flink.apache.org/v1beta1
kind: FlinkDeployment
metadata: {name: mail}
-- queues/kinds.yaml --
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: flinkdeployments.flink.apache.org}
spec:
  group: flink.apache.org
  scope: Namespaced
  names: {kind: FlinkDeployment, plural: flinkdeployments}
  versions: [{name: v1beta1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`,
	Mend: []string{"web-a, path: a}", "web-a, path: a, dependsOn: [sys-queues]}"},
	Find: func(in *lint.Context, add func(lint.Finding)) {
		type kindIn struct {
			kind catalog.ClusterResource
			in   *catalog.Application
		}
		installers := map[catalog.ClusterResource]*catalog.Application{} // of several, one of the lowest wave
		installs := map[kindIn]bool{}
		for _, o := range in.Deployed.Kind("CustomResourceDefinition") {
			kind := deployed.Defines(o)
			installs[kindIn{kind, o.Application}] = true
			if by := installers[kind]; by == nil || o.Application.Wave < by.Wave {
				installers[kind] = o.Application
			}
		}
		missing := map[*catalog.Application][]unawaited{}
		seen := map[kindIn]bool{}
		for _, o := range in.Workloads {
			kind := kindIn{deployed.KindOf(o), o.Application}
			by := installers[kind.kind]
			if by == nil || by.Wave < o.Application.Wave || installs[kind] || seen[kind] || isArgoCDs(kind.kind) || skipsDryRun(o) {
				continue
			}
			seen[kind] = true
			missing[o.Application] = append(missing[o.Application], unawaited{kind.kind, by, o})
		}
		for _, a := range in.Deployed.Applications() {
			if f, ok := findUnawaited(in, a, missing[a]); ok {
				add(f)
			}
		}
	},
}

// unawaited is a kind that an application installs, and an object of another one that does not wait for it.
type unawaited struct {
	kind   catalog.ClusterResource
	by     *catalog.Application
	object *deployed.Object
}

// findUnawaited is the finding for all kinds that an application does not wait for, except where the others wait for it.
func findUnawaited(in *lint.Context, a *catalog.Application, missing []unawaited) (lint.Finding, bool) {
	var codes, each []string
	known := map[string]bool{}
	slices.SortFunc(missing, func(a, b unawaited) int { return cmp.Compare(resource(a.kind), resource(b.kind)) })
	for _, u := range missing {
		if u.by.Wave > a.Wave && in.Deployed.Awaits(u.by.Code, a.Code) {
			continue
		}
		each = append(each, fmt.Sprintf("%s (%s)", u.object.Title(), u.by.Code))
		if !known[u.by.Code] {
			known[u.by.Code] = true
			codes = append(codes, u.by.Code)
		}
	}
	if len(codes) == 0 {
		return lint.Finding{}, false
	}
	f := lint.FoundAt(a.Place, "write in the application: dependsOn: ["+strings.Join(codes, ", ")+"]", "%s does not wait for what installs its kinds: %s", a.Code, strings.Join(each, ", "))
	f.Missing = &lint.Addition{At: a.Place.Pos, Key: "dependsOn", Values: codes}
	return f.Of(a), true
}

// skipsDryRun reports whether an object is applied without a dry run as long as its kind is missing.
func skipsDryRun(o *deployed.Object) bool {
	const option = "SkipDryRunOnMissingResource=true"
	return strings.Contains(deployed.StringAt(o, "metadata", "annotations", "argocd.argoproj.io/sync-options"), option) || slices.Contains(o.Application.SyncOptions, option)
}
