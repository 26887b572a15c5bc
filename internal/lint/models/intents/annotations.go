package intents

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/images"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/network"
	corev1 "k8s.io/api/core/v1"
)

// readsPods is in the settings of a Prometheus that reads the annotations of pods.
const readsPods = "pod_annotation_prometheus_io_scrape"

// annotated are the ways to pods that ask to be scraped with annotations, from each Prometheus whose settings read these.
func (in *Model) annotated() []scrape {
	readers := in.annotationReaders()
	if len(readers) == 0 {
		return nil
	}
	var out []scrape
	for _, n := range in.network.Namespaces() {
		for _, e := range n.Pods {
			of := e.Pods.Annotations
			port, err := strconv.Atoi(of["prometheus.io/port"])
			if e.Node || strings.ToLower(of["prometheus.io/scrape"]) != "true" || err != nil || port < 1 || port > 65535 {
				continue
			}
			s := scrape{annotation: true, what: cmp.Or(of["prometheus.io/path"], metricsPath)}
			s.Protocol, s.Asks, s.AtTo, s.At = "TCP", "the annotation prometheus.io/scrape of "+e.Name, true, in.annotation(e)
			for _, r := range readers {
				if !slices.Contains(r.From, e) {
					s.From, s.reader = r.From, r.reader
					out = append(out, s.to([]target{{[]*network.End{e}, false, uint16(port)}})...)
				}
			}
		}
	}
	return out
}

// annotationReaders are where annotations are read from: all pods with Prometheus' own settings together, of which each may be another's replica, and each
// Prometheus of the operator that is given such settings.
func (in *Model) annotationReaders() []scrape {
	var out []scrape
	var plain []*network.End
	for _, n := range in.network.Namespaces() {
		for _, e := range n.Pods {
			if e.Pods.Kind != "Job" && slices.ContainsFunc(e.Pods.Spec.Containers, func(c container) bool { return images.Name(c.Image) == "prometheus" }) &&
				slices.ContainsFunc(e.Pods.Spec.Volumes, func(v corev1.Volume) bool { return in.readIn(n.Name, v) }) {
				plain = append(plain, e)
			}
		}
	}
	if len(plain) > 0 {
		out = append(out, scrape{Intent: Intent{From: plain}, reader: plain[0].Name})
	}
	for _, p := range in.prometheuses() {
		name := deployed.StringAt(p, "spec", "additionalScrapeConfigs", "name")
		if o := in.deployed.Named(deployed.ID{Kind: "Secret", Namespace: p.Namespace, Name: name}); o != nil && reads(o) {
			out = append(out, scrape{Intent: Intent{From: in.podsOf(p)}, reader: p.Title() + " of " + p.Namespace})
		}
	}
	return out
}

// readIn reports whether a volume has settings that read annotations.
func (in *Model) readIn(namespace string, v corev1.Volume) bool {
	id := deployed.ID{Namespace: namespace}
	switch {
	case v.ConfigMap != nil:
		id.Kind, id.Name = "ConfigMap", v.ConfigMap.Name
	case v.Secret != nil:
		id.Kind, id.Name = "Secret", v.Secret.SecretName
	}
	o := in.deployed.Named(id)
	return o != nil && reads(o)
}

// reads reports whether a ConfigMap or a Secret has settings that read annotations.
func reads(o *object) bool {
	content := o.Content()
	if deployed.Has(content["data"], readsPods) || deployed.Has(content["stringData"], readsPods) {
		return true
	}
	if o.Kind == "Secret" {
		for text := range deployed.Texts(content["data"]) {
			if plain, err := base64.StdEncoding.DecodeString(text); err == nil && strings.Contains(string(plain), readsPods) {
				return true
			}
		}
	}
	return false
}

func (in *Model) annotation(e *network.End) catalog.Place {
	return in.places.Field(e.Pods.Object, append(slices.Clone(e.Pods.At), "metadata", "annotations", "prometheus.io/scrape")...)
}
