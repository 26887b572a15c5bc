package catalog

import (
	"slices"

	"github.com/hippotion/roster/internal/syntax"
)

// volSyncSettings are how VolSync copies a volume: those of the platform, and what an application has in their place.
type volSyncSettings struct {
	CopyMethod          text        `yaml:"copyMethod" enum:"Snapshot,Clone,Direct"`
	VolumeSnapshotClass text        `yaml:"volumeSnapshotClass" example:"csi-snapshots"`
	StorageClass        text        `yaml:"storageClass" example:"fast"`
	AccessModes         []text      `yaml:"accessModes,one" enum:"ReadWriteOnce,ReadOnlyMany,ReadWriteMany,ReadWriteOncePod"`
	CacheCapacity       syntax.Text `yaml:"cacheCapacity" example:"2Gi"`
	CacheStorageClass   text        `yaml:"cacheStorageClass" example:"local-path"`
	CacheAccessModes    []text      `yaml:"cacheAccessModes,one" enum:"ReadWriteOnce,ReadOnlyMany,ReadWriteMany,ReadWriteOncePod"`
	PruneIntervalDays   number      `yaml:"pruneIntervalDays" example:"14"`
	FSGroupChangePolicy text        `yaml:"fsGroupChangePolicy" enum:"Always,OnRootMismatch"`
}

// VolumeCopy is how VolSync copies a volume. What is empty is what VolSync does by itself.
type VolumeCopy struct {
	Method, SnapshotClass, Class string
	Modes                        []string
	Cache, CacheClass            string // Cache is its capacity
	CacheModes                   []string
	PruneDays                    int
	GroupChange                  string // of the files of a volume: fsGroupChangePolicy
}

// usualPruneDays are VolSync's (internal/controller/mover/restic/mover.go, shouldPrune).
const usualPruneDays = 7

// check reports what is wrong in what is written, by itself.
func (in *volSyncSettings) check() {
	for _, t := range present(in.VolumeSnapshotClass, in.StorageClass, in.CacheStorageClass) {
		subdomain(t)
	}
	if in.CacheCapacity.Node != nil {
		quantityOf(in.CacheCapacity, "storage")
	}
	if n := in.PruneIntervalDays; n.IsSet() && (n.V < 0 || n.V > 10_000) {
		n.Report("bad-number", "", "expected after how many days VolSync removes what no backup needs, found %d", n.V)
	}
}

// written are the places of what is set.
func (in *volSyncSettings) written() []*syntax.Node {
	out := []*syntax.Node{in.CacheCapacity.Node, in.PruneIntervalDays.Node}
	texts := slices.Concat([]text{in.CopyMethod, in.VolumeSnapshotClass, in.StorageClass, in.CacheStorageClass, in.FSGroupChangePolicy}, in.AccessModes, in.CacheAccessModes)
	for _, t := range texts {
		out = append(out, t.Node)
	}
	return slices.DeleteFunc(out, func(n *syntax.Node) bool { return n == nil })
}

// copied is how a volume of the application is copied: as it says itself, and else as the platform does.
func (in *backupInput) copied(usual volSyncSettings) VolumeCopy {
	own := in.volSyncSettings
	out := VolumeCopy{Method: either(own.CopyMethod, usual.CopyMethod).Or("Snapshot"), SnapshotClass: either(own.VolumeSnapshotClass, usual.VolumeSnapshotClass).V,
		Class: either(own.StorageClass, usual.StorageClass).V, Modes: texts(usual.AccessModes), CacheClass: either(own.CacheStorageClass, usual.CacheStorageClass).V,
		CacheModes: texts(usual.CacheAccessModes), PruneDays: own.PruneIntervalDays.Or(usual.PruneIntervalDays.Or(usualPruneDays)),
		GroupChange: either(own.FSGroupChangePolicy, usual.FSGroupChangePolicy).V}
	if own.AccessModes != nil {
		out.Modes = texts(own.AccessModes)
	}
	if own.CacheAccessModes != nil {
		out.CacheModes = texts(own.CacheAccessModes)
	}
	capacity := own.CacheCapacity
	if capacity.Node == nil {
		capacity = usual.CacheCapacity
	}
	if capacity.Node != nil {
		out.Cache, _ = quantityOf(capacity, "storage")
	}
	return out
}

