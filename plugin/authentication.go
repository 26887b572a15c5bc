package plugin

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/jobtoken"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/version"
)

// Where the settings of the API server say that its authentication configuration is: on the node, and for kubeadm in the container as well.
const (
	authenticationFolder = "/etc/kubernetes/authentication"
	authenticationFile   = "roster.yaml"
	k3sAuthentication    = "/etc/rancher/k3s/authentication.yaml"
)

// Where each of the texts below belongs, for those who read them.
const (
	AuthenticationPlaces = "Put it on each server of the cluster: " + k3sAuthentication + " with --format k3s, " + authenticationFolder + "/" + authenticationFile + " with --format kubeadm.\nThe API server reads it again when it changes. It starts with no --oidc flag beside it."
	K3sPlace             = "Put it on each server into /etc/rancher/k3s/config.yaml.d/authentication.yaml, and restart k3s there when " + k3sAuthentication + " is in place."
	KubeadmPlace         = "Add it to the ClusterConfiguration, and run kubeadm init phase control-plane apiserver --config FILE on each server when " + authenticationFolder + "/" + authenticationFile + " is in place."
)

// authenticationConfiguration is k8s.io/apiserver's type of that name (pkg/apis/apiserver/v1), as far as it is used here: importing it would make each
// start of the program slower.
type authenticationConfiguration struct {
	metav1.TypeMeta `json:",inline"`
	JWT             []jwtAuthenticator `json:"jwt"`
}

type jwtAuthenticator struct {
	Issuer               issuer          `json:"issuer"`
	ClaimValidationRules []jobtoken.Rule `json:"claimValidationRules"`
	ClaimMappings        claimMappings   `json:"claimMappings"`
}

type issuer struct {
	URL                  string   `json:"url"`
	Audiences            []string `json:"audiences"`
	CertificateAuthority string   `json:"certificateAuthority,omitempty"`
}

type claimMappings struct {
	Username expression `json:"username"`
	Groups   expression `json:"groups"`
}

type expression struct {
	Expression string `json:"expression"`
}

// Authentication is the structured authentication configuration by which an API server knows the jobs of ciIssuers. Kubernetes 1.34 is the
// first with version v1 of it, and 1.30 the first that needs no feature gate.
func Authentication(p *catalog.Platform) any {
	out := authenticationConfiguration{TypeMeta: metav1.TypeMeta{APIVersion: "apiserver.config.k8s.io/v1", Kind: "AuthenticationConfiguration"}}
	if v, err := version.ParseGeneric(p.Kubernetes.KubeVersion); err == nil && v.LessThan(version.MustParseGeneric("1.34")) {
		out.APIVersion = "apiserver.config.k8s.io/v1beta1"
	}
	for _, i := range p.CI {
		forge, _ := jobtoken.Of(i.Kind)
		out.JWT = append(out.JWT, jwtAuthenticator{
			Issuer:               issuer{URL: i.URL, Audiences: []string{i.Audience}, CertificateAuthority: i.CertificateAuthority},
			ClaimValidationRules: forge.Rules(i.AnyBranch),
			ClaimMappings:        claimMappings{Username: expression{forge.UserExpression(i.Name)}, Groups: expression{forge.GroupsExpression(i.Name)}},
		})
	}
	return out
}

// K3s are the settings of a k3s server that name the configuration: a file in /etc/rancher/k3s/config.yaml.d. The plus adds to what other files
// say (https://docs.k3s.io/installation/configuration).
func K3s() any {
	return map[string][]string{"kube-apiserver-arg+": {"authentication-config=" + k3sAuthentication}}
}

// Kubeadm are the settings of kubeadm that name it: a part of its ClusterConfiguration.
func Kubeadm() any {
	type argument struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	type volume struct {
		Name      string `json:"name"`
		HostPath  string `json:"hostPath"`
		MountPath string `json:"mountPath"`
		ReadOnly  bool   `json:"readOnly"`
		PathType  string `json:"pathType"`
	}
	type apiServer struct {
		ExtraArgs    []argument `json:"extraArgs"`
		ExtraVolumes []volume   `json:"extraVolumes"`
	}
	return struct {
		metav1.TypeMeta `json:",inline"`
		APIServer       apiServer `json:"apiServer"`
	}{
		metav1.TypeMeta{APIVersion: "kubeadm.k8s.io/v1beta4", Kind: "ClusterConfiguration"},
		apiServer{
			[]argument{{"authentication-config", authenticationFolder + "/" + authenticationFile}},
			[]volume{{"roster-authentication", authenticationFolder, authenticationFolder, true, "Directory"}},
		},
	}
}

// ciByHand says what the API server must be told.
func ciByHand(p *catalog.Platform, line func(format string, args ...any)) {
	if len(p.CI) == 0 {
		return
	}
	of := ""
	if p.Cluster.Name != "" {
		of = " of the cluster " + p.Cluster.Name
	}
	line("  the API server%s: its --authentication-config must be what roster bootstrap --format authentication prints, for", of)
	for _, i := range p.CI {
		line("    %s %s %s", i.Name, i.URL, i.Audience)
	}
}
