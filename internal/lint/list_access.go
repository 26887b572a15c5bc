package lint

// accessRules are the rules about secrets, pod security and Argo CD.
var accessRules = []*Rule{}
