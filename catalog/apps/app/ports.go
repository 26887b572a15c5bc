package app

import (
	"cmp"
	"strconv"
	"strings"
)

// numbered is a port of a container with the name that it has.
type numbered struct {
	name string
	path []string // that leads to it
	port
}

// portsOf are the ports of a container, by their names, with all that they stand for.
func (c *checker) portsOf(in *container, path []string) []numbered {
	var out []numbered
	if in.Port != 0 {
		out = append(out, numbered{"http", at(path, "port"), port{Port: in.Port}})
	}
	for _, name := range sorted(in.Ports) {
		out = append(out, numbered{name, at(path, "ports", name), in.Ports[name]})
	}
	for i := range out {
		p := &out[i]
		if p.short != "" {
			number, protocol, _ := strings.Cut(p.short, "/")
			p.Port, _ = strconv.Atoi(number) // the schema has a pattern for it
			p.Protocol = protocol
		}
		p.Protocol, p.Service = cmp.Or(p.Protocol, "TCP"), cmp.Or(p.Service, p.Port)
	}
	return out
}

// checkPorts finds ports that pods or the Service could not have, and probes that ask none.
func (c *checker) checkPorts() {
	type number struct {
		port     int
		protocol string
	}
	names, inPod, inService := map[string]bool{}, map[number]string{}, map[number]string{}
	for path, in := range c.all() {
		ports := c.portsOf(in, path)
		for _, p := range ports {
			switch {
			case len(p.name) > 15:
				c.add(p.path, "write a shorter name", "expected a name of at most 15 characters, found %d", len(p.name))
			case p.Port > 65535:
				c.add(p.path, "write a port from 1 to 65535", "there is no port %d", p.Port)
			case names[p.name]:
				c.add(p.path, "choose another name", "the pod has two ports called %q", p.name)
			case inPod[number{p.Port, p.Protocol}] != "":
				c.add(p.path, "remove one of them", "the pod has the port %d/%s twice: %s is the same", p.Port, p.Protocol, inPod[number{p.Port, p.Protocol}])
			case inService[number{p.Service, p.Protocol}] != "":
				c.add(p.path, "choose another service", "the Service has the port %d/%s twice: %s is the same", p.Service, p.Protocol, inService[number{p.Service, p.Protocol}])
			}
			names[p.name], inPod[number{p.Port, p.Protocol}], inService[number{p.Service, p.Protocol}] = true, p.name, p.name
		}
		c.checkProbe(in, ports, path)
	}
	if c.isJob() && len(names) > 0 {
		for path, in := range c.all() {
			for _, p := range c.portsOf(in, path) {
				c.add(p.path, "remove it", "nobody can call a CronJob, which runs for a while only")
			}
		}
	}
}

// checkProbe finds a probe that could not succeed.
func (c *checker) checkProbe(in *container, ports []numbered, path []string) {
	p := in.Probe
	if p == nil || p.off {
		return
	}
	path = at(path, "probe")
	var tcp []string
	for _, other := range ports {
		if other.Protocol == "TCP" {
			tcp = append(tcp, other.name)
		}
	}
	switch {
	case c.isJob() || len(path) > 1 && path[0] == "initContainers":
		c.add(path, "remove it", "what runs to its end is not probed")
	case len(p.Command) > 0 && (p.Path != "" || p.Port != ""):
		c.add(path, "remove path and port, or command", "a command asks no port")
	case len(p.Command) > 0:
	case len(tcp) == 0:
		c.add(path, "set port, or write {command: […]}", "the container has no port with TCP to be asked")
	case p.Port != "" && !contains(tcp, p.Port):
		c.add(at(path, "port"), "one of "+strings.Join(tcp, ", "), "the container has no port called %q with TCP", p.Port)
	}
}
