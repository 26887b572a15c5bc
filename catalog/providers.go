package catalog

import (
	"maps"
	"reflect"
	"slices"

	"github.com/hippotion/roster/internal/syntax"
)

// finish adds to a block what the tags of the keys cannot say, and reports keys that do not go together.
func (b *providerBlock) finish(in any) {
	switch in := in.(type) {
	case *vaultInput:
		b.vault(in)
	case *onePasswordInput:
		vaults := map[string]any{} // a number each: the order in which an item is looked for
		for i, name := range texts(in.Vaults) {
			vaults[name] = i + 1
		}
		b.block["vaults"] = vaults
		if len(in.Vaults) == 0 && !in.Flawed("vaults") {
			b.at.Report("missing-field", b.at.Example("vaults"), `missing "vaults"`)
		}
	case *infisicalInput:
		b.one(false, loginKey{"clientId", in.ClientID.Node}, loginKey{"identityId", in.IdentityID.Node})
		b.together(loginKey{"clientId", in.ClientID.Node}, loginKey{"clientSecret", in.ClientSecret.Node})
	case *kubernetesStore:
		b.kubernetes(in)
	case *awsInput: // without a login, it is that of External Secrets' own pods
		b.one(true, loginKey{"serviceAccount", in.ServiceAccount.Node}, loginKey{"accessKeyID", in.AccessKeyID.Node})
		b.together(loginKey{"accessKeyID", in.AccessKeyID.Node}, loginKey{"secretAccessKey", in.SecretAccessKey.Node})
	case *gcpInput:
		b.one(true, loginKey{"key", in.Key.Node}, loginKey{"serviceAccount", in.ServiceAccount.Node})
		b.together(loginKey{"serviceAccount", in.ServiceAccount.Node}, loginKey{"clusterName", in.ClusterName.Node}, loginKey{"clusterLocation", in.ClusterLocation.Node})
	case *azureInput:
		b.azure(in)
	case *gitlabInput:
		if !in.ProjectID.IsSet() && len(in.GroupIDs) == 0 && !in.Flawed("projectID", "groupIDs") {
			b.at.Report("missing-field", b.at.Example("projectID"), "expected projectID or groupIDs: there is nothing to read from")
		}
	case *webhookInput:
		b.webhook(in)
	case *fakeInput:
		b.fake(in)
	}
}

func (b *providerBlock) vault(in *vaultInput) {
	b.one(false, loginKey{"role", in.Role.Node}, loginKey{"token", in.Token.Node}, loginKey{"appRole", nodeOf(in.AppRole != nil, func() *syntax.Node { return in.AppRole.Node })})
	if in.AppRole != nil {
		b.read(reflect.ValueOf(*in.AppRole))
	}
	if in.Token.IsSet() || in.AppRole != nil {
		for _, other := range []loginKey{{"mountPath", in.MountPath.Node}, {"serviceAccount", in.ServiceAccount.Node}} {
			if other.at != nil {
				other.at.Report("no-effect", "remove it, or write role in the place of the other login", "%s is of the login with role, which this store does not have", other.key)
			}
		}
		return
	}
	put(b.block, in.MountPath.Or("kubernetes"), "auth", "kubernetes", "mountPath")
	account := Account{in.ServiceAccount.Namespace.Or("external-secrets"), in.ServiceAccount.Name.Or("external-secrets")}
	ref := map[string]any{"name": account.Name}
	if b.own {
		if ns := in.ServiceAccount.Namespace; ns.IsSet() {
			ns.Report("bad-secret-reference", "remove it", "a SecretStore refers to what is in its own namespace: expected an account without a namespace, found one with it")
		}
		account.Namespace = b.store.Namespace
	} else { // without it, the account would be looked up in each consumer's own namespace
		ref["namespace"] = account.Namespace
	}
	b.store.Accounts = append(b.store.Accounts, account)
	put(b.block, ref, "auth", "kubernetes", "serviceAccountRef")
	filled(in.Role, "the name of a role of Vault")
	filled(in.Path, "the path of the KV engine")
	filled(in.MountPath, "the path of the Kubernetes auth method")
	optionalSubdomain(in.ServiceAccount.Name)
	optionalLabel(in.ServiceAccount.Namespace)
}

// nodeOf is a place, when there is something at it.
func nodeOf(set bool, at func() *syntax.Node) *syntax.Node {
	if set {
		return at()
	}
	return nil
}

// kubernetes has the API server of this cluster be known by the certificate that each namespace has.
func (b *providerBlock) kubernetes(in *kubernetesStore) {
	optionalLabel(in.Namespace)
	b.one(false, loginKey{"serviceAccount", in.ServiceAccount.Node}, loginKey{"token", in.Token.Node})
	switch {
	case in.CA != nil:
	case in.Server.IsSet():
		b.at.Report("missing-field", b.at.Example("ca"), "missing %q: External Secrets does not trust another API server without it", "ca")
	default:
		ca := map[string]any{"type": "ConfigMap", "name": "kube-root-ca.crt", "key": "ca.crt"}
		if !b.own {
			ca["namespace"] = in.Namespace.V
		}
		put(b.block, ca, "server", "caProvider")
	}
}

func (b *providerBlock) azure(in *azureInput) {
	b.one(false, loginKey{"clientId", in.ClientID.Node}, loginKey{"serviceAccount", in.ServiceAccount.Node}, loginKey{"identityId", in.IdentityID.Node})
	b.together(loginKey{"clientId", in.ClientID.Node}, loginKey{"clientSecret", in.ClientSecret.Node}, loginKey{"tenantId", in.TenantID.Node})
	b.block["authType"] = "ServicePrincipal"
	if in.ServiceAccount.IsSet() {
		b.block["authType"] = "WorkloadIdentity"
	} else if in.IdentityID.IsSet() {
		b.block["authType"] = "ManagedIdentity"
	}
}

func (b *providerBlock) webhook(in *webhookInput) {
	delete(b.block, "url") // it is a template
	put(b.block, in.URL.V, "url")
	if b.block["result"] == nil { // External Secrets before 0.20.2 requires it
		b.block["result"] = map[string]any{}
	}
	durationOf(in.Timeout, 0)
	var secrets []any
	for _, item := range in.Secrets.Items {
		if ref := b.secretKey(item.Value); item.Value.IsSet() && ref != nil {
			secrets = append(secrets, map[string]any{"name": item.Key, "secretRef": ref})
		}
	}
	if len(secrets) > 0 {
		b.block["secrets"] = secrets
	}
}

func (b *providerBlock) fake(in *fakeInput) {
	values := textsOf(in.Data)
	list := []any{}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		list = append(list, map[string]any{"key": key, "value": values[key]})
	}
	b.block["data"] = list
}
