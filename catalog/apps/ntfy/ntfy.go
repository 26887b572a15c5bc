// Package ntfy is the push bus: a closed ntfy server with topics by severity.
package ntfy

import (
	"embed"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog/apps/builtin"
)

//go:embed all:chart
var files embed.FS

// Application is ntfy.
var Application = builtin.Application{
	Name:    "ntfy",
	Chart:   builtin.Chart(files),
	Offer:   offer,
	Declare: declare,
	Check:   closed,
}

// values are the chart's values as far as something around the chart depends on them.
type values struct {
	BaseURL string
	Topics  struct {
		Prefix string
		Names  []string
	}
	Users          struct{ Producers, Readers []string }
	AuthSecret     string
	Upstream       string
	ServiceMonitor bool
	UsageWatch     []struct {
		URL        string
		PodPort    int
		Thresholds map[string]string
		TokenKey   string
	}
}

// busToken is the key of the Secret usagewatch that has the token for the server.
const busToken = "ntfy-token"

// defaultThresholds are those of chart/templates/usagewatch.yaml.
var defaultThresholds = map[string]string{"80": "warn", "95": "crit"}

// pods are the labels of the server's pod.
func pods() map[string]string { return map[string]string{"app.kubernetes.io/name": "ntfy"} }

// The ports of the server's pods. A flow has numbers: Cilium may find two meanings of a name in a cluster, and then has none.
const httpPort, metricsPort = "8080", "9090"

// watchers are the labels of the pods that watch usage.
func watchers() map[string]string { return map[string]string{"app.kubernetes.io/name": "usagewatch"} }

func offer(in builtin.Values) (*builtin.Offer, error) {
	var v values
	if err := in.Decode(&v); err != nil {
		return nil, err
	}
	topics := map[string]string{}
	for _, name := range v.Topics.Names {
		topics[name] = v.Topics.Prefix + name
	}
	return &builtin.Offer{Service: "ntfy", PodLabels: pods(), Port: httpPort, Topics: topics}, nil
}

func declare(s *builtin.Surroundings) (builtin.Declaration, []builtin.Problem, error) {
	var v values
	if err := s.Values.Decode(&v); err != nil {
		return builtin.Declaration{}, nil, err
	}
	d := builtin.Declaration{
		Profile: "web-app-internal",
		// Phones and scripts have no cookies: ntfy asks for its own tokens.
		Routes:   []builtin.Route{{Host: "ntfy", Service: "ntfy", Port: "http", Number: 80, Expose: "public", Auth: "app"}},
		Secrets:  []builtin.Secret{{Name: v.AuthSecret, Data: map[string]string{"NTFY_AUTH_USERS": "users", "NTFY_AUTH_TOKENS": "tokens"}}},
		Monitors: v.ServiceMonitor && s.Monitoring != "",
	}
	if d.Monitors {
		d.Flows = append(d.Flows, builtin.Flow{Callers: builtin.Callers{PodLabels: pods()}, From: true,
			Peer: builtin.Peer{Namespace: s.Monitoring, Ports: []string{metricsPort}}})
	}
	if v.BaseURL != "" { // that is where phones look for it
		d.Routes[0].Host = strings.TrimPrefix(v.BaseURL, "https://")
	}
	var problems builtin.Problems
	if s.NoIngress && v.BaseURL == "" {
		problems.Add([]string{"baseURL"}, "set baseURL, or remove ingress: []", "the server must know its own address, and has no host")
	}
	for i, user := range v.Users.Readers {
		if slices.Contains(v.Users.Producers, user) {
			problems.Add([]string{"users", "readers", fmt.Sprint(i)}, "make it two users",
				"%q is also a producer: a producer only writes, and a reader only reads", user)
		}
	}
	if v.Upstream != "" {
		u, err := url.Parse(v.Upstream)
		if err != nil {
			return d, nil, err // the schema has a pattern for it
		}
		d.Flows = append(d.Flows, builtin.Flow{Callers: builtin.Callers{PodLabels: pods()}, Peer: builtin.Peer{Host: u.Hostname(), Ports: []string{"443"}},
			Path: []string{"upstream"}})
	}
	watch, more := usageWatch(v)
	problems = append(problems, more...)
	if len(v.UsageWatch) > 0 {
		secret := builtin.Secret{Name: "usagewatch", Data: map[string]string{busToken: "usagewatch-token"}}
		for i, w := range v.UsageWatch {
			switch w.TokenKey {
			case "":
			case busToken: // the server's token would go to what is watched
				problems.Add([]string{"usageWatch", fmt.Sprint(i), "tokenKey"}, "give it another name", "%q is the token for the bus", busToken)
			default:
				secret.Data[w.TokenKey] = w.TokenKey
			}
		}
		if v.AuthSecret == secret.Name {
			problems.Add([]string{"authSecret"}, "give it another name", "%q is the Secret of usageWatch", secret.Name)
		}
		d.Secrets = append(d.Secrets, secret)
	}
	d.Flows = append(d.Flows, watch...)
	return d, problems, nil
}

