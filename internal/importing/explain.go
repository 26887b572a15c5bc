package importing

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff/fields"
)

// explained says what a difference is about, and whether it means the same.
func explained(o *Object, d fields.Difference) (why string, same bool) {
	keys := d.Path.Fields()
	at := d.Path.String()
	last := ""
	if len(keys) > 0 {
		last = keys[len(keys)-1]
	}
	switch {
	case len(keys) > 2 && keys[0] == "metadata" && (last == managedBy || strings.HasPrefix(last, rosterDomain)), at == "metadata.labels" && d.Change == fields.Added:
		return "roster marks its objects", d.Change != fields.Removed || strings.HasPrefix(last, rosterDomain)
	case at == "metadata.annotations" && d.Change == fields.Added:
		return "roster marks its objects", true
	case last == syncWave:
		if o.Kind != "Application" || d.Change == fields.Added {
			return "order: roster computes the sync wave", true
		}
		return "order: roster computes sync waves from dependsOn and provides, which an Application does not say", false
	case last == syncOptions:
		from, to := options(d.From), options(d.To)
		if slices.Equal(from, to) {
			return "order: roster decides from provides whether a kind is tried before it exists", true
		}
		for _, option := range from {
			if !slices.Contains(to, option) {
				return at + ": " + option + " is for toggleable, or for nothing in a list, to say", false
			}
		}
		return "Argo CD asks before it prunes it: toggleable says otherwise", true
	case last == compareOptions && d.Change == fields.Removed && d.From == "IgnoreExtraneous":
		return "IgnoreExtraneous is about what is not in Git: the list has it", true
	case at == "spec.info" || strings.HasPrefix(at, "spec.info["):
		return "info is left out: it only informs", true
	case at == "spec.revisionHistoryLimit" && whole(d.From) == int64(10):
		return "revisionHistoryLimit: Argo CD keeps 10 anyway", true
	case last == generatePaths:
		return "roster writes which paths make Argo CD render it again", true
	}
	for key := at; key != ""; key = shorter(key) {
		if why := unsaid[key]; why != "" {
			return key + ": " + why, false
		}
	}
	switch d.Change {
	case fields.Added:
		return at + ": only the list has it", false
	case fields.Removed:
		return at + ": import knows no key for it, or it was refused", false
	case fields.Moved:
		return at + ": in another order", false
	}
	return at + ": changed", false
}

// options are those of an annotation, in order, but for the one about kinds that are missing.
func options(value any) []string {
	text, _ := value.(string)
	var out []string
	for _, o := range strings.Split(text, ",") {
		if o = strings.TrimSpace(o); o != "" && o != "SkipDryRunOnMissingResource=true" {
			out = append(out, o)
		}
	}
	slices.Sort(out)
	return out
}

// shorter is a path without its last part.
func shorter(path string) string {
	if i := strings.LastIndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return ""
}

// unsaid is what a list has no words for.
var unsaid = map[string]string{
	"metadata.finalizers":             "roster writes finalizers of its own",
	"spec.destinations":               "roster permits the namespace of the entry, and others by name under project.destinations",
	"spec.sourceRepos":                "roster permits the repositories of the applications, and others by their URL under project.sourceRepos: no patterns",
	"spec.source.repoURL":             "Argo CD has charts of a registry without oci://",
	"spec.roles":                      "a role of a list acts on the Applications of its project: other policies are for argocd-rbac-cm",
	"spec.tls":                        "Traefik serves a route with it on entry points with TLS alone: a list leaves that to the entry points",
	"spec.revisionHistoryLimit":       "roster has no key for it: Argo CD keeps 10",
	"spec.namespaceResourceWhitelist": "roster has no key for it: the project permits all kinds of its namespace",
	"spec.namespaceResourceBlacklist": "roster has no key for it: the project permits all kinds of its namespace",
	"spec.clusterResourceWhitelist":   "name the kinds that are deployed under clusterResources",
	"spec.clusterResourceBlacklist":   "roster has no key for it: a list says what is permitted",
	"spec.destinationServiceAccounts": "argocd.impersonation of platform.yml says for all namespaces as whom Argo CD syncs",
	"spec.syncWindows":                "roster has no key for it",
	"spec.signatureKeys":              "roster has no key for it",
	"spec.sourceNamespaces":           "roster has no key for it: all Applications are in the namespace of Argo CD",
}
