// Package secrets is which Secrets there will be, who needs which, and which values are credentials.
package secrets

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/eso"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/models/places"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Model is the Secrets of all namespaces.
type Model struct {
	deployed *deployed.Model
	places   *places.Model

	plainSecrets once.Value[[]PlainSecret]
	allMakers    once.Value[*makers]
	allSpread    once.Value[bool]
}

// New is the Secrets of what is deployed.
func New(d *deployed.Model, p *places.Model) *Model { return &Model{deployed: d, places: p} }

// makers is what creates Secrets, or may create them: by namespace, and in all of them.
type makers struct {
	in          *Model
	byNamespace map[string]*maker
	anywhere    *maker
}

// maker is what creates Secrets in a namespace.
type maker struct {
	made    map[string]*keySet // by Secret: its keys; nil when they are unknown
	words   map[string]bool    // names where the name of a Secret may be
	owners  map[string]bool    // custom resources, after which operators name the Secrets that they create for them
	unknown bool               // whether something may create any Secret
}

// keySet is the keys of a Secret.
type keySet struct {
	has  map[string]bool
	text string // for messages
	kind string // its type; empty for Opaque
}

func newKeySet(keys []string) *keySet {
	out := &keySet{has: map[string]bool{}}
	for _, key := range keys {
		out.has[key] = true
	}
	out.text = diag.OneOf("", slices.Collect(maps.Keys(out.has)))
	return out
}

func newMaker() *maker {
	return &maker{made: map[string]*keySet{}, words: map[string]bool{}, owners: map[string]bool{}}
}

// Missing returns what is missing of a need of a namespace; empty when nothing is, or when it may exist: where not all that runs in the
// namespace is known, and not all that creates Secrets in any.
func (in *Model) Missing(namespace string, n Need) string {
	if !in.settled(namespace) {
		return ""
	}
	return in.makers().lacks(namespace, n)
}

// Content is the keys of a Secret and its type, empty for Opaque; nil when they are not known for certain.
func (in *Model) Content(namespace, secret string) (keys []string, kind string) {
	m := in.makers()
	own := m.of(namespace)
	_, everywhere := m.anywhere.made[secret]
	if set := own.made[secret]; set != nil && in.settled(namespace) && !everywhere && !own.unknown && !m.anywhere.unknown {
		return slices.Sorted(maps.Keys(set.has)), set.kind
	}
	return nil, ""
}

func (in *Model) settled(namespace string) bool {
	n := in.deployed.Entry(namespace)
	return n != nil && in.deployed.Settled(n) && in.allSpread.Get(func() bool {
		return !slices.ContainsFunc(spreaders, func(r catalog.ClusterResource) bool { return !in.deployed.AllOf(r.Group, r.Kind) })
	})
}

// spreaders are the cluster-scoped kinds that create Secrets in any namespace.
var spreaders = []catalog.ClusterResource{{Group: "external-secrets.io", Kind: "ClusterExternalSecret"}, {Group: "kyverno.io", Kind: "ClusterPolicy"},
	{Group: "policies.kyverno.io", Kind: "GeneratingPolicy"}}

// makers searches everything that the list deploys, once.
func (in *Model) makers() *makers { return in.allMakers.Get(in.search) }

func (in *Model) search() *makers {
	m := &makers{in: in, byNamespace: map[string]*maker{}, anywhere: newMaker()}
	for n, a := range in.deployed.Applications() {
		for _, s := range a.Secrets {
			m.of(n.Name).external(s.Target, s.CreationPolicy, s.Keys(), s.Type)
		}
		for _, b := range a.Backups {
			if b.From != "" {
				m.of(n.Name).made[b.Secret] = nil
			}
		}
	}
	for _, o := range in.deployed.Workloads {
		m.add(o)
	}
	m.rendered()
	for _, p := range in.deployed.Pods() {
		maker := m.of(p.Object.Namespace)
		for _, c := range p.Containers() {
			said := slices.Concat(c.Command, c.Args)
			for _, e := range c.Env {
				said = append(said, e.Value)
			}
			for _, text := range said {
				if p.Kind == "Job" || p.Kind == "CronJob" { // a script may create it
					maker.say(text)
				}
				for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == '=' || r == '/' }) {
					maker.words[word] = true // an operator is told what to create: --secret=NAME, NAMESPACE/NAME
				}
			}
		}
	}
	return m
}

// rendered notes what is created for the objects that roster renders: certificates, by cert-manager.
func (m *makers) rendered() {
	for _, kind := range []string{"Ingress", "Certificate"} {
		for _, o := range m.in.deployed.All(kind) {
			if o.Application == nil {
				m.of(o.Namespace).sayAll(o.Content()["spec"])
			}
		}
	}
}

