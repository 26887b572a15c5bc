package intents

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Calls are the ways to the addresses that workloads are told: in variables and arguments of their containers, and in ConfigMaps that they read.
// What is only said to people and browsers is left out, as far as that can be recognized.
func (in *Model) Calls() []Intent {
	c := calls{Model: in, maps: map[*object]map[string][]address{}}
	for _, n := range in.network.Namespaces() {
		for _, e := range n.Pods {
			if !e.Node {
				c.pod(e)
			}
		}
	}
	return c.out
}

type calls struct {
	*Model
	out  []Intent
	maps map[*object]map[string][]address // what is in ConfigMaps, as far as it was asked for
	seen map[string]bool                  // of the pod
	via  bool                             // whether the container goes outside through a proxy
}

// address is one that stands in a text.
type address struct {
	scheme, host string
	port         int // 0 when none is written
}

// pod adds the calls of a pod.
func (c *calls) pod(e *network.End) {
	c.seen = map[string]bool{}
	for i, k := range e.Pods.Containers() {
		c.via = slices.ContainsFunc(k.Env, func(v variable) bool {
			return strings.HasSuffix(strings.ToLower(v.Name), "_proxy") && v.Name != "NO_PROXY" && v.Name != "no_proxy"
		})
		field := func(name string, number int, more ...string) func() catalog.Place {
			return func() catalog.Place {
				return c.places.Field(e.Pods.Object, append(append(e.Pods.ContainerAt(i, name), strconv.Itoa(number)), more...)...)
			}
		}
		values := map[string]string{}
		for _, v := range k.Env {
			values[v.Name] = v.Value
		}
		for j, v := range k.Env {
			asks := "the variable " + diag.Beginning(v.Name, deployed.LongestName) + " of " + e.Name
			if v.Value != "" {
				c.text(e, v.Name, v.Value, asks, field("env", j, "value"), values)
			}
			if v.ValueFrom != nil && v.ValueFrom.ConfigMapKeyRef != nil {
				ref := v.ValueFrom.ConfigMapKeyRef
				c.configMap(e, ref.Name, ref.Key, v.Name)
			}
		}
		for _, from := range k.EnvFrom {
			if from.ConfigMapRef != nil {
				c.configMap(e, from.ConfigMapRef.Name, "", "")
			}
		}
		for _, list := range []struct {
			field string
			texts []string
		}{{"command", k.Command}, {"args", k.Args}} {
			for j, text := range list.texts {
				key, value := "", text
				if flag, v, ok := strings.Cut(text, "="); ok && strings.HasPrefix(flag, "-") {
					key, value = flag, v
				} else if j > 0 && strings.HasPrefix(list.texts[j-1], "--") && !strings.Contains(list.texts[j-1], "=") {
					key = list.texts[j-1]
				}
				if !strings.Contains(value, "\n") { // a script says much that it never does
					c.text(e, key, value, "an argument of "+e.Name, field(list.field, j), nil)
				}
			}
		}
	}
	for _, v := range e.Pods.Spec.Volumes {
		if v.ConfigMap != nil {
			c.mounted(e, v.ConfigMap.Name)
		}
		if v.Projected != nil {
			for _, s := range v.Projected.Sources {
				if s.ConfigMap != nil {
					c.mounted(e, s.ConfigMap.Name)
				}
			}
		}
	}
}

// named is a ConfigMap of the pod's namespace.
func (c *calls) named(e *network.End, name string) *object {
	return c.deployed.Named(deployed.ID{Kind: "ConfigMap", Namespace: e.Namespace, Name: name})
}

