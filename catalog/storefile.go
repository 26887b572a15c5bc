package catalog

import "github.com/hippotion/roster/internal/syntax"

// The types of this file are stores of External Secrets as the user writes them. The tag crd is the field of the provider's block that a key
// becomes, and how it is read: a url, the key of a Secret, an account. The tag otherwise is what is written out when the key is not set,
// which is the CRD's default where that has one: Argo CD compares with what is stored.

// sharedStoreInput is a ClusterSecretStore beside the one of secrets.store.
type sharedStoreInput struct {
	*syntax.Node `example:"{onepasswordSDK: {vault: homelab, token: external-secrets/onepassword#token}}"`
	Type         text                  `yaml:"type" enum:"vault,onepassword,onepasswordSDK,bitwardensecretsmanager,infisical,kubernetes,aws,gcpsm,azurekv,doppler,akeyless,gitlab,webhook,fake" example:"onepassword"` // of a store that comes from elsewhere
	Conditions   []storeConditionInput `yaml:"conditions"`
	providersInput
}

// ownStoreInput is a SecretStore of an entry.
type ownStoreInput struct {
	*syntax.Node `example:"{doppler: {token: doppler#token}}"`
	providersInput
}

// storeConditionInput says which namespaces may use a store.
type storeConditionInput struct {
	*syntax.Node     `example:"{namespaces: [web-whoami]}"`
	Namespaces       []text           `yaml:"namespaces" example:"[web-whoami]"`
	NamespaceRegexes []text           `yaml:"namespaceRegexes" example:"[^web-]"`
	NamespaceLabels  syntax.Map[text] `yaml:"namespaceLabels" example:"{team: house}"`
}

// providersInput are the blocks of providers, by the names that the CRD has for them. At most one is set.
type providersInput struct {
	Vault          *vaultInput            `yaml:"vault"` // when set, the store is rendered; and so on
	OnePassword    *onePasswordInput      `yaml:"onepassword"`
	OnePasswordSDK *onePasswordSDKInput   `yaml:"onepasswordSDK"`
	Bitwarden      *bitwardenInput        `yaml:"bitwardensecretsmanager"`
	Infisical      *infisicalInput        `yaml:"infisical"`
	Kubernetes     *kubernetesStore       `yaml:"kubernetes"`
	AWS            *awsInput              `yaml:"aws"`
	GCP            *gcpInput              `yaml:"gcpsm"`
	Azure          *azureInput            `yaml:"azurekv"`
	Doppler        *dopplerInput          `yaml:"doppler"`
	Akeyless       *akeylessInput         `yaml:"akeyless"`
	GitLab         *gitlabInput           `yaml:"gitlab"`
	Webhook        *webhookInput          `yaml:"webhook"`
	Fake           *fakeInput             `yaml:"fake"`
	Provider       syntax.Map[syntax.Any] `yaml:"provider,hidden" example:"{oracle: {region: eu-frankfurt-1, vault: ocid1.vault.x}}"` // spec.provider as it is
}

// caInput is where the certificates of those are that signed a server's.
type caInput struct {
	*syntax.Node `example:"{configMap: external-secrets/ca#ca.crt}"`
	ConfigMap    text `yaml:"configMap" example:"external-secrets/ca#ca.crt"`
	Secret       text `yaml:"secret,hidden" example:"external-secrets/ca#ca.crt"`
}

type vaultInput struct {
	*syntax.Node   `example:"{server: https://vault.example, role: external-secrets}"`
	Server         text           `yaml:"server,required,hidden" crd:"server,url" example:"https://vault.example"`
	Path           text           `yaml:"path" crd:"path" otherwise:"secret" example:"secret"`            // of the KV engine
	Version        text           `yaml:"version" enum:"v1,v2" crd:"version" otherwise:"v2"`              // of the KV engine
	Namespace      text           `yaml:"namespace" crd:"namespace" example:"house"`                      // of Vault Enterprise
	MountPath      text           `yaml:"mountPath" crd:"auth.kubernetes.mountPath" example:"kubernetes"` // of the Kubernetes auth method
	Role           text           `yaml:"role" crd:"auth.kubernetes.role" example:"external-secrets"`
	ServiceAccount vaultUserInput `yaml:"serviceAccount"`
	Token          text           `yaml:"token,hidden" crd:"auth.tokenSecretRef,key" example:"external-secrets/vault#token"`
	AppRole        *appRoleInput  `yaml:"appRole"`
	CA             *caInput       `yaml:"ca" crd:"caProvider"`
}

