package secrets

import (
	"cmp"

	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// NamespacedNeed is a need of a Secret that may be of another namespace than what needs it.
type NamespacedNeed struct {
	Namespace string
	Need
}

// NeedsOfPolicy are the Secrets that Envoy Gateway reads for a SecurityPolicy (internal/gatewayapi/securitypolicy.go: one that is missing has it answer
// with an error). Their places are from the object on.
func NeedsOfPolicy(o *deployed.Object) []NamespacedNeed {
	if deployed.GroupOf(o) != "gateway.envoyproxy.io" {
		return nil
	}
	var out []NamespacedNeed
	add := func(ref any, key string, at ...string) {
		m, _ := ref.(map[string]any)
		name, _ := m["name"].(string)
		namespace, _ := m["namespace"].(string)
		kind, _ := m["kind"].(string)
		if name != "" && cmp.Or(kind, "Secret") == "Secret" {
			out = append(out, NamespacedNeed{cmp.Or(namespace, o.Namespace), Need{name, key, append([]string{"spec"}, at...)}})
		}
	}
	for _, f := range [...]struct {
		of, field, key string
	}{{"oidc", "clientIDRef", "client-id"}, {"oidc", "clientSecret", "client-secret"}, {"basicAuth", "users", ".htpasswd"}} {
		add(deployed.FieldAt(o, "spec", f.of, f.field), f.key, f.of, f.field)
	}
	refs, _ := deployed.FieldAt(o, "spec", "apiKeyAuth", "credentialRefs").([]any)
	for _, ref := range refs {
		add(ref, "", "apiKeyAuth", "credentialRefs")
	}
	return out
}
