package profiles

import (
	"fmt"
	"reflect"
)

// guide knows what people mean by what a profile does not have: a policy as Kubernetes has it.
type guide struct{}

// underName is how a policy stands in a profile.
const underName = `write policies: {allow-nas: {egress: [{toCIDR: [192.168.0.10/32]}]}}`

// Key is the hint for a key that a profile does not have.
func (guide) Key(_ reflect.Type, key string) string {
	switch key {
	case "endpointSelector", "ingress", "egress", "ingressDeny", "egressDeny", "enableDefaultDeny", "specs", "spec":
		return underName + ", with the name of the policy before its rules"
	case "name", "metadata":
		return "remove it: a profile is named after its file"
	case "extend", "profile", "base", "from":
		return "write extends: isolated"
	case "allow", "flows":
		return "flows belong to entries of the list: networkPolicies: {profile: web-app, allow: [{to: {namespace: web-ntfy, ports: [8080]}}]}"
	}
	return ""
}

// Elsewhere has nothing to say: a profile has few keys.
func (guide) Scalar(reflect.Type, string) string { return "" }

func (guide) Elsewhere(reflect.Type, string) string { return "" }

// Example is what a profile may begin with.
func (guide) Example(path []string) string {
	if len(path) == 0 {
		return "extends: web-app"
	}
	return ""
}

// Whole says what a mapping is that is an object of Kubernetes.
func (guide) Whole(_ reflect.Type, scalars map[string]string) (message, hint string) {
	_, versioned := scalars["apiVersion"]
	switch kind := scalars["kind"]; {
	case !versioned || kind == "":
		return "", ""
	case kind == "CiliumNetworkPolicy" || kind == "CiliumClusterwideNetworkPolicy":
		return fmt.Sprintf("this is a %s, and not a profile", kind), underName + ": what is its spec, under its name; without endpointSelector the rules are for all pods of a namespace"
	}
	return "this is an object of Kubernetes, and not a profile", "put it into a folder of the repository, and name that: applications: [{applicationCode: web-whoami, path: deploy/whoami}]; " +
		"a profile has rules of Cilium: " + underName
}
