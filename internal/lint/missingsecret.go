package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	corev1 "k8s.io/api/core/v1"
)

var missingSecret = Rule{
	Name:     "missing-secret",
	Severity: Error,
	Summary:  "a pod needs a Secret, or a key of one, that nothing makes",
	Doc: `The pod waits in CreateContainerConfigError or ContainerCreating for a Secret that never comes, and says so only in its events.
Add it under ` + "`secrets`" + ` of the application, mend the name, or set ` + "`optional: true`" + `. It is reported only where all that runs in the
namespace is known, and where nothing in it, such as a custom resource or a Job with the name among its arguments, could make it.`,
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
	Check: func(in *Input, report Report) {
		makers := map[string]*secretMakers{}
		for _, p := range in.Pods() {
			n := in.Entry(p.Object.Namespace)
			if n == nil || !in.allOf(n) {
				continue
			}
			if makers[n.Name] == nil {
				makers[n.Name] = in.secretMakers(n)
			}
			said := map[string]bool{}
			for _, need := range needs(p) {
				problem := makers[n.Name].lacks(need)
				if problem == "" || said[problem] {
					continue
				}
				said[problem] = true
				report(in.near(p.Object, need.secret, slices.Concat(p.At, need.at)...), "add it under secrets: of the application", "%s needs %s", p.Title(), problem)
			}
		}
	},
}

// need is a Secret that a pod cannot start without, and a key of it if it asks for one.
type need struct {
	secret, key string
	at          []string // the fields that lead to it, from the pod template
}

// needs are what a pod needs. An image can be pulled without its secret if the node has it, or the registry is open: that is luck.
func needs(p *Pod) []need {
	var out []need
	add := func(optional *bool, secret, key string, at ...string) {
		if secret != "" && (optional == nil || !*optional) {
			out = append(out, need{secret, key, append([]string{"spec"}, at...)})
		}
	}
	for i, s := range p.Spec.ImagePullSecrets {
		add(nil, s.Name, "", "imagePullSecrets", strconv.Itoa(i), "name")
	}
	containers := func(field string, list []corev1.Container) {
		for i, c := range list {
			for j, e := range c.Env {
				if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
					r := e.ValueFrom.SecretKeyRef
					add(r.Optional, r.Name, r.Key, field, strconv.Itoa(i), "env", strconv.Itoa(j), "valueFrom", "secretKeyRef")
				}
			}
			for j, e := range c.EnvFrom {
				if e.SecretRef != nil {
					add(e.SecretRef.Optional, e.SecretRef.Name, "", field, strconv.Itoa(i), "envFrom", strconv.Itoa(j), "secretRef")
				}
			}
		}
	}
	containers("initContainers", p.Spec.InitContainers)
	containers("containers", p.Spec.Containers)
	for i, v := range p.Spec.Volumes {
		at := []string{"volumes", strconv.Itoa(i)}
		if s := v.Secret; s != nil {
			add(s.Optional, s.SecretName, "", append(at, "secret")...)
			for _, item := range s.Items {
				add(s.Optional, s.SecretName, item.Key, append(at, "secret", "items")...)
			}
		}
		if v.Projected == nil {
			continue
		}
		for j, source := range v.Projected.Sources {
			if s := source.Secret; s != nil {
				at := append(at, "projected", "sources", strconv.Itoa(j), "secret")
				add(s.Optional, s.Name, "", at...)
				for _, item := range s.Items {
					add(s.Optional, s.Name, item.Key, append(at, "items")...)
				}
			}
		}
	}
	return out
}

// secretMakers is what makes Secrets in a namespace.
type secretMakers struct {
	made   map[string][]string        // by Secret: its keys; nil when they are not known
	has    map[string]map[string]bool // the same keys, as far as they were asked for
	guess  pile                       // texts that may lead to a Secret of a name in them
	named  map[string]bool            // names that may be of a Secret
	owners map[string]bool            // custom resources: what makes Secrets for them calls these NAME-SOMETHING
	shared *secretMakers              // what makes Secrets in every namespace; their keys are not known
}

func newSecretMakers() *secretMakers {
	return &secretMakers{made: map[string][]string{}, has: map[string]map[string]bool{}, named: map[string]bool{}, owners: map[string]bool{}}
}

// sharedMakers is what may make Secrets in every namespace.
func (in *Input) sharedMakers() *secretMakers {
	return in.makers.get(func() *secretMakers {
		m := newSecretMakers()
		for _, o := range in.within("") {
			m.add(o)
		}
		for _, o := range in.Kind("Certificate") {
			if fieldAt(o, "spec", "secretTemplate", "annotations") != nil { // for a tool that copies it
				m.made[stringAt(o, "spec", "secretName")] = nil
			}
		}
		return m
	})
}

