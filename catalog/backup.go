package catalog

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
)

// backupInput is how the volumes of an application are backed up.
type backupInput struct {
	*syntax.Node `example:"{claims: [data], schedule: daily}"`
	Schedule     text         `yaml:"schedule,short" example:"daily" flag:"write when, such as daily; or {none: REASON} for no backup"` // hourly, daily, weekly or monthly, or as cron has it
	Claims       []text       `yaml:"claims,one" example:"[data]"`
	Retain       *retainInput `yaml:"retain"`
	Repository   text         `yaml:"repository" example:"data-restic"` // the Secret with the repository of restic, in place of what the platform has
	User         number       `yaml:"user" example:"1000"`              // that reads the volume
	Group        number       `yaml:"group" example:"1000"`
	Unlock       text         `yaml:"unlock" example:"\"1\""` // each new text has stale locks removed from the repository, once
	volSyncSettings
	None text `yaml:"none" example:"a cache"` // why there is no backup
}

// retainInput is what is kept of backups.
type retainInput struct {
	*syntax.Node `example:"{daily: 7, weekly: 4}"`
	Hourly       number `yaml:"hourly" example:"24"`
	Daily        number `yaml:"daily" example:"7"`
	Weekly       number `yaml:"weekly" example:"4"`
	Monthly      number `yaml:"monthly" example:"6"`
	Yearly       number `yaml:"yearly" example:"1"`
	Last         number `yaml:"last" example:"3"`
	Within       text   `yaml:"within" example:"30d"` // everything that is not older
}

// backupConfigInput is what makes backups.
type backupConfigInput struct {
	*syntax.Node `example:"{kind: volsync, repository: backups/restic}"`
	Kind         text         `yaml:"kind,short,required" enum:"volsync,velero"`
	Schedule     text         `yaml:"schedule" example:"daily"` // of those that name none; default daily
	Retain       *retainInput `yaml:"retain"`
	Repository   text         `yaml:"repository,hidden" example:"backups/restic"` // where the store has the repository and its password
	To           *peerInput   `yaml:"to"`
	volSyncSettings
	Namespace       text `yaml:"namespace" example:"velero"` // of Velero
	StorageLocation text `yaml:"storageLocation" example:"default"`
	FileSystem      flag `yaml:"fileSystem"` // whether Velero copies files, for volumes without snapshots
}

// The programs that make backups.
const (
	volSync = "volsync"
	velero  = "velero"
)

// veleroIn is the namespace of Velero, when it makes the backups; else empty.
func (in *backupConfigInput) veleroIn() string {
	if in == nil || in.Kind.V != velero {
		return ""
	}
	return in.Namespace.Or("velero")
}

// Retain is what is kept of backups; zero for what is not said.
type Retain struct {
	Hourly, Daily, Weekly, Monthly, Yearly, Last int
	Within                                       string
}

// Backup is a ReplicationSource of VolSync for a claim.
type Backup struct {
	Name     string
	Origin   Origin
	Place    Place
	Claim    string
	Schedule string
	Retain   Retain
	// Secret has the repository. From is where the store has it, when roster renders that Secret; else it is empty.
	Secret, From string
	FromProperty string // and in which property there, for stores that have them
	Store        StoreRef
	Refresh      time.Duration
	User, Group  int // that reads the volume; 0 when nobody says it
	Unlock       string
	Copy         VolumeCopy
}

// VeleroSchedule backs up the namespace of an application.
type VeleroSchedule struct {
	Name, Namespace string // of the Schedule
	Origin          Origin
	Schedule        string
	TTL             time.Duration // 0 for Velero's
	Location        string
	FileSystem      bool
}

// MoverLabel is on the pods that read a volume and write to the repository.
const MoverLabel = "roster.hippotion.github.io/backup"

// backups are those of an application.
func (b *builder) backups(a *Application, in *app) {
	s, k := b.settings, b.settings.in.Backup
	bk := in.Backup
	if bk == nil || bk.Node == nil {
		return
	}
	switch {
	case bk.Schedule.V == "none":
		bk.Schedule.Report("missing-value", "write backup: {none: REASON}", "no backup needs a reason")
		return
	case bk.None.IsSet():
		if filled(bk.None, "why there is no backup") {
			a.NoBackup = bk.None.V
		}
		if bk.Schedule.IsSet() || bk.Claims != nil || bk.Retain != nil || bk.Repository.IsSet() || len(bk.forVolSync()) > 0 {
			bk.None.Report("bad-choice", "remove none, or all the others", "expected a backup or none, found both")
		}
		return
	case k == nil:
		if !s.flawed("backup") {
			bk.Report("missing-value", "write backup: volsync, or backup: velero, in platform.yml", "nothing makes backups: platform.yml has no backup")
		}
		return
	case k.Node == nil || !k.Kind.IsSet():
		return
	}
	if k.Kind.V == velero {
		b.byVelero(a, in)
		return
	}
	b.byVolSync(a, in)
}

