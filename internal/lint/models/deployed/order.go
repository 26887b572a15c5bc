package deployed

import (
	"github.com/hippotion/roster/catalog"
)

// mostAwaited is of how many applications it is found out what they wait for: each takes time that grows with the platform.
const mostAwaited = 100

// Awaits reports whether an application waits for another one, or may do so.
func (in *Model) Awaits(code, other string) bool {
	a, known := in.awaited(code)
	return !known || a.Applications[other]
}

// AwaitsSecrets reports whether an application waits for Secrets, or may do so.
func (in *Model) AwaitsSecrets(code string) bool {
	a, known := in.awaited(code)
	return !known || a.Secrets
}

// awaited is what an application waits for. It is not known of too many of them.
func (in *Model) awaited(code string) (a catalog.Awaited, known bool) {
	if a, known = in.awaitedBy[code]; known || len(in.awaitedBy) == mostAwaited {
		return a, known
	}
	if in.awaitedBy == nil {
		in.awaitedBy = map[string]catalog.Awaited{}
	}
	in.awaitedBy[code] = in.Order.Awaited(code)
	return in.awaitedBy[code], true
}
