package importing

import (
	"time"

	"github.com/hippotion/roster/internal/listtext"
)

// secretStores keeps the one ClusterSecretStore of Vault that a platform may have itself.
func (w *work) secretStores(objects []*Object) {
	for _, o := range objects {
		vault := mapping(o.Value, "spec", "provider", "vault")
		auth := mapping(vault, "auth", "kubernetes")
		account := mapping(auth, "serviceAccountRef")
		switch {
		case vault == nil || auth == nil:
			w.out(o, NotExpressed, "roster renders a store of Vault, with its Kubernetes auth method: deploy others with an application, and name them in store")
			continue
		case w.platform.store != nil:
			w.out(o, NotExpressed, "roster renders one store: deploy others with an application, and name them in store")
			continue
		}
		v := listtext.Map{}
		put(&v, "server", text(vault, "server"))
		put(&v, "path", text(vault, "path"))
		put(&v, "mountPath", text(auth, "mountPath"))
		put(&v, "role", text(auth, "role"))
		var a listtext.Map
		put(&a, "name", text(account, "name"))
		put(&a, "namespace", text(account, "namespace"))
		put(&v, "serviceAccount", a)
		w.platform.store = listtext.Map{{Key: "kind", Value: "ClusterSecretStore"}, {Key: "name", Value: o.Name}, {Key: "vault", Value: v}}
		w.platform.storeOf = []*Object{o}
		w.took(o, "platform.yml: secrets.store")
	}
}

func settleStore(read, rendered map[string]any) []string {
	return settleVersion(read, rendered, "external-secrets.io/v1")
}

// settleVersion makes the versions of an API the same: a cluster serves an object in all that it knows.
func settleVersion(read, rendered map[string]any, version string) []string {
	if read["apiVersion"] != rendered["apiVersion"] && rendered["apiVersion"] == version {
		note := "apiVersion: " + version + " instead of " + text(read, "apiVersion") + ": the same object"
		read["apiVersion"] = version
		return []string{note}
	}
	return nil
}

// externalSecrets puts ExternalSecrets under applications.
func (w *work) externalSecrets(objects []*Object) {
	for _, o := range objects {
		e := w.entries[o.Namespace]
		spec := mapping(o.Value, "spec")
		if e == nil || len(e.apps) == 0 {
			w.out(o, NotExpressed, "a list has Secrets under an application, and its namespace has none in the list")
			continue
		}
		if problem := beyondSecret(o, spec); problem != "" { // in part, it would be another Secret
			w.out(o, NotExpressed, problem+": keep it in a folder that an application deploys")
			continue
		}
		p := &part{of: []*Object{o}}
		put(&p.fields, "name", o.Name)
		var data listtext.Map
		var from []string
		for _, d := range list(spec, "data") {
			m, _ := d.(map[string]any)
			ref := mapping(m, "remoteRef")
			put(&data, text(m, "secretKey"), text(ref, "key")+"#"+text(ref, "property"))
		}
		for _, d := range list(spec, "dataFrom") {
			m, _ := d.(map[string]any)
			from = append(from, text(mapping(m, "extract"), "key"))
		}
		if len(data)+len(from) == 0 {
			w.out(o, NotExpressed, "a list has data with PATH#PROPERTY, and dataFrom with a path: it has neither")
			continue
		}
		put(&p.fields, "data", data)
		put(&p.fields, "dataFrom", from)
		put(&p.fields, "type", text(mapping(spec, "target", "template"), "type"))
		store := mapping(spec, "secretStoreRef")
		kind := text(store, "kind")
		if kind == "" {
			kind = "SecretStore" // as the operator's CRD says
		}
		put(&p.fields, "store", listtext.Map{{Key: "kind", Value: kind}, {Key: "name", Value: text(store, "name")}})
		interval := text(spec, "refreshInterval")
		if interval == "" {
			interval = "1h" // likewise
		}
		put(&p.fields, "refreshInterval", interval)
		a := e.holder(o.Name, text(mapping(spec, "target"), "name"))
		a.secret = append(a.secret, p)
		w.took(o, o.Namespace+".applications."+a.code+".secrets")
	}
}

