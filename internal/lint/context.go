package lint

import (
	"time"

	"github.com/hippotion/roster/internal/lint/models/alerts"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/guardrails"
	"github.com/hippotion/roster/internal/lint/models/intents"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/lint/models/pods"
	"github.com/hippotion/roster/internal/lint/models/policies"
	"github.com/hippotion/roster/internal/lint/models/quotas"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/lint/models/secrets"
	"github.com/hippotion/roster/internal/lint/models/traefik"
)

// Context is what a rule may ask: the input, and the models of it, which all rules of a run share.
type Context struct {
	*Input
	Deployed *deployed.Model
	Places   *places.Model
	Pods     *pods.Model
	Policies *policies.Model
	Network  *network.Model
	Traefik  *traefik.Model
	Routes   *routes.Model
	Secrets  *secrets.Model
	Alerts   *alerts.Model
	Intents  *intents.Model
	Quotas   *quotas.Model
	// Guardrails are what the policies of the catalog say of the workloads.
	Guardrails *guardrails.Model
	// Today is the day on which what ends is measured; zero when it does not matter.
	Today time.Time
}

// Input is what is checked, and Object an object of it that an application deploys.
type (
	Input  = deployed.Input
	Object = deployed.Object
)

// NewContext is the context of an input. Nothing of it is made before a rule asks for it.
func NewContext(in *Input) *Context {
	d := deployed.New(in)
	p := places.New(d)
	podsOf := pods.New(d, p)
	policiesOf := policies.New(d, p)
	t, s, a := traefik.New(d, p), secrets.New(d, p), alerts.New(d, p)
	n, r, q := network.New(d, p, policiesOf), routes.New(d, p, t, s), quotas.New(d, p)
	return &Context{
		Input: in, Deployed: d, Places: p, Pods: podsOf, Policies: policiesOf, Network: n, Traefik: t, Routes: r, Secrets: s, Alerts: a,
		Intents: intents.New(d, p, n, r, a), Guardrails: guardrails.New(d, q), Quotas: q,
	}
}
