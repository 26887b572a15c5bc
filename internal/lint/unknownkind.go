package lint

import (
	"fmt"

	"github.com/hippotion/roster/render/object"
)

var unknownKind = Rule{
	Name:     "unknown-kind",
	Severity: Info,
	Summary:  "objects of a kind without a schema, which are not checked",
	Doc: `roster has the schemas of Kubernetes' own stable kinds and of some operators' kinds. Of others it checks only what
the other rules look at: a misspelled field is found when Argo CD applies the object, or never. There is one finding for each kind,
at its first object.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/queue.yaml --
apiVersion: queues.example/v1
kind: Queue
metadata: {name: mail}
---
apiVersion: queues.example/v1
kind: Queue
metadata: {name: print}
`,
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: mail}
`,
	Check: func(in *Input, report Report) {
		kinds := in.unchecked().count
		for _, o := range in.unchecked().first {
			kind := o.APIVersion + " " + o.Kind
			objects := fmt.Sprintf("%d objects of the kind %s are", kinds[kind], kind)
			if kinds[kind] == 1 {
				objects = fmt.Sprintf("1 object of the kind %s is", kind)
			}
			report(in.field(o, "kind"), "", "%s not checked: there is no schema", objects)
		}
	},
}

// unchecked is how many objects there are of each kind without a schema, and the first of each.
type unchecked struct {
	count map[string]int
	first []*Object
}

func (in *Input) unchecked() unchecked {
	return in.checked.get(func() unchecked {
		out, known := unchecked{count: map[string]int{}}, map[string]bool{}
		for _, o := range in.Workloads {
			kind := o.APIVersion + " " + o.Kind
			if _, seen := known[kind]; !seen {
				_, removed := removedKind(o) // removed-api-version reports it
				known[kind] = removed
				if !removed {
					known[kind] = hasSchema(o)
				}
				if !known[kind] {
					out.first = append(out.first, o)
				}
			}
			if !known[kind] {
				out.count[kind]++
			}
		}
		return out
	})
}

// hasSchema reports whether there is a schema of an object's kind. Any object of the kind will do.
func hasSchema(o *Object) bool {
	stub := &Object{Object: object.Object{APIVersion: o.APIVersion, Kind: o.Kind, Name: "any"}}
	stub.content = map[string]any{"apiVersion": o.APIVersion, "kind": o.Kind, "metadata": map[string]any{"name": "any"}}
	_, err := validate(stub)
	return err == nil
}
