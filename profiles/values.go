package profiles

import (
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation"
)

// The checks of this file find what Cilium's own check also finds, but report it at its place and in other words: Cilium's
// messages quote the Go parser, and of two mistakes name a random one.

var (
	entityType   = reflect.TypeFor[api.Entity]()
	protocolType = reflect.TypeFor[api.L4Proto]()
	cidrType     = reflect.TypeFor[api.CIDR]()
	portType     = reflect.TypeFor[api.PortProtocol]()
	partTypes    = []reflect.Type{reflect.TypeFor[api.IngressRule](), reflect.TypeFor[api.EgressRule](),
		reflect.TypeFor[api.IngressDenyRule](), reflect.TypeFor[api.EgressDenyRule]()}
)

// The values that CiliumNetworkPolicy's CRD accepts; Cilium's Go code knows some more.
var (
	protocols = []string{"ANY", "IGMP", "SCTP", "TCP", "UDP", "VRRP"}
	entities  = []string{"all", "cluster", "health", "host", "ingress", "init", "kube-apiserver", "none", "remote-node", "unmanaged", "world"}
)

// text checks a value by its type.
func (c *checker) text(y *yaml.Node, at *syntax.Node, t reflect.Type) {
	switch t {
	case entityType:
		if !slices.Contains(entities, y.Value) {
			c.report(at, "unknown-value", diag.DidYouMean(y.Value, entities), "there is no entity %s", syntax.Quote(y.Value))
		}
	case protocolType:
		if !slices.Contains(protocols, y.Value) {
			c.report(at, "unknown-value", diag.DidYouMean(strings.ToUpper(y.Value), protocols), "there is no protocol %s", syntax.Quote(y.Value))
		}
	case cidrType:
		if _, err := netip.ParsePrefix(y.Value); err != nil {
			if _, err := netip.ParseAddr(y.Value); err != nil {
				c.report(at, "bad-cidr", "", "expected a CIDR such as 192.168.0.0/24, found %s", syntax.Quote(y.Value))
			}
		}
	}
}

// port checks a port with its range.
func (c *checker) port(y *yaml.Node, at *syntax.Node) {
	number := 0
	c.each(y, at, func(value *yaml.Node, place *syntax.Node, key string) {
		if key != "port" || value.Kind != yaml.ScalarNode || value.ShortTag() != "!!str" || strings.HasPrefix(value.Value, "$") {
			return
		}
		n, err := strconv.Atoi(value.Value)
		switch {
		case err == nil && n >= 0 && n <= 65535 && strconv.Itoa(n) == value.Value:
			number = n
		case err == nil || validation.IsValidPortName(strings.ToLower(value.Value)) != nil:
			c.report(place, "bad-port", "", "expected a port from 1 to 65535, or a port's name, found %s", syntax.Quote(value.Value))
			number = -1
		}
	})
	c.each(y, at, func(value *yaml.Node, place *syntax.Node, key string) {
		if key != "endPort" || value.ShortTag() != "!!int" || number < 0 {
			return
		}
		switch end, err := strconv.Atoi(value.Value); {
		case number == 0:
			c.report(place, "bad-port", "write the range's first port as a number", "a range cannot begin with a port's name")
		case err != nil || end < number || end > 65535:
			c.report(place, "bad-port", "", "expected the range's last port, from %d to 65535, found %s", number, syntax.Quote(value.Value))
		}
	})
}

// part checks an ingress or egress rule: its peers are of one kind, and names of ports are those of pods.
func (c *checker) part(y *yaml.Node, at *syntax.Node, fields map[string]reflect.Type) {
	c.portNames(y, at)
	first := ""
	c.each(y, at, func(value *yaml.Node, place *syntax.Node, key string) {
		_, known := fields[key]
		peers := known && key != "toPorts" && (strings.HasPrefix(key, "to") || strings.HasPrefix(key, "from"))
		switch {
		case !peers || value.Kind != yaml.SequenceNode || len(value.Content) == 0:
		case first != "":
			c.report(place, "bad-rule", "write two rules: each permits what it lists", "Cilium accepts one kind of peers in a rule, found %s and %s", first, key)
		default:
			first = key
		}
	})
}

// portNames reports names of ports in a rule to what is no pod.
func (c *checker) portNames(y *yaml.Node, at *syntax.Node) {
	peers := ""
	for i := 0; i+1 < len(y.Content); i += 2 {
		if key := y.Content[i].Value; slices.Contains(noPods, key) && y.Content[i+1].Kind == yaml.SequenceNode && len(y.Content[i+1].Content) > 0 {
			peers = key
		}
	}
	if peers == "" {
		return
	}
	c.listed(y, at, func(value *yaml.Node, place *syntax.Node) {
		if value.ShortTag() == "!!str" && validation.IsValidPortName(strings.ToLower(value.Value)) == nil {
			c.report(place, "bad-port", "write its number", "%s names a port of a container: with %s, Cilium would take any pod's number of that name, or skip the rule", syntax.Quote(value.Value), peers)
		}
	})
}

// noPods are peers that are no pods, or not pods alone.
var noPods = []string{"toEntities", "toCIDR", "toCIDRSet", "toFQDNs"}

// dnsPort reports port 53 of the DNS pods where they have another one, before names are filled in.
func (c *checker) dnsPort(y *yaml.Node, at *syntax.Node) {
	port := c.names["$dns-port"].Value
	if y.Kind != yaml.MappingNode || port == strconv.Itoa(usualDNSPort) {
		return
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		isDNS := func(e *yaml.Node) bool { return e.Kind == yaml.ScalarNode && e.Value == "$dns" }
		if y.Content[i].Value == "toEndpoints" && slices.ContainsFunc(y.Content[i+1].Content, isDNS) {
			c.listed(y, at, func(value *yaml.Node, place *syntax.Node) {
				if value.Value == strconv.Itoa(usualDNSPort) {
					c.report(place, "bad-port", "write $dns-port", "the pods of dns listen on port %s: this rule would never match", port)
				}
			})
		}
	}
}

// listed calls do for each port that a part lists.
func (c *checker) listed(part *yaml.Node, at *syntax.Node, do func(port *yaml.Node, at *syntax.Node)) {
	c.each(part, at, func(value *yaml.Node, place *syntax.Node, key string) {
		if key != "toPorts" {
			return
		}
		c.each(value, place, func(rule *yaml.Node, place *syntax.Node, _ string) {
			c.each(rule, place, func(ports *yaml.Node, place *syntax.Node, key string) {
				if key != "ports" {
					return
				}
				c.each(ports, place, func(port *yaml.Node, place *syntax.Node, _ string) {
					c.each(port, place, func(value *yaml.Node, place *syntax.Node, key string) {
						if key == "port" && value.Kind == yaml.ScalarNode {
							do(value, place)
						}
					})
				})
			})
		})
	})
}

// labels checks the values of matchLabels.
func (c *checker) labels(y *yaml.Node, at *syntax.Node) {
	c.each(y, at, func(value *yaml.Node, place *syntax.Node, key string) {
		if value.ShortTag() == "!!str" && validation.IsValidLabelValue(value.Value) != nil {
			c.report(place, "bad-value", "", `expected a label value of at most 63 letters, digits, "-", "_" and ".", found %s`, syntax.Quote(value.Value))
		}
	})
}