// byVelero is a Schedule for the namespace: Velero cannot be told which claims.
func (b *builder) byVelero(a *Application, in *app) {
	k, bk := b.settings.in.Backup, in.Backup
	for _, c := range present(append(slices.Clone(bk.Claims), bk.Repository)...) {
		c.Report("no-effect", "remove it", "Velero backs up a namespace as a whole, to its own storage location")
	}
	for _, at := range bk.forVolSync() {
		at.Report("no-effect", "remove it", "this is for VolSync, and Velero makes the backups")
	}
	for _, n := range []number{bk.User, bk.Group} {
		if n.IsSet() {
			n.Report("no-effect", "remove it", "Velero reads volumes with its own rights")
		}
	}
	if first := b.scheduled[in.entry]; first != nil {
		bk.ReportWith(first, "first here", "duplicate-backup", "remove one of them", "Velero backs up a namespace as a whole: one backup is enough")
		return
	}
	b.scheduled[in.entry] = bk.Node
	retain := bk.Retain
	if retain == nil {
		retain = k.Retain
	}
	v := &VeleroSchedule{Name: in.entry.Namespace.V, Namespace: k.veleroIn(), Origin: a.Origin + "/backup", Schedule: b.settings.schedule(bk, in.entry.Namespace.V),
		Location: k.StorageLocation.V, FileSystem: k.FileSystem.Or(false)}
	if retain != nil && retain.Node != nil {
		v.TTL = retain.ttl()
	}
	a.Velero = v
}

var withinShape = lazy.Regexp(`^([0-9]{1,4}y)?([0-9]{1,4}m)?([0-9]{1,4}d)?([0-9]{1,4}h)?$`)

// ttl is how long Velero keeps backups: it counts time, not backups.
func (in *retainInput) ttl() time.Duration {
	for _, n := range []number{in.Hourly, in.Daily, in.Weekly, in.Monthly, in.Yearly, in.Last} {
		if n.IsSet() {
			n.Report("no-effect", "write within: 30d", "Velero keeps backups for a time, and does not count them")
		}
	}
	if !in.Within.IsSet() {
		return 0
	}
	found := withinShape().FindStringSubmatch(in.Within.V)
	if found == nil || in.Within.V == "" || found[1] != "" || found[2] != "" {
		in.Within.Report("bad-duration", "write days and hours, such as 30d", "expected how long Velero keeps a backup, found %s", shown(in.Within.V))
		return 0
	}
	days, _ := strconv.Atoi(strings.TrimSuffix(found[3], "d"))
	hours, _ := strconv.Atoi(strings.TrimSuffix(found[4], "h"))
	return time.Duration(24*days+hours) * time.Hour
}

// retained is what is kept of an application's backups: its own, the platform's, or a week and a month.
func (s *settings) retained(bk *backupInput) Retain {
	in := bk.Retain
	if in == nil {
		in = s.in.Backup.Retain
	}
	if in == nil || in.Node == nil {
		return Retain{Daily: 7, Weekly: 4}
	}
	out := Retain{in.Hourly.V, in.Daily.V, in.Weekly.V, in.Monthly.V, in.Yearly.V, in.Last.V, in.Within.V}
	for _, n := range []number{in.Hourly, in.Daily, in.Weekly, in.Monthly, in.Yearly, in.Last} {
		if n.IsSet() && (n.V < 1 || n.V > 100_000) {
			n.Report("bad-number", "", "expected how many backups are kept, found %d", n.V)
		}
	}
	if w := in.Within; w.IsSet() && (w.V == "" || !withinShape().MatchString(w.V)) {
		w.Report("bad-duration", "", "expected a time such as 30d or 1y6m, found %s", shown(w.V))
	}
	if out == (Retain{}) && !in.Flawed() {
		in.Report("missing-field", "write some of them, such as {daily: 7, weekly: 4}", "nothing would be kept but the last backup")
	}
	return out
}

// cronField is what every reader of a schedule understands: VolSync's CRD has it as a pattern, without names and combined ranges.
var cronField = lazy.Regexp(`^(\*(/\d+)?|\d+(,\d+)*|\d+[-/]\d+)$`)

