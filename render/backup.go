package render

import (
	"strconv"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type replicationSource struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              replicationSpec `json:"spec"`
}

type replicationSpec struct {
	SourcePVC string             `json:"sourcePVC"`
	Trigger   replicationTrigger `json:"trigger"`
	Restic    resticSpec         `json:"restic"`
}

type replicationTrigger struct {
	Schedule string `json:"schedule"`
}

type resticSpec struct {
	Repository    string                `json:"repository"`
	Retain        resticRetain          `json:"retain"`
	PruneInterval int                   `json:"pruneIntervalDays"`
	Unlock        string                `json:"unlock,omitempty"`
	CopyMethod    string                `json:"copyMethod"`
	SnapshotClass string                `json:"volumeSnapshotClassName,omitempty"`
	StorageClass  string                `json:"storageClassName,omitempty"`
	AccessModes   []string              `json:"accessModes,omitempty"`
	Cache         string                `json:"cacheCapacity,omitempty"`
	CacheClass    string                `json:"cacheStorageClassName,omitempty"`
	CacheModes    []string              `json:"cacheAccessModes,omitempty"`
	Labels        map[string]string     `json:"moverPodLabels"`
	Security      *moverSecurityContext `json:"moverSecurityContext,omitempty"`
}

type resticRetain struct {
	Hourly  int    `json:"hourly,omitempty"`
	Daily   int    `json:"daily,omitempty"`
	Weekly  int    `json:"weekly,omitempty"`
	Monthly int    `json:"monthly,omitempty"`
	Yearly  int    `json:"yearly,omitempty"`
	Last    string `json:"last,omitempty"`
	Within  string `json:"within,omitempty"`
}

// moverSecurityContext lets the mover run in a namespace that enforces restricted: VolSync drops all capabilities of its containers itself, and
// says nothing of the user (internal/controller/mover/restic).
type moverSecurityContext struct {
	RunAsNonRoot   bool           `json:"runAsNonRoot"`
	RunAsUser      int            `json:"runAsUser"`
	RunAsGroup     int            `json:"runAsGroup"`
	FSGroup        int            `json:"fsGroup"`
	GroupChange    string         `json:"fsGroupChangePolicy,omitempty"`
	SeccompProfile seccompProfile `json:"seccompProfile"`
}

type seccompProfile struct {
	Type string `json:"type"`
}

// replicationSources are the backups of claims by VolSync.
func replicationSources(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	for i := range n.Applications {
		a := &n.Applications[i]
		for j := range a.Backups {
			b := &a.Backups[j]
			id := identity{Kind: k, Namespace: n.Name, Name: b.Name, Origin: b.Origin, Sync: a.BackupSync}
			out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
				return &replicationSource{TypeMeta: t, ObjectMeta: m, Spec: replicationSpec{SourcePVC: b.Claim, Trigger: replicationTrigger{b.Schedule}, Restic: resticOf(b)}}
			}))
		}
	}
	return out
}

func resticOf(b *catalog.Backup) resticSpec {
	r, c := b.Retain, b.Copy
	out := resticSpec{Repository: b.Secret, PruneInterval: c.PruneDays, Unlock: b.Unlock, CopyMethod: c.Method, SnapshotClass: c.SnapshotClass, StorageClass: c.Class,
		AccessModes: c.Modes, Cache: c.Cache, CacheClass: c.CacheClass, CacheModes: c.CacheModes,
		Labels: map[string]string{catalog.MoverLabel: "true"},
		Retain: resticRetain{Hourly: r.Hourly, Daily: r.Daily, Weekly: r.Weekly, Monthly: r.Monthly, Yearly: r.Yearly, Within: r.Within}}
	if r.Last > 0 {
		out.Retain.Last = strconv.Itoa(r.Last)
	}
	if b.User > 0 {
		out.Security = &moverSecurityContext{true, b.User, b.Group, b.Group, c.GroupChange, seccompProfile{"RuntimeDefault"}}
	}
	return out
}

// repositories are the Secrets with the repository of each claim: what the store has, with a folder for the claim.
func repositories(k kind, n *catalog.Namespace) []object.Object {
	var out []object.Object
	for i := range n.Applications {
		a := &n.Applications[i]
		for j := range a.Backups {
			b := &a.Backups[j]
			if b.From == "" {
				continue
			}
			s := &catalog.Secret{Name: b.Secret, Target: b.Secret, Origin: b.Origin, Store: b.Store, RefreshPolicy: "Periodic", RefreshInterval: b.Refresh,
				CreationPolicy: "Owner", DeletionPolicy: "Retain", From: []catalog.SecretFrom{{Extract: &catalog.SecretData{Path: b.From, Property: b.FromProperty}}},
				Template: &catalog.SecretTemplate{MergePolicy: "Merge", Data: map[string]string{"RESTIC_REPOSITORY": `{{ .RESTIC_REPOSITORY | trimSuffix "/" }}/` + n.Name + "/" + b.Claim}}}
			out = append(out, externalSecretOf(k, n.Name, s, a.SecretsSync))
		}
	}
	return out
}

type veleroSchedule struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              veleroSpec `json:"spec"`
}

type veleroSpec struct {
	Schedule string         `json:"schedule"`
	Template veleroTemplate `json:"template"`
}

type veleroTemplate struct {
	Namespaces []string `json:"includedNamespaces"`
	TTL        string   `json:"ttl,omitempty"`
	Location   string   `json:"storageLocation,omitempty"`
	FileSystem bool     `json:"defaultVolumesToFsBackup,omitempty"`
}

// veleroSchedules are the backups of namespaces by Velero.
func veleroSchedules(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	for i := range n.Applications {
		a := &n.Applications[i]
		v := a.Velero
		if v == nil {
			continue
		}
		id := identity{Kind: k, Namespace: v.Namespace, Name: v.Name, Origin: v.Origin, Sync: a.BackupSync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			spec := veleroSpec{Schedule: v.Schedule, Template: veleroTemplate{Namespaces: []string{n.Name}, Location: v.Location, FileSystem: v.FileSystem}}
			if v.TTL > 0 {
				spec.Template.TTL = v.TTL.String()
			}
			return &veleroSchedule{TypeMeta: t, ObjectMeta: m, Spec: spec}
		}))
	}
	return out
}
