package importing

import (
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/listtext"
)

const (
	listFile     = "applications.yml"
	platformFile = "platform.yml"
	listHead     = "# What runs in the cluster, as roster import has read it.\n"
	platformHead = "# What is true of the whole cluster, as roster import has read it.\n"
)

// files are those of the list as it is now; none when it has no entries.
func (w *work) files() []File {
	var entries []listtext.Map
	w.platform.defaults = w.shared()
	for _, e := range w.sorted() {
		if !e.gone {
			entries = append(entries, e.written(w.platform.defaults))
		}
	}
	if len(entries) == 0 {
		return nil
	}
	out := []File{{listFile, append([]byte(listHead), listtext.List(entries)...)}}
	if p := w.platform.written(w.argocd); len(p) > 0 {
		out = append(out, file(platformFile, platformHead, p))
	}
	return append(out, w.profiles...)
}

// shared is what all applications say alike of how they are synced: it becomes a default.
func (w *work) shared() listtext.Map {
	var out listtext.Map
	for _, key := range []string{"autoSync", "retry", "syncOptions"} {
		var value any
		same := len(w.codes) > 1
		for i, code := range sortedKeys(w.codes) {
			one := get(w.codes[code].fields, key)
			if i == 0 {
				value = one
			}
			same = same && one != nil && fmt.Sprint(one) == fmt.Sprint(value)
		}
		if same {
			put(&out, key, value)
		}
	}
	return out
}

// written is the entry with its keys in the order of the documentation.
func (e *entry) written(defaults listtext.Map) listtext.Map {
	out := listtext.Map{{Key: "namespace", Value: e.namespace}}
	if !e.manages() && !slices.Contains(kubernetesOwn, e.namespace) {
		out = append(out, listtext.Field{Key: "manageNamespace", Value: false})
	}
	fields := e.fields
	if e.manages() && get(fields, "labels") == nil {
		put(&fields, "labels", e.labels)
	}
	out = append(out, fields...)
	if len(e.policies) == 1 { // the profile alone
		put(&out, "networkPolicies", e.policies[0].Value)
	} else {
		put(&out, "networkPolicies", e.policies)
	}
	put(&out, "access", written(e.access))
	put(&out, "clusterResources", sortedOnce(e.cluster))
	put(&out, "project", e.project)
	var apps []listtext.Map
	for _, a := range e.apps {
		if !a.gone {
			m := slices.DeleteFunc(slices.Clone(a.fields), func(f listtext.Field) bool { return get(defaults, f.Key) != nil })
			put(&m, "ingress", written(a.ingress))
			put(&m, "secrets", written(a.secret))
			if len(m) > 0 {
				apps = append(apps, m)
			}
		}
	}
	put(&out, "applications", apps)
	return out
}

// manages reports whether the list has the Namespace: it was read, or an Application makes it.
func (e *entry) manages() bool { return e.managed || e.made }

// written are parts, without those that were taken out again.
func written(parts []*part) []listtext.Map {
	var out []listtext.Map
	for _, p := range parts {
		if !p.gone {
			out = append(out, p.fields)
		}
	}
	return out
}

func (p *platform) written(argocd string) listtext.Map {
	var out, in, secrets listtext.Map
	if argocd != "argocd" {
		put(&out, "argocd", listtext.Map{{Key: "namespace", Value: argocd}})
	}
	put(&in, "controller", p.controller)
	put(&in, "expose", p.expose)
	put(&in, "auth", p.auth)
	put(&in, "identityHeaders", p.headers)
	put(&out, "ingress", in)
	put(&out, "dns", p.dns)
	put(&out, "apiServer", p.apiServer)
	put(&secrets, "store", p.store)
	put(&out, "secrets", secrets)
	put(&out, "podSecurity", p.podSecurity)
	put(&out, "defaults", p.defaults)
	return out
}

// kept are the parts that are not taken out, whose places in the list their numbers are.
func kept[T interface{ isGone() bool }](all []T) []T {
	return slices.DeleteFunc(slices.Clone(all), func(t T) bool { return t.isGone() })
}

func (p *part) isGone() bool { return p.gone }

// sortedOnce are texts in order, each once.
func sortedOnce(all []string) []string {
	out := slices.Clone(all)
	slices.Sort(out)
	return slices.Compact(out)
}
