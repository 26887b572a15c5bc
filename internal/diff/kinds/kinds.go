// Package kinds lists the consequences that a change may have, one file for each kind.
//
// A kind looks at what is different and says what that means. It neither prints nor decides what is permitted; see internal/diff.
package kinds

import "github.com/hippotion/roster/internal/diff"

// All are all kinds, those that matter most first within a weight. To add one, add its file, and its function here.
func All() []*diff.Kind {
	return []*diff.Kind{
		deleted, moved, replaced, scale,
		publicHosts, logins, takenHosts, flows,
		privilege, podSecurity, guardrail, refused, secretSource, crd,
		hosts, exposures, resized, wave, syncs, version, image, restart,
	}
}
