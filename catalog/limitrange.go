package catalog

import (
	"maps"
	"slices"

	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
)

// limitsInput is what each container of a namespace may use, and what it gets when it says nothing.
type limitsInput struct {
	*syntax.Node   `example:"{default: {memory: 256Mi}, defaultRequest: {cpu: 10m, memory: 64Mi}, max: {memory: 2Gi}}"`
	Enabled        flag                    `yaml:"enabled,short"`                     // default true
	Default        syntax.Map[syntax.Text] `yaml:"default" example:"{memory: 256Mi}"` // limits of a container without
	DefaultRequest syntax.Map[syntax.Text] `yaml:"defaultRequest" example:"{cpu: 10m, memory: 64Mi}"`
	Max            syntax.Map[syntax.Text] `yaml:"max" example:"{memory: 2Gi}"`
	Min            syntax.Map[syntax.Text] `yaml:"min" example:"{memory: 16Mi}"`
	Ratio          syntax.Map[syntax.Text] `yaml:"ratio" example:"{cpu: 10}"` // of a limit to its request, at most
	Pods           *podLimitsInput         `yaml:"pods"`
	Claims         *claimLimitsInput       `yaml:"claims"`
}

// podLimitsInput is what all containers of a pod may use together.
type podLimitsInput struct {
	*syntax.Node `example:"{max: {memory: 4Gi}}"`
	Max          syntax.Map[syntax.Text] `yaml:"max" example:"{memory: 4Gi}"`
	Min          syntax.Map[syntax.Text] `yaml:"min" example:"{memory: 16Mi}"`
	Ratio        syntax.Map[syntax.Text] `yaml:"ratio" example:"{cpu: 10}"`
}

// claimLimitsInput is how large a claim may be.
type claimLimitsInput struct {
	*syntax.Node `example:"{max: 50Gi}"`
	Max          syntax.Text `yaml:"max" example:"50Gi"`
	Min          syntax.Text `yaml:"min" example:"1Gi"`
}

// Limits are a LimitRange.
type Limits struct {
	Origin Origin
	Place  Place
	Items  []LimitItem
}

// LimitItem is what Kubernetes holds one type of things to; quantities are as it writes them.
type LimitItem struct {
	Type                                     string // Container, Pod or PersistentVolumeClaim
	Max, Min, Default, DefaultRequest, Ratio map[string]string
}

// limits are those of an entry, or of the platform where it says nothing and the list manages the namespace.
func (s *settings) limits(e *entry, managed bool) *Limits {
	in, from := s.in.Namespaces.Limits, Origin(PlatformFile+"#namespaces/limits")
	if !managed {
		in = nil
	}
	if e.Limits != nil {
		in, from = e.Limits, origin(e.Namespace.V)+"/limits"
	}
	if in == nil || in.Node == nil {
		return nil
	}
	l := &Limits{Origin: from, Place: place(in.Node), Items: in.items()}
	nothing := len(l.Items) == 0
	switch off := in.Enabled.IsSet() && !in.Enabled.V; {
	case off && !nothing:
		in.Enabled.Report("no-effect", "remove it, or all the others", "there would be no limits: nothing else has an effect")
	case nothing && !off && !in.Flawed():
		in.Report("missing-field", "write some of them, such as {default: {memory: 256Mi}}; or false for no limits", "nothing is limited")
	}
	if nothing {
		return nil
	}
	return l
}

func (in *limitsInput) items() []LimitItem {
	var out []LimitItem
	add := func(c *limitChecker) {
		c.check()
		if i := c.item(); len(i.Max)+len(i.Min)+len(i.Default)+len(i.DefaultRequest)+len(i.Ratio) > 0 {
			out = append(out, i)
		}
	}
	add(&limitChecker{kind: "Container", max: amountsOf(in.Max), min: amountsOf(in.Min), limit: amountsOf(in.Default), request: amountsOf(in.DefaultRequest), ratio: ratiosOf(in.Ratio)})
	if p := in.Pods; p != nil {
		add(&limitChecker{kind: "Pod", max: amountsOf(p.Max), min: amountsOf(p.Min), ratio: ratiosOf(p.Ratio)})
	}
	if c := in.Claims; c != nil {
		of := func(t syntax.Text) amounts {
			if t.Node == nil {
				return nil
			}
			return amountsOf(syntax.Map[syntax.Text]{Node: t.Node, Items: []syntax.Item[syntax.Text]{{Key: "storage", At: t.Node, Node: t.Node, Value: t}}})
		}
		add(&limitChecker{kind: "PersistentVolumeClaim", max: of(c.Max), min: of(c.Min)})
	}
	return out
}

// amounts are quantities by what they are of.
type amounts map[string]quantity