// configMap adds what variables are from a ConfigMap: a key of it, or all.
func (c *calls) configMap(e *network.End, name, key, variable string) {
	o := c.named(e, name)
	if o == nil {
		return
	}
	data, _ := o.Content()["data"].(map[string]any)
	for k, v := range data {
		text, ok := v.(string)
		if !ok || key != "" && k != key || len(text) > longestText {
			continue
		}
		name := variable
		if name == "" {
			name = k
		}
		c.text(e, name, text, "the variable "+diag.Beginning(name, deployed.LongestName)+" of "+e.Name, func() catalog.Place { return c.places.Field(o, "data", k) }, nil)
	}
}

// mounted adds what a ConfigMap that is mounted names in the cluster, in full: files of settings have too many other addresses.
func (c *calls) mounted(e *network.End, name string) {
	o := c.named(e, name)
	if o == nil {
		return
	}
	found := c.maps[o]
	if found == nil {
		found = map[string][]address{}
		data, _ := o.Content()["data"].(map[string]any)
		for k, v := range data {
			text, _ := v.(string)
			if len(text) > longestFile {
				continue
			}
			for line := range strings.SplitSeq(text, "\n") {
				key, _, _ := strings.Cut(line, "://")
				bare := strings.TrimSpace(line)
				if strings.Contains(line, ".svc") && !comment.MatchString(bare) && !forOthers.MatchString(key) && len(found[k]) < mostAddresses {
					found[k] = append(found[k], urlsIn(line)...)
				}
			}
		}
		c.maps[o] = found
	}
	for k, list := range found {
		for _, a := range list {
			if strings.Contains(a.host, ".svc") {
				c.address(e, a, o.Title()+", which "+e.Name+" reads,", func() catalog.Place { return c.places.Field(o, "data", k) }, false)
			}
		}
	}
}

const (
	longestText = 10_000
	longestFile = 1 << 20
	// mostAddresses is how many addresses of a file are judged.
	mostAddresses = 100
)

var (
	comment = regexp.MustCompile(`^(#|;|//|--)`)
	// writtenURL is a URL up to its port: the scheme, the host and the port.
	writtenURL = regexp.MustCompile(`\b([a-z][a-z0-9]*)(?:\+[a-z0-9]+)?://(?:[^\s/@"'<>{}]*@)?(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?`)
	// hostPort is a host and a port alone.
	hostPort = regexp.MustCompile(`^([a-z0-9][-a-z0-9.]*):([0-9]{1,5})$`)
	inFull   = regexp.MustCompile(`^[a-z0-9][-a-z0-9.]*\.svc(\.cluster\.local)?\.?$`)
	// forOthers is what precedes addresses that are compared, and not called.
	forOthers = regexp.MustCompile(`(?i)no_?proxy|cors|origin|allow|trusted|whitelist|redirect|callback|audience|issuer|csp|(?:^|[^a-z])links?(?:[^a-z]|$)|href|example`)
	// forPeople is what names an address of the program itself, or one that browsers open, or documentation.
	forPeople = regexp.MustCompile(`(?i)public|external|site|base_?-?url|root_?-?url|front|browser|home|domain|web_?-?hook|docs?|help|support|schema|licen[sc]e|image|registry|mirror|icon|logo|badge` +
		`|terms|privacy|telemetry|update|version|oidc|oauth|openid|auth|sso|log_?-?(?:in|out)|sign|server_?-?url|app_?-?url|title|name|text|descr|comment|contact|advertise`)
	// forPrograms is what names an address that programs call.
	forPrograms = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:api|endpoint|upstream|remote_?-?write)(?:[^a-z]|$)`)
)

// urlsIn are the URLs of a text whose hosts stand there in full.
func urlsIn(text string) []address {
	var out []address
	for _, m := range writtenURL.FindAllStringSubmatchIndex(text, -1) {
		if rest := text[m[1]:]; rest != "" && !strings.ContainsRune("/?#\"'`,; )]\t\r", rune(rest[0])) {
			continue // a template goes on
		}
		a := address{scheme: text[m[2]:m[3]], host: strings.Trim(text[m[4]:m[5]], "[]")}
		if m[6] >= 0 {
			a.port, _ = strconv.Atoi(text[m[6]:m[7]])
		}
		out = append(out, a)
	}
	return out
}