type vaultUserInput struct {
	*syntax.Node `example:"{name: external-secrets, namespace: sys-external-secrets}"`
	Name         text `yaml:"name" example:"external-secrets"`
	Namespace    text `yaml:"namespace" example:"sys-external-secrets"`
}

// appRoleInput is Vault's login for machines.
type appRoleInput struct {
	*syntax.Node `example:"{id: external-secrets/vault#role, secret: external-secrets/vault#secret}"`
	ID           text `yaml:"id,required,hidden" crd:"auth.appRole.roleRef,key" example:"external-secrets/vault#role"`
	Secret       text `yaml:"secret,required,hidden" crd:"auth.appRole.secretRef,key" example:"external-secrets/vault#secret"`
	Path         text `yaml:"path" crd:"auth.appRole.path" otherwise:"approle" example:"approle"`
}

// onePasswordInput is 1Password through a Connect server.
type onePasswordInput struct {
	*syntax.Node `example:"{connect: 'http://onepassword-connect.sys-1password.svc:8080', vaults: [homelab], token: external-secrets/onepassword#token}"`
	Connect      text   `yaml:"connect,required,hidden" crd:"connectHost,url" example:"http://onepassword-connect.sys-1password.svc:8080"`
	Vaults       []text `yaml:"vaults,one,required" example:"[homelab]"` // in the order in which items are looked for
	Token        text   `yaml:"token,required,hidden" crd:"auth.secretRef.connectTokenSecretRef,key" example:"external-secrets/onepassword#token"`
}

// onePasswordSDKInput is 1Password with a service account.
type onePasswordSDKInput struct {
	*syntax.Node `example:"{vault: homelab, token: external-secrets/onepassword#token}"`
	Vault        text `yaml:"vault,required" crd:"vault" example:"homelab"`
	Token        text `yaml:"token,required,hidden" crd:"auth.serviceAccountSecretRef,key" example:"external-secrets/onepassword#token"`
}

// bitwardenInput is Bitwarden's Secrets Manager.
type bitwardenInput struct {
	*syntax.Node   `example:"{organizationID: 1a2b, projectID: 3c4d, token: external-secrets/bitwarden#token}"`
	OrganizationID text     `yaml:"organizationID,required" crd:"organizationID" example:"1a2b"`
	ProjectID      text     `yaml:"projectID,required" crd:"projectID" example:"3c4d"`
	Token          text     `yaml:"token,required,hidden" crd:"auth.secretRef.credentials,key" example:"external-secrets/bitwarden#token"`
	Server         text     `yaml:"server,hidden" crd:"bitwardenServerSDKURL,url" otherwise:"https://bitwarden-sdk-server.external-secrets.svc.cluster.local:9998" example:"https://bitwarden-sdk-server.external-secrets.svc.cluster.local:9998"`
	APIURL         text     `yaml:"apiURL,hidden" crd:"apiURL,url" example:"https://api.bitwarden.eu"`
	IdentityURL    text     `yaml:"identityURL,hidden" crd:"identityURL,url" example:"https://identity.bitwarden.eu"`
	CA             *caInput `yaml:"ca" crd:"caProvider"`
}

type infisicalInput struct {
	*syntax.Node `example:"{project: homelab, environment: prod, clientId: external-secrets/infisical#id, clientSecret: external-secrets/infisical#secret}"`
	Project      text     `yaml:"project,required" crd:"secretsScope.projectSlug" example:"homelab"`
	Environment  text     `yaml:"environment,required" crd:"secretsScope.environmentSlug" example:"prod"`
	Path         text     `yaml:"path" crd:"secretsScope.secretsPath" otherwise:"/" example:"/web"`
	Recursive    flag     `yaml:"recursive" crd:"secretsScope.recursive" otherwise:"false"`                          // whether find looks below the path
	Expand       flag     `yaml:"expandSecretReferences" crd:"secretsScope.expandSecretReferences" otherwise:"true"` // default true
	HostAPI      text     `yaml:"hostAPI,hidden" crd:"hostAPI,url" otherwise:"https://app.infisical.com/api" example:"https://eu.infisical.com/api"`
	ClientID     text     `yaml:"clientId,hidden" crd:"auth.universalAuthCredentials.clientId,key" example:"external-secrets/infisical#id"`
	ClientSecret text     `yaml:"clientSecret,hidden" crd:"auth.universalAuthCredentials.clientSecret,key" example:"external-secrets/infisical#secret"`
	IdentityID   text     `yaml:"identityId,hidden" crd:"auth.kubernetesAuthCredentials.identityId,key" example:"external-secrets/infisical#identity"` // of Infisical's Kubernetes auth
	CA           *caInput `yaml:"ca" crd:"caProvider"`
}