// external notes the Secret of an ExternalSecret. One that is merged into is made by others, which have put some keys there; who they are is the
// matter of another rule.
func (m *maker) external(name, creation string, keys eso.Keys, kind string) {
	if creation == "None" {
		return
	}
	if _, shared := m.made[name]; shared || keys.Open || creation != "Owner" && creation != "Orphan" { // each has its own
		m.made[name] = nil
		return
	}
	m.made[name] = newKeySet(keys.Sorted())
	m.made[name].kind = kind
}

// of is the maker of a namespace; of what has none, that of all.
func (m *makers) of(namespace string) *maker {
	if namespace == "" {
		return m.anywhere
	}
	if m.byNamespace[namespace] == nil {
		m.byNamespace[namespace] = newMaker()
	}
	return m.byNamespace[namespace]
}

// add notes what an object creates, or may create.
func (m *makers) add(o *deployed.Object) {
	maker := m.of(o.Namespace)
	switch {
	case o.Kind == "Secret" || o.Kind == "SealedSecret":
		maker.made[o.Name] = sealedKeys(o)
		m.copied(o.Name, deployed.FieldAt(o, "metadata", "annotations"), deployed.FieldAt(o, "spec", "template", "metadata", "annotations"))
	case o.Kind == "ExternalSecret":
		if e := externalOf(o); e.Target != "" {
			maker.external(e.Target, e.Creation, e.Keys, deployed.StringAt(o, "spec", "target", "template", "type"))
			m.copied(e.Target, deployed.FieldAt(o, "spec", "target", "template", "metadata", "annotations"))
		}
	case o.Kind == "ConfigMap": // a script
		for text := range deployed.Texts(o.Content()["data"]) {
			if strings.Contains(text, "create secret") {
				maker.say(text)
			}
		}
	case o.Kind == "Ingress": // cert-manager creates the certificate that it names
		maker.sayAll(deployed.FieldAt(o, "spec", "tls"))
	case o.Kind == "Gateway" && issued(o): // likewise
		maker.sayAll(deployed.FieldAt(o, "spec", "listeners"))
	case o.Kind == "Role" || o.Kind == "ClusterRole": // what may write a Secret of this name does
		maker.sayAll(o.Content()["rules"])
		if roleAllows(o, "create", "secrets") {
			m.of(o.Entry.Name).unknown = true
		}
	case slices.Contains(deployers, deployed.GroupOf(o)):
		m.deploys(o)
	case o.Kind == "PushSecret": // it fills Secrets of any namespace, through a store for Kubernetes
		m.anywhere.sayAll(o.Content()["spec"])
	case isMover(o):
		maker.moves(o)
	case deployed.IsCustom(o) && !deployed.IsReader(o):
		spec := o.Content()["spec"]
		maker.sayAll(spec)
		maker.owners[o.Name] = true
		for _, namespace := range m.named(o) {
			m.of(namespace).sayAll(spec)
			m.of(namespace).owners[o.Name] = true
		}
		m.copied(deployed.StringAt(o, "spec", "secretName"), deployed.FieldAt(o, "spec", "secretTemplate", "annotations")) // of a Certificate
	}
}

// issued reports whether an annotation asks cert-manager for the certificates that an object names.
func issued(o *deployed.Object) bool {
	annotations, _ := deployed.FieldAt(o, "metadata", "annotations").(map[string]any)
	for key := range annotations {
		if strings.HasPrefix(key, "cert-manager.io/") {
			return true
		}
	}
	return false
}

// deployers are the groups of kinds that deploy what others wrote.
var deployers = []string{deployed.ArgoGroup, "helm.cattle.io", "helm.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io"}

// deploys notes that anything may be deployed into the namespaces that an Application, or a HelmRelease, names.
func (m *makers) deploys(o *deployed.Object) {
	switch {
	case o.Kind == "AppProject":
	case deployed.Has(deployed.FieldAt(o, "spec", "template", "spec", "destination"), "{{"): // of an ApplicationSet: the namespace is unknown
		m.anywhere.unknown = true
	default:
		if deployed.GroupOf(o) != deployed.ArgoGroup { // without another one, these mean their own
			m.of(o.Namespace).unknown = true
		}
		for _, namespace := range m.named(o) {
			m.of(namespace).unknown = true
		}
	}
}

// named are the namespaces of the list whose names stand in the spec of an object.
func (m *makers) named(o *deployed.Object) []string {
	const most = 20
	out := map[string]bool{}
	for text := range deployed.Texts(o.Content()["spec"]) {
		if m.in.deployed.Entry(text) != nil {
			out[text] = true
		}
	}
	if len(out) > most { // it may be for all
		return []string{""}
	}
	return slices.Sorted(maps.Keys(out))
}

// copiers are the prefixes of annotations that make a tool copy a Secret to other namespaces.
var copiers = []string{"reflector.v1.k8s.emberstack.com/", "replicator.v1.mittwald.de/", "kubed.appscode.com/", "secretsync.", "cert-manager-sync."}