func (in *Input) secretMakers(n *catalog.Namespace) *secretMakers {
	m := newSecretMakers()
	m.shared = in.sharedMakers()
	for _, a := range n.Applications {
		for _, s := range a.Secrets {
			var keys []string
			for _, d := range s.Data {
				keys = append(keys, d.Key)
			}
			if len(s.Extract) > 0 {
				keys = nil
			}
			m.made[s.Name] = keys
		}
	}
	for _, o := range in.within(n.Name) {
		m.add(o)
		p := in.readable()[o]
		if p == nil {
			continue
		}
		for _, c := range slices.Concat(p.Spec.InitContainers, p.Spec.Containers) {
			said := slices.Concat(c.Command, c.Args)
			for _, e := range c.Env {
				said = append(said, e.Value)
			}
			if p.Kind == "Job" || p.Kind == "CronJob" { // a script may make it
				m.guess.add(said...)
			}
			for _, text := range said { // an operator is told what to make: --secret=NAME, NAMESPACE/NAME
				for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == '=' || r == '/' }) {
					m.named[name] = true
				}
			}
		}
	}
	return m
}

// add notes what an object makes, or may make.
func (m *secretMakers) add(o *Object) {
	custom := strings.Contains(groupOf(o), ".") && !strings.HasSuffix(groupOf(o), ".k8s.io")
	switch {
	case o.Kind == "Secret":
		m.made[o.Name] = nil
	case o.Kind == "SealedSecret":
		m.made[o.Name] = nil
	case o.Kind == "ExternalSecret":
		name := o.Name
		if target := stringAt(o, "spec", "target", "name"); target != "" {
			name = target
		}
		keys := keysOf(o)
		if _, shared := m.made[name]; shared { // each has its own
			keys = nil
		}
		m.made[name] = keys
	case o.Kind == "ConfigMap": // a script
		for text := range texts(o.Content()["data"]) {
			if strings.Contains(text, "create secret") {
				m.guess.add(text)
			}
		}
	case o.Kind == "Ingress": // cert-manager makes the certificate that it names
		m.guess.add(slices.Collect(texts(fieldAt(o, "spec", "tls")))...)
	case o.Kind == "Role" || o.Kind == "ClusterRole": // whoever may write a Secret of this name does
		m.guess.add(slices.Collect(texts(o.Content()["rules"]))...)
	case custom && !slices.Contains(readers, o.Kind):
		m.guess.add(slices.Collect(texts(o.Content()["spec"]))...)
		m.owners[o.Name] = true
	}
}

// keysOf are the keys that an ExternalSecret gives its Secret; nil when they are not known.
func keysOf(o *Object) []string {
	if fieldAt(o, "spec", "dataFrom") != nil || fieldAt(o, "spec", "target", "template") != nil || stringAt(o, "spec", "target", "creationPolicy") == "Merge" {
		return nil
	}
	var out []string
	data, _ := fieldAt(o, "spec", "data").([]any)
	for _, d := range data {
		m, _ := d.(map[string]any)
		key, _ := m["secretKey"].(string)
		out = append(out, key)
	}
	return out
}

// readers are custom kinds for which nobody makes Secrets, and which are full of names.
var readers = []string{"CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "IngressRoute", "IngressRouteTCP", "Middleware", "ServiceMonitor", "PodMonitor",
	"Probe", "PrometheusRule", "CustomResourceDefinition"}

// lacks says what of a need is not there; empty when it is, or may be.
func (m *secretMakers) lacks(n need) string {
	keys, made := m.made[n.secret]
	if _, everywhere := m.shared.made[n.secret]; everywhere {
		return ""
	}
	switch {
	case made && (keys == nil || n.key == "" || m.hasKey(n.secret, n.key)):
		return ""
	case made:
		return fmt.Sprintf("the key %s of the Secret %s, which has %s", n.key, n.secret, fewOf(keys))
	case m.mayMake(n.secret), m.shared.mayMake(n.secret):
		return ""
	}
	return fmt.Sprintf("the Secret %s, which nothing makes", n.secret)
}

func (m *secretMakers) hasKey(secret, key string) bool {
	has := m.has[secret]
	if has == nil {
		has = map[string]bool{}
		for _, k := range m.made[secret] {
			has[k] = true
		}
		m.has[secret] = has
	}
	return has[key]
}

// mayMake reports whether something may make a Secret that is not seen to make it.
func (m *secretMakers) mayMake(secret string) bool {
	if m.named[secret] || m.owners[secret] || m.guess.has(secret) {
		return true
	}
	for i := range min(len(secret), longestName) {
		if secret[i] == '-' && m.owners[secret[:i]] {
			return true
		}
	}
	return false
}

// fewOf lists the first ones, and says how many more there are.
func fewOf(words []string) string {
	const most = 12
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
}
