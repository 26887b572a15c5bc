package kinds

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
)

// renamedObject is an object that has the same content under another name.
type renamedObject struct {
	of            owner
	before, after *diff.Pair
}

// findRenamedObjects pairs what owners that stay have no more with what they have in addition: of the same kind, and equal but for the name.
// What is equal to several is none of them.
func (d *departures) findRenamedObjects() {
	for _, of := range d.owners(0) {
		if (of.sort != partOfApp && of.sort != partOfEntry) || d.owned[1][of] == nil {
			continue
		}
		var byContent [2]map[string][]*diff.Pair
		for side := range byContent {
			byContent[side] = map[string][]*diff.Pair{}
			for _, p := range d.owned[side][of] {
				if digest := contentOf(p.Either()); digest != "" {
					byContent[side][digest] = append(byContent[side][digest], p)
				}
			}
		}
		gone := map[*diff.Pair]bool{}
		for _, p := range d.owned[0][of] {
			digest := contentOf(p.Before)
			if was, is := byContent[0][digest], byContent[1][digest]; len(was) == 1 && len(is) == 1 {
				d.renamed = append(d.renamed, renamedObject{of, p, is[0]})
				gone[p], gone[is[0]] = true, true
			}
		}
		for side := range d.owned {
			d.owned[side][of] = slices.DeleteFunc(slices.Clone(d.owned[side][of]), func(p *diff.Pair) bool { return gone[p] })
			if len(d.owned[side][of]) == 0 {
				delete(d.owned[side], of)
			}
		}
	}
}

// contentOf identifies what an object is apart from its name and its metadata; empty when that is nothing.
func contentOf(o *diff.Object) string {
	content := maps.Clone(o.Content())
	for _, key := range []string{"apiVersion", "kind", "metadata", "status"} {
		delete(content, key)
	}
	if len(content) == 0 {
		return ""
	}
	text, err := json.Marshal(content)
	if err != nil {
		return ""
	}
	name, _ := json.Marshal(o.ID.Name)
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%s\n%s\n", o.ID.Group, o.ID.Kind)
	sum.Write([]byte(strings.ReplaceAll(string(text), string(name), `""`)))
	return string(sum.Sum(nil))
}

// objectsRenamed are objects that have another name or namespace.
func (d *departures) objectsRenamed(found func(diff.Consequence)) {
	for i := 0; i < len(d.renamed); {
		of := d.renamed[i].of
		end := i
		for end < len(d.renamed) && d.renamed[end].of == of {
			end++
		}
		found(d.renamedOf(of, d.renamed[i:end]))
		i = end
	}
}

func (d *departures) renamedOf(of owner, all []renamedObject) diff.Consequence {
	f := diff.Consequence{Word: wordMove, Weight: diff.Notice, Subject: "names of " + of.subject()}
	var gone []*diff.Object
	by := staying{by: map[fate][]*diff.Object{}}
	for _, r := range all {
		o := r.before.Before
		f.Objects = append(f.Objects, r.before.ID, r.after.ID)
		how := d.fateOf(o)
		if !how.stays {
			gone = append(gone, o)
		}
		if how != (fate{}) {
			if by.by[how] == nil {
				by.reasons = append(by.reasons, how)
			}
			by.by[how] = append(by.by[how], o)
		}
		if len(all) > 1 && len(f.Details) < mostNamed {
			f.Details = append(f.Details, r.before.ID.String()+" becomes "+shortName(r.after.After))
		}
	}
	if more := len(all) - len(f.Details); len(all) > 1 && more > 0 {
		f.Details = append(f.Details, fmt.Sprintf("and %d more", more))
	}
	f.Message = fmt.Sprintf("%s becomes %s: the one is deleted, and the other created", all[0].before.ID, shortName(all[0].after.After))
	if len(all) > 1 {
		f.Message = fmt.Sprintf("%d objects of %s get other names: they are deleted, and created anew", len(all), of.holder())
	}
	if len(gone) == 0 {
		f.Message = strings.Replace(f.Message, "the one is deleted, and the other created", "the other is created, and the one stays", 1)
		f.Message = strings.Replace(f.Message, "they are deleted, and created anew", "they are created anew, and the old ones stay", 1)
	}
	l := lossesOf(d.Change, gone, nil)
	if l.danger {
		f.Weight = diff.Danger
	}
	f.Details = append(f.Details, l.details()...)
	f.Details = append(f.Details, goneAndStaying(nil, by)...)
	return f
}
