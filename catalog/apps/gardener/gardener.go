// Package gardener is the nightly job on a repository of notes: a CronJob, or what is left of it when it runs on a node.
package gardener

import (
	"embed"

	"github.com/hippotion/roster/catalog/apps/builtin"
)

//go:embed all:chart
var files embed.FS

// Application is the gardener.
var Application = builtin.Application{
	Name:    "gardener",
	Chart:   builtin.Chart(files),
	Uses:    map[string]bool{"ntfy": true},
	Declare: declare,
}

// values are the chart's values as far as something around the chart depends on them.
type values struct {
	RunsOn     string
	Repository struct {
		URL     string
		PodPort int
	}
	Report struct {
		Topic   string
		Webhook struct {
			URL     string
			PodPort int
			Token   bool
		}
	}
	Missed struct{ Enabled bool }
}

func declare(s *builtin.Surroundings) (builtin.Declaration, []builtin.Problem, error) {
	var v values
	if err := s.Values.Decode(&v); err != nil {
		return builtin.Declaration{}, nil, err
	}
	// Whatever it does to its own pod, it has nothing to reach but the notes and the bus; nothing leads to a node.
	d := builtin.Declaration{
		Profile:  "isolated-job",
		Callers:  builtin.Callers{PodLabels: map[string]string{"app.kubernetes.io/name": "gardener"}},
		Monitors: v.Missed.Enabled && s.Monitoring != "",
	}
	var problems builtin.Problems
	if bus := s.Uses["ntfy"]; bus.Offer != nil {
		problems.CheckTopic(bus, v.Report.Topic, "report", "topic")
	}
	if v.RunsOn == "node" { // it comes from outside, with a token of its own
		d.Profile, d.Callers.None = "isolated", true
		return d, problems, nil
	}
	secret := builtin.Secret{Name: "gardener", Data: map[string]string{"git-token": "git-token", "ntfy-token": "ntfy-token"}}
	if v.Repository.URL == "" {
		problems.Add([]string{"repository", "url"}, "values: {repository: {url: 'https://…'}}; or runsOn: node, for notes that live there", "nothing says where the notes are")
	} else if peer, err := builtin.To(v.Repository.URL, v.Repository.PodPort); err != nil {
		problems.Add([]string{"repository", "url"}, "", "%v", err)
	} else {
		d.Flows = append(d.Flows, builtin.Flow{Callers: d.Callers, Peer: peer})
	}
	if hook := v.Report.Webhook; hook.URL != "" {
		if peer, err := builtin.To(hook.URL, hook.PodPort); err != nil {
			problems.Add([]string{"report", "webhook", "url"}, "", "%v", err)
		} else {
			d.Flows = append(d.Flows, builtin.Flow{Callers: d.Callers, Peer: peer})
		}
		if hook.Token {
			secret.Data["webhook-token"] = "webhook-token"
		}
	}
	d.Secrets = []builtin.Secret{secret}
	return d, problems, nil
}
