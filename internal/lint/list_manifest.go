package lint

// manifestRules are the rules about manifests and alerts.
var manifestRules = []*Rule{}
