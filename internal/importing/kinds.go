package importing

// kind is a kind of object that a list can say.
type kind struct {
	group, kind string
	// take puts what objects of the kind say into the list, those that nobody else keeps.
	take func(*work, []*Object)
	// settle makes both sides of a comparison the same where they mean the same, and tells what was different. It may be nil.
	settle func(read, rendered map[string]any) []string
	// anyName says that roster gives its objects of the kind names of its own: they are found by what they mean.
	anyName func(read, rendered map[string]any) bool
}

// kinds are all of them, in the order in which they are put into the list: what comes later is put into entries of what came before. To add one,
// add its file, and its line here.
var kinds = [...]kind{
	{group: argoproj, kind: "ApplicationSet", take: (*work).applicationSets},
	{group: argoproj, kind: "Application", take: (*work).applications, settle: settleApplication},
	{kind: "Namespace", take: (*work).namespaces, settle: settleNamespace},
	{group: "rbac.authorization.k8s.io", kind: "RoleBinding", take: (*work).roleBindings, anyName: sameAccess},
	{group: "external-secrets.io", kind: "ClusterSecretStore", take: (*work).secretStores, settle: settleStore},
	{group: "external-secrets.io", kind: "ExternalSecret", take: (*work).externalSecrets, settle: settleSecret},
	{group: "traefik.io", kind: "Middleware", take: (*work).middlewares},
	{group: "traefik.io", kind: "IngressRoute", take: (*work).ingressRoutes, settle: settleRoute, anyName: sameRoute},
	{group: "cilium.io", kind: "CiliumNetworkPolicy", take: (*work).policies},
	{kind: "ServiceAccount", take: (*work).serviceAccounts, settle: settleServiceAccount},
	{group: argoproj, kind: "AppProject", take: (*work).projects, settle: settleProject},
	{group: "cilium.io", kind: "CiliumClusterwideNetworkPolicy", take: beyond("a list says what is permitted in namespaces: keep it in a folder that an application deploys")},
	{group: "networking.k8s.io", kind: "NetworkPolicy", take: beyond("keep it in a folder that an application deploys, or say the same in networkPolicies, which become NetworkPolicies when platform.yml has networkPolicy: NetworkPolicy; what several policies permit is added up")},
}

// Kinds are the names of all of them.
func Kinds() []string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.kind)
	}
	return out
}

// kindOf is the kind of an object; nil when a list cannot say it.
func kindOf(id ID) *kind {
	for i := range kinds {
		if k := &kinds[i]; k.group == id.Group && k.kind == id.Kind {
			return k
		}
	}
	return nil
}

// beyond is for kinds that a list has no words for.
func beyond(reason string) func(*work, []*Object) {
	return func(w *work, objects []*Object) {
		for _, o := range objects {
			w.out(o, NotExpressed, reason)
		}
	}
}

// argoproj is the group of Argo CD.
const argoproj = "argoproj.io"
