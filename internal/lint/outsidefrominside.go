package lint

import (
	"regexp"

	"github.com/hippotion/roster/catalog"
)

var outsideFromInside = Rule{
	Name:     "outside-address-from-inside",
	Severity: Warning,
	Summary:  "a workload calls an application of the catalog by the address that is meant for phones",
	Doc: `A request to the host name leaves the cluster and comes back through the ingress controller, or does not come back: at
home, the name leads to the node, which no CIDR of a policy matches. It also needs the Internet, for something that runs next
door. The application has an address inside of the cluster, which ` + "`uses`" + ` permits and tells the chart.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-ntfy
  applications:
    - {applicationCode: web-ntfy, catalog: ntfy}
- namespace: web-backup
  networkPolicies: isolated-job
  applications:
    - {applicationCode: web-backup, path: backup}
-- backup/job.yaml --
apiVersion: batch/v1
kind: Job
metadata: {name: backup}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: backup
          image: registry.example/backup:1
          env:
            - {name: REPORT_TO, value: 'https://ntfy.home.example/hl-info'}
`,
	Good: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-ntfy
  applications:
    - {applicationCode: web-ntfy, catalog: ntfy}
- namespace: web-backup
  networkPolicies: isolated-job
  applications:
    - {applicationCode: web-backup, path: backup, uses: [web-ntfy]}
-- backup/job.yaml --
apiVersion: batch/v1
kind: Job
metadata: {name: backup}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: backup
          image: registry.example/backup:1
          env:
            - {name: REPORT_TO, value: 'http://ntfy.web-ntfy.svc.cluster.local/hl-info'}
            - {name: PICTURES, value: 'https://ntfy.home.example.org'} # another host
`,
	Check: func(in *Input, report Report) {
		owners := outside(in.Platform)
		for _, o := range in.Workloads {
			for text := range texts(o.Content()) {
				for _, m := range urlHost.FindAllStringSubmatch(text, -1) {
					owner, ok := owners[m[2]]
					if !ok || owner.app.Code == o.Application.Code {
						continue
					}
					report(in.text(o, text, m[1]), "add uses: ["+owner.app.Code+"], and call "+owner.inside, "%s calls %s from inside of the cluster", o.Title(), m[1])
				}
			}
		}
	},
}

// urlHost is a URL up to its host, and the host.
var urlHost = regexp.MustCompile(`(https?://([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?))`)

// owner is an application of the catalog that others may use, and where it is reached inside of the cluster.
type owner struct {
	app    *catalog.Application
	inside string
}

// outside are the host names of applications of the catalog.
func outside(p *catalog.Platform) map[string]owner {
	out := map[string]owner{}
	for i := range p.Namespaces {
		n := &p.Namespaces[i]
		for j := range n.Applications {
			a := &n.Applications[j]
			for _, r := range a.Routes {
				if a.Catalog != "" {
					out[r.Host] = owner{a, "http://" + r.Service + "." + n.Name + ".svc.cluster.local"}
				}
			}
		}
	}
	return out
}
