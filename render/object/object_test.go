package object_test

import (
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/render/object"
	"k8s.io/apimachinery/pkg/util/validation"
)

var odd = []string{
	"", "-", "--", ".", "..", "...", ".-.", "a", "A", "a.", ".a", "-a", "a-", "a..b", "a.-.b", "a--b", "a b", "a/b", "a\\b", "../a", "../../etc/passwd", "/a", "~", "*.example.com", "é", "日本", "日", "🚀", "\x00", "a\x00b",
	"a\xff", "a\xfe", "A-b", "a-B", "a_b", "system:masters", "oidc:Team", "oidc:team", "web-ntfy", "1", "127.0.0.1", "con", "e3b0c442", "a-e3b0c442", "date-20240101",
	strings.Repeat("a", 199), strings.Repeat("a", 200), strings.Repeat("a", 201), strings.Repeat("a", 202), strings.Repeat("a.", 150), strings.Repeat("é", 300), strings.Repeat("-", 300), strings.Repeat("a", 199) + "-b", strings.Repeat("a", 100000),
}

// texts are odd ones, some made of them, and those that Name makes of all these.
func texts() []string {
	r := rand.New(rand.NewPCG(1, 2))
	out := slices.Clone(odd)
	for range 20000 {
		out = append(out, odd[r.IntN(len(odd)-1)]+string([]byte{'.', '-', 'a', 'A', 0xc3, ' '}[r.IntN(6)])+odd[r.IntN(len(odd)-1)])
	}
	for _, s := range out {
		out = append(out, object.Name(s), object.Name(s+"-B"))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{
		"web-ntfy": "web-ntfy", "a.b-c": "a.b-c", "": "e3b0c442", "oidc:team": "oidc-team-db71040e", "*.example.com": "example.com-47287a8f", "🚀": "ebbc0b28",
	} {
		got := object.Name(in)
		if want != got {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	names := map[string]string{}
	for _, s := range texts() {
		name := object.Name(s)
		if errs := validation.IsDNS1123Subdomain(name); errs != nil || len(name) > 209 {
			t.Errorf("%q becomes %q: %v", s, name, errs)
		}
		if other, taken := names[name]; taken {
			t.Errorf("%q and %q both become %q", s, other, name)
		}
		names[name] = s
	}
}

func TestFile(t *testing.T) {
	for _, c := range []struct {
		o    object.Object
		want string
	}{
		{object.Object{Kind: "Namespace", Name: "web-ntfy"}, "_cluster/namespace-web-ntfy.yaml"},
		{object.Object{Kind: "RoleBinding", Namespace: "web-ntfy", Name: "access.view"}, "web-ntfy/rolebinding-access.view.yaml"},
		{object.Object{Kind: "RoleBinding", Namespace: "date-20240101", Name: "access-0123abcd"}, "date-20240101/rolebinding-access-0123abcd.yaml"},
		{object.Object{Kind: "ClusterRole", Namespace: "..", Name: "../a:B"}, "_5ec1f7e7/clusterrole.a_fdb71e88.yaml"},
	} {
		if got := c.o.File(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	files := map[string]object.Object{}
	for i, s := range texts() {
		for _, o := range []object.Object{{Kind: "Kind", Name: s}, {Kind: "Kind", Namespace: s, Name: "a"}, {Kind: "Kinder", Namespace: s, Name: s}, {Kind: "Kind", Namespace: odd[i%len(odd)], Name: s + "x"}} {
			file := o.File()
			if strings.Count(file, "/") != 1 || path.Clean(file) != file || strings.HasPrefix(file, ".") || strings.ToLower(file) != file || len(path.Base(file)) > 255 || !strings.HasSuffix(file, ".yaml") {
				t.Errorf("%+v has the file %q", o, file)
			}
			if other, taken := files[file]; taken && object.Compare(&other, &o) != 0 {
				t.Errorf("%+v and %+v both have the file %q", o, other, file)
			}
			files[file] = o
		}
	}
}

func TestSort(t *testing.T) {
	sorted := []object.Object{
		{Wave: -2, Place: 9, Kind: "IngressRoute"},
		{Wave: -1, Kind: "Namespace", Name: "a"},
		{Wave: -1, Kind: "Namespace", Name: "b"},
		{Wave: -1, Place: 4, Kind: "RoleBinding", Namespace: "a", Name: "b"},
		{Wave: -1, Place: 4, Kind: "RoleBinding", Namespace: "b", Name: "a"},
		{Wave: -1, Place: 5, Kind: "Alien", Name: "b"},
		{Wave: -1, Place: 5, Kind: "Beast", Name: "a"},
		{Wave: 0, Kind: "Namespace", Name: "a", APIVersion: "v1"},
		{Wave: 0, Kind: "Namespace", Name: "a", APIVersion: "v2"},
		{Wave: 10, Kind: "Namespace"},
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		got := slices.Clone(sorted)
		r.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		object.Sort(got)
		if !slices.EqualFunc(got, sorted, func(a, b object.Object) bool { return object.Compare(&a, &b) == 0 }) {
			t.Fatalf("got %v", got)
		}
	}
}
