package lint

var duplicateObject = Rule{
	Name:     "duplicate-object",
	Severity: Error,
	Summary:  "two applications deploy the same object",
	Doc: `An object belongs to one Application. The other one takes it over when it syncs, the first takes it back, and each
shows it as out of sync (Argo CD warns of a SharedResourceWarning). When one of the two is removed, it prunes what the other
needs. Deploy it once; what roster renders, such as Namespaces, it renders from the list.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: a}
    - {applicationCode: web-a-extra, path: extra}
-- a/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data: {colour: blue}
-- extra/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data: {colour: red}
`,
	Mend: []string{`-- extra/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: config}`, `-- extra/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: config-extra}`},
	Check: func(in *Input, report Report) {
		type identity struct{ group, kind, namespace, name string }
		roster, first := map[identity]bool{}, map[identity]*Object{}
		for i := range in.Objects {
			o := &Object{Object: in.Objects[i]}
			roster[identity{groupOf(o), o.Kind, o.Namespace, o.Name}] = true
		}
		for _, o := range in.Workloads {
			if stringAt(o, "metadata", "name") == "" {
				continue // the API server makes each a name of its own
			}
			id := identity{groupOf(o), o.Kind, o.Namespace, o.Name}
			other, again := first[id]
			switch {
			case roster[id]:
				report(in.field(o, "metadata", "name"), "remove it from the application", "%s deploys %s, which roster renders from the list", o.Application.Code, o.Title())
			case again && other.Application.Code != o.Application.Code:
				report(in.field(o, "metadata", "name"), "deploy it with one of the two", "%s and %s deploy the same %s",
					other.Application.Code, o.Application.Code, o.Title())
			case !again:
				first[id] = o
			}
		}
	},
}
