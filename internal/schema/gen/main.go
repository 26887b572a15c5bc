// Command gen writes internal/schema/kinds: the structural schemas of the
// custom kinds that package schema knows, cut down from the CustomResourceDefinitions
// of the modules that internal/schema/crds/go.mod names. It validates nothing
// and knows no kind but those in its list.
//
// Run it with `go generate ./internal/schema`. It needs the Go module proxy or a
// filled module cache, and only for the zips of the modules in that go.mod.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// crdFile is one file of a module that holds CRDs. No kinds means all of them.
type crdFile struct {
	module, path string
	kinds        []string
}

func crdFiles() []crdFile {
	const (
		argo       = "github.com/argoproj/argo-cd/v3"
		certs      = "github.com/cert-manager/cert-manager"
		cilium     = "github.com/cilium/cilium"
		envoy      = "github.com/envoyproxy/gateway"
		eso        = "github.com/external-secrets/external-secrets"
		gatewayAPI = "sigs.k8s.io/gateway-api"
		kyverno    = "github.com/kyverno/kyverno"
		prometheus = "github.com/prometheus-operator/prometheus-operator"
		traefik    = "github.com/traefik/traefik/v3"
		velero     = "github.com/vmware-tanzu/velero"
		volsync    = "github.com/backube/volsync"
	)
	return []crdFile{
		{argo, "manifests/crds/application-crd.yaml", []string{"Application"}},
		{argo, "manifests/crds/appproject-crd.yaml", []string{"AppProject"}},
		{certs, "deploy/crds/cert-manager.io_certificates.yaml", []string{"Certificate"}},
		{certs, "deploy/crds/cert-manager.io_clusterissuers.yaml", []string{"ClusterIssuer"}},
		{certs, "deploy/crds/cert-manager.io_issuers.yaml", []string{"Issuer"}},
		{cilium, "pkg/k8s/apis/cilium.io/client/crds/v2/ciliumclusterwidenetworkpolicies.yaml", []string{"CiliumClusterwideNetworkPolicy"}},
		{cilium, "pkg/k8s/apis/cilium.io/client/crds/v2/ciliumloadbalancerippools.yaml", []string{"CiliumLoadBalancerIPPool"}},
		{cilium, "pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnetworkpolicies.yaml", []string{"CiliumNetworkPolicy"}},
		{cilium, "pkg/k8s/apis/cilium.io/client/crds/v2alpha1/ciliuml2announcementpolicies.yaml", []string{"CiliumL2AnnouncementPolicy"}},
		{envoy, "charts/gateway-helm/charts/crds/crds/generated/gateway.envoyproxy.io_securitypolicies.yaml", []string{"SecurityPolicy"}},
		{eso, "config/crds/bases/external-secrets.io_clusterexternalsecrets.yaml", []string{"ClusterExternalSecret"}},
		{eso, "config/crds/bases/external-secrets.io_clustersecretstores.yaml", []string{"ClusterSecretStore"}},
		{eso, "config/crds/bases/external-secrets.io_externalsecrets.yaml", []string{"ExternalSecret"}},
		{eso, "config/crds/bases/external-secrets.io_pushsecrets.yaml", []string{"PushSecret"}},
		{eso, "config/crds/bases/external-secrets.io_secretstores.yaml", []string{"SecretStore"}},
		{gatewayAPI, "config/crd/standard/gateway.networking.k8s.io_backendtlspolicies.yaml", []string{"BackendTLSPolicy"}},
		{gatewayAPI, "config/crd/standard/gateway.networking.k8s.io_gatewayclasses.yaml", []string{"GatewayClass"}},
		{gatewayAPI, "config/crd/standard/gateway.networking.k8s.io_gateways.yaml", []string{"Gateway"}},
		{gatewayAPI, "config/crd/standard/gateway.networking.k8s.io_grpcroutes.yaml", []string{"GRPCRoute"}},
		{gatewayAPI, "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml", []string{"HTTPRoute"}},
		{gatewayAPI, "config/crd/standard/gateway.networking.k8s.io_listenersets.yaml", []string{"ListenerSet"}},
		{gatewayAPI, "config/crd/standard/gateway.networking.k8s.io_referencegrants.yaml", []string{"ReferenceGrant"}},
		// Of these, the standard channel serves v1 alone. The experimental one has the same v1, and what clusters with an older release have.
		{gatewayAPI, "config/crd/experimental/gateway.networking.k8s.io_tcproutes.yaml", []string{"TCPRoute"}},
		{gatewayAPI, "config/crd/experimental/gateway.networking.k8s.io_tlsroutes.yaml", []string{"TLSRoute"}},
		{gatewayAPI, "config/crd/experimental/gateway.networking.k8s.io_udproutes.yaml", []string{"UDPRoute"}},
		{eso, "config/crds/bases/generators.external-secrets.io_acraccesstokens.yaml", []string{"ACRAccessToken"}},
		{eso, "config/crds/bases/generators.external-secrets.io_cloudsmithaccesstokens.yaml", []string{"CloudsmithAccessToken"}},
		{eso, "config/crds/bases/generators.external-secrets.io_ecrauthorizationtokens.yaml", []string{"ECRAuthorizationToken"}},
		{eso, "config/crds/bases/generators.external-secrets.io_fakes.yaml", []string{"Fake"}},
		{eso, "config/crds/bases/generators.external-secrets.io_gcraccesstokens.yaml", []string{"GCRAccessToken"}},
		{eso, "config/crds/bases/generators.external-secrets.io_githubaccesstokens.yaml", []string{"GithubAccessToken"}},
		{eso, "config/crds/bases/generators.external-secrets.io_grafanas.yaml", []string{"Grafana"}},
		{eso, "config/crds/bases/generators.external-secrets.io_mfas.yaml", []string{"MFA"}},
		{eso, "config/crds/bases/generators.external-secrets.io_passwords.yaml", []string{"Password"}},
		{eso, "config/crds/bases/generators.external-secrets.io_quayaccesstokens.yaml", []string{"QuayAccessToken"}},
		{eso, "config/crds/bases/generators.external-secrets.io_sshkeys.yaml", []string{"SSHKey"}},
		{eso, "config/crds/bases/generators.external-secrets.io_stssessiontokens.yaml", []string{"STSSessionToken"}},
		{eso, "config/crds/bases/generators.external-secrets.io_uuids.yaml", []string{"UUID"}},
		{eso, "config/crds/bases/generators.external-secrets.io_vaultdynamicsecrets.yaml", []string{"VaultDynamicSecret"}},
		{eso, "config/crds/bases/generators.external-secrets.io_webhooks.yaml", []string{"Webhook"}},
		{kyverno, "config/crds/policies.kyverno.io/policies.kyverno.io_deletingpolicies.yaml", []string{"DeletingPolicy"}},
		{kyverno, "config/crds/policies.kyverno.io/policies.kyverno.io_generatingpolicies.yaml", []string{"GeneratingPolicy"}},
		{kyverno, "config/crds/policies.kyverno.io/policies.kyverno.io_imagevalidatingpolicies.yaml", []string{"ImageValidatingPolicy"}},
		{kyverno, "config/crds/policies.kyverno.io/policies.kyverno.io_mutatingpolicies.yaml", []string{"MutatingPolicy"}},
		{kyverno, "config/crds/policies.kyverno.io/policies.kyverno.io_namespaceddeletingpolicies.yaml", []string{"NamespacedDeletingPolicy"}},
		{kyverno, "config/crds/policies.kyverno.io/policies.kyverno.io_namespacedgeneratingpolicies.yaml", []string{"NamespacedGeneratingPolicy"}},
		{kyverno, "config/crds/policies.kyverno.io/policies.kyverno.io_namespacedimagevalidatingpolicies.yaml", []string{"NamespacedImageValidatingPolicy"}},
		{kyverno, "config/crds/policies.kyverno.io/policies.kyverno.io_namespacedmutatingpolicies.yaml", []string{"NamespacedMutatingPolicy"}},
		{kyverno, "config/crds/policies.kyverno.io/policies.kyverno.io_namespacedvalidatingpolicies.yaml", []string{"NamespacedValidatingPolicy"}},
		{kyverno, "config/crds/policies.kyverno.io/policies.kyverno.io_policyexceptions.yaml", []string{"PolicyException"}},
		{kyverno, "config/crds/policies.kyverno.io/policies.kyverno.io_validatingpolicies.yaml", []string{"ValidatingPolicy"}},
		{prometheus, "example/prometheus-operator-crd/monitoring.coreos.com_alertmanagerconfigs.yaml", []string{"AlertmanagerConfig"}},
		{prometheus, "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml", []string{"PodMonitor"}},
		{prometheus, "example/prometheus-operator-crd/monitoring.coreos.com_probes.yaml", []string{"Probe"}},
		{prometheus, "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml", []string{"PrometheusRule"}},
		{prometheus, "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml", []string{"ServiceMonitor"}},
		{traefik, "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml", nil},
		{velero, "config/crd/v1/bases/velero.io_schedules.yaml", []string{"Schedule"}},
		{volsync, "config/crd/bases/volsync.backube_replicationdestinations.yaml", []string{"ReplicationDestination"}},
		{volsync, "config/crd/bases/volsync.backube_replicationsources.yaml", []string{"ReplicationSource"}},
	}
}