// text adds what a variable or an argument names.
func (c *calls) text(e *network.End, key, text, asks string, at func() catalog.Place, beside map[string]string) {
	if len(text) > longestText || forOthers.MatchString(key) {
		return
	}
	urls := urlsIn(text)
	for _, a := range urls {
		c.address(e, a, asks, at, c.called(key, text, a))
	}
	if len(urls) > 0 || strings.Contains(text, "://") {
		return
	}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if m := hostPort.FindStringSubmatch(part); m != nil {
			port, _ := strconv.Atoi(m[2])
			c.address(e, address{"", m[1], port}, asks, at, false)
		} else if inFull.MatchString(part) {
			c.address(e, address{"", part, portBeside(key, beside)}, asks, at, false)
		}
	}
}

// portBeside is the port that another variable has for a host: DB_PORT for DB_HOST; 0 when there is none.
func portBeside(key string, beside map[string]string) int {
	for _, word := range []string{"HOST", "HOSTNAME", "SERVER", "ADDRESS", "ADDR"} {
		if stem, ok := strings.CutSuffix(key, word); ok {
			port, _ := strconv.Atoi(beside[stem+"PORT"])
			return port
		}
	}
	return 0
}

// called reports whether an address outside is certainly one that the program calls: the key or the host says that it is an API, and nothing else is in
// the text.
func (c *calls) called(key, text string, a address) bool {
	if c.via || a.scheme != "http" && a.scheme != "https" || !strings.HasPrefix(text, a.scheme+"://") || strings.ContainsAny(text, " ,;{$<") || forPeople.MatchString(key) {
		return false
	}
	return forPrograms.MatchString(key) || strings.HasPrefix(a.host, "api.") || strings.Contains(a.host, ".api.")
}

// address adds the way to an address: to the Service that it means or, where that is certain, outside.
func (c *calls) address(e *network.End, a address, asks string, at func() catalog.Place, outside bool) {
	id := a.scheme + " " + a.host + " " + strconv.Itoa(a.port)
	if c.seen[id] || a.port > 65535 {
		return
	}
	c.seen[id] = true
	i := Intent{From: []*network.End{e}, Protocol: "TCP", Asks: asks}
	l, inside := c.service(a.host, e.Namespace)
	if !inside {
		if outside {
			u := &url.URL{Scheme: a.scheme, Host: a.host}
			if a.port > 0 {
				u.Host += ":" + strconv.Itoa(a.port)
			}
			for _, i := range c.away(i, u) {
				i.At = at()
				c.out = append(c.out, i)
			}
		}
		return
	}
	port := a.port
	if port == 0 && a.scheme != "" {
		if port = schemes[a.scheme]; port == 0 {
			return
		}
	}
	targets := c.reached(l, port)
	if slices.ContainsFunc(targets, func(t target) bool { return slices.Contains(t.ends, e) }) {
		return // itself, or others of its kind
	}
	for _, i := range i.to(targets) {
		i.At = at()
		c.out = append(c.out, i)
	}
}

// reached are the pods behind a Service for those who know its name and a port, which is 0 when it may be any. A headless one has no ports of its own.
func (c *calls) reached(l routes.Lead, port int) []target {
	s := c.routes.ServicesOf(l.Namespace)[l.Name]
	switch {
	case s == nil:
		return c.unseen(l)
	case port == 0 && len(s.Spec.Ports) == 1:
		port = int(s.Spec.Ports[0].Port)
	case port == 0:
		return nil
	}
	if s.Spec.ClusterIP == "None" && len(s.Spec.Selector) > 0 {
		return c.at(l.Namespace, s.Spec.Selector, intstr.FromInt32(int32(port)), 0, "TCP")
	}
	l.Port = intstr.FromInt32(int32(port))
	return c.behind(l)
}
