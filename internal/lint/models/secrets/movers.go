package secrets

import (
	"slices"

	"github.com/hippotion/roster/internal/lint/models/deployed"
)

const volSync = "volsync.backube"

// movers are the ways in which VolSync moves data, with the field that names a Secret and the keys that it has to have
// (GetAndValidateSecret in internal/controller/mover of VolSync; kopia is that of a fork).
var movers = [...]struct {
	name, field string
	keys        [2]string
}{
	{"restic", "repository", [2]string{"RESTIC_REPOSITORY", "RESTIC_PASSWORD"}},
	{"kopia", "repository", [2]string{"KOPIA_REPOSITORY", "KOPIA_PASSWORD"}},
	{"rclone", "rcloneConfig", [2]string{"rclone.conf"}},
	{"rsyncTLS", "keySecret", [2]string{"psk.txt"}},
}

// NeedsOfMover are the Secrets that a ReplicationSource or ReplicationDestination of VolSync names, which it reads and does not create. Their
// places are from the object on.
func NeedsOfMover(o *deployed.Object) []Need {
	if !isMover(o) {
		return nil
	}
	var out []Need
	for _, m := range movers {
		name := deployed.StringAt(o, "spec", m.name, m.field)
		if name == "" {
			continue
		}
		for _, key := range m.keys {
			if key != "" {
				out = append(out, Need{name, key, []string{"spec", m.name, m.field}})
			}
		}
	}
	return out
}

// NeedsOfBackup are those of a ReplicationSource with a repository of its own, which roster renders.
func NeedsOfBackup(secret string) []Need {
	return []Need{{Secret: secret, Key: movers[0].keys[0]}, {Secret: secret, Key: movers[0].keys[1]}}
}

func isMover(o *deployed.Object) bool {
	return slices.Contains([]string{"ReplicationSource", "ReplicationDestination"}, o.Kind) && deployed.GroupOf(o) == volSync
}

// moves notes the Secrets that VolSync creates for an object: the keys of rsync, when it names none. Those of repositories are the user's.
func (m *maker) moves(o *deployed.Object) {
	for _, way := range []string{"rsync", "rsyncTLS"} {
		if deployed.FieldAt(o, "spec", way) != nil {
			m.owners["volsync-rsync"] = true
		}
	}
}
