package kinds

import (
	"fmt"

	"github.com/hippotion/roster/internal/diff"
)

// creation is what an owner has that it did not have.
func (d *departures) creation(of owner) diff.Consequence {
	pairs := d.owned[1][of]
	objects := objectsOf(pairs, 1)
	f := diff.Consequence{Word: wordCreate, Weight: diff.Plain, Subject: of.subject(), Objects: uniqueIDsOf(pairs)}
	switch of.sort {
	case wholeEntry:
		n := d.sides[1].entries[of.name]
		f.Message = of.name + " enters the list"
		if len(n.Applications) > 0 {
			f.Message += ", with " + several(len(n.Applications), "application")
		}
		if len(objects) == 0 {
			f.Causes = d.CausesAt(nil, &n.Place)
		}
	case wholeApp:
		f.Message = "application " + of.name + " enters the list"
	default:
		f.Message = of.holder() + " gets " + objects[0].ID.String()
		if len(objects) > 1 {
			f.Message = fmt.Sprintf("%s gets %d more objects", of.holder(), len(objects))
			f.Details = namesOf(objects)
		}
		f.Details = append(f.Details, d.whenSynced(of)...)
		return f
	}
	if len(objects) > 0 {
		f.Details = append(f.Details, "created: "+counted(objects))
	}
	f.Details = append(f.Details, d.unknownOf(1, of, "created as well")...)
	f.Details = append(f.Details, d.whenSynced(of)...)
	return f
}

// whenSynced is a line about an application of which somebody has to sync what is new.
func (d *departures) whenSynced(of owner) []string {
	if a := d.sides[1].apps[of.name]; a != nil && (of.sort == wholeApp || of.sort == partOfApp) {
		return whenSynced(a.Application)
	}
	return nil
}