// forVolSync are the places of what an application says of VolSync alone.
func (in *backupInput) forVolSync() []*syntax.Node {
	out := in.volSyncSettings.written()
	if in.Unlock.Node != nil {
		out = append(out, in.Unlock.Node)
	}
	return out
}

// byVolSync is a ReplicationSource for each claim: one restic repository holds one of them, since what is kept is decided for a repository.
func (b *builder) byVolSync(a *Application, in *app) {
	k, bk := b.settings.in.Backup, in.Backup
	claims := present(bk.Claims...)
	if bk.Claims == nil && in.builtin != nil && in.builtin.pods != nil {
		for _, c := range in.builtin.pods.Claims {
			claims = append(claims, text{V: c, Node: bk.Node})
		}
	}
	if len(claims) == 0 {
		if !bk.Flawed("claims") {
			bk.Report("missing-field", "name them: claims: [data]; or write {none: REASON}", "the application has no claim that is known here: which are to be backed up?")
		}
		return
	}
	if bk.Repository.IsSet() && len(claims) > 1 {
		bk.Repository.Report("bad-choice", "give platform.yml a repository, of which each claim gets a part; or write an application for each claim", "several claims cannot have one repository: what is kept is decided for a repository as a whole")
	}
	if !bk.Repository.IsSet() && !k.Repository.IsSet() {
		bk.Report("missing-value", "write repository: SECRET here, or repository: PATH in backup of platform.yml", "nobody says where the repository is")
	}
	optionalSubdomain(bk.Repository)
	bk.volSyncSettings.check()
	if bk.Unlock.IsSet() {
		filled(bk.Unlock, "a text that was not here before")
	}
	seen := map[string]*syntax.Node{}
	for _, c := range claims {
		if first := seen[c.V]; first != nil {
			c.ReportWith(first, "first here", "duplicate-claim", "remove one of them", "the claim %s is listed twice", shown(c.V))
			continue
		}
		if seen[c.V] = c.Node; !subdomain(c) {
			continue
		}
		a.Backups = append(a.Backups, b.backupOf(in, c, a.Origin+"/backup"))
	}
}

// backupOf is the backup of a claim.
func (b *builder) backupOf(in *app, c text, from Origin) Backup {
	s, k, bk := b.settings, b.settings.in.Backup, in.Backup
	out := Backup{Name: c.V, Origin: from, Place: place(c.Node), Claim: c.V, Schedule: s.schedule(bk, in.entry.Namespace.V+"/"+c.V), Retain: s.retained(bk),
		Secret: bk.Repository.Or("backup-" + c.V), User: bk.User.V, Group: bk.Group.Or(bk.User.V), Unlock: bk.Unlock.V, Copy: bk.copied(k.volSyncSettings)}
	if p := in.builtin; p != nil && p.pods != nil && !bk.User.IsSet() {
		out.User, out.Group = p.pods.User, p.pods.Group
	}
	if bk.FSGroupChangePolicy.IsSet() && out.User == 0 {
		bk.FSGroupChangePolicy.Report("no-effect", "write user: 1000, as whom VolSync is to read the volume; or remove it", "it is about the group of that user, and nobody says which user")
	}
	if slices.Equal(out.Copy.Modes, []string{"ReadOnlyMany"}) && len(out.Copy.CacheModes) == 0 { // which VolSync would take the modes of the copy for
		at := k.AccessModes
		if bk.AccessModes != nil {
			at = bk.AccessModes
		}
		at[0].Report("missing-value", "write cacheAccessModes: ReadWriteOnce beside it", "the cache of restic would have this mode as well, and could not be written to")
	}
	if !bk.Repository.IsSet() && k.Repository.IsSet() {
		out.From, out.FromProperty = s.storeOf(nil, b.own).extract(k.Repository)
		out.Store, out.Refresh = s.secretsIn, s.refreshInterval
	}
	return out
}
