package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
)

var missingDependsOn = Rule{
	Name:     "missing-depends-on",
	Severity: Warning,
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
	Find: func(in *Input, add func(Finding)) {
		type kindIn struct {
			kind catalog.ClusterResource
			in   *catalog.Application
		}
		installers := map[catalog.ClusterResource]*catalog.Application{} // of several, one of the lowest wave
		installs := map[kindIn]bool{}
		for _, o := range in.Kind("CustomResourceDefinition") {
			kind := defines(o)
			installs[kindIn{kind, o.Application}] = true
			if by := installers[kind]; by == nil || o.Application.Wave < by.Wave {
				installers[kind] = o.Application
			}
		}
		missing := map[*catalog.Application][]unawaited{}
		seen := map[kindIn]bool{}
		for _, o := range in.Workloads {
			kind := kindIn{kindOf(o), o.Application}
			by := installers[kind.kind]
			if by == nil || by.Wave < o.Application.Wave || installs[kind] || seen[kind] || isArgoCDs(kind.kind) || skipsDryRun(o) {
				continue
			}
			seen[kind] = true
			missing[o.Application] = append(missing[o.Application], unawaited{kind.kind, by, o})
		}
		for _, a := range in.applications() {
			if f, ok := in.unawaited(a, missing[a]); ok {
				add(f)
			}
		}
	},
}

// unawaited is a kind that an application installs, and an object of another one that does not wait for it.
type unawaited struct {
	kind   catalog.ClusterResource
	by     *catalog.Application
	object *Object
}

// unawaited is the finding for all kinds that an application does not wait for, except where the others wait for it.
func (in *Input) unawaited(a *catalog.Application, missing []unawaited) (Finding, bool) {
	var codes, each []string
	known := map[string]bool{}
	slices.SortFunc(missing, func(a, b unawaited) int { return cmp.Compare(resource(a.kind), resource(b.kind)) })
	for _, u := range missing {
		if u.by.Wave > a.Wave && in.awaits(u.by.Code, a.Code) {
			continue
		}
		each = append(each, fmt.Sprintf("%s (%s)", u.object.Title(), u.by.Code))
		if !known[u.by.Code] {
			known[u.by.Code] = true
			codes = append(codes, u.by.Code)
		}
	}
	if len(codes) == 0 {
		return Finding{}, false
	}
	f := foundAt(a.Place, "write in the application: dependsOn: ["+strings.Join(codes, ", ")+"]", "%s does not wait for what installs its kinds: %s", a.Code, strings.Join(each, ", "))
	f.of, f.Missing = a, &Addition{At: a.Place.Pos, Key: "dependsOn", Values: codes}
	return f, true
}

// mostAwaited is of how many applications it is found out what they wait for: each takes time that grows with the platform.
const mostAwaited = 100

// awaits reports whether an application waits for another one, or may do so.
func (in *Input) awaits(code, other string) bool {
	a, known := in.awaited(code)
	return !known || a.Applications[other]
}

// awaitsSecrets reports whether an application waits for Secrets, or may do so.
func (in *Input) awaitsSecrets(code string) bool {
	a, known := in.awaited(code)
	return !known || a.Secrets
}

// awaited is what an application waits for. It is not known of too many of them.
func (in *Input) awaited(code string) (a catalog.Awaited, known bool) {
	if a, known = in.awaitedBy[code]; known || len(in.awaitedBy) == mostAwaited {
		return a, known
	}
	if in.awaitedBy == nil {
		in.awaitedBy = map[string]catalog.Awaited{}
	}
	in.awaitedBy[code] = in.Order.Awaited(code)
	return in.awaitedBy[code], true
}

// skipsDryRun reports whether an object is applied without a dry run as long as its kind is missing.
func skipsDryRun(o *Object) bool {
	const option = "SkipDryRunOnMissingResource=true"
	return strings.Contains(stringAt(o, "metadata", "annotations", "argocd.argoproj.io/sync-options"), option) || slices.Contains(o.Application.SyncOptions, option)
}
