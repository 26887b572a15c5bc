package kinds

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/pods"
	corev1 "k8s.io/api/core/v1"
)

// podRights is what the pods of a workload may do on their node.
type podRights struct {
	level          string   // of Pod Security that admits them
	beyondBaseline []string // what mostly only privileged permits
	more           []string // what else gives rights
	mounted        string   // the account whose token is mounted for certain; empty when it is not known
	unmounts       bool     // whether none is, for certain
	why            string   // why restricted would refuse them
}

func podRightsOf(cluster *diff.Cluster, o *diff.Object, account func(namespace, name string) *diff.Object) *podRights {
	p := podOf(cluster, o)
	if p == nil {
		return nil
	}
	out := &podRights{level: "restricted"}
	model := cluster.Context.Pods
	if r := model.Forbids(p, "restricted", "latest"); len(r) > 0 {
		out.level, out.why = "baseline", pods.Reasons(r)
	}
	if r := model.Forbids(p, "baseline", "latest"); len(r) > 0 {
		out.level, out.why = "privileged", pods.Reasons(r)
	}
	out.addSpec(&p.Spec)
	out.addConfinement(&p.PodTemplateSpec)
	for _, container := range p.Containers() {
		out.addContainer(container)
	}
	out.addToken(p, account)
	for _, list := range []*[]string{&out.beyondBaseline, &out.more} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return out
}

func (r *podRights) addSpec(spec *corev1.PodSpec) {
	for _, field := range []struct {
		name string
		set  bool
	}{{"hostNetwork", spec.HostNetwork}, {"hostPID", spec.HostPID}, {"hostIPC", spec.HostIPC}} {
		if field.set {
			r.beyondBaseline = append(r.beyondBaseline, field.name)
		}
	}
	for _, v := range spec.Volumes {
		if v.HostPath != nil {
			r.beyondBaseline = append(r.beyondBaseline, "hostPath "+diag.Beginning(v.HostPath.Path, 100))
		}
	}
	if s := spec.SecurityContext; s != nil && s.RunAsUser != nil && *s.RunAsUser == 0 {
		r.more = append(r.more, "runAsUser 0")
	}
}

func (r *podRights) addContainer(c corev1.Container) {
	s := c.SecurityContext
	if s == nil {
		return
	}
	if s.Privileged != nil && *s.Privileged {
		r.beyondBaseline = append(r.beyondBaseline, "a privileged container")
	}
	if s.Capabilities != nil {
		for _, capability := range s.Capabilities.Add {
			r.beyondBaseline = append(r.beyondBaseline, "capability "+string(capability))
		}
	}
	if s.ProcMount != nil && *s.ProcMount != corev1.DefaultProcMount {
		r.beyondBaseline = append(r.beyondBaseline, "procMount "+string(*s.ProcMount))
	}
	if s.RunAsUser != nil && *s.RunAsUser == 0 {
		r.more = append(r.more, "runAsUser 0")
	}
	if s.AllowPrivilegeEscalation != nil && *s.AllowPrivilegeEscalation {
		r.more = append(r.more, "allowPrivilegeEscalation")
	}
}

// addToken finds out whether the pods get a token. Where the account is not one of the list, nobody here knows.
func (r *podRights) addToken(p *deployed.Pod, account func(namespace, name string) *diff.Object) {
	name := p.Spec.ServiceAccountName
	if name == "" {
		name = "default"
	}
	mount := p.Spec.AutomountServiceAccountToken
	if projectsToken(&p.Spec) {
		r.mounted = name
		return
	}
	if mount == nil {
		o := account(p.Object.Namespace, name)
		if o == nil {
			return
		}
		value, set := o.Content()["automountServiceAccountToken"].(bool)
		value = value || !set
		mount = &value
	}
	if *mount {
		r.mounted = name
	} else {
		r.unmounts = true
	}
}

func findPodPrivileges(c *diff.Change, found func(diff.Consequence)) {
	account := func(side int) func(string, string) *diff.Object { return accountsOn(c, side) }
	var all []happening
	var unread []string
	for _, p := range workloadPairs(c, "ServiceAccount") {
		before, after := podRightsOf(c.Before, p.Before, account(0)), podRightsOf(c.After, p.After, account(1))
		if before == nil && p.Before != nil || after == nil && p.After != nil {
			unread = append(unread, p.ID.String())
			continue
		}
		for side, h := range []happening{before.beyond(after, p, false), after.beyond(before, p, true)} {
			if h.after != "" {
				h.Word, h.Subject, h.who = privilegeWord(side == 1), "pods of "+p.ID.String(), p.ID.String()
				all = append(all, h)
			}
		}
	}
	if len(unread) > 0 {
		c.Unjudged("the pods of " + fewOf(unread, mostAlike) + " cannot be read")
	}
	happened(all, found)
}

// beyond is what pods may do, and those of the other side may not; without a text when that is nothing.
func (r *podRights) beyond(other *podRights, p *diff.Pair, gained bool) (f happening) {
	if r == nil || other == nil && r.level != "privileged" { // most new pods could do without some right
		return f
	}
	both := other != nil
	if !both {
		other = &podRights{level: "restricted"}
	}
	names := missingIn(r.beyondBaseline, other.beyondBaseline)
	stronger := r.level == "privileged" && (len(names) > 0 || other.level != r.level)
	names = append(names, missingIn(r.more, other.more)...)
	f.Objects = []diff.ID{p.ID}
	if r.mounted != "" && other.unmounts {
		names = append(names, "the token of ServiceAccount "+r.mounted)
		f.Objects = append(f.Objects, diff.ID{Kind: "ServiceAccount", Namespace: p.ID.Namespace, Name: r.mounted})
	}
	less := slices.Index(securityLevels[:], r.level) < slices.Index(securityLevels[:], other.level)
	f.Weight = privilegeWeight(gained, stronger)
	what := cmp.Or(fewOf(names, mostRights), r.why)
	f.before, f.apart = "pods of ", fmt.Sprint(stronger)
	switch {
	case !both && gained:
		f.before, f.after = "new pods of ", " are privileged: "+what
	case !both:
		f.after = ", which were privileged, are gone: " + what
	case len(names) == 0 && !less:
	case len(names) == 0 && gained:
		f.after = fmt.Sprintf(" are %s now, and no longer %s: %s", r.level, other.level, what)
	case len(names) == 0:
		f.after = fmt.Sprintf(" are %s now, and no longer %s; before: %s", other.level, r.level, what)
	case gained:
		f.after = " get " + what
	default:
		f.after = " no longer have " + what
	}
	if less && len(names) > 0 && both {
		from, to := other.level, r.level
		if !gained {
			from, to = to, from
		}
		f.after += fmt.Sprintf(" (Pod Security: %s → %s)", from, to)
	}
	return f
}