// beyondSecret is what of an ExternalSecret import knows no key for; empty when there is nothing.
func beyondSecret(o *Object, spec map[string]any) string {
	only := func(at string, m map[string]any, permitted map[string]any) string {
		for _, key := range sortedKeys(m) {
			wanted, known := permitted[key]
			if !known && !empty(m[key]) || known && wanted != nil && m[key] != wanted {
				return at + key + ": import knows no key for it"
			}
		}
		return ""
	}
	target := mapping(spec, "target")
	template := mapping(target, "template")
	reference := map[string]any{"key": nil, "property": nil, "conversionStrategy": "Default", "decodingStrategy": "None", "metadataPolicy": "None", "nullBytePolicy": "Ignore"}
	problems := []string{
		only("", spec, map[string]any{"refreshInterval": nil, "refreshPolicy": "Periodic", "secretStoreRef": nil, "target": nil, "data": nil, "dataFrom": nil}),
		only("target.", target, map[string]any{"name": o.Name, "creationPolicy": "Owner", "deletionPolicy": "Retain", "template": nil}),
		only("target.template.", template, map[string]any{"type": nil, "engineVersion": "v2", "mergePolicy": "Replace"}),
	}
	for _, d := range list(spec, "data") {
		m, _ := d.(map[string]any)
		problems = append(problems, only("data.", m, map[string]any{"secretKey": nil, "remoteRef": nil}), only("data.remoteRef.", mapping(m, "remoteRef"), reference))
		if text(mapping(m, "remoteRef"), "property") == "" {
			problems = append(problems, "data.remoteRef has no property: a list has PATH#PROPERTY")
		}
	}
	delete(reference, "property")
	for _, d := range list(spec, "dataFrom") {
		m, _ := d.(map[string]any)
		problems = append(problems, only("dataFrom.", m, map[string]any{"extract": nil}), only("dataFrom.extract.", mapping(m, "extract"), reference))
	}
	for _, p := range problems {
		if p != "" {
			return p
		}
	}
	return ""
}

// settleSecret writes out what the operator's CRD gives as defaults, and a time in one form.
func settleSecret(read, rendered map[string]any) []string {
	notes := settleVersion(read, rendered, "external-secrets.io/v1")
	spec := mapping(read, "spec")
	filled := false
	fill := func(m map[string]any, key string, value any) {
		if m != nil && m[key] == nil {
			m[key], filled = value, true
		}
	}
	fill(spec, "refreshPolicy", "Periodic")
	fill(spec, "refreshInterval", "1h0m0s")
	fill(mapping(spec, "secretStoreRef"), "kind", "SecretStore")
	fill(spec, "target", map[string]any{})
	target := mapping(spec, "target")
	fill(target, "name", mapping(read, "metadata")["name"])
	fill(target, "creationPolicy", "Owner")
	fill(target, "deletionPolicy", "Retain")
	if template := mapping(target, "template"); template != nil {
		fill(template, "engineVersion", "v2")
		fill(template, "mergePolicy", "Replace")
	}
	references := func(key, field string) {
		for _, d := range list(spec, key) {
			m, _ := d.(map[string]any)
			ref := mapping(m, field)
			fill(ref, "conversionStrategy", "Default")
			fill(ref, "decodingStrategy", "None")
			fill(ref, "metadataPolicy", "None")
			if ref["nullBytePolicy"] == "Ignore" { // the default of 2.3 to 2.6, which others do not have
				delete(ref, "nullBytePolicy")
			}
		}
	}
	references("data", "remoteRef")
	references("dataFrom", "extract")
	if filled {
		notes = append(notes, "defaults of External Secrets are written out")
	}
	if d, err := time.ParseDuration(text(spec, "refreshInterval")); err == nil && d.String() != text(spec, "refreshInterval") {
		spec["refreshInterval"] = d.String()
		notes = append(notes, "refreshInterval: the same time, in the operator's own form")
	}
	if sameSet(list(spec, "data"), list(mapping(rendered, "spec"), "data")) && len(list(spec, "data")) > 0 {
		spec["data"] = mapping(rendered, "spec")["data"]
	}
	for key := range spec {
		if empty(spec[key]) {
			delete(spec, key)
		}
	}
	return notes
}
