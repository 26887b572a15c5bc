package lint

import "slices"

// rules are all rules. To add one, add its file, and the rule here.
var rules = slices.Concat([]*Rule{
	&outsideFromInside,
	&waiverEnded,
	&waiverUnused,
}, networkRules, exposureRules, accessRules, manifestRules)