// source is one line of kinds/sources.json. Its shape is schema.Source; it is
// written out here because the generator must build when that package's
// embedded files do not.
type source struct {
	Module  string   `json:"module"`
	Version string   `json:"version"`
	File    string   `json:"file"`
	Kinds   []string `json:"kinds"`
}

func main() {
	// `go generate` runs this in internal/schema.
	if err := run("crds", "kinds"); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run replaces the folder out with what the modules named in lock/go.mod have.
// Nothing is written unless every kind could be read.
func run(lock, out string) error {
	versions, err := lockedVersions(lock)
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	var sources []source
	dirs := map[string]string{}
	for _, f := range crdFiles() {
		version, ok := versions[f.module]
		if !ok {
			return fmt.Errorf("%s/go.mod does not require %s", lock, f.module)
		}
		if dirs[f.module] == "" {
			if dirs[f.module], err = download(lock, f.module+"@"+version); err != nil {
				return err
			}
		}
		kinds, err := readKinds(filepath.Join(dirs[f.module], filepath.FromSlash(f.path)), f.kinds)
		if err != nil {
			return err
		}
		names := make([]string, 0, len(kinds))
		for _, k := range kinds {
			names = append(names, k.Kind)
			files[k.Group+"/"+k.Kind+".json"] = k.encode()
		}
		sources = append(sources, source{f.module, version, f.path, names})
	}
	for module := range versions {
		if dirs[module] == "" {
			return fmt.Errorf("%s/go.mod requires %s, which no kind comes from", lock, module)
		}
	}
	if files["sources.json"], err = encodeSources(sources); err != nil {
		return err
	}
	return write(out, files)
}

// lockedVersions reads the requirements of dir/go.mod.
func lockedVersions(dir string) (map[string]string, error) {
	out, err := output(dir, "go", "mod", "edit", "-json")
	if err != nil {
		return nil, err
	}
	var mod struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		return nil, fmt.Errorf("reading %s/go.mod: %w", dir, err)
	}
	versions := map[string]string{}
	for _, r := range mod.Require {
		versions[r.Path] = r.Version
	}
	return versions, nil
}