// copied notes a Secret that has, or is to get, annotations of such a tool.
func (m *makers) copied(name string, annotations ...any) {
	for _, a := range annotations {
		keys, _ := a.(map[string]any)
		for key := range keys {
			if slices.ContainsFunc(copiers, func(c string) bool { return strings.HasPrefix(key, c) }) {
				m.anywhere.made[name] = nil
			}
		}
	}
}

// sayAll notes the words of all texts in a value.
func (m *maker) sayAll(v any) {
	for text := range deployed.Texts(v) {
		m.say(text)
	}
}

// say notes the words of a text, and the parts of those with dots: a Secret's name may have some, or precede a key.
func (m *maker) say(text string) {
	notInName := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' }
	for word := range strings.FieldsFuncSeq(text, notInName) {
		word = strings.Trim(word, "-.")
		m.words[word] = true
		for part := range strings.SplitSeq(word, ".") {
			m.words[part] = true
		}
	}
}

// lacks returns what is missing of a need; empty when nothing is, or it may exist.
func (m *makers) lacks(namespace string, n Need) string {
	own := m.of(namespace)
	_, everywhere := m.anywhere.made[n.Secret]
	keys, made := own.made[n.Secret]
	switch {
	case everywhere || own.unknown || m.anywhere.unknown:
		return ""
	case made && (keys == nil || n.Key == "" || keys.has[n.Key]):
		return ""
	case made:
		return fmt.Sprintf("the key %s of the Secret %s, which has %s", n.Key, n.Secret, keys.text)
	case own.mayMake(n.Secret) || m.anywhere.mayMake(n.Secret):
		return ""
	}
	return fmt.Sprintf("the Secret %s, which nothing creates", n.Secret)
}

// zalando is the suffix of the Secrets that Zalando's operator creates for a cluster: USER.CLUSTER precedes it (postgres-operator,
// pkg/util/config/config.go, SecretNameTemplate). With cross-namespace secrets, USER is NAMESPACE.USER.
const zalando = ".credentials.postgresql.acid.zalan.do"

// mayMake reports whether the Secret may be one that a text names, or one that an operator creates for a custom resource. Nearly all name
// them after it, according to their documentation: NAME itself (Strimzi's KafkaUser, OnePasswordItem) or NAME-SOMETHING, such as NAME-app
// and NAME-superuser (CloudNativePG, "Connecting from an application"), NAME-es-elastic-user (Elastic Cloud on Kubernetes),
// NAME-default-user (RabbitMQ's cluster operator), NAME-pguser-USER (Crunchy's PGO), NAME-DATABASE-USER (MongoDB Community) and
// NAME-secrets (Percona), which also writes internal-NAME.
func (m *maker) mayMake(secret string) bool {
	if m.words[secret] {
		return true
	}
	if len(secret) > validation.DNS1123SubdomainMaxLength {
		return false
	}
	if of, ok := strings.CutSuffix(secret, zalando); ok {
		return m.owners[of[strings.LastIndex(of, ".")+1:]]
	}
	name := strings.TrimPrefix(secret, "internal-")
	for {
		if m.owners[name] {
			return true
		}
		end := strings.LastIndex(name, "-")
		if end < 0 {
			return m.owners[secret]
		}
		name = name[:end]
	}
}

// roleAllows reports whether a role permits a verb on a core resource of any name.
func roleAllows(o *deployed.Object, verb, resource string) bool {
	rules, _ := o.Content()["rules"].([]any)
	return slices.ContainsFunc(rules, func(r any) bool {
		rule, _ := r.(map[string]any)
		has := func(field string, word any) bool {
			list, _ := rule[field].([]any)
			return slices.Contains(list, word) || slices.Contains(list, any("*"))
		}
		return rule["resourceNames"] == nil && has("apiGroups", "") && has("resources", resource) && has("verbs", verb)
	})
}

// sealedKeys are the keys of the Secret that a SealedSecret becomes: those that are encrypted, and those of its template. They are unknown
// for what is no SealedSecret, or has not any.
func sealedKeys(o *deployed.Object) *keySet {
	encrypted, _ := deployed.FieldAt(o, "spec", "encryptedData").(map[string]any)
	if o.Kind != "SealedSecret" || len(encrypted) == 0 || deployed.StringAt(o, "metadata", "annotations", "sealedsecrets.bitnami.com/patch") == "true" {
		return nil
	}
	template, _ := deployed.FieldAt(o, "spec", "template", "data").(map[string]any)
	out := newKeySet(slices.Concat(slices.Collect(maps.Keys(encrypted)), slices.Collect(maps.Keys(template))))
	out.kind = deployed.StringAt(o, "spec", "template", "type")
	return out
}