// quantity is one that somebody wrote, or that follows from one.
type quantity struct {
	resource.Quantity
	at   *syntax.Node
	said string // how it came about, for messages
}

func amountsOf(in syntax.Map[syntax.Text]) amounts {
	out := amounts{}
	for _, item := range in.Items {
		switch name := item.Key; {
		case name == "ephemeralStorage":
			item.At.Report("unknown-resource", "write ephemeral-storage", "Kubernetes does not know ephemeralStorage")
			continue
		case !slices.Contains([]string{"cpu", "memory", "ephemeral-storage", "storage"}, name) && validation.IsQualifiedName(name) != nil:
			item.At.Report("unknown-resource", "", "expected a resource such as cpu or memory, found %s", shown(name))
			continue
		}
		if item.Value.Node == nil {
			continue
		}
		if q, ok := parsedQuantity(item.Value, item.Key); ok {
			out[item.Key] = quantity{q, item.Value.Node, q.String()}
		}
	}
	return out
}

func ratiosOf(in syntax.Map[syntax.Text]) amounts {
	out := amounts{}
	for _, item := range in.Items {
		if item.Value.Node == nil {
			continue
		}
		q, err := resource.Quantity{}, error(nil)
		if len(item.Value.V) < 20 {
			q, err = resource.ParseQuantity(item.Value.V)
		}
		if err != nil || q.CmpInt64(1) < 0 || !exact(q, resource.Milli) {
			item.Value.Report("bad-quantity", "", "expected how many times its request a limit may be, such as 10, found %s", shown(item.Value.V))
			continue
		}
		q = resource.MustParse(q.String())
		out[item.Key] = quantity{q, item.Value.Node, q.String()}
	}
	return out
}

// limitChecker holds the amounts of one type against each other, as ValidateLimitRange of k8s.io/kubernetes/pkg/apis/core/validation does, with what the
// API server fills in.
type limitChecker struct {
	kind                            string
	max, min, limit, request, ratio amounts
}

// filled is what the API server stores: it writes defaults into containers' limits (SetDefaults_LimitRangeItem of k8s.io/kubernetes/pkg/apis/core/v1).
// Without them, Argo CD would show a difference forever: the list that they are in counts as one value.
func (c *limitChecker) filled() (limit, request amounts) {
	if c.kind != "Container" {
		return nil, nil
	}
	limit, request = maps.Clone(c.limit), maps.Clone(c.request)
	fill := func(into, from amounts, why string) {
		for name, q := range from {
			if _, has := into[name]; !has {
				into[name] = quantity{q.Quantity, q.at, why + " " + q.Quantity.String()}
			}
		}
	}
	fill(limit, c.max, "max")
	fill(request, limit, "default")
	fill(request, c.min, "min")
	return limit, request
}

func (c *limitChecker) item() LimitItem {
	limit, request := c.filled()
	return LimitItem{Type: c.kind, Max: c.max.texts(), Min: c.min.texts(), Default: limit.texts(), DefaultRequest: request.texts(), Ratio: c.ratio.texts()}
}

func (a amounts) texts() map[string]string {
	if len(a) == 0 {
		return nil
	}
	out := make(map[string]string, len(a))
	for name, q := range a {
		out[name] = q.Quantity.String()
	}
	return out
}

// check reports amounts that contradict each other, each at the one that the user wrote last.
func (c *limitChecker) check() {
	limit, request := c.filled()
	orders := []struct {
		low, high     amounts
		lowIs, highIs string
	}{
		{c.min, c.max, "min", "max"}, {c.min, limit, "min", "default"}, {limit, c.max, "default", "max"},
		{c.min, request, "min", "defaultRequest"}, {request, c.max, "defaultRequest", "max"}, {request, limit, "defaultRequest", "default"},
	}
	reported := map[*syntax.Node]bool{}
	for _, o := range orders {
		for _, name := range sortedKeys(o.low) {
			low, high := o.low[name], o.high[name]
			if high.at == nil || low.Cmp(high.Quantity) <= 0 || reported[low.at] || reported[high.at] {
				continue
			}
			reported[low.at] = true
			low.at.ReportWith(high.at, "the other one", "contradiction", "lower the one, or raise the other", "%s of %s is %s, which is more than %s, %s: the API server refuses it",
				o.lowIs, name, low.Quantity.String(), o.highIs, high.Quantity.String())
		}
	}
	for _, name := range sortedKeys(c.ratio) {
		ratio, low, high := c.ratio[name], c.min[name], c.max[name]
		if low.at == nil || high.at == nil || low.IsZero() {
			continue
		}
		if possible := high.AsApproximateFloat64() / low.AsApproximateFloat64(); ratio.AsApproximateFloat64() > possible {
			ratio.at.Report("contradiction", "", "the ratio of %s is more than max divided by min: the API server refuses it", name)
		}
	}
}
