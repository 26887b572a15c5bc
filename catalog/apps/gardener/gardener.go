// Package gardener is the nightly job on a repository of notes: a CronJob, or what is left of it when it runs on a node.
package gardener

import (
	"embed"
	"net/url"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/hippotion/roster/catalog/apps/builtin"
	"sigs.k8s.io/yaml"
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

// values are the chart's values as far as something around the chart depends on them, or the program wants more of them than
// the schema can say.
type values struct {
	RunsOn     string
	Repository struct {
		URL, Branch, Path string
		PodPort           int
	}
	Author string
	Decide struct {
		Command []string
		Timeout string
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
	v.check(&problems)
	if v.RunsOn == "node" { // it comes from outside, with a token of its own
		d.Profile, d.Callers.None = "isolated", true
		return d, problems, v.checkNode(s.Values, &problems)
	}
	secret := builtin.Secret{Name: "gardener", Data: map[string]string{"git-token": "git-token", "ntfy-token": "ntfy-token"}}
	if v.Repository.URL == "" {
		problems.Add([]string{"repository", "url"}, "values: {repository: {url: 'https://…'}}; or runsOn: node, for notes that live there", "nothing says where the notes are")
	} else if peer, err := builtin.To(v.Repository.URL, v.Repository.PodPort); err != nil {
		problems.Add([]string{"repository", "url"}, "", "%v", err)
	} else {
		v.checkRepository(&problems)
		d.Flows = append(d.Flows, builtin.Flow{Callers: d.Callers, Peer: peer, Path: []string{"repository", "url"}})
	}
	if hook := v.Report.Webhook; hook.URL != "" {
		if peer, err := builtin.To(hook.URL, hook.PodPort); err != nil {
			problems.Add([]string{"report", "webhook", "url"}, "", "%v", err)
		} else {
			d.Flows = append(d.Flows, builtin.Flow{Callers: d.Callers, Peer: peer, Path: []string{"report", "webhook", "url"}})
		}
		if hook.Token {
			secret.Data["webhook-token"] = "webhook-token"
		}
	}
	d.Secrets = []builtin.Secret{secret}
	return d, problems, nil
}

// What the program accepts; a test of its package compares the two.
var (
	branchName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)*$`)
	service    = regexp.MustCompile(`^[a-z0-9-]+\.[a-z0-9-]+\.svc(\.cluster\.local)?$`) // a host, and a Service
)

// check finds what the program refuses, wherever it runs.
func (v *values) check(problems *builtin.Problems) {
	if !branchName.MatchString(v.Repository.Branch) {
		problems.Add([]string{"repository", "branch"}, "", "expected the name of a branch")
	}
	within := path.Clean(v.Repository.Path)
	if within == ".." || strings.HasPrefix(within, "../") || slices.ContainsFunc(strings.Split(v.Repository.Path, "/"), func(part string) bool { return strings.EqualFold(part, ".git") }) {
		problems.Add([]string{"repository", "path"}, "the folder, relative to the repository's root, such as notes", "expected a folder of the repository")
	}
	if strings.ContainsFunc(v.Author, func(r rune) bool { return !unicode.IsPrint(r) }) {
		problems.Add([]string{"author"}, "", "expected characters that can be printed")
	}
	if limit, err := time.ParseDuration(v.Decide.Timeout); err != nil || limit <= 0 {
		problems.Add([]string{"decide", "timeout"}, "such as 10m", "expected a positive time of at most 290 years")
	}
	if len(v.Decide.Command) > 0 && v.Decide.Command[0] == "" {
		problems.Add([]string{"decide", "command"}, "", "expected a program")
	}
}

// checkRepository finds what the program refuses in a URL with http or https.
func (v *values) checkRepository(problems *builtin.Problems) {
	at := []string{"repository", "url"}
	u, err := url.Parse(v.Repository.URL)
	switch {
	case err != nil || u.Hostname() == "":
		problems.Add(at, "", "expected https://HOST/PATH")
	case strings.ContainsAny(v.Repository.URL, "?#") || strings.Contains(v.Repository.URL, "::"):
		problems.Add(at, "", "expected a URL without ?, # and ::")
	case u.Scheme == "http" && !service.MatchString(u.Hostname()):
		problems.Add(at, "https://…; or http://SERVICE.NAMESPACE.svc.cluster.local, which does not leave the cluster", "http would show the token to everybody on the way")
	}
}

// idle are the values that say something about the pod alone, and why a node does not need them.
var idle = []struct{ path, hint string }{
	{"repository.url", "the checkout is the folder that --vault names in the unit, and results are pushed to its remote"},
	{"repository.podPort", "the checkout is the folder that --vault names in the unit, and results are pushed to its remote"},
	{"repository.username", "the unit opens the remote with a key for ssh"},
	{"decide.command", "it is a program of the node: name it in the unit, after --"},
	{"report.webhook.podPort", "a node has no network policy that would need it"},
	{"image", "install the program on the node"},
	{"imagePullSecrets", "install the program on the node"},
	{"resources", "the unit has limits of its own"},
	{"work", "the unit works in the folder of its temporary files"},
}

// checkNode finds what has no effect, or cannot work, on a node.
func (v *values) checkNode(given builtin.Values, problems *builtin.Problems) error {
	var ours, defaults map[string]any
	data, err := files.ReadFile("chart/values.yaml")
	if err == nil {
		err = yaml.Unmarshal(data, &defaults)
	}
	if err != nil {
		return err
	}
	if err := given.Decode(&ours); err != nil {
		return err
	}
	for _, i := range idle {
		at := strings.Split(i.path, ".")
		if !reflect.DeepEqual(find(ours, at), find(defaults, at)) {
			problems.Add(at, i.hint, "%s has no effect with runsOn: node", i.path)
		}
	}
	if hook := v.Report.Webhook.URL; hook != "" {
		at := []string{"report", "webhook", "url"}
		if peer, err := builtin.To(hook, 1); err != nil {
			problems.Add(at, "", "%v", err)
		} else if peer.Namespace != "" {
			problems.Add(at, "the receiver's address outside of the cluster", "a node does not reach a Service by its name")
		}
	}
	return nil
}

// find is the value that a path leads to.
func find(v any, at []string) any {
	for _, key := range at {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}
