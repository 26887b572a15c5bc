package rules

import (
	"cmp"
	"slices"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/lint/models/secrets"
)

var missingSecret = lint.Rule{
	Name:     "missing-secret",
	Severity: lint.Error,
	Summary:  "a pod, a route or a backup needs a Secret, or a key of one, that nothing creates",
	Doc: `The pod waits in CreateContainerConfigError or ContainerCreating for a Secret that never comes, and says so only in its events.
Add it under ` + "`secrets`" + ` of the application, correct the name, or set ` + "`optional: true`" + `. It is reported only where all that runs in the
namespace is known, and where nothing in it, such as a custom resource, a Job with the name among its arguments or an account that may
create Secrets, could create it. Operators usually name the Secrets of a custom resource after it. The keys of an ExternalSecret are
those of its ` + "`target.template`" + ` or, without one, of its ` + "`data`" + `.

VolSync waits for the Secret of a repository, and makes no backup. Envoy Gateway answers with an error where the Secret of a SecurityPolicy is missing.

Traefik drops the rules that go through a Middleware whose Secret is missing; without that of a certificate, it answers with another one;
and without the CA of a TLSOption, it asks no client for a certificate.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardened("          env:\n            - {name: DB, valueFrom: {secretKeyRef: {name: db, key: url}}}\n"),
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - applicationCode: web-a
      path: a
      secrets: [{name: db, data: {url: web-a#db-url}}]
-- a/app.yaml --
` + hardened("          env:\n            - {name: DB, valueFrom: {secretKeyRef: {name: db, key: url}}}\n"),
	Check: func(in *lint.Context, report lint.Report) {
		for _, p := range in.Deployed.Pods() {
			said := map[string]bool{}
			for _, need := range secrets.Needs(p) {
				problem := in.Secrets.Missing(p.Object.Namespace, need)
				if problem == "" || said[problem] {
					continue
				}
				said[problem] = true
				report(in.Places.Near(p.Object, need.Secret, slices.Concat(p.At, need.At)...), "add it under secrets: of the application", "%s needs %s", p.Title(), problem)
			}
		}
		missingRepositories(in, report)
		missingLogins(in, report)
		reportAll(in.Routes.Faults(routes.MissingSecret), report)
	},
}

// missingRepositories reports the Secrets that VolSync waits for: of what applications deploy, and of the list's backups.
func missingRepositories(in *lint.Context, report lint.Report) {
	for _, o := range in.Deployed.Kind("ReplicationSource", "ReplicationDestination") {
		for _, problem := range lackedOf(in, o.Namespace, secrets.NeedsOfMover(o)) {
			report(in.Places.Field(o, problem.at...), "add it under secrets: of the application", "%s needs %s", o.Title(), problem.text)
		}
	}
	for n, a := range in.Deployed.Applications() {
		for _, b := range a.Backups {
			if b.From == "" {
				for _, problem := range lackedOf(in, n.Name, secrets.NeedsOfBackup(b.Secret)) {
					report(b.Place, "add it under secrets: of the application", "the backup of the claim %s needs %s", b.Claim, problem.text)
				}
			}
		}
	}
}

// missingLogins reports the Secrets that Envoy Gateway reads for a login: of what applications deploy, and of the list's routes.
func missingLogins(in *lint.Context, report lint.Report) {
	for _, o := range in.Deployed.Kind("SecurityPolicy") {
		for _, need := range secrets.NeedsOfPolicy(o) {
			if problem := in.Secrets.Missing(need.Namespace, need.Need); problem != "" {
				report(in.Places.Field(o, need.At...), "add it under secrets: of an application of namespace "+need.Namespace, "%s needs %s", o.Title(), problem)
			}
		}
	}
	for n, a := range in.Deployed.Applications() {
		for i := range a.Routes {
			r := &a.Routes[i]
			for _, s := range r.Auth.Login.Secrets() {
				namespace := cmp.Or(s.Namespace, n.Name)
				if problem := in.Secrets.Missing(namespace, secrets.Need{Secret: s.Name, Key: s.Key}); problem != "" {
					report(r.Place, "add it under secrets: of an application of namespace "+namespace, "the login %s needs %s", r.Auth.Name, problem)
				}
			}
		}
	}
}

// lacked is what is missing, and the fields that ask for it.
type lacked struct {
	text string
	at   []string
}

// lackedOf is what is missing of several needs, each once.
func lackedOf(in *lint.Context, namespace string, needs []secrets.Need) []lacked {
	var out []lacked
	for _, need := range needs {
		text := in.Secrets.Missing(namespace, need)
		if text != "" && !slices.ContainsFunc(out, func(l lacked) bool { return l.text == text }) {
			out = append(out, lacked{text, need.At})
		}
	}
	return out
}
