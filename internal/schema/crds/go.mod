// Names the versions of the modules whose CustomResourceDefinitions roster
// knows. No Go code imports them, so this module is never built or tidied: the
// generator (../gen) downloads just these module zips, go.sum holds their
// hashes, and the main go.mod stays free of their requirements.
//
// To bump: change a version here, then `go generate ./internal/schema`.
module github.com/hippotion/roster/internal/schema/crds

go 1.26.0

require (
	github.com/argoproj/argo-cd/v3 v3.5.7
	github.com/cert-manager/cert-manager v1.21.1
	github.com/cilium/cilium v1.20.2
	github.com/envoyproxy/gateway v1.9.1
	github.com/external-secrets/external-secrets v1.3.2
	github.com/kyverno/kyverno v1.19.1
	github.com/prometheus-operator/prometheus-operator v0.94.1
	github.com/backube/volsync v0.14.0
	github.com/traefik/traefik/v3 v3.7.13
	sigs.k8s.io/gateway-api v1.6.1
	github.com/vmware-tanzu/velero v1.18.3
)