// schedule is when an application's backups are made: as it is written, or at a minute that follows from the name, so that not all begin at once.
func (s *settings) schedule(bk *backupInput, name string) string {
	t := bk.Schedule
	if !t.IsSet() {
		t = s.in.Backup.Schedule
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // it cannot fail
	n := int(h.Sum32() >> 1)
	minute, hour := strconv.Itoa(n%60), strconv.Itoa(1+n/60%5) // from 1:00 to 5:59
	switch t.Or("daily") {
	case "hourly":
		return minute + " * * * *"
	case "daily":
		return minute + " " + hour + " * * *"
	case "weekly":
		return minute + " " + hour + " * * " + strconv.Itoa(n/300%7)
	case "monthly":
		return minute + " " + hour + " " + strconv.Itoa(1+n/300%28) + " * *"
	}
	if !isCron(t.V) {
		t.Report("bad-schedule", "write hourly, daily, weekly or monthly, which are spread over the night; or minute, hour, day, month and day of the week, such as \"0 3 * * *\"",
			"expected a schedule, found %s", shown(t.V))
	}
	return strings.Join(strings.Fields(t.V), " ")
}

func isCron(s string) bool {
	fields := strings.Fields(s)
	if len(fields) != 5 || len(s) > 200 {
		return false
	}
	for i, f := range fields {
		low, high := [...]int{0, 0, 1, 1, 0}[i], [...]int{59, 23, 31, 12, 6}[i]
		if !cronField().MatchString(f) {
			return false
		}
		step := strings.Contains(f, "/")
		numbers := strings.FieldsFunc(f, func(r rune) bool { return r < '0' || r > '9' })
		for j, number := range numbers {
			n, err := strconv.Atoi(number)
			isStep := step && j == len(numbers)-1
			if err != nil || n > high || n < low && !isStep || isStep && n < 1 {
				return false
			}
		}
		if first, last, isRange := strings.Cut(f, "-"); isRange {
			a, _ := strconv.Atoi(first)
			b, _ := strconv.Atoi(last)
			if a > b {
				return false
			}
		}
	}
	return true
}

// backupSettings checks what platform.yml says of backups.
func (s *settings) backupSettings() {
	in := s.in.Backup
	if in == nil || in.Node == nil || !in.Kind.IsSet() {
		return
	}
	optionalLabel(in.Namespace)
	optionalSubdomain(in.StorageLocation)
	in.volSyncSettings.check()
	foreign, of := []*syntax.Node{in.Namespace.Node, in.StorageLocation.Node, in.FileSystem.Node}, "Velero"
	if in.Kind.V == velero {
		of = "VolSync"
		foreign = append(in.volSyncSettings.written(), in.Repository.Node)
		if in.To != nil {
			foreign = append(foreign, in.To.Node)
		}
	}
	for _, at := range foreign {
		if at != nil {
			at.Report("no-effect", "remove it", "this is for %s, and kind is %s", of, in.Kind.V)
		}
	}
	if none := (&backupInput{}); in.Schedule.IsSet() {
		s.schedule(none, "")
	}
	if in.Kind.V == volSync {
		s.retained(&backupInput{})
	}
}

// permitBackups permits that the pods which read volumes reach the repository.
func (s *settings) permitBackups(entries []*entry) []permission {
	in := s.in.Backup
	if in == nil || in.Kind.V != volSync || in.To == nil || in.To.Node == nil {
		return nil
	}
	var out []permission
	for _, e := range entries {
		if e.NetworkPolicies == nil || !e.Namespace.IsSet() || !slices.ContainsFunc(e.apps, func(a *app) bool { return a.Backup != nil && a.Backup.Node != nil && !a.Backup.None.IsSet() }) {
			continue
		}
		w := written{in.To.Node}
		out = append(out, permission{e, flowInput{Node: in.To.Node, To: in.To, PodLabels: w.labels(map[string]string{MoverLabel: "true"})}, BackedUp, origin(e.Namespace.V, "backup")})
	}
	return out
}

// distinctBackups reports claims of one namespace that two applications back up.
func distinctBackups(n *Namespace, e *entry) {
	first := map[string]bool{}
	for i := range n.Applications {
		for _, k := range n.Applications[i].Backups {
			if first[k.Claim] {
				e.Report("duplicate-backup", "remove it from one of them", "two applications of %s back up the claim %s", n.Name, k.Claim)
			}
			first[k.Claim] = true
		}
	}
}
