package rules

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var claimWithoutBackup = lint.Rule{
	Name:     "claim-without-backup",
	Severity: lint.Warning,
	Summary:  "a volume that nothing backs up, where platform.yml says what makes backups",
	Doc: `Write backup at the application: backup: {claims: [data], schedule: daily}; or why there is none: backup: {none: a cache}. A ReplicationSource of VolSync
and a Schedule of Velero that an application deploys count as well, unless they are paused; a Schedule only in Velero's own namespace, when Velero makes the backups. Without backup in platform.yml, nothing is reported.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
backup: {kind: volsync, repository: backups/restic}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/claim.yaml --
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`,
	Mend: []string{"path: a}]", "path: a, backup: {none: a cache}}]"},
	Check: func(in *lint.Context, report lint.Report) {
		if !in.Platform.Backups {
			return
		}
		all := backedUp(in)
		look := func(o *deployed.Object, claim string) {
			if o.Application.NoBackup != "" || all.claims[[2]string{o.Namespace, claim}] || all.schedules.of(o.Namespace) != nil {
				return
			}
			hint := "write backup: {claims: [" + claim + "]} at " + o.Application.Code + ", or backup: {none: REASON}"
			if in.Platform.VeleroIn != "" {
				hint = "write backup: daily at " + o.Application.Code + ", or backup: {none: REASON}"
			}
			if s := all.unseen.of(o.Namespace); s != nil {
				hint = s.Title() + " is in " + s.Namespace + ", where Velero does not look: " + in.Platform.VeleroIn + " is its namespace"
			}
			report(in.Places.Field(o, "metadata", "name"), hint, "nothing backs up the claim %s of %s", claim, o.Namespace)
		}
		for _, o := range in.Deployed.Kind("PersistentVolumeClaim") {
			look(o, o.Name)
		}
		for _, o := range in.Deployed.Kind("StatefulSet") {
			for _, name := range slices.Sorted(maps.Keys(claimTemplates(o))) {
				look(o, name+"-"+o.Name+"-0")
			}
		}
	},
}

// backups are the claims of which there are some, and the Schedules of Velero, which back up namespaces.
type backups struct {
	claims            map[[2]string]bool
	schedules, unseen schedules // unseen are those of a namespace in which Velero does not look
}

// schedules are the first of a namespace, by its name, and those for several: of all, or with wildcards.
type schedules struct {
	named map[string]*deployed.Object
	broad []*deployed.Object
}

func backedUp(in *lint.Context) backups {
	out := backups{claims: map[[2]string]bool{}, schedules: schedules{named: map[string]*deployed.Object{}}, unseen: schedules{named: map[string]*deployed.Object{}}}
	for n, a := range in.Deployed.Applications() {
		for _, b := range a.Backups {
			out.claims[[2]string{n.Name, b.Claim}] = true
		}
		if a.Velero != nil {
			out.schedules.named[n.Name] = &deployed.Object{}
		}
	}
	for _, o := range in.Deployed.Kind("ReplicationSource") {
		if !paused(o) {
			out.claims[[2]string{o.Namespace, deployed.StringAt(o, "spec", "sourcePVC")}] = true
		}
	}
	for _, o := range in.Deployed.Kind("Schedule") {
		switch {
		case deployed.GroupOf(o) != "velero.io" || paused(o):
		case in.Platform.VeleroIn != "" && o.Namespace != in.Platform.VeleroIn:
			out.unseen.add(o)
		default:
			out.schedules.add(o)
		}
	}
	return out
}

func paused(o *deployed.Object) bool {
	is, _ := deployed.FieldAt(o, "spec", "paused").(bool)
	return is
}

func (s *schedules) add(o *deployed.Object) {
	included := templateTexts(o, "includedNamespaces")
	broad := len(included) == 0
	for _, name := range included {
		if strings.ContainsAny(name, wildcards) {
			broad = true
		} else if s.named[name] == nil && !excludes(o, name) {
			s.named[name] = o
		}
	}
	if broad {
		s.broad = append(s.broad, o)
	}
}

// mostBroad is how many Schedules for several namespaces are compared with each namespace. Beyond, they count for all.
const mostBroad = 100

// of is a Schedule that backs up a namespace; nil when there is none.
func (s *schedules) of(namespace string) *deployed.Object {
	if o := s.named[namespace]; o != nil {
		return o
	}
	for i, o := range s.broad {
		included := templateTexts(o, "includedNamespaces")
		if i == mostBroad || !excludes(o, namespace) && (len(included) == 0 || slices.ContainsFunc(included, func(p string) bool { return means(p, namespace, true) })) {
			return o
		}
	}
	return nil
}

func excludes(o *deployed.Object, namespace string) bool {
	return slices.ContainsFunc(templateTexts(o, "excludedNamespaces"), func(p string) bool { return means(p, namespace, false) })
}

// templateTexts are the texts of a list in the template of a Schedule.
func templateTexts(o *deployed.Object, field string) []string {
	list, _ := deployed.FieldAt(o, "spec", "template", field).([]any)
	var out []string
	for _, e := range list {
		if text, ok := e.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// wildcards are what names of namespaces may have in a Schedule (pkg/util/wildcard of Velero).
const wildcards = "*?[]{}"

// means reports whether a name that may have wildcards is that of a namespace. Alternatives in braces are not known here.
func means(pattern, namespace string, otherwise bool) bool {
	if strings.ContainsAny(pattern, "{}") {
		return otherwise
	}
	matches, err := path.Match(pattern, namespace)
	return matches || err != nil && otherwise
}
