package syntax_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

type (
	outer struct {
		*syntax.Node
		First text `yaml:"first,required,name"`
		inner
		Hidden text `yaml:"shared,hidden"` // hides the one of inner
		Last   text `yaml:"last" enum:"a,b" empty:"write a"`
		not    text
	}
	inner struct {
		*syntax.Node
		innermost
		Middle []text `yaml:"middle,one,required"`
		Shared text   `yaml:"shared,required"`
	}
	innermost struct {
		Deep text `yaml:"deep,short"`
	}
	plainInner struct {
		inner
		Other text `yaml:"other"`
	}
	tagged struct {
		Inner inner `yaml:"inner"`
	}
	twice struct {
		A text `yaml:"a"`
		B text `yaml:"a"`
	}
)

// TestFields: the tags of a struct, in order, each with the struct that declares it.
func TestFields(t *testing.T) {
	_ = outer{}.not
	var got []string
	for _, f := range syntax.Fields(reflect.TypeFor[outer]()) {
		got = append(got, fmt.Sprintf("%s %v %s required=%t short=%t name=%t hidden=%t one=%t %q %q %s", f.Name, f.Index, f.Owner.Name(), f.Required, f.Short, f.Naming, f.Hidden, f.One, f.Enum, f.Empty, f.Type.Kind()))
	}
	want := []string{
		`first [1] outer required=true short=false name=true hidden=false one=false [] "" struct`,
		`deep [2 1 0] innermost required=false short=true name=false hidden=false one=false [] "" struct`,
		`middle [2 2] inner required=true short=false name=false hidden=false one=true [] "" slice`,
		`shared [3] outer required=false short=false name=false hidden=true one=false [] "" struct`,
		`last [4] outer required=false short=false name=false hidden=false one=false ["a" "b"] "write a" struct`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if f := syntax.Fields(reflect.TypeFor[tagged]()); len(f) != 1 || f[0].Name != "inner" {
		t.Errorf("a struct with a key of its own is no part of the one around it: %v", f)
	}
	defer func() {
		if recover() == nil {
			t.Error("a key that occurs twice")
		}
	}()
	syntax.Fields(reflect.TypeFor[twice]())
}

// TestEmbedded: the keys of an embedded struct are the struct's own, and both know the place.
func TestEmbedded(t *testing.T) {
	type list struct {
		Items []outer    `yaml:"items"`
		Plain plainInner `yaml:"plain"`
	}
	var l diag.List
	var out list
	decode := func(in string) string {
		l, out = nil, list{}
		syntax.Parse("f.yml", []byte(in), &l).Decode(&out)
		var b strings.Builder
		_ = l.Print(&b, diag.Frame{})
		return b.String()
	}
	if got := decode("items:\n- {first: f, deep: d, middle: m, shared: s}\n- short\nplain: {middle: [n], shared: s, other: o}\n"); got != "" {
		t.Fatal(got)
	}
	a, b := out.Items[0], out.Items[1]
	if a.First.V != "f" || a.Deep.V != "d" || a.Middle[0].V != "m" || a.Hidden.V != "s" || a.Shared.IsSet() || b.Deep.V != "short" || out.Plain.Middle[0].V != "n" || out.Plain.Other.V != "o" {
		t.Errorf("got %+v", out)
	}
	if a.Node == nil || a.inner.Node != a.Node || b.inner.Node != b.Node || a.Pos().Line != 2 || b.Deep.Path() != "items[1]" || out.Plain.Node == nil || out.Plain.Path() != "plain" {
		t.Error("a struct does not know its place")
	}
	want := "f.yml:1:9: items[0]: missing \"first\" [missing-field]\n" +
		"f.yml:1:10: items[0]: unknown field \"mddle\" [unknown-field]\n  hint: did you mean \"middle\"?\nf.yml:1:26: items[0].deep: expected text, found a list [wrong-type]\n"
	if got := decode("items: [{mddle: a, deep: [b]}]"); got != want {
		t.Errorf("got\n%s", got)
	}
}
