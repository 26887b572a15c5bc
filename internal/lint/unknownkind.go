package lint

import "fmt"

var unknownKind = Rule{
	Name:     "unknown-kind",
	Severity: Info,
	Summary:  "objects of a kind that roster has no schema of, which are not checked",
	Doc: `roster has the schemas of Kubernetes' own stable kinds and of some operators' kinds. Of others it checks nothing but what
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
					_, err := validate(o)
					known[kind] = err == nil
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
