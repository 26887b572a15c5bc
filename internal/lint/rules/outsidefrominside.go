package rules

import (
	"github.com/hippotion/roster/internal/lint"
)

var outsideFromInside = lint.Rule{
	Name:     "outside-address-from-inside",
	Severity: lint.Warning,
	Summary:  "a workload calls a catalog application by the address that is meant for phones",
	Doc: `A request to the host name leaves the cluster and comes back through the ingress controller, or does not come back: at
home, the name leads to the node, which no CIDR of a policy matches. It also needs the Internet, for something that runs next
door. The application has an address inside the cluster, which ` + "`uses`" + ` permits and tells the chart. Links for
people are left out as far as they can be told.`,
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
	Mend: []string{`    - {applicationCode: web-backup, path: backup}`, `    - {applicationCode: web-backup, path: backup, uses: [web-ntfy]}`, `            - {name: REPORT_TO, value: 'https://ntfy.home.example/hl-info'}`, `            - {name: REPORT_TO, value: 'http://ntfy.web-ntfy.svc.cluster.local/hl-info'}
            - {name: PICTURES, value: 'https://ntfy.home.example.org'} # another host`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Workloads {
			for _, c := range in.Routes.Calls(o) {
				if c.Owner.App.Catalog != "" {
					inside := "http://" + c.Owner.Backend.Service + "." + c.Owner.Namespace + ".svc.cluster.local"
					report(in.Places.Text(o, c.Line, c.URL), "add uses: ["+c.Owner.App.Code+"], and call "+inside, "%s calls %s from inside of the cluster", o.Title(), c.URL)
				}
			}
		}
	},
}
