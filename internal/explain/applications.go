package explain

import "github.com/hippotion/roster/catalog/apps"

// applications are the topics of the catalog.
func applications() []Topic {
	var out []Topic
	for _, name := range apps.Names() {
		a := apps.Find(name)
		t := Topic{Sort: Application, Name: name, Text: a.Summary() + ".", Source: "values:\n\n" + a.Defaults(),
			Example: "- {namespace: web-" + name + ", applications: [{applicationCode: web-" + name + ", catalog: " + name + "}]}",
			Manual:  []string{page("catalog.md"), page("../catalog/apps/" + name + "/README.md")}}
		uses := List{Heading: "uses"}
		for _, other := range apps.Names() {
			if must, calls := a.Uses[other]; calls && must {
				uses.Of = append(uses.Of, Meaning{other, "must be in the list"})
			} else if calls {
				uses.Of = append(uses.Of, Meaning{other, "when it is in the list"})
			}
		}
		if len(uses.Of) > 0 {
			t.Lists = append(t.Lists, uses)
		}
		out = append(out, t)
	}
	return out
}
