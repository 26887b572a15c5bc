package kinds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
)

var crd = &diff.Kind{
	Name:    "crd",
	Words:   []string{"crd"},
	Summary: "A custom kind has other versions, or another schema",
	Find:    findCRDs,
}

// crdVersion is one version of a custom kind.
type crdVersion struct {
	served, storage bool
	schema          map[string]any
}

// crdVersions are the versions of a definition, by name.
func crdVersions(o *diff.Object) map[string]crdVersion {
	out := map[string]crdVersion{}
	for _, v := range elementsAt(o.Content(), "spec", "versions") {
		served, _ := fieldAt(v, "served").(bool)
		storage, _ := fieldAt(v, "storage").(bool)
		schema, _ := fieldAt(v, "schema", "openAPIV3Schema").(map[string]any)
		out[nameAt(v, "name")] = crdVersion{served, storage, schema}
	}
	return out
}

// crdLine is something that is different in a definition.
type crdLine struct {
	weight diff.Weight
	text   string
	more   []string
}

// crdChange is a definition on both sides.
type crdChange struct {
	*diff.Change
	group, kind   string
	before, after map[string]crdVersion
	users         map[string][]*diff.Object // the objects of the list after the change, by version
}

func findCRDs(c *diff.Change, found func(diff.Consequence)) {
	pairs := slices.DeleteFunc(c.Of("CustomResourceDefinition.apiextensions.k8s.io"), func(p *diff.Pair) bool { return p.Before == nil || p.After == nil })
	if len(pairs) == 0 {
		return
	}
	users := map[string][]*diff.Object{}
	for _, o := range c.After.Objects {
		if o.ID.Group != "" {
			users[o.APIVersion+" "+o.Kind] = append(users[o.APIVersion+" "+o.Kind], o)
		}
	}
	for _, p := range pairs {
		d := crdChange{Change: c, group: nameAt(p.After.Content(), "spec", "group"), kind: nameAt(p.After.Content(), "spec", "names", "kind"), before: crdVersions(p.Before), after: crdVersions(p.After), users: users}
		lines := slices.Concat(d.versions(), d.schemas(), conversions(p))
		if len(lines) == 0 {
			continue
		}
		slices.SortStableFunc(lines, func(a, b crdLine) int {
			return slices.Index(diff.Weights(), a.weight) - slices.Index(diff.Weights(), b.weight)
		})
		f := diff.Consequence{Word: "crd", Weight: lines[0].weight, Subject: p.ID.String(), Objects: []diff.ID{p.ID}}
		f.Message = fmt.Sprintf("CustomResourceDefinition %s %s", p.ID.Name, lines[0].text)
		f.Details = slices.Clone(lines[0].more)
		for _, l := range lines[1:] {
			f.Details = append(append(f.Details, "it also "+l.text), l.more...)
		}
		f.Details = firstLines(f.Details, mostCRDLines)
		found(f)
	}
}

const mostCRDLines = 15 // of one definition

func (d *crdChange) using(version string) []*diff.Object {
	return d.users[d.group+"/"+version+" "+d.kind]
}

// versions are the versions that come and go.
func (d *crdChange) versions() []crdLine {
	var out []crdLine
	for _, name := range sortedKeys(d.before) {
		was, now := d.before[name], d.after[name]
		_, there := d.after[name]
		switch users := d.using(name); {
		case was.served && !now.served && len(users) > 0:
			out = append(out, crdLine{diff.Danger, fmt.Sprintf("no longer serves %s, in which the list has %s", name, objectsText(users)), nil})
		case was.served && !now.served:
			out = append(out, crdLine{diff.Notice, "no longer serves " + name, nil})
		}
		switch {
		case was.storage && !there:
			out = append(out, crdLine{diff.Danger, "no longer has " + name + ", in which objects are stored", []string{"the API server refuses that as long as the status of the definition names the version among those stored"}})
		case was.storage && !now.storage:
			out = append(out, crdLine{diff.Plain, "no longer stores objects as " + name, nil})
		case !there && !was.served:
			out = append(out, crdLine{diff.Plain, "no longer has " + name + ", which was not served", nil})
		}
	}
	for _, name := range sortedKeys(d.after) {
		was, now := d.before[name], d.after[name]
		_, there := d.before[name]
		if now.served && !was.served {
			out = append(out, crdLine{diff.Plain, "serves " + name + " now", nil})
		}
		if now.storage && !was.storage {
			out = append(out, crdLine{diff.Plain, "stores objects as " + name + " now", nil})
		}
		if !there && !now.served && !now.storage {
			out = append(out, crdLine{diff.Plain, "has " + name + " now, which is not served", nil})
		}
	}
	return out
}

// objectsText names the first of some objects.
func objectsText(all []*diff.Object) string {
	if len(all) == 1 {
		return all[0].ID.String()
	}
	return fmt.Sprintf("%s and %s more", all[0].ID, diag.Thousands(len(all)-1))
}

// schemas are how the schemas differ of versions that are on both sides, and what that means for the objects of the list.
func (d *crdChange) schemas() []crdLine {
	var out []crdLine
	for _, name := range sortedKeys(d.after) {
		was, there := d.before[name]
		now := d.after[name]
		if !there || sameSchema(was.schema, now.schema) {
			continue
		}
		if l := d.refusedBy(name, was.schema, now.schema); l != nil {
			out = append(out, *l)
		}
		before, after := schemaFields(was.schema), schemaFields(now.schema)
		gone, come := outermost(missingIn(before, after)), outermost(missingIn(after, before))
		if len(gone) > 0 {
			out = append(out, crdLine{diff.Notice, fmt.Sprintf("no longer has %s in %s", fewOf(gone, 5), name), nil})
		}
		if len(come) > 0 {
			out = append(out, crdLine{diff.Plain, fmt.Sprintf("has %s in %s now", fewOf(come, 5), name), nil})
		}
		if len(gone)+len(come) == 0 {
			out = append(out, crdLine{diff.Plain, "has other rules for the fields of " + name, nil})
		}
	}
	return out
}

// conversions says when objects are converted between versions by a program.
func conversions(p *diff.Pair) []crdLine {
	before, after := converter(p.Before), converter(p.After)
	switch {
	case before == after:
		return nil
	case after == "":
		return []crdLine{{diff.Notice, "no longer has its objects converted by " + before, nil}}
	case before == "":
		return []crdLine{{diff.Notice, "has its objects converted by " + after + " now", []string{"no object of the kind can be read in another version than the stored one while that does not answer"}}}
	}
	return []crdLine{{diff.Notice, "has its objects converted by " + after + " now, and no longer by " + before, nil}}
}

// converter is the webhook that converts objects; empty when there is none.
func converter(o *diff.Object) string {
	conversion := fieldAt(o.Content(), "spec", "conversion")
	if nameAt(conversion, "strategy") != "Webhook" {
		return ""
	}
	config := fieldAt(conversion, "webhook", "clientConfig")
	if service := nameAt(config, "service", "name"); service != "" {
		return "the Service " + nameAt(config, "service", "namespace") + "/" + service
	}
	return "the webhook " + shownURL(nameAt(config, "url"))
}

// outermost are the fields that are below none of the others. They are in order.
func outermost(fields []string) []string {
	var out []string
	for _, f := range fields {
		if len(out) == 0 || !strings.HasPrefix(f, out[len(out)-1]+".") && !strings.HasPrefix(f, out[len(out)-1]+"[") {
			out = append(out, f)
		}
	}
	return out
}