// download returns the folder of one module in the module cache. It names the
// module, so that Go neither builds the module graph nor runs the module's own
// toolchain line; run inside dir, it checks the zip against dir/go.sum.
func download(dir, module string) (string, error) {
	out, err := output(dir, "go", "mod", "download", "-json", module)
	if err != nil {
		return "", err
	}
	var mod struct{ Dir string }
	if err := json.Unmarshal(out, &mod); err != nil {
		return "", fmt.Errorf("reading the answer for %s: %w", module, err)
	}
	return mod.Dir, nil
}

func output(dir, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	// A workspace file above, or a -mod flag for the main module, must not reach here.
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		// `go mod download -json` reports a refusal on stdout.
		return nil, fmt.Errorf("%v: %w\n%s%s", cmd.Args, err, stderr.Bytes(), stdout.Bytes())
	}
	return stdout.Bytes(), nil
}

// readKinds returns the wanted kinds of one CRD file in alphabetical order.
func readKinds(path string, want []string) ([]kind, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	var kinds []kind
	for doc := range bytes.SplitSeq(data, []byte("\n---")) {
		text, err := yaml.YAMLToJSONStrict(doc)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		if string(text) == "null" {
			continue
		}
		k, err := parseCRD(text)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		if want == nil || slices.Contains(want, k.Kind) {
			kinds = append(kinds, k)
		}
	}
	if len(kinds) < max(len(want), 1) {
		return nil, fmt.Errorf("reading %s: it has not all of the kinds %q", path, want)
	}
	slices.SortFunc(kinds, func(a, b kind) int { return strings.Compare(a.Kind, b.Kind) })
	return kinds, nil
}

// encodeSources puts each file on a line of its own.
func encodeSources(sources []source) ([]byte, error) {
	lines := make([][]byte, len(sources))
	for i, s := range sources {
		line, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		lines[i] = line
	}
	return fmt.Appendf(nil, "[\n%s\n]\n", bytes.Join(lines, []byte(",\n"))), nil
}

// write replaces dir by files, so that a removed kind leaves nothing behind.
func write(dir string, files map[string][]byte) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
