package lint

// exposureRules are the rules about routes.
var exposureRules = []*Rule{}
