package explain_test

import (
	"embed"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff/kinds"
	"github.com/hippotion/roster/internal/explain"
	"github.com/hippotion/roster/internal/lint/rules"
	"github.com/hippotion/roster/profiles"
	"github.com/hippotion/roster/render"
)

func book(t *testing.T) *explain.Book {
	t.Helper()
	var found diag.List
	set, err := profiles.Load(embed.FS{}, "profiles", "profiles", explain.Names(), &found)
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	from := explain.Sources{Rules: rules.All(), Changes: kinds.All()}
	for _, name := range set.Names() {
		text, err := set[name].Text(embed.FS{}, "profiles")
		if err != nil {
			t.Fatal(err)
		}
		from.Profiles = append(from.Profiles, explain.ProfileText{Profile: set[name], Source: text})
	}
	return explain.New(from)
}

// TestComplete: each key, profile, kind, catalog application, rule and word of diff is found, with all that there is to say.
func TestComplete(t *testing.T) {
	b := book(t)
	ask := func(sort, word, name string) {
		t.Helper()
		found := b.Find(word)
		i := slices.IndexFunc(found, func(t explain.Topic) bool { return t.Sort == sort && t.Name == name })
		if i < 0 {
			t.Errorf("%s is not explained as a %s", word, sort)
			return
		}
		topic := found[i]
		if topic.Text == "" || len(topic.Manual) == 0 {
			t.Errorf("%s: incomplete: %+v", word, topic)
		}
		for _, l := range topic.Lists {
			for _, m := range l.Of {
				if m.Name == "" || m.Text == "" {
					t.Errorf("%s: %s: incomplete: %+v", word, l.Heading, m)
				}
			}
		}
		var out strings.Builder
		if err := explain.Write(&out, found[i:i+1], explain.Options{}); err != nil || !strings.Contains(out.String(), name) {
			t.Errorf("%s: %v\n%s", word, err, out.String())
		}
		for line := range strings.Lines(out.String()) {
			if strings.TrimRight(line, " \n") != strings.TrimRight(line, "\n") {
				t.Errorf("%s: a space at the end of %q", word, line)
			}
		}
	}
	for _, k := range catalog.Keys() {
		word := k.Path
		if k.File == catalog.PlatformFile {
			word = "platform." + word
		}
		ask(explain.Key, word, k.Path)
	}
	for _, p := range b.Topics(explain.Profile) {
		ask(explain.Profile, p.Name, p.Name)
		if p.Source == "" || len(p.Lists) == 0 {
			t.Errorf("%s: incomplete: %+v", p.Name, p)
		}
	}
	for _, k := range render.Explained() {
		ask(explain.Kind, k.Kind.Kind, k.Kind.Kind)
		if at := b.Find(k.Kind.Kind); len(at[0].Lists) != 1 || len(at[0].Lists[0].Of) != len(k.Keys) || len(k.Keys) == 0 {
			t.Errorf("%s: not each of the keys %q is there", k.Kind.Kind, k.Keys)
		}
	}
	for _, name := range apps.Names() {
		ask(explain.Application, name, name)
	}
	for _, r := range rules.All() {
		ask(explain.Rule, r.Name, r.Name)
	}
	for _, k := range kinds.All() {
		for _, word := range k.Words {
			ask(explain.Change, word, word)
		}
	}
	if names := b.Words(); len(names) < 400 || !slices.IsSorted(names) {
		t.Errorf("%d words", len(names))
	}
}

// TestFind: the end of a path is enough, case counts only where it tells things apart, and a file's name narrows.
func TestFind(t *testing.T) {
	b := book(t)
	for word, want := range map[string]string{
		"ingress":                 "key applications.ingress, key ingress",
		"secrets":                 "key applications.secrets, key secretStores.webhook.secrets, key applications.restartOnChange.secrets, key secrets, key ingress.auth.apiKeys.secrets, key secrets.store.webhook.secrets, key secrets.stores.webhook.secrets",
		"ingress.auth":            "key applications.ingress.auth, key ingress.auth",
		"platform.ingress.auth":   "key ingress.auth",
		"ingress[].auth":          "key applications.ingress.auth, key ingress.auth",
		"Namespace":               "kind Namespace",
		"ciliumnetworkpolicy":     "kind CiliumNetworkPolicy",
		"applicationCode":         "key applications.applicationCode",
		"APPLICATIONCODE":         "key applications.applicationCode",
		"web-app":                 "profile web-app",
		"clusters.ingress.expose": "key clusters.ingress.expose",
		"nothing":                 "",
		"":                        "",
		".":                       "",
		"platform.":               "",
	} {
		var got []string
		for _, topic := range b.Find(word) {
			got = append(got, topic.Sort+" "+topic.Name)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%q: %q", word, got)
		}
	}
	for word, want := range map[string]string{
		"ingres.auth": `did you mean "ingress.auth"?`, "webapp": `did you mean "web-app"?`, "syncPolicy": "write autoSync", "zzzzzzzz": "roster explain lists",
	} {
		if err := b.Unknown(word).Error(); !strings.Contains(err, want) {
			t.Errorf("%s: %s", word, err)
		}
	}
}

// TestWords: what a profile permits is said in words.
func TestWords(t *testing.T) {
	b := book(t)
	var got strings.Builder
	for _, m := range b.Find("web-app")[0].Lists[0].Of {
		got.WriteString(m.Name + ": " + m.Text + "\n")
	}
	const want = `default-deny: deny what no other policy allows (of isolated)
allow-dns: resolve names; the DNS rule also lets Cilium learn the addresses behind allowed names: out to the DNS server of the cluster on 53 (of isolated-job)
allow-ingress-controller: requests that come through the ingress controller, on any pod port: in from the ingress controller (of web-app-internal)
allow-world-https: HTTPS to addresses outside of the cluster: out to the entity world on 443/TCP
`
	if got.String() != want {
		t.Errorf("got\n%s", got.String())
	}
}
