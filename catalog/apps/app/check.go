package app

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog/apps/builtin"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
)

func contains(list []string, s string) bool { return slices.Contains(list, s) }

func (c *checker) isJob() bool { return c.Schedule != "" || c.Kind == "CronJob" }

// checkName finds a name that is too long for what is called like it: Kubernetes adds to the names of pods, and puts them into labels.
func (c *checker) checkName() {
	longest, what := validation.DNS1123LabelMaxLength, "a Service"
	switch {
	case c.Database != nil:
		longest, what = 52-len("-postgres"), "an application with a database"
	case c.isJob():
		longest, what = 52, "a CronJob"
	case c.Kind == "StatefulSet":
		longest, what = 52, "a StatefulSet"
	}
	switch {
	case len(c.name) > longest:
		c.add([]string{"name"}, "set a shorter name", "expected at most %d characters for %s, found %d", longest, what, len(c.name))
	case c.name != "" && (c.name[0] < 'a' || c.name[0] > 'z'):
		c.add([]string{"name"}, "set another name", "expected a letter first, found %q", c.name[:1])
	}
	if _, found := c.Labels[nameLabel]; found {
		c.add([]string{"labels", nameLabel}, "remove it, or set name", "the application sets this label itself: its Service finds its pods by it")
	}
	for _, key := range sorted(c.Labels) {
		if validation.IsQualifiedName(key) != nil {
			c.add([]string{"labels", key}, "write a name such as team, or example.com/team", "this cannot be the key of a label")
		}
	}
}

// checkKind finds what does not apply to the kind.
func (c *checker) checkKind() {
	switch {
	case c.Schedule != "" && c.Kind != "" && c.Kind != "CronJob":
		c.add([]string{"kind"}, "remove it, or schedule", "what has a schedule is a CronJob, and not a %s", c.Kind)
	case c.Schedule == "" && c.Kind == "CronJob":
		c.add([]string{"kind"}, "add one, such as schedule: '40 5 * * *'", "a CronJob needs a schedule")
	}
	if c.isJob() {
		if c.Replicas != 1 {
			c.add([]string{"replicas"}, "remove it", "replicas does not apply to a CronJob")
		}
		return
	}
	for _, o := range []struct {
		key string
		set bool
	}{{"timeZone", c.TimeZone != nil}, {"concurrency", c.Concurrency != nil}, {"timeout", c.Timeout != nil}, {"retries", c.Retries != nil}} {
		if o.set {
			c.add([]string{o.key}, "add a schedule, or remove it", "%s applies only to a CronJob", o.key)
		}
	}
}

// checkContainers finds what is wrong in each container by itself, and names that occur twice.
func (c *checker) checkContainers(uses map[string]builtin.Used) {
	names := map[string]bool{c.name: true}
	for path, m := range c.others() {
		if names[m.Name] {
			c.add(at(path, "name"), "choose another name", "the pod has two containers called %q", m.Name)
		}
		names[m.Name] = true
		if m.Image == "" && path[0] == "containers" && m.Command == nil && m.Args == nil {
			c.add(path, "set image, command or args", "the container would be the application a second time")
		}
	}
	for path, in := range c.all() {
		for _, key := range sorted(in.Env) {
			if key == "true" || key == "false" {
				c.add(at(path, "env", key), "write the name in quotes, such as 'y' or 'on'", "the variable would be called %s, which is what y, yes, on, n, no and off mean without quotes", key)
			}
			c.checkVariable(in.Env[key], uses, at(path, "env", key))
		}
		c.checkResources(in.Resources, ofContainer, at(path, "resources"))
		for i, name := range in.Capabilities {
			if strings.HasPrefix(name, "CAP_") {
				c.add(at(path, "capabilities", strconv.Itoa(i)), "write "+name[4:], "expected a capability without CAP_")
			}
		}
	}
	if c.Database != nil {
		c.checkResources(c.Database.Resources, ofDatabase, []string{"database", "resources"})
		if c.Database.Image != "" && c.Database.Version != "" {
			c.add([]string{"database", "version"}, "remove it", "the image has its version in its tag")
		}
	}
}

// checkVariable finds a variable without a value, and a number that would not be the text that the user wrote.
func (c *checker) checkVariable(value json.RawMessage, uses map[string]builtin.Used, path []string) {
	if value[0] != '{' {
		if n, err := strconv.ParseFloat(string(value), 64); err == nil && (n >= 1<<53 || n <= -1<<53) {
			c.add(path, "write it in quotes", "the number is too large to be kept as it is written")
		}
		return
	}
	var v variable
	if err := decode(value, &v); err != nil {
		return // the schema describes it
	}
	var sources []string
	for _, s := range []struct{ key, value string }{{"secret", v.Secret}, {"config", v.Config}, {"field", v.Field}, {"uses", v.Uses}} {
		if s.value != "" {
			sources = append(sources, s.key)
		}
	}
	switch {
	case len(sources) == 0:
		c.add(path, "write one of secret, config, field and uses", "where the value comes from is missing")
	case len(sources) > 1:
		c.add(path, "remove all but one", "expected one of %s", strings.Join(sources, " and "))
	case (v.Secret != "" || v.Config != "") && v.Key == "":
		c.add(path, "add key", "which key of it has the value is missing")
	case (v.Field != "" || v.Uses != "") && v.Key != "":
		c.add(at(path, "key"), "remove it", "key applies only to secret and config")
	case v.Uses != "" && uses[v.Uses].Offer == nil:
		c.add(at(path, "uses"), "add the application to uses of the entry", "the entry uses no %s", v.Uses)
	}
}

// The resources that the templates set where the user does not.
var (
	ofContainer = resources{Requests: quantities("10m", "64Mi"), Limits: quantities("", "256Mi")}
	ofDatabase  = resources{Requests: quantities("50m", "128Mi"), Limits: quantities("", "512Mi")}
)

func quantities(cpu, memory string) map[string]json.RawMessage {
	return map[string]json.RawMessage{"cpu": json.RawMessage(cpu), "memory": json.RawMessage(memory)}
}

// checkResources finds more requested than there may be, which Kubernetes refuses.
func (c *checker) checkResources(own, otherwise resources, path []string) {
	limits, requests := maps.Clone(otherwise.Limits), maps.Clone(otherwise.Requests)
	maps.Copy(limits, own.Limits)
	maps.Copy(requests, own.Requests)
	for _, name := range sorted(limits) {
		limit, isLimited := quantity(limits[name])
		requested, isRequested := quantity(requests[name])
		if !isLimited || !isRequested || requested.Cmp(limit) <= 0 {
			continue
		}
		if _, written := own.Limits[name]; written {
			c.add(at(path, "limits", name), "set requests."+name+", too", "this is less than what is requested, %s", requested.String())
		} else {
			c.add(at(path, "requests", name), "set limits."+name+", too", "this is more than the limit, %s", limit.String())
		}
	}
}

func quantity(value json.RawMessage) (resource.Quantity, bool) {
	q, err := resource.ParseQuantity(strings.Trim(string(value), `"`))
	return q, err == nil
}
