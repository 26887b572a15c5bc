package rules

import (
	"slices"
	"strings"

	"github.com/gobwas/glob"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var unstableOutput = lint.Rule{
	Name:     "unstable-output",
	Severity: lint.Warning,
	Summary:  "a chart's output differs each time",
	Doc: `Random passwords, generated certificates and dates (` + "`randAlphaNum`, `genCA`, `now`" + `) are new each time a chart is rendered, and
` + "`lookup`" + `, with which charts keep the old one, finds nothing in Argo CD. Argo CD renders again with each commit and each refresh: the application
is out of sync forever, and each sync replaces the password that a database was created with, or restarts pods. Set the value that the chart
uses instead, such as an existing Secret; or, if the first value may stay, list the field in ` + "`ignoreDifferences`" + ` and set
` + "`RespectIgnoreDifferences=true`" + `. lint renders such charts twice, the second time with a later date. What follows from another
field, such as a checksum, is not reported separately.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/Chart.yaml --
apiVersion: v2
name: a
version: 1.0.0
-- a/templates/secret.yaml --
apiVersion: v1
kind: Secret
metadata: {name: db}
data:
  password: {{ randAlphaNum 24 | b64enc }}
`,
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - applicationCode: web-a
      path: a
      secrets: [{name: db, data: {password: web-a#db-password}}]
-- a/Chart.yaml --
apiVersion: v2
name: a
version: 1.0.0
-- a/templates/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: app}
data: {user: app}
`,
	Check: func(in *lint.Context, report lint.Report) {
		rooted := map[string]bool{} // applications with a finding that may cause others
		for _, o := range in.Workloads {
			if slices.ContainsFunc(o.Unstable, func(at []string) bool { return !follows(o, at) && !leftToCluster(o, at) }) {
				rooted[o.Application.Code] = true
			}
		}
		for _, o := range in.Workloads {
			if isHook(o) { // created anew for each sync, and not compared
				continue
			}
			var fields [][]string
			for _, at := range o.Unstable {
				if !(rooted[o.Application.Code] && follows(o, at)) && !leftToCluster(o, at) {
					fields = append(fields, at)
				}
			}
			if len(fields) == 0 {
				continue
			}
			if slices.Equal(fields[0], []string{"metadata", "name"}) {
				report(in.Places.Source(o, "", []string{"name:"}, fields[0]...), "give it a fixed name; a Job that has to run again can be a hook",
					"the name of a %s differs each time it is rendered", o.Kind) // and so it is unknown
				continue
			}
			var names []string
			const most = 5
			for _, at := range fields[:min(most, len(fields))] {
				names = append(names, short(strings.Join(at, ".")))
			}
			if len(fields) > most {
				names = append(names, "…")
			}
			report(in.Places.Source(o, "", []string{fields[0][len(fields[0])-1] + ":"}, fields[0]...), "set the value that the chart uses instead; or list the field in ignoreDifferences, with RespectIgnoreDifferences=true",
				"%s differs each time it is rendered, in %s", o.Title(), strings.Join(names, ", "))
		}
	},
}

// follows reports whether a field is likely to be made from another one: a checksum, or the certificate that is generated for a webhook
// and is in a Secret as well.
func follows(o *deployed.Object, at []string) bool {
	if at[len(at)-1] == "caBundle" {
		return true
	}
	i := len(at) - 2
	return i >= 0 && (at[i] == "annotations" || at[i] == "labels") && isDigest(deployed.StringAt(o, at...))
}

// isDigest reports whether a text looks like a checksum, or part of one.
func isDigest(text string) bool {
	return len(text) >= 8 && strings.Trim(text, "0123456789abcdef") == ""
}

// isHook reports whether Argo CD applies an object as a hook.
func isHook(o *deployed.Object) bool {
	for _, key := range []string{"argocd.argoproj.io/hook", "helm.sh/hook"} {
		if value := deployed.StringAt(o, "metadata", "annotations", key); value != "" && value != "crd-install" {
			return true
		}
	}
	return false
}

// leftToCluster reports whether Argo CD leaves a field as it is in the cluster.
func leftToCluster(o *deployed.Object, at []string) bool {
	a := o.Application
	if !slices.Contains(a.SyncOptions, "RespectIgnoreDifferences=true") {
		return false
	}
	return slices.ContainsFunc(a.IgnoreDifferences, func(d catalog.IgnoreDifference) bool {
		// Argo CD accepts globs as the group and the kind (util/argo/normalizers).
		if !globMatches(d.Group, deployed.GroupOf(o)) || !globMatches(d.Kind, o.Kind) || d.Name != "" && d.Name != o.Name || d.Namespace != "" && d.Namespace != o.Namespace {
			return false
		}
		if len(d.ManagedFieldsManagers) > 0 {
			return true // they may own it
		}
		// An expression that names the first field may lead to this one.
		return slices.ContainsFunc(d.JQPathExpressions, func(jq string) bool { return strings.Contains(jq, at[0]) }) ||
			slices.ContainsFunc(d.JSONPointers, func(p string) bool { return below(at, p) })
	})
}

func globMatches(pattern, text string) bool {
	if !strings.ContainsAny(pattern, `*?[]{}\!`) {
		return pattern == text
	}
	g, err := glob.Compile(pattern)
	return err == nil && g.Match(text)
}

// within reports whether fields lead to what a JSON pointer points to, or into it.
func below(at []string, pointer string) bool {
	fields := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i := range fields {
		fields[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(fields[i])
	}
	return len(fields) <= len(at) && slices.Equal(fields, at[:len(fields)])
}
