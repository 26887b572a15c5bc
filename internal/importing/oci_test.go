package importing_test

import (
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/importing"
)

// TestRegistries are sources in OCI registries: charts, as Argo CD has them and as it refuses them, and artifacts.
func TestRegistries(t *testing.T) {
	for _, c := range []struct {
		name, source, want string
		state              importing.State
	}{
		{"a chart", "{chart: redis, repoURL: registry.example/charts, targetRevision: 1.2.3}", "chart: redis, repoURL: registry.example/charts, version: 1.2.3", importing.Equal},
		{"a chart, with the scheme that Argo CD refuses", "{chart: redis, repoURL: oci://registry.example/charts, targetRevision: 1.2.3}", "spec.source.repoURL: Argo CD has charts of a registry without oci://", importing.Different},
		{"an artifact", "{path: ., repoURL: oci://registry.example/charts/redis, targetRevision: 1.2.3}", "path: ., repoURL: oci://registry.example/charts/redis, revision: 1.2.3", importing.Equal},
		{"a folder of one", "{path: deploy/a, repoURL: oci://registry.example/config, targetRevision: 1.2.3}", "path: deploy/a", importing.Equal},
		{"one without a path", "{repoURL: oci://registry.example/config, targetRevision: 1.2.3}", "path: .", importing.Equal},
		{"one with values", "{path: ., repoURL: oci://registry.example/charts/redis, targetRevision: 1.2.3, helm: {valuesObject: {a: b}}}", "values: {a: b}", importing.Equal},
	} {
		t.Run(c.name, func(t *testing.T) {
			result := of(t, "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: a, namespace: argocd}, "+
				"spec: {project: default, source: "+c.source+", destination: {name: in-cluster, namespace: x}}}")
			said := writtenList(result) + result.Text()
			if result.Outcomes[0].State != c.state || !strings.Contains(said, c.want) {
				t.Errorf("expected %s and %s\n%s", c.state, c.want, said)
			}
		})
	}
}
