// Package app is the small application: an image with ports, volumes and variables, without Kubernetes YAML.
//
// It checks what values mean together, at their places. What a value looks like is in the chart's schema, and what becomes of
// it in its templates.
package app

import (
	"cmp"
	"embed"
	"fmt"
	"maps"
	"slices"

	"github.com/hippotion/roster/catalog/apps/builtin"
)

//go:embed all:chart
var files embed.FS

// Application is the small application.
var Application = builtin.Application{
	Name:    "app",
	Chart:   builtin.Chart(files),
	Texts:   []string{"args", "command", "env"},
	Declare: declare,
}

// nameLabel has the application's name, by which its Service and the flows find its pods.
const nameLabel = "app.kubernetes.io/name"

// postgresPort is the number of the port of the database's pods.
const postgresPort = "5432"

func declare(s *builtin.Surroundings) (builtin.Declaration, []builtin.Problem, error) {
	var v values
	if err := s.Values.Decode(&v); err != nil {
		return builtin.Declaration{}, nil, err
	}
	name := cmp.Or(v.Name, s.Code)
	c := &checker{values: &v, name: name}
	c.checkName()
	c.checkKind()
	c.checkContainers(s.Uses)
	c.checkPorts()
	c.checkVolumes()
	c.checkFiles()
	d := builtin.Declaration{Profile: "web-app-internal", Backend: c.backend(), Secrets: c.secrets(s)}
	if len(c.problems) == 0 {
		d.Pods = c.pods()
	}
	if v.Database != nil && len(c.problems) == 0 { // the name is not too long for a label
		d.Secrets = append(d.Secrets, builtin.Secret{Name: c.database(), Below: "postgres", Data: map[string]string{"password": "password"}})
		d.Flows = []builtin.Flow{{Callers: builtin.Callers{PodLabels: map[string]string{nameLabel: name}}, Path: []string{"database"},
			Peer: builtin.Peer{PodLabels: map[string]string{nameLabel: c.database()}, Ports: []string{postgresPort}}}}
	}
	return d, c.problems, nil
}

// checker gathers what is wrong with the values.
type checker struct {
	*values
	name     string
	problems builtin.Problems
}

func (c *checker) add(path []string, hint, format string, args ...any) {
	c.problems.Add(path, hint, format, args...)
}

// database is the name of the database's objects.
func (c *checker) database() string { return c.name + "-postgres" }

// backend is where the application's hosts lead unless they say otherwise: to http, or to the only port.
func (c *checker) backend() *builtin.Backend {
	var ports []numbered
	for _, p := range c.portsOf(&c.container, nil) {
		if p.Protocol == "TCP" {
			ports = append(ports, p)
		}
	}
	i := slices.IndexFunc(ports, func(p numbered) bool { return p.name == "http" })
	if i < 0 && len(ports) == 1 {
		i = 0
	}
	if i >= 0 {
		return &builtin.Backend{Service: c.name, Port: ports[i].name, Number: ports[i].Service}
	}
	return &builtin.Backend{Hint: "set port among the values, or write service and port here"}
}

// secrets are the Secrets whose keys become variables, and that no application of the namespace lists. One such is what the store has
// for the application; of two, nobody knows which has what.
func (c *checker) secrets(s *builtin.Surroundings) []builtin.Secret {
	unlisted := map[string][][]string{}
	for path, in := range c.all() {
		for i, name := range in.Secrets {
			if !slices.Contains(s.Secrets, name) {
				unlisted[name] = append(unlisted[name], append(path, "secrets", fmt.Sprint(i)))
			}
		}
	}
	names := slices.Sorted(maps.Keys(unlisted))
	if len(names) == 1 {
		return []builtin.Secret{{Name: names[0], All: true}}
	}
	for _, name := range names {
		if !s.NoSecrets {
			c.add(unlisted[name][0], "list them under secrets of the entry: [{name: "+name+", dataFrom: ["+s.Code+"]}]",
				"the application has several Secrets that are not listed, so what is in %q is unknown", name)
		}
	}
	return nil
}
