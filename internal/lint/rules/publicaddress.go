package rules

import (
	"strconv"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var publicAddressFromInside = lint.Rule{
	Name:     "public-address-from-inside",
	Severity: lint.Info,
	Summary:  "a workload seems to call another application of the list by its public host",
	Doc: `A request to the host name goes to the ingress controller instead of next door. It needs DNS and a certificate, meets the
login, and a policy that permits the other namespace does not permit it: the name leads to the node or out of the cluster. Call
the Service by its address inside the cluster, and permit the flow. Addresses that are for people or their browsers are left
out as far as they can be recognized: links, addresses of logins and redirections, and objects that list three or more hosts, such as
start pages. An application may name its own hosts.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-ai
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-ai
      repoURL: https://git.example/ai.git
      path: deploy
      ingress: [{host: ai, service: ai, port: 8080, auth: app}]
- namespace: web-chat
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-chat, repoURL: 'https://git.example/chat.git', path: deploy}
    - {applicationCode: web-chat-settings, path: settings}
-- settings/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  MODEL_URL: https://ai.home.example/v1
`,
	Mend: []string{`- namespace: web-chat
  networkPolicies: web-app-internal`, `- namespace: web-chat
  networkPolicies:
    profile: web-app-internal
    allow:
      - to: {namespace: web-ai, ports: [8080]}`, `  MODEL_URL: https://ai.home.example/v1`, `  MODEL_URL: http://ai.web-ai.svc.cluster.local:8080/v1
  LINK: https://ai.home.example # for people`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Workloads {
			if o.Entry.Name == in.Platform.ArgoCD.Namespace || deployed.Has(o.Content(), "blackbox") { // it is meant to look from outside
				continue
			}
			for _, c := range in.Routes.Calls(o) {
				if c.Owner.App.Catalog == "" {
					report(in.Places.Text(o, c.Line, c.URL), inside(in, c.Owner), "%s names %s, a host of %s", o.Title(), c.URL, c.Owner.App.Code)
				}
			}
		}
	},
}

// inside is how to reach an application inside of the cluster.
func inside(in *lint.Context, o *routes.Owner) string {
	if o.Address == "" {
		o.Address = addressOf(in, o)
	}
	return o.Address
}

func addressOf(in *lint.Context, o *routes.Owner) string {
	number, pod := o.Backend.Port.Number, "…"
	if s := in.Routes.ServicesOf(o.Namespace)[o.Backend.Service]; s != nil {
		for i := range s.Spec.Ports {
			p := &s.Spec.Ports[i]
			if o.Backend.Port.Name != "" && p.Name == o.Backend.Port.Name || o.Backend.Port.Name == "" && int(p.Port) == number {
				number = int(p.Port)
				if pod = p.TargetPort.String(); p.TargetPort == (intstr.IntOrString{}) {
					pod = strconv.Itoa(number)
				}
			}
		}
	}
	address := "http://" + o.Backend.Service + "." + o.Namespace + ".svc.cluster.local"
	if number != 0 && number != 80 {
		address += ":" + strconv.Itoa(number)
	}
	return "if a pod calls it, call " + address + ", with the flow to: {namespace: " + o.Namespace + ", ports: [" + pod + "]}"
}
