package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// placed are the findings of a rule, as FILE:LINE: MESSAGE: HINT, without the file when it is the list.
func placed(t *testing.T, rule, folder string) []string {
	t.Helper()
	var out []string
	for _, f := range run(t, folder, true).Findings {
		if f.Code == rule {
			text := fmt.Sprintf("%s:%d: %s", f.Pos.File, f.Pos.Line, f.Message)
			if f.Hint != "" {
				text += ": " + f.Hint
			}
			out = append(out, strings.TrimPrefix(text, "applications.yml:"))
		}
	}
	return out
}

// placedCase is a folder, and the findings of a rule.
type placedCase struct {
	name, folder string
	want         []string
}

func testPlaced(t *testing.T, rule string, cases []placedCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, placed(t, rule, c.folder)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestClaimWithoutBackup(t *testing.T) {
	folder := func(platform, more, manifest string) string {
		return `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
` + platform + `
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a` + more + `}]
- namespace: velero
  networkPolicies: isolated
  applications: [{applicationCode: velero, path: velero}]
-- velero/a.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
-- a/claim.yaml --
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
` + manifest
	}
	const volSync, velero = "backup: {kind: volsync, repository: backups/restic}", "backup: velero"
	schedule := func(namespace, spec string) string {
		return "-- " + namespace + "/schedule.yaml --\napiVersion: velero.io/v1\nkind: Schedule\nmetadata: {name: nightly}\nspec: {schedule: 0 3 * * *, " + spec + "}\n"
	}
	source := func(spec string) string {
		return "---\napiVersion: volsync.backube/v1alpha1\nkind: ReplicationSource\nmetadata: {name: nightly}\nspec: {" + spec + "}\n"
	}
	const nothing = "a/claim.yaml:3: nothing backs up the claim data of web-a: "
	byVelero, byVolSync := []string{nothing + "write backup: daily at web-a, or backup: {none: REASON}"}, []string{nothing + "write backup: {claims: [data]} at web-a, or backup: {none: REASON}"}
	testPlaced(t, "claim-without-backup", []placedCase{
		{"nobody makes backups", folder("", "", ""), nil},
		{"VolSync", folder(volSync, "", ""), byVolSync},
		{"a backup of another claim", folder(volSync, ", backup: {claims: [other]}", ""), byVolSync},
		{"a backup", folder(volSync, ", backup: {claims: [data]}", ""), nil},
		{"a ReplicationSource", folder(volSync, "", source("sourcePVC: data")), nil},
		{"one that is paused", folder(volSync, "", source("sourcePVC: data, paused: true")), byVolSync},
		{"claims of a StatefulSet", folder(volSync, ", backup: {none: a cache}", "-- velero/set.yaml --\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  selector: {matchLabels: {a: b}}\n"+
			"  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: 'a.example/a:1'}]}}\n  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]\n"),
			[]string{"velero/set.yaml:3: nothing backs up the claim data-db-0 of velero: write backup: {claims: [data-db-0]} at velero, or backup: {none: REASON}"}},
		{"Velero", folder(velero, "", ""), byVelero},
		{"a Schedule of roster", folder(velero, ", backup: daily", ""), nil},
		{"a Schedule where Velero is", folder(velero, "", schedule("velero", "template: {includedNamespaces: [web-a]}")), nil},
		{"of all namespaces", folder(velero, "", schedule("velero", "template: {}")), nil},
		{"of all but this", folder(velero, "", schedule("velero", "template: {excludedNamespaces: [web-a]}")), byVelero},
		{"of all but those of a wildcard", folder(velero, "", schedule("velero", "template: {includedNamespaces: ['*'], excludedNamespaces: ['web-?']}")), byVelero},
		{"with a wildcard", folder(velero, "", schedule("velero", "template: {includedNamespaces: ['web-*']}")), nil},
		{"with another wildcard", folder(velero, "", schedule("velero", "template: {includedNamespaces: ['sys-*', web-b]}")), byVelero},
		{"with alternatives, which are not known", folder(velero, "", schedule("velero", "template: {includedNamespaces: ['{web,sys}-a']}")), nil},
		{"one that is paused", folder(velero, "", schedule("velero", "paused: true, template: {}")), byVelero},
		{"one of another kind", folder(velero, "", strings.Replace(schedule("velero", "template: {}"), "velero.io", "k8up.io", 1)), byVelero},
		{"a Schedule where Velero is not", folder(velero, "", schedule("a", "template: {includedNamespaces: [web-a]}")),
			[]string{nothing + "Schedule nightly is in web-a, where Velero does not look: velero is its namespace"}},
		{"Velero elsewhere", folder("backup: {kind: velero, namespace: web-a}", "", schedule("a", "template: {}")), nil},
		{"Velero beside VolSync, in whichever namespace", folder(volSync, "", schedule("a", "template: {}")), nil},
	})
}

func TestBackupOfNothing(t *testing.T) {
	folder := func(claims, manifest string) string {
		return `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
backup: {kind: volsync, repository: backups/restic}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a, backup: {claims: [` + claims + `]}}]
-- a/claim.yaml --
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
` + manifest
	}
	const set = "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  selector: {matchLabels: {a: b}}\n" +
		"  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: 'a.example/a:1'}]}}\n  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]\n"
	missing := func(claim, hint string) []string {
		return []string{"3: nothing creates the claim " + claim + " of web-a, which is to be backed up: " + hint}
	}
	testPlaced(t, "backup-of-nothing", []placedCase{
		{"a claim", folder("data", ""), nil},
		{"a misspelled one", folder("dta", ""), missing("dta", `did you mean "data"?`)},
		{"another one", folder("pictures", ""), missing("pictures", "add the claim to the application, or correct the name")},
		{"a claim of a StatefulSet", folder("data-db-2", set), nil},
		{"the template of one", folder("data-db", set), missing("data-db", "add the claim to the application, or correct the name")},
		{"a claim that an operator may create", folder("db-1", database), nil},
		{"an account that may create claims", folder("pictures", fmt.Sprintf(mayPatch, "persistentvolumeclaims", "create")), nil},
		{"an application that is elsewhere", strings.Replace(folder("pictures", ""), "applications: [", "applications: [{applicationCode: web-b, repoURL: 'https://git.example/b.git', path: deploy}, ", 1), nil},
	})
}

// TestMissingLimits: what a LimitRange fills in counts, whoever writes it, and nothing else of it.
func TestMissingLimits(t *testing.T) {
	folder := func(limits, manifest string) string {
		return `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
` + limits + `
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + podOf(labelled, "containers: [{name: a, image: 'registry.example/a:1.2.3'}]") + manifest
	}
	limitRange := func(item string) string {
		return "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: a}\nspec: {limits: [{" + item + "}]}\n"
	}
	missing := func(what string) []string {
		return []string{"a/app.yaml:8: the container a of Deployment web has no " + what}
	}
	all := missing("request of cpu, no request of memory, no limit of memory")
	testPlaced(t, "missing-limits", []placedCase{
		{"none", folder("", ""), all},
		{"of the entry", folder("  limits: {default: {memory: 64Mi}, defaultRequest: {cpu: 10m}}", ""), nil},
		{"of the entry, for memory alone", folder("  limits: {default: {memory: 64Mi}}", ""), missing("request of cpu")},
		{"of the application", folder("", limitRange("type: Container, default: {memory: 64Mi}, defaultRequest: {cpu: 10m}")), nil},
		{"a largest amount, which is also the default", folder("", limitRange("type: Container, max: {memory: 64Mi, cpu: 1}")), nil},
		{"a smallest amount, which is also requested", folder("", limitRange("type: Container, min: {memory: 64Mi, cpu: 1m}")), missing("limit of memory")},
		{"for claims", folder("", limitRange("type: PersistentVolumeClaim, max: {storage: 1Gi}")), all},
		{"for pods as a whole", folder("", limitRange("type: Pod, max: {memory: 1Gi}")), all},
	})
}

// TestLimitRangeRefuses: containers, pods as a whole and claims, of a LimitRange of the entry and of one that the application brings.
func TestLimitRangeRefuses(t *testing.T) {
	folder := func(limits, resources, manifest string) string {
		return `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  ` + limits + `
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + podOf(labelled, "containers: [{name: a, image: 'registry.example/a:1.2.3', resources: {"+resources+"}}]") + manifest
	}
	claim := func(size string) string {
		return "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: " + size + "}}}\n"
	}
	limitRange := func(item string) string {
		return "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: a}\nspec: {limits: [{" + item + "}]}\n"
	}
	set := func(size string) string {
		return "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  selector: {matchLabels: {a: b}}\n  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: 'a.example/a:1'}]}}\n" +
			"  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: " + size + "}}}}]\n"
	}
	container := func(problem string) []string {
		return []string{"a/app.yaml:8: the container a of Deployment web is refused by the LimitRange: " + problem}
	}
	const none = "annotations: {a: b}"
	claims := limitRange("type: PersistentVolumeClaim, min: {storage: 1Gi}, max: {storage: 8Gi}")
	testPlaced(t, "limit-range-refuses", []placedCase{
		{"within", folder("limits: {max: {memory: 1Gi}}", "limits: {memory: 64Mi}", ""), nil},
		{"a limit that is larger", folder("limits: {max: {memory: 32Mi}}", "limits: {memory: 64Mi}", ""), container("its limit of memory is 64Mi, and max is 32Mi")},
		{"no limit, which is filled in", folder("limits: {max: {memory: 32Mi}}", "", ""), nil},
		{"a request that is smaller", folder("limits: {min: {cpu: 10m}}", "requests: {cpu: 1m}", ""), container("it requests 1m of cpu, and min is 10m")},
		{"of the application", folder(none, "limits: {memory: 64Mi}", limitRange("type: Container, max: {memory: 32Mi}")), container("its limit of memory is 64Mi, and max is 32Mi")},
		{"a ratio", folder(none, "requests: {cpu: 1m}, limits: {cpu: 1}", limitRange("type: Container, maxLimitRequestRatio: {cpu: 10}")), container("its limit of cpu is more than 10 times its request")},
		{"all containers together", folder(none, "limits: {memory: 64Mi}", limitRange("type: Pod, max: {memory: 32Mi}")),
			[]string{"a/app.yaml:8: the pods of Deployment web are refused by the LimitRange: all containers together: its limit of memory is 64Mi, and max is 32Mi"}},
		{"a claim within", folder(none, "", claims+claim("8Gi")), nil},
		{"a claim that is larger", folder(none, "", claims+claim("9Gi")), []string{"a/app.yaml:18: PersistentVolumeClaim data is refused by the LimitRange: it requests 9Gi of storage, and max is 8Gi"}},
		{"a claim that is smaller", folder(none, "", claims+claim("1Mi")), []string{"a/app.yaml:18: PersistentVolumeClaim data is refused by the LimitRange: it requests 1Mi of storage, and min is 1Gi"}},
		{"a claim where only containers are limited", folder("limits: {max: {memory: 1Gi}}", "", claim("9Gi")), nil},
		{"claims of a StatefulSet", folder(none, "", claims+set("9Gi")),
			[]string{"a/app.yaml:21: the claims data of StatefulSet db are refused by the LimitRange: it requests 9Gi of storage, and max is 8Gi"}},
	})
}
