package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
)

// namespacesInput is what all namespaces of platform.yml get, unless an entry says otherwise.
type namespacesInput struct {
	*syntax.Node `example:"{labels: {team: house}, quota: {pods: 20}}"`
	Labels       syntax.Map[text]       `yaml:"labels" example:"{team: house}"`
	Annotations  syntax.Map[text]       `yaml:"annotations" example:"{example.com/owner: house}"`
	Quota        *quotaInput            `yaml:"quota"`
	Quotas       syntax.Map[quotaInput] `yaml:"quotas" example:"{batch: {scopes: [Terminating], pods: 5}}"`
	Limits       *limitsInput           `yaml:"limits"`
}

// quotaInput is how much a namespace may use as a whole.
type quotaInput struct {
	*syntax.Node     `example:"{cpu: 4, memory: 8Gi, pods: 20, storage: 100Gi}"`
	Enabled          flag                    `yaml:"enabled,short"`                   // default true
	CPU              syntax.Text             `yaml:"cpu" example:"4"`                 // requested by all pods together
	Memory           syntax.Text             `yaml:"memory" example:"8Gi"`            // likewise
	EphemeralStorage syntax.Text             `yaml:"ephemeralStorage" example:"20Gi"` // likewise
	Limits           *quotaLimitsInput       `yaml:"limits"`
	Pods             syntax.Text             `yaml:"pods" example:"20"`
	Storage          syntax.Text             `yaml:"storage" example:"100Gi"` // requested by all claims together
	Claims           syntax.Text             `yaml:"claims" example:"10"`
	Services         syntax.Text             `yaml:"services" example:"10"`
	LoadBalancers    syntax.Text             `yaml:"loadBalancers" example:"0"`
	NodePorts        syntax.Text             `yaml:"nodePorts" example:"0"`
	Hard             syntax.Map[syntax.Text] `yaml:"hard" example:"{count/jobs.batch: 10}"` // what has no key here, by the names of Kubernetes
	Scopes           []text                  `yaml:"scopes,one" enum:"Terminating,NotTerminating,BestEffort,NotBestEffort,CrossNamespacePodAffinity" example:"[Terminating]"`
	PriorityClasses  []text                  `yaml:"priorityClasses,one" example:"[critical]"` // for pods of these only
}

// quotaLimitsInput is how high the limits of all pods together may be.
type quotaLimitsInput struct {
	*syntax.Node     `example:"{memory: 16Gi}"`
	CPU              syntax.Text `yaml:"cpu" example:"8"`
	Memory           syntax.Text `yaml:"memory" example:"16Gi"`
	EphemeralStorage syntax.Text `yaml:"ephemeralStorage" example:"40Gi"`
}

// Quota is a ResourceQuota. Quantities are as Kubernetes itself writes them: Argo CD compares texts.
type Quota struct {
	Name            string
	Origin          Origin
	Place           Place
	Hard            map[string]string
	Scopes          []string
	PriorityClasses []string
}

// quotaName is the name of the ResourceQuota of an entry; those of quotas add their own.
const quotaName = "quota"

