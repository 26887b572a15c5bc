package kinds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint"
)

var hosts = &diff.Kind{
	Name:    "host",
	Words:   []string{"host-added", "host-removed"},
	Summary: "A host, or a path of one, is served, or is served no longer",
	Find: func(c *diff.Change, found func(diff.Consequence)) {
		for _, a := range changedAddresses(c) {
			switch {
			case a.before == nil && !a.after.public():
				found(diff.Consequence{Word: "host-added", Weight: diff.Plain, Subject: a.text, Objects: a.objects(c),
					Message: fmt.Sprintf("%s is served by %s now, %s, %s", a.text, a.after.by(), a.after.where(), a.after.login)})
			case a.after == nil && !a.before.public():
				found(a.removed(c, "host-removed"))
			case a.before == nil || a.after == nil || a.otherwise():
			case a.before.notItsRoutes:
				found(diff.Consequence{Word: "host-added", Weight: diff.Plain, Subject: a.text, Objects: a.objects(c),
					Message: fmt.Sprintf("%s has a route of its own now, of %s: %s, %s", a.text, a.after.by(), a.after.where(), a.after.login)})
			case a.after.notItsRoutes:
				found(diff.Consequence{Word: "host-removed", Weight: diff.Plain, Subject: a.text, Objects: a.objects(c),
					Message: fmt.Sprintf("%s has no route of its own any more: another one of %s answers, %s, %s", a.text, a.after.by(), a.after.where(), a.after.login)})
			}
		}
		namedHosts(c, found)
	},
}

// removed is an address that nobody serves any more. Without a deliberate change of the list, it is a fault.
func (a *address) removed(c *diff.Change, word string) diff.Consequence {
	out := diff.Consequence{Word: word, Weight: diff.Notice, Subject: a.text, Objects: a.objects(c),
		Message: fmt.Sprintf("%s is served no longer; before, %s served it %s, %s", a.text, a.before.by(), a.before.where(), a.before.login)}
	if lost := a.sides[1].lost(a.text); len(lost) > 0 {
		out.Weight, out.Details = diff.Danger, lost
	}
	return out
}

// otherwise reports whether another kind says what is different.
func (a *address) otherwise() bool {
	return a.before.public() != a.after.public() || a.before.login.differs(a.after.login) || !slices.Equal(a.before.codes, a.after.codes)
}

// hostsAt is where objects that roster follows no request through name the hosts that they are for.
var hostsAt = map[string]func(spec map[string]any) []string{
	"Ingress.networking.k8s.io": func(spec map[string]any) (out []string) {
		rules, _ := spec["rules"].([]any)
		for _, r := range rules {
			if rule, ok := r.(map[string]any); ok {
				out = append(out, textOf(rule["host"]))
			}
		}
		return out
	},
	"HTTPRoute.gateway.networking.k8s.io": func(spec map[string]any) (out []string) {
		hosts, _ := spec["hostnames"].([]any)
		for _, h := range hosts {
			out = append(out, textOf(h))
		}
		return out
	},
	"IngressRouteTCP.traefik.io": func(spec map[string]any) (out []string) {
		routes, _ := spec["routes"].([]any)
		for _, r := range routes {
			if route, ok := r.(map[string]any); ok {
				for part := range strings.SplitSeq(textOf(route["match"]), "HostSNI(`") {
					host, _, closed := strings.Cut(part, "`)")
					if closed {
						out = append(out, host)
					}
				}
			}
		}
		return out
	},
}

func textOf(v any) string {
	text, _ := v.(string)
	return text
}

// isFollowed reports whether roster follows the requests through an object, before or after, be it with doubts.
func isFollowed(c *diff.Change, p *diff.Pair) bool {
	for _, side := range []*lint.Context{c.Before.Context, c.After.Context} {
		if side == nil {
			continue
		}
		if why, followed := side.Routes.Followed(p.ID.Kind, p.ID.Namespace, p.ID.Name); followed || why != "" {
			return true
		}
	}
	return false
}

// namedHosts are those of objects that roster follows no request through.
func namedHosts(c *diff.Change, found func(diff.Consequence)) {
	for _, p := range c.Pairs {
		hosts := hostsAt[p.ID.Kind+"."+p.ID.Group]
		if hosts == nil || isFollowed(c, p) {
			continue
		}
		var both [2][]string
		for i, o := range []*diff.Object{p.Before, p.After} {
			spec, _ := o.Content()["spec"].(map[string]any)
			both[i] = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(hosts(spec)))), func(h string) bool { return h == "" })
		}
		for i, word := range []string{"host-removed", "host-added"} {
			for _, h := range both[i] {
				if slices.Contains(both[1-i], h) {
					continue
				}
				message := fmt.Sprintf("%s names %s now", p.ID, h)
				if i == 0 {
					message = fmt.Sprintf("%s names %s no longer", p.ID, h)
				}
				found(diff.Consequence{Word: word, Weight: diff.Notice, Subject: h + " in " + p.ID.String(), Objects: []diff.ID{p.ID},
					Message: message, Details: []string{"where its requests lead is not followed here"}})
			}
		}
	}
}