// kubernetesStore is a namespace whose Secrets others read.
type kubernetesStore struct {
	*syntax.Node   `example:"{namespace: sys-secrets, serviceAccount: sys-secrets/reader}"`
	Namespace      text     `yaml:"namespace,required" crd:"remoteNamespace" example:"sys-secrets"`
	ServiceAccount text     `yaml:"serviceAccount" crd:"auth.serviceAccount,account" example:"sys-secrets/reader"`
	Token          text     `yaml:"token,hidden" crd:"auth.token.bearerToken,key" example:"external-secrets/vps#token"`
	Server         text     `yaml:"server,hidden" crd:"server.url" otherwise:"kubernetes.default" example:"https://vps.example:6443"`
	CA             *caInput `yaml:"ca" crd:"server.caProvider"`
}

type awsInput struct {
	*syntax.Node    `example:"{region: eu-central-1, serviceAccount: external-secrets/aws}"`
	Service         text `yaml:"service" enum:"SecretsManager,ParameterStore" crd:"service" otherwise:"SecretsManager"`
	Region          text `yaml:"region,required" crd:"region" example:"eu-central-1"`
	Role            text `yaml:"role" crd:"role" example:"arn:aws:iam::123456789012:role/secrets"`
	Prefix          text `yaml:"prefix" crd:"prefix" example:"/homelab/"`
	ServiceAccount  text `yaml:"serviceAccount" crd:"auth.jwt.serviceAccountRef,account" example:"external-secrets/aws"`
	AccessKeyID     text `yaml:"accessKeyID,hidden" crd:"auth.secretRef.accessKeyIDSecretRef,key" example:"external-secrets/aws#id"`
	SecretAccessKey text `yaml:"secretAccessKey,hidden" crd:"auth.secretRef.secretAccessKeySecretRef,key" example:"external-secrets/aws#key"`
}

type gcpInput struct {
	*syntax.Node    `example:"{projectID: homelab, key: external-secrets/gcp#key.json}"`
	ProjectID       text `yaml:"projectID,required" crd:"projectID" example:"homelab"`
	Location        text `yaml:"location" crd:"location" example:"europe-west3"` // of regional secrets
	Key             text `yaml:"key,hidden" crd:"auth.secretRef.secretAccessKeySecretRef,key" example:"external-secrets/gcp#key.json"`
	ServiceAccount  text `yaml:"serviceAccount" crd:"auth.workloadIdentity.serviceAccountRef,account" example:"external-secrets/gcp"`
	ClusterName     text `yaml:"clusterName" crd:"auth.workloadIdentity.clusterName" example:"homelab"`
	ClusterLocation text `yaml:"clusterLocation" crd:"auth.workloadIdentity.clusterLocation" example:"europe-west3"`
}

type azureInput struct {
	*syntax.Node   `example:"{vaultUrl: 'https://homelab.vault.azure.net', tenantId: 1a2b, serviceAccount: external-secrets/azure}"`
	VaultURL       text `yaml:"vaultUrl,required,hidden" crd:"vaultUrl,url" example:"https://homelab.vault.azure.net"`
	TenantID       text `yaml:"tenantId" crd:"tenantId" example:"1a2b"`
	ClientID       text `yaml:"clientId,hidden" crd:"authSecretRef.clientId,key" example:"external-secrets/azure#id"`
	ClientSecret   text `yaml:"clientSecret,hidden" crd:"authSecretRef.clientSecret,key" example:"external-secrets/azure#secret"`
	ServiceAccount text `yaml:"serviceAccount" crd:"serviceAccountRef,account" example:"external-secrets/azure"`
	IdentityID     text `yaml:"identityId" crd:"identityId" example:"5e6f"` // of a managed identity
	Environment    text `yaml:"environment" enum:"PublicCloud,USGovernmentCloud,ChinaCloud,GermanCloud" crd:"environmentType" otherwise:"PublicCloud"`
}

