package object_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/google/go-cmp/cmp"
	yaml3 "go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/randfill"
	"sigs.k8s.io/yaml"
)

// FuzzEncode: what is written is read back the same, by the YAML 1.1 reader of Kubernetes' tools and by one of YAML 1.2.
func FuzzEncode(f *testing.F) {
	for _, s := range []string{"", "a", "yes", "0x1", "1e3", "a: b", "a\nb\n\n", " a\n", "- - ?", "\x00\x06\x02\x04key\x04", "\x05\x03\x04\x05a\nb\n\n\x06\x01\x04\x02: \x05\x02", "\u0085\u2028\ufeff\U0001f680", "\x06\x04\xff" + strings.Repeat("k", 300)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := strings.ToValidUTF8(string(data), "")
		b := builder(data)
		for _, v := range []any{text, map[string]any{text: text}, map[string]string{text: text, "a": "b"}, []any{[]any{text, map[string]any{"k": []any{text}, text: nil}}}, b.value(0)} {
			readBack(t, v)
		}
	})
}

// readBack encodes v and compares how two readers read that with what encoding/json writes for v.
func readBack(t *testing.T, v any) {
	t.Helper()
	text := encode(v)
	var want, got1, got2 any
	if data, err := json.Marshal(v); err != nil {
		t.Fatal(err)
	} else if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict([]byte(text), &got1); err != nil {
		t.Fatalf("YAML 1.1: %v\n%s", err, text)
	}
	if !same(want, got1) {
		t.Fatalf("YAML 1.1 reads\n%v\nwant\n%v\nfrom\n%s", got1, want, text)
	}
	if err := yaml3.Unmarshal([]byte(text), &got2); err != nil {
		t.Fatalf("YAML 1.2: %v\n%s", err, text)
	}
	if !same(want, got2) {
		t.Fatalf("YAML 1.2 reads\n%v\nwant\n%v\nfrom\n%s", got2, want, text)
	}
	if again := encode(v); again != text {
		t.Fatalf("not the same each time:\n%s\n%s", text, again)
	}
}

// same compares values as encoding/json decodes them with those of any reader. The intended differences are: null
// for an empty list or mapping, and what stripped leaves out.
func same(want, got any) bool {
	switch want := want.(type) {
	case nil:
		r := reflect.ValueOf(got)
		return got == nil || (r.Kind() == reflect.Slice || r.Kind() == reflect.Map) && r.Len() == 0
	case float64:
		r := reflect.ValueOf(got)
		return got != nil && r.CanConvert(reflect.TypeFor[float64]()) && r.Kind() != reflect.String && r.Convert(reflect.TypeFor[float64]()).Float() == want
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return false
		}
		for i := range want {
			if !same(want[i], list[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		m, ok := got.(map[string]any)
		if !ok || len(m) != len(want) {
			return false
		}
		for k := range want {
			if v, ok := m[k]; !ok || !same(want[k], v) {
				return false
			}
		}
		return true
	}
	return want == got
}

// builder makes a value from any bytes.
type builder []byte

func (b *builder) next() byte {
	if len(*b) == 0 {
		return 0
	}
	c := (*b)[0]
	*b = (*b)[1:]
	return c
}

func (b *builder) text() string {
	n := min(int(b.next()), len(*b))
	s := string((*b)[:n])
	*b = (*b)[n:]
	return strings.ToValidUTF8(s, "�")
}

func (b *builder) value(depth int) any {
	kind := b.next() % 10
	if depth > 40 {
		kind %= 6
	}
	n := int(b.next() % 8)
	switch kind {
	case 0:
		return nil
	case 1:
		return n%2 == 0
	case 2:
		return n - 4
	case 3:
		x := math.Float64frombits(uint64(b.next())<<56 | uint64(b.next())<<48 | uint64(n))
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return 0.5
		}
		return x
	case 4:
		return []json.Number{"0", "1.50", "-7e3", "1E5", "0.1e-7", "9007199254740993", "18446744073709551615", "-9223372036854775808"}[n]
	case 5:
		return b.text()
	case 6:
		m := map[string]string{}
		for range n {
			m[b.text()] = b.text()
		}
		return m
	case 7:
		list := []any{}
		for range n {
			list = append(list, b.value(depth+1))
		}
		return list
	}
	m := map[string]any{}
	for range n {
		m[b.text()] = b.value(depth + 1)
	}
	return m
}

// TestRealObjects: objects of Kubernetes and Cilium with random content are read back as encoding/json writes them.
func TestRealObjects(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 20
	}
	words := []string{"", "a", "web-ntfy", "yes", "1", "a: b", "a\nb\n", "é", " x", "#", "https://a.b/c"}
	fill := randfill.NewWithSeed(1).NilChance(.3).NumElements(0, 3).MaxDepth(12).Funcs(
		func(s *string, c randfill.Continue) { *s = words[c.Intn(len(words))] },
		func(p *intstr.IntOrString, c randfill.Continue) {
			*p = intstr.FromInt32(c.Int31())
			if c.Bool() {
				*p = intstr.FromString(words[c.Intn(len(words))])
			}
		},
		func(s *api.EndpointSelector, c randfill.Continue) {
			switch c.Intn(3) {
			case 1:
				c.Fill(&s.LabelSelector)
			case 2:
				*s = api.NewESFromMatchRequirements(map[string]string{"k8s.a": "b"}, nil)
			}
		},
		func(q *resource.Quantity, _ randfill.Continue) { *q = resource.MustParse("1Gi") }, // omitempty leaves out zero
		func(f *metav1.FieldsV1, _ randfill.Continue) { f.Raw = []byte(`{"f:metadata":{}}`) },
		func(v *any, c randfill.Continue) {
			*v = map[string]any{"a": c.Intn(9), "b": []any{words[c.Intn(len(words))]}}
		},
		func(f *float64, c randfill.Continue) { *f = c.Float64() },
	)
	for range rounds {
		for _, o := range []any{&corev1.Namespace{}, &corev1.Pod{}, &corev1.Secret{}, &corev1.ServiceAccount{}, &rbacv1.ClusterRole{}, &rbacv1.RoleBinding{},
			&api.Rule{}, &networkPolicy{}, &app{}, &slimmetav1.LabelSelector{}} {
			fill.Fill(o)
			compare(t, o)
		}
	}
}

func compare(t *testing.T, o any) {
	t.Helper()
	text := encode(o)
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict([]byte(text), &got); err != nil {
		t.Fatalf("%T: %v\n%s", o, err, text)
	}
	if m, ok := want.(map[string]any); ok {
		delete(m, "status")
	}
	if want, got = stripped(want), stripped(got); !same(want, got) {
		t.Fatalf("%T: (-want +got)\n%s", o, cmp.Diff(want, got))
	}
	if strings.Contains(text, "\t") || !bytes.HasSuffix([]byte(text), []byte("\n")) {
		t.Fatalf("not canonical:\n%s", text)
	}
}

// stripped removes empty mappings from mappings: the encoder leaves out those that are zero structs.
func stripped(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = stripped(v[i])
		}
	case map[string]any:
		for k := range v {
			if v[k] = stripped(v[k]); v[k] == nil {
				delete(v, k)
			} else if m, ok := v[k].(map[string]any); ok && len(m) == 0 {
				delete(v, k)
			} else if l, ok := v[k].([]any); ok && len(l) == 0 {
				delete(v, k)
			}
		}
	}
	return v
}