// usageWatch are the flows of the pods that watch usage: to what they watch, and to the server.
func usageWatch(v values) (flows []builtin.Flow, problems builtin.Problems) {
	for i, w := range v.UsageWatch {
		at := []string{"usageWatch", fmt.Sprint(i)}
		thresholds := w.Thresholds
		if thresholds == nil {
			thresholds = defaultThresholds
		}
		for _, percent := range slices.Sorted(maps.Keys(thresholds)) {
			if topic := thresholds[percent]; !slices.Contains(v.Topics.Names, topic) {
				problems.Add(append(at[:len(at):len(at)], "thresholds", percent), fmt.Sprintf("topics.names has %q", v.Topics.Names), "there is no topic %q", topic)
			}
		}
		at = append(at, "url")
		peer, err := builtin.To(w.URL, w.PodPort)
		if err != nil {
			problems.Add(at, "", "%v", err)
			continue
		}
		flows = append(flows, builtin.Flow{Callers: builtin.Callers{PodLabels: watchers()}, Peer: peer, Path: at})
	}
	if len(flows) > 0 && len(problems) == 0 {
		flows = append(flows, builtin.Flow{Callers: builtin.Callers{PodLabels: pods()}, From: true, Peer: builtin.Peer{PodLabels: watchers(), Ports: []string{httpPort}}})
	}
	return flows, problems
}

// closed finds a server that would let everybody in: without the file of users there is no authentication at all, whatever
// the default access is; an entry for everyone, or *, is one for anonymous users; and what the environment takes from a
// Secret or ConfigMap could undo all that it does not set itself (docs.ntfy.sh/config, "Access control").
func closed(objects []builtin.Object) []string {
	var problems []string
	servers := 0
	for _, o := range objects {
		if o["kind"] != "Deployment" {
			continue
		}
		for _, c := range builtin.Containers(o) {
			if c["name"] != "ntfy" {
				continue
			}
			servers++
			env := builtin.Env(c)
			if env["NTFY_AUTH_FILE"] == "" {
				problems = append(problems, "NTFY_AUTH_FILE is not set: the server would be open to everybody")
			}
			if env["NTFY_AUTH_DEFAULT_ACCESS"] != "deny-all" {
				problems = append(problems, "NTFY_AUTH_DEFAULT_ACCESS is not deny-all: the server would be open to everybody")
			}
			access, own := env["NTFY_AUTH_ACCESS"]
			if !own {
				problems = append(problems, "NTFY_AUTH_ACCESS is not set: the server could be open to everybody")
			}
			for entry := range strings.SplitSeq(access, ",") {
				if user, _, _ := strings.Cut(strings.TrimSpace(entry), ":"); user == "everyone" || user == "*" {
					problems = append(problems, "NTFY_AUTH_ACCESS has an entry for everyone: the server would be open to everybody")
				}
			}
			if env["NTFY_ENABLE_SIGNUP"] != "false" {
				problems = append(problems, "NTFY_ENABLE_SIGNUP is not false: anyone could sign up")
			}
			if !slices.Equal(builtin.Strings(c["args"]), []string{"serve"}) || c["command"] != nil {
				problems = append(problems, "the server's command is overridden: an option could open it to everybody")
			}
		}
	}
	if servers != 1 {
		problems = append(problems, fmt.Sprintf("expected one container called ntfy, found %d: who has access is unknown", servers))
	}
	return problems
}