type dopplerInput struct {
	*syntax.Node `example:"{token: external-secrets/doppler#token}"`
	Token        text `yaml:"token,required,hidden" crd:"auth.secretRef.dopplerToken,key" example:"external-secrets/doppler#token"`
	Project      text `yaml:"project" crd:"project" example:"homelab"`
	Config       text `yaml:"config" crd:"config" example:"prd"`
}

type akeylessInput struct {
	*syntax.Node    `example:"{accessID: external-secrets/akeyless#id, accessType: external-secrets/akeyless#type, accessTypeParam: external-secrets/akeyless#param}"`
	Gateway         text     `yaml:"gateway,hidden" crd:"akeylessGWApiURL,url" otherwise:"https://api.akeyless.io" example:"https://api.akeyless.io"`
	AccessID        text     `yaml:"accessID,required,hidden" crd:"authSecretRef.secretRef.accessID,key" example:"external-secrets/akeyless#id"`
	AccessType      text     `yaml:"accessType,required,hidden" crd:"authSecretRef.secretRef.accessType,key" example:"external-secrets/akeyless#type"`
	AccessTypeParam text     `yaml:"accessTypeParam,hidden" crd:"authSecretRef.secretRef.accessTypeParam,key" example:"external-secrets/akeyless#param"`
	CA              *caInput `yaml:"ca" crd:"caProvider"`
}

// gitlabInput is the CI variables of a project, or of groups.
type gitlabInput struct {
	*syntax.Node      `example:"{projectID: \"42\", token: external-secrets/gitlab#token}"`
	URL               text   `yaml:"url,hidden" crd:"url,url" otherwise:"https://gitlab.com" example:"https://gitlab.example"`
	Token             text   `yaml:"token,required,hidden" crd:"auth.SecretRef.accessToken,key" example:"external-secrets/gitlab#token"`
	ProjectID         text   `yaml:"projectID" crd:"projectID" example:"\"42\""`
	GroupIDs          []text `yaml:"groupIDs" crd:"groupIDs" example:"[\"7\"]"`
	InheritFromGroups flag   `yaml:"inheritFromGroups" crd:"inheritFromGroups"`
	Environment       text   `yaml:"environment" crd:"environment" example:"production"`
}

// webhookInput is any server that answers with secrets.
type webhookInput struct {
	*syntax.Node `example:"{url: 'http://bitwarden.sys-secrets.svc:8087/object/item/{{ .remoteRef.key }}', jsonPath: '$.data.login.{{ .remoteRef.property }}'}"`
	URL          text             `yaml:"url,required,hidden" crd:"url" example:"'http://bitwarden.sys-secrets.svc:8087/object/item/{{ .remoteRef.key }}'"` // a template
	Method       text             `yaml:"method" enum:"GET,POST,PUT" crd:"method"`
	Headers      syntax.Map[text] `yaml:"headers,hidden" crd:"headers" example:"{Content-Type: application/json}"` // templates
	Body         text             `yaml:"body,hidden" crd:"body" example:"'{}'"`                                   // a template
	JSONPath     text             `yaml:"jsonPath" crd:"result.jsonPath" example:"'$.data.login.{{ .remoteRef.property }}'"`
	Secrets      syntax.Map[text] `yaml:"secrets,hidden" example:"{auth: external-secrets/webhook#token}"` // what templates call .auth.KEY
	Timeout      text             `yaml:"timeout" crd:"timeout" example:"10s"`
	CA           *caInput         `yaml:"ca" crd:"caProvider"`
}

// fakeInput answers with values that stand here: for tests.
type fakeInput struct {
	*syntax.Node `example:"{data: {/greeting: hello}}"`
	Data         syntax.Map[text] `yaml:"data,required,hidden" example:"{/greeting: hello}"`
}
