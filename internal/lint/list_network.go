package lint

// networkRules are the rules about flows and policies.
var networkRules = []*Rule{}
