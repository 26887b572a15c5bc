// Package builtin has the types in which a catalog application declares what it needs around its chart, and what it offers
// to others.
//
// It knows nothing of applications.yml: package catalog turns a Declaration into what the user could have written there.
package builtin

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Application is one of the catalog.
type Application struct {
	Name  string
	Chart fs.FS // the Helm chart, with values.yaml and values.schema.json
	// Texts are the keys, at any depth, of mappings and lists whose values the chart makes texts of. What YAML would change on the way is a mistake
	// there, such as 022, and so is a key without a value.
	Texts []string
	// Uses are the catalog applications that this one calls: of each, the only one in the list unless the entry names
	// another. A key that is true must be there.
	Uses map[string]bool
	// Offer is what others may use, given the values; nil when it is nothing.
	Offer func(Values) (*Offer, error)
	// Declare returns what an entry gets unless it says otherwise. It reports what is wrong with the values.
	Declare func(*Surroundings) (Declaration, []Problem, error)
	// Check finds what must not be deployed, whatever the values and patches were; nil when there is nothing to check.
	Check func([]Object) []string
}

// Values are those of the chart with the user's over them, as JSON. They fit the chart's schema.
type Values json.RawMessage

// Decode reads the values into a struct. An error means that the struct does not fit the schema: a mistake of the
// application, not of the user.
func (v Values) Decode(into any) error { return json.Unmarshal(v, into) }

// Object is a manifest.
type Object = map[string]any

// Surroundings are what the list says around an application.
type Surroundings struct {
	Code, Namespace string // its own
	Values          Values
	// Monitoring is the namespace of the application that installs the Prometheus operator's kinds; empty when none does.
	Monitoring string
	Uses       map[string]Used // by the name in the catalog
	NoIngress  bool            // the entry says that the application has no host
	// Secrets are the names of those that the applications of the namespace list. NoSecrets means that the entry wants none besides.
	Secrets   []string
	NoSecrets bool
}

// Used is a catalog application that another one calls.
type Used struct {
	Code, Namespace string
	Offer           *Offer
}

// URL is where the application is reached inside of the cluster.
func (u Used) URL() string {
	return "http://" + u.Offer.Service + "." + u.Namespace + ".svc.cluster.local"
}

// Offer is a Service that others may call, at its port 80.
type Offer struct {
	Service   string
	PodLabels map[string]string
	Port      string // the number of the pods' port
	// Topics are those of a bus, by what they are for. An application that uses it finds them among its values.
	Topics map[string]string
}

// Declaration is what an entry gets unless it says otherwise.
type Declaration struct {
	Profile string // of the network policies; empty when it has no pods
	Flows   []Flow
	Routes  []Route
	Backend *Backend // where hosts lead that the entry lists without a service; nil when they have to have one, whatever the values are
	Secrets []Secret
	Pods    *Pods // the application's own, for what is written around them; nil when it has none, or they are not described
	// Callers are the pods that call what the application uses.
	Callers Callers
	// Monitors says that the chart has objects of the Prometheus operator's kinds, which must be there first.
	Monitors bool
	// Installs is the API group of other kinds that must be there first: the entry depends on the applications that provide it.
	Installs string
	// ClusterResources are the cluster-scoped kinds that the chart has, as GROUP/KIND.
	ClusterResources []string
}

// Pods are those of an application, which has a Service with the same labels when there are ports.
type Pods struct {
	Labels map[string]string
	Ports  []Port // TCP
	Claims []string
	// User and Group are as what the pods run; 0 for root, and when nobody knows.
	User, Group int
}

// Port is one of pods, and of their Service under the same name.
type Port struct {
	Name   string
	Number int
}

// Callers are pods of a namespace; of the application's own when Namespace is empty, and all when there are no labels.
type Callers struct {
	None      bool // there are no pods that call
	Namespace string
	PodLabels map[string]string
	Path      []string // the value that says so
}

// Flow is a permitted flow from the callers, or to them when From is set.
type Flow struct {
	Callers
	From bool
	Peer Peer
	Path []string // the value that asks for it; empty when none does
}

// Peer is the other end of a flow: Namespace, Host or CIDR is set.
type Peer struct {
	Namespace string
	PodLabels map[string]string
	Host      string
	CIDR      string
	Ports     []string // pod ports: numbers
}

// Route is a host name. Expose applies to platforms that have such an exposure; others use their default.
type Route struct {
	Host, Service, Port, Expose, Auth string
	Number                            int // of the Service's port, for routes that know no names of ports
}

// Backend is a Service and the name of a port of it, with its number. Where both are empty, Hint says what to write.
type Backend struct {
	Service, Port, Hint string
	Number              int
}

// Secret is a Secret and, for each key, the property of the application's path in Vault that holds it.
type Secret struct {
	Name  string
	Below string // the path below the application's, if it is not that itself
	Data  map[string]string
	All   bool // each property is a key, instead of Data
}

// Problem is a mistake in the values.
type Problem struct {
	Path          []string // keys and indices that lead to it
	Message, Hint string
}

// Problems gathers mistakes in the values. Its zero value is ready for use.
type Problems []Problem

// Add adds a mistake. The hint may be empty.
func (p *Problems) Add(path []string, hint, format string, args ...any) {
	*p = append(*p, Problem{Path: path, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// CheckTopic adds a mistake when the bus has no topic of that name.
func (p *Problems) CheckTopic(bus Used, topic string, path ...string) {
	if _, ok := bus.Offer.Topics[topic]; !ok {
		names := slices.Sorted(maps.Keys(bus.Offer.Topics))
		p.Add(path, fmt.Sprintf("the topics of %s are called %s", bus.Code, strings.Join(names, ", ")), "%s has no topic %q", bus.Code, topic)
	}
}

// To is the peer that an http or https URL leads to: a host or an address outside of the cluster, or the pods of a Service, whose
// port the URL does not tell.
func To(address string, podPort int) (Peer, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return Peer{}, fmt.Errorf("expected a URL with http or https, and without credentials")
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".cluster.local")
	if service, found := strings.CutSuffix(host, ".svc"); found {
		_, namespace, found := strings.Cut(service, ".")
		switch {
		case !found || strings.Contains(namespace, "."):
			return Peer{}, fmt.Errorf("expected a Service as http://SERVICE.NAMESPACE.svc.cluster.local")
		case podPort == 0:
			return Peer{}, fmt.Errorf("expected podPort with a URL in the cluster: a policy permits ports of pods, not of Services")
		}
		return Peer{Namespace: namespace, Ports: []string{fmt.Sprint(podPort)}}, nil
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return Peer{}, fmt.Errorf("there is no port %s", port)
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return Peer{CIDR: netip.PrefixFrom(address, address.BitLen()).String(), Ports: []string{port}}, nil
	}
	return Peer{Host: host, Ports: []string{port}}, nil
}

// Summary is what the application is for, in one line without a full stop: the description of its chart.
func (a *Application) Summary() string {
	for line := range strings.Lines(a.file("Chart.yaml")) {
		if summary, ok := strings.CutPrefix(line, "description: "); ok {
			return strings.TrimSpace(summary)
		}
	}
	return ""
}

// Defaults are the values that it has unless an entry says otherwise, as YAML with comments.
func (a *Application) Defaults() string { return a.file("values.yaml") }

func (a *Application) file(name string) string {
	text, err := fs.ReadFile(a.Chart, name)
	if err != nil {
		panic("catalog: " + err.Error()) // it is a part of the program
	}
	return string(text)
}
