package kinds

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/diff"
	"k8s.io/pod-security-admission/api"
)

var podSecurity = &diff.Kind{
	Name:    "pod-security",
	Words:   []string{"pod-security-lowered", "pod-security-raised"},
	Summary: "A namespace enforces another level of Pod Security",
	Find:    findPodSecurity,
}

// securityLevels are the levels, the most permissive first.
var securityLevels = [...]string{"privileged", "baseline", "restricted"}

// securityLevel is what one mode of Pod Security is set to in a namespace.
type securityLevel struct {
	level, version string
	unset          bool
}

// strictness orders levels.
func (l securityLevel) strictness() int { return slices.Index(securityLevels[:], l.level) }

func (l securityLevel) String() string {
	if l.unset {
		return "no level"
	}
	return l.level
}

// securityLevelOf is the level of a mode that the labels of a Namespace set, as the API server reads it: what it does not understand, it enforces
// as restricted, and else ignores (k8s.io/pod-security-admission, api.PolicyToEvaluate).
func securityLevelOf(namespace *diff.Object, mode string) securityLevel {
	metadata, _ := namespace.Content()["metadata"].(map[string]any)
	labels, _ := metadata["labels"].(map[string]any)
	text := func(label string) string { v, _ := labels["pod-security.kubernetes.io/"+label].(string); return v }
	out := securityLevel{level: text(mode), version: cmp.Or(text(mode+"-version"), "latest")}
	switch {
	case out.level == "":
		out.level, out.unset = "privileged", true
	case out.strictness() < 0 && mode == "enforce":
		out.level = "restricted"
	case out.strictness() < 0:
		out.level = "privileged"
	}
	return out
}

func findPodSecurity(c *diff.Change, found func(diff.Consequence)) {
	var all []happening
	for _, p := range c.Of("Namespace") {
		if p = beside(c, p); p.ID.Group != "" || p.Before == nil || p.After == nil {
			continue
		}
		h := enforced(securityLevelOf(p.Before, "enforce"), securityLevelOf(p.After, "enforce"))
		unknown := [2][]string{unfitted(c.Before, p.ID.Name), unfitted(c.After, p.ID.Name)}
		h.apart = fmt.Sprint(unknown) // so that the opposite direction, which has no such details, joins the same ones
		if h.Word == "pod-security-raised" {
			h.Details = append(h.Details, unknown[1]...)
		}
		lines, less := announced(p)
		h.Details = append(h.Details, lines...)
		if h.Word == "" && len(lines) > 0 {
			h.Word, h.Weight, h.after = "pod-security-raised", diff.Plain, " warns of, or records, other pods than before"
			if less {
				h.Word = "pod-security-lowered"
			}
		}
		if h.Word != "" {
			h.before, h.who, h.Subject, h.Objects = "namespace ", p.ID.Name, p.ID.String(), []diff.ID{p.ID}
			all = append(all, h)
		}
	}
	happened(all, found)
}

// beside is a pair of which one side is missing with the object of the same name that something else deploys: the labels of both count.
func beside(c *diff.Change, p *diff.Pair) *diff.Pair {
	if p.Before != nil && p.After != nil {
		return p
	}
	before, after := c.Object(p.ID)
	return &diff.Pair{ID: p.ID, Before: cmp.Or(p.Before, before), After: cmp.Or(p.After, after)}
}

// unfitted are the applications of a namespace whose pods nobody knows.
func unfitted(cluster *diff.Cluster, namespace string) (out []string) {
	for _, a := range cluster.Applications {
		if a.Unknown != "" && a.Entry != nil && a.Entry.Name == namespace {
			out = append(out, fmt.Sprintf("whether the pods of %s are still admitted is not known: %s", a.Code, a.Unknown))
		}
	}
	return out
}

// enforced says how what a namespace enforces differs; without a word when it does not.
func enforced(before, after securityLevel) (h happening) {
	older := olderVersion(before.version, after.version)
	switch {
	case after.strictness() < before.strictness():
		h.Word, h.Weight = "pod-security-lowered", diff.Danger
		h.after = fmt.Sprintf(" enforces %s now, and no longer %s", after, before)
		if after.unset {
			h.Details = []string{"without the label, the configuration of the API server decides: privileged, unless somebody has changed it"}
		}
	case after.strictness() > before.strictness():
		h.Word, h.Weight = "pod-security-raised", diff.Plain
		h.after = fmt.Sprintf(" enforces %s now, instead of %s", after, before)
	case before.level == "privileged": // no version of it forbids anything
	case older > 0:
		h.Word, h.Weight = "pod-security-lowered", diff.Notice
		h.after = fmt.Sprintf(" enforces %s as of %s now, and no longer as of %s", after, after.version, before.version)
	case older < 0:
		h.Word, h.Weight = "pod-security-raised", diff.Plain
		h.after = fmt.Sprintf(" enforces %s as of %s now, instead of %s", after, after.version, before.version)
	}
	return h
}

// olderVersion is positive when the second of two versions of Pod Security is the older one, and negative when it is the newer one.
func olderVersion(before, after string) int {
	b, err := api.ParseVersion(before)
	a, otherErr := api.ParseVersion(after)
	switch {
	case err != nil || otherErr != nil || a == b:
		return 0
	case a.Older(b):
		return 1
	}
	return -1
}

// announced says how the modes differ that refuse nothing, and whether the first of them that does says less.
func announced(p *diff.Pair) (lines []string, less bool) {
	for _, mode := range [...]string{"warn", "audit"} {
		before, after := securityLevelOf(p.Before, mode), securityLevelOf(p.After, mode)
		if before.level == after.level {
			continue
		}
		way := "more"
		if after.strictness() < before.strictness() {
			way, less = "less", less || len(lines) == 0
		}
		lines = append(lines, fmt.Sprintf("%s: %s → %s, which says %s and refuses nothing", mode, before.level, after.level, way))
	}
	return lines, less
}