// quotas are those of an entry, or of the platform where it says nothing. Those are for namespaces that the list manages: what else runs in
// kube-system is not in the list, and would be refused.
func (s *settings) quotas(e *entry, managed bool) []Quota {
	in := &s.in.Namespaces
	own, more := in.Quota, in.Quotas
	from, moreFrom := Origin(PlatformFile+"#namespaces"), Origin(PlatformFile+"#namespaces")
	if !managed {
		own, more = nil, syntax.Map[quotaInput]{}
	}
	if e.Quota != nil {
		own, from = e.Quota, origin(e.Namespace.V)
	}
	if e.Quotas.Node != nil {
		more, moreFrom = e.Quotas, origin(e.Namespace.V)
	}
	var out []Quota
	if own != nil && own.Node != nil {
		if q := own.resolved(); len(q.Hard) > 0 {
			q.Name, q.Origin = quotaName, from+"/quota"
			out = append(out, q)
		}
	}
	for i := range more.Items {
		item := &more.Items[i]
		if !dnsLabel(text{V: item.Key, Node: item.At}) || item.Value.Node == nil {
			continue
		}
		if q := item.Value.resolved(); len(q.Hard) > 0 {
			q.Name, q.Origin = quotaName+"-"+item.Key, moreFrom+Origin("/quotas/"+item.Key)
			out = append(out, q)
		}
	}
	slices.SortFunc(out, func(a, b Quota) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// namespaceDefaults checks the quotas and limits of the platform, whether or not an entry has them.
func (s *settings) namespaceDefaults() {
	none := &entry{}
	s.quotas(none, true)
	s.limits(none, true)
}

// amount is a key of a quota, and what Kubernetes calls it.
type amount struct {
	text syntax.Text
	name string
}

// amounts are those with a key of their own.
func (in *quotaInput) amounts() []amount {
	out := []amount{{in.CPU, "requests.cpu"}, {in.Memory, "requests.memory"}, {in.EphemeralStorage, "requests.ephemeral-storage"},
		{in.Pods, "pods"}, {in.Storage, "requests.storage"}, {in.Claims, "persistentvolumeclaims"}, {in.Services, "services"},
		{in.LoadBalancers, "services.loadbalancers"}, {in.NodePorts, "services.nodeports"}}
	if l := in.Limits; l != nil {
		out = append(out, amount{l.CPU, "limits.cpu"}, amount{l.Memory, "limits.memory"}, amount{l.EphemeralStorage, "limits.ephemeral-storage"})
	}
	return out
}

// resolved checks a quota. It has nothing when it is off, and when all of it is wrong.
func (in *quotaInput) resolved() Quota {
	q := Quota{Place: place(in.Node), Hard: map[string]string{}, Scopes: texts(in.Scopes), PriorityClasses: texts(in.PriorityClasses)}
	said := map[string]*syntax.Node{}
	add := func(a amount) {
		if a.text.Node == nil {
			return
		}
		if first := said[a.name]; first != nil {
			a.text.ReportWith(first, "first here", "duplicate-resource", "remove one of them", "%s is limited twice", a.name)
			return
		}
		said[a.name] = a.text.Node
		if v, ok := quantityOf(a.text, a.name); ok {
			q.Hard[a.name] = v
		}
	}
	for _, a := range in.amounts() {
		add(a)
	}
	for _, item := range in.Hard.Items {
		if quotaResource(item.At, item.Key) {
			add(amount{item.Value, item.Key})
		}
	}
	off := in.Enabled.IsSet() && !in.Enabled.V
	switch {
	case off && (len(said) > 0 || len(q.Scopes)+len(q.PriorityClasses) > 0):
		in.Enabled.Report("no-effect", "remove it, or all the others", "there would be no quota: nothing else has an effect")
	case off:
		q.Hard = nil
	case len(said) == 0 && !in.Flawed():
		in.Report("missing-field", "write some of them, such as {cpu: 4, memory: 8Gi, pods: 20}; or false for no quota", "the quota limits nothing")
	}
	in.scoped(said)
	for _, c := range in.PriorityClasses {
		optionalSubdomain(c)
	}
	return q
}

// scoped reports what a quota of some pods only cannot limit, as the API server does (validateResourceQuotaScopes of
// k8s.io/kubernetes/pkg/apis/core/validation).
func (in *quotaInput) scoped(said map[string]*syntax.Node) {
	set := map[string]*syntax.Node{}
	for _, s := range present(in.Scopes...) {
		if first := set[s.V]; first != nil {
			s.ReportWith(first, "first here", "duplicate-scope", "remove one of them", "the scope %s is listed twice", s.V)
		}
		set[s.V] = s.Node
	}
	for _, pair := range [][2]string{{"Terminating", "NotTerminating"}, {"BestEffort", "NotBestEffort"}} {
		if a, b := set[pair[0]], set[pair[1]]; a != nil && b != nil {
			b.ReportWith(a, "the other one", "bad-choice", "keep one of them, and write another quota under quotas for the other pods", "no pod is %s and %s", pair[0], pair[1])
		}
	}
	if len(set) == 0 && len(present(in.PriorityClasses...)) == 0 {
		return
	}
	for _, name := range sortedKeys(said) {
		switch of := podAmount(name); {
		case of == noPodAmount:
			said[name].Report("bad-scope", "limit it in a quota without scopes", "%s is not of pods, and scopes and priorityClasses are of pods: the API server refuses such a quota", name)
		case of == computeAmount && set["BestEffort"] != nil:
			said[name].Report("bad-scope", "limit pods only", "%s cannot be limited for the scope BestEffort, whose pods request nothing: the API server refuses such a quota", name)
		}
	}
}

func sortedKeys[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// What a name in a quota counts.
const (
	noPodAmount   = iota
	computeAmount // of pods
	podsAmount    // pods themselves
)

func podAmount(name string) int {
	switch name {
	case "pods":
		return podsAmount
	case "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory":
		return computeAmount
	}
	return noPodAmount
}

// quotaNames are the names without a slash that a quota may have (k8s.io/kubernetes/pkg/apis/core/helper).
var quotaNames = []string{"cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage",
	"limits.cpu", "limits.memory", "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "persistentvolumeclaims",
	"configmaps", "services.nodeports", "services.loadbalancers"}

// quotaResource reports a name that Kubernetes does not know.
func quotaResource(at *syntax.Node, name string) bool {
	switch {
	case slices.Contains(quotaNames, name):
		return true
	case strings.HasPrefix(name, "hugepages-") || strings.HasPrefix(name, "requests.hugepages-") || strings.Contains(name, "/"):
		if validation.IsQualifiedName(name) == nil && len(name) <= 253 {
			return true
		}
	}
	hint := diag.DidYouMean(name, quotaNames)
	if hint == "" {
		hint = "write such as requests.nvidia.com/gpu, count/jobs.batch or CLASS.storageclass.storage.k8s.io/requests.storage"
	}
	at.Report("unknown-resource", hint, "a quota has no resource %s", shown(name))
	return false
}

// wrongUnit is an amount with a unit that Kubernetes does not know, as people write it.
var wrongUnit = lazy.Regexp(`^([0-9]+(?:\.[0-9]+)?) *([kKmMgGtTpP])(?:[iI]?[bB]|I)?$`)

// quantityOf is an amount as Kubernetes writes it: 1000m is 1, and 1024Mi is 1Gi. What it is of decides which units make sense.
func quantityOf(in syntax.Text, of string) (string, bool) {
	q, ok := parsedQuantity(in, of)
	return q.String(), ok
}

func parsedQuantity(in syntax.Text, of string) (resource.Quantity, bool) {
	const longest = 40
	q, err := resource.Quantity{}, error(nil)
	if len(in.V) <= longest {
		q, err = resource.ParseQuantity(in.V)
	}
	wrong := func(hint, problem string) (resource.Quantity, bool) {
		in.Report("bad-quantity", hint, "expected an amount such as %s, found %s%s", sampleOf(of), shown(in.V), problem)
		return resource.Quantity{}, false
	}
	switch {
	case err != nil || len(in.V) > longest:
		return wrong(unitHint(in.V, of), "")
	case q.Sign() < 0:
		return wrong("", ": it is below zero")
	case strings.HasSuffix(of, "cpu"):
		if thousandths := q.DeepCopy(); !exact(thousandths, resource.Milli) {
			return wrong("write at least 1m", ": Kubernetes counts thousandths of a core")
		}
		if strings.ContainsAny(in.V, "kMGTPE") {
			return wrong("write a number of cores, such as 4 or 500m", ", which is of memory")
		}
	case inBytes(of) && strings.HasSuffix(in.V, "m"):
		return wrong("write "+strings.TrimSuffix(in.V, "m")+"Mi", ": m stands for thousandths of a byte")
	case inBytes(of) && q.Sign() > 0 && q.CmpInt64(1<<20) < 0:
		return wrong(unitHint(in.V+"G", of), ": that is less than a mebibyte")
	case !exact(q, 0):
		return wrong("", ": it must be a whole number")
	}
	return resource.MustParse(q.String()), true
}

// exact reports whether an amount is a whole number of a unit.
func exact(q resource.Quantity, scale resource.Scale) bool {
	rounded := q.DeepCopy()
	return rounded.RoundUp(scale)
}

func inBytes(of string) bool {
	return strings.HasSuffix(of, "memory") || strings.HasSuffix(of, "storage")
}

func sampleOf(of string) string {
	switch {
	case strings.HasSuffix(of, "cpu"):
		return "4 or 500m"
	case inBytes(of):
		return "8Gi or 512Mi"
	}
	return "10"
}

// unitHint is what to write in the place of an amount with a wrong unit.
func unitHint(s, of string) string {
	if found := wrongUnit().FindStringSubmatch(s); found != nil && inBytes(of) {
		return "write " + found[1] + strings.ToUpper(found[2]) + "i"
	}
	if n := strings.TrimRight(strings.ToLower(s), " cpuoresv"); n != s && n != "" && strings.HasSuffix(of, "cpu") {
		if _, err := resource.ParseQuantity(n); err == nil {
			return "write " + n
		}
	}
	return ""
}
