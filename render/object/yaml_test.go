package object_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/render/object"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func encode(v any) string {
	var e object.Encoder
	return string(e.Encode(nil, v))
}

func TestText(t *testing.T) {
	long := strings.Repeat("long ", 40) + "end"
	for _, s := range []string{
		"a", "web-ntfy", "https://kubernetes.default.svc", "a:b", "a b", "a  b", "$values/a.yml", "/metrics", "nightly", "true.", "Host(`a.b`) && PathPrefix(`/x`)",
		"it's", `say "hi"`, "v1.35", "a,b", "p, proj:a:b, applications, get, a/*, allow", "a=b", "a|b", "a-", "a?",
	} {
		if got := encode(s); got != " "+s+"\n" {
			t.Errorf("%q: want it plain, got %q", s, got)
		}
	}
	for _, s := range []string{
		"", " ", " a", "a ", "\ta", "a\t", "a:", "a: b", "a:\tb", "a #b", "#a", "a#b", "-", "--", "---", "...", "- a", "-a", "? a", "?", ": a", ":",
		"*a", "&a", "!a", "!!str a", "%a", "@a", "`a`", "'a'", `"a"`, "|", ">", "=", "<<", ",", "[a]", "{a}", "a[", "a]", "a{", "a}", "a<b", `a\b`,
		"yes", "no", "on", "off", "y", "n", "Y", "N", "Yes", "NO", "oN", "true", "True", "FALSE", "null", "Null", "NULL", "~", "nan", ".nan", ".NaN", "inf", ".inf", "-.inf", "+.INF",
		"0", "1", "-1", "+1", "1.5", ".5", "5.", "1e3", "1E+3", "-1.5e-3", "0x1F", "0o17", "017", "0b101", "1_000", "1,000", "190:20:30", "12:30:45", "2024-01-01", "2024-01-01T00:00:00Z", "2024-1-1 1:1:1",
		"a\r", "a\rb", "a\r\nb", "\n", "\n\n", "\na", " a\nb", "a \nb", "a\nb ", "a\n \nb", "a\tb\nc", "\x00", "\x1b[31m", "\x7f", "a\u0085b", "a\u00a0b", "a\u2028b", "a\u2029b", "\ufeffa", "\ufffe", "é", "日本", "🚀", "\U0001F680\n\u0007",
		long,
	} {
		if got := encode(s); !strings.HasPrefix(got, ` "`) || strings.Count(got, "\n") != 1 {
			t.Errorf("%q: want it in quotes, got %q", s, got)
		}
	}
}

func TestTextThatIsNoUTF8(t *testing.T) {
	for in, want := range map[string]string{"a\xffb": " \"a\ufffdb\"\n", "a\xff\xfe\nb": " |-\n  a\ufffd\ufffd\n  b\n"} {
		if got := encode(in); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

type labels struct {
	First  map[string]string `json:"first"`
	Second []string          `json:"second"`
}

func TestBlocks(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb":            "|-\n  a\n  b\n",
		"a\nb\n":          "|\n  a\n  b\n",
		"a\nb\n\n":        "|+\n  a\n  b\n\n",
		"a\n\n\n\n":       "|+\n  a\n\n\n\n",
		"a\n":             "|\n  a\n",
		"a\n\n b":         "|-\n  a\n\n   b\n",
		"#a\n---\n...\nb": "|-\n  #a\n  ---\n  ...\n  b\n",
		"é\n🚀":            "|-\n  é\n  🚀\n",
	} {
		deeper := strings.ReplaceAll(want, "\n  ", "\n    ")
		for _, c := range []struct {
			value any
			want  string
		}{
			{text, " " + want},
			{map[string]any{"k": text, "l": 1}, "k: " + want + "l: 1\n"},
			{map[string]string{"k": text, "l": text}, "k: " + want + "l: " + want},
			{[]string{text, "x"}, "- " + want + "- x\n"},
			{[][]string{{text}, {"x"}}, "- - " + deeper + "- - x\n"},
			{[]any{map[string]any{"k": text, "l": "x"}}, "- k: " + deeper + "  l: x\n"},
			{labels{map[string]string{"k": text}, []string{text}}, "first:\n  k: " + deeper + "second:\n- " + want},
		} {
			if got := encode(c.value); got != c.want {
				t.Errorf("%q in a %T:\n%s\nwant:\n%s", text, c.value, got, c.want)
			}
		}
	}
}

// color writes itself as text when it is used as a pointer.
type color struct{ r, g, b uint8 }

func (c *color) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "#%02x%02x%02x", c.r, c.g, c.b), nil
}

// percent writes itself as JSON when it is used as a pointer.
type percent int

func (p *percent) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]int{"percent": int(*p)})
}

type inner struct {
	Name string `json:"name,omitempty"`
	Size int    `json:"size,omitempty"`
}

type linked struct {
	Name string  `json:"name"`
	Next *linked `json:"next,omitempty"`
}

func TestEncode(t *testing.T) {
	var none *inner
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"nil":                  {nil, " null\n"},
		"nil pointer":          {none, " null\n"},
		"empty struct":         {inner{}, " {}\n"},
		"empty list":           {[]string{}, " []\n"},
		"empty map":            {map[string]string{}, " {}\n"},
		"scalars":              {[]any{nil, true, false, 1, -2, uint8(3), int64(1) << 62, ^uint64(0), 1.5, 1e21, float32(0.1)}, "- null\n- true\n- false\n- 1\n- -2\n- 3\n- 4611686018427387904\n- 18446744073709551615\n- 1.5\n- 1e+21\n- 0.1\n"},
		"numbers":              {[]json.Number{"", "0", "-1.50", "1e5", "123456789012345678901234567890"}, "- 0\n- 0\n- -1.50\n- 1e5\n- 123456789012345678901234567890\n"},
		"bytes":                {map[string][]byte{"a": []byte("hi\xff"), "b": nil}, "a: aGn/\nb: null\n"},
		"array":                {map[string][2]int{"a": {1, 2}}, "a:\n- 1\n- 2\n"},
		"lists of lists":       {[]any{[]any{}, []any{[]any{1, []int{2}}, 3}, map[string]any{}}, "- []\n- - - 1\n    - - 2\n  - 3\n- {}\n"},
		"list behind a key":    {map[string]any{"a": []any{map[string]any{"b": []string{"c"}, "d": nil}}, "e": &[]string{"f"}}, "a:\n- b:\n  - c\n  d: null\ne:\n- f\n"},
		"nil list and map":     {labels{}, "first: {}\nsecond: []\n"},
		"pointers":             {[]any{&[]*inner{{Name: "a"}, nil}, new(any)}, "- - name: a\n  - null\n- null\n"},
		"order of keys":        {map[string]int{"b": 1, "a": 2, "B": 3, "10": 4, "9": 5, "true": 6, "": 7, "a b": 8}, "\"\": 7\n\"10\": 4\n\"9\": 5\nB: 3\na: 2\na b: 8\nb: 1\n\"true\": 6\n"},
		"keys of another type": {map[corev1.ResourceName]resource.Quantity{"memory": resource.MustParse("1Gi"), "cpu": resource.MustParse("100m")}, "cpu: \"100m\"\nmemory: \"1Gi\"\n"},
		"long key":             {map[string]any{"z": map[string]any{strings.Repeat("k", 200): []int{1}, strings.Repeat("ü", 100): map[string]int{"x": 1}}}, "z:\n  ? " + strings.Repeat("k", 200) + "\n  :\n  - 1\n  ? \"" + strings.Repeat("ü", 100) + "\"\n  :\n    x: 1\n"},
		"type in itself":       {linked{"a", &linked{"b", &linked{"c", nil}}}, "name: a\nnext:\n  name: b\n  next:\n    name: c\n"},
		"marshalers":           {map[string]any{"port": intstr.FromInt32(80), "name": intstr.FromString("http"), "quantity": resource.MustParse("1"), "time": metav1.Time{}, "duration": metav1.Duration{Duration: time.Hour}, "prefix": netip.MustParsePrefix("10.0.0.0/8"), "json": json.RawMessage(`{"b":[1,"2"],"a":{}}`), "mutable": percent(5), "pointer": new(percent), "color": color{255, 0, 1}, "colors": []*color{{}, nil}}, "color: \"#ff0001\"\ncolors:\n- \"#000000\"\n- null\nduration: \"1h0m0s\"\njson:\n  a: {}\n  b:\n  - 1\n  - \"2\"\nmutable:\n  percent: 5\nname: http\npointer:\n  percent: 0\nport: 80\nprefix: \"10.0.0.0/8\"\nquantity: \"1\"\ntime: null\n"},
		"selectors": {[]api.EndpointSelector{{}, {LabelSelector: &slimmetav1.LabelSelector{}}, {LabelSelector: &slimmetav1.LabelSelector{MatchLabels: map[string]string{"k8s:a": "b"}}}, api.NewESFromMatchRequirements(map[string]string{"k8s.a": "b"}, nil)},
			"- {}\n- {}\n- matchLabels:\n    k8s:a: b\n- matchLabels:\n    k8s:a: b\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := encode(c.value); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestFields(t *testing.T) {
	type Hidden struct {
		Inner  string `json:"inner"`
		Shadow string `json:"shadow"`
	}
	type Pointed struct {
		Pointed string `json:"pointed"`
	}
	type object struct {
		Hidden         `json:",inline"`
		*Pointed       `json:",inline"`
		Shadow         string      `json:"shadow"`
		Untagged       int         // JSON has it under its Go name
		Left           int         `json:"-"`
		Dash           int         `json:"-,"` //nolint:staticcheck // a key that is a dash
		unexported     int         //nolint:unused // must be left out
		EmptyText      string      `json:"emptyText,omitempty"`
		EmptyList      []int       `json:"emptyList,omitempty"`
		EmptyMap       map[int]int `json:"emptyMap,omitempty"`
		EmptyBool      bool        `json:"emptyBool,omitempty"`
		EmptyPointer   *int        `json:"emptyPointer,omitempty"`
		EmptyAny       any         `json:"emptyAny,omitempty"`
		EmptyStruct    inner       `json:"emptyStruct,omitempty"`
		ZeroStruct     inner       `json:"zeroStruct,omitzero"`
		ZeroTime       metav1.Time `json:"zeroTime,omitzero"`
		ZeroNot        []int       `json:"zeroNot,omitzero"` // empty is not zero
		Both           []int       `json:"both,omitempty,omitzero"`
		RequiredStruct inner       `json:"requiredStruct"`
		NotZero        metav1.Time `json:"notZero,omitzero"`
		Status         inner       `json:"status"`
		Nested         struct {
			Status string `json:"status"`
		} `json:"nested"`
	}
	for name, c := range map[string]struct {
		value object
		want  string
	}{
		"zero": {object{ZeroNot: []int{}, Both: []int{}}, "\"-\": 0\nUntagged: 0\ninner: \"\"\nnested:\n  status: \"\"\nnotZero: null\nrequiredStruct: {}\nshadow: \"\"\nzeroNot: []\n"},
		"set": {object{Hidden: Hidden{"a", "b"}, Pointed: &Pointed{"p"}, Shadow: "c", Left: 1, EmptyStruct: inner{Size: 1}, NotZero: metav1.Unix(0, 0), Status: inner{Name: "s"}},
			"\"-\": 0\nUntagged: 0\nemptyStruct:\n  size: 1\ninner: a\nnested:\n  status: \"\"\nnotZero: \"1970-01-01T00:00:00Z\"\npointed: p\nrequiredStruct: {}\nshadow: c\n"},
	} {
		t.Run(name, func(t *testing.T) {
			c.want = strings.Replace(c.want, "notZero: null\n", "", 1) // zero by its own method
			for _, v := range []any{c.value, &c.value} {
				if got := encode(v); got != c.want {
					t.Errorf("%T: got:\n%s\nwant:\n%s", v, got, c.want)
				}
			}
		})
	}
}

func TestEncodeAppends(t *testing.T) {
	var e object.Encoder
	buf := e.Encode([]byte("---\n"), map[string]any{"a": []int{1}})
	buf = e.Encode(append(buf, "---\n"...), inner{})
	if want := "---\na:\n- 1\n---\n {}\n"; string(buf) != want {
		t.Errorf("got %q, want %q", buf, want)
	}
}

func TestEncodePanics(t *testing.T) {
	type quoted struct {
		N int `json:"n,string"`
	}
	for _, v := range []any{make(chan int), func() {}, map[int]string{1: "a"}, json.Number("1: 2"), complex(1, 2), quoted{}, struct{ C chan int }{}} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "object: ") {
					t.Errorf("%T: want a panic that names the fault, got %q", v, text)
				}
			}()
			encode(v)
		}()
	}
}

// slow is a type with a JSON encoding of its own.
type slow struct{ text string }

func (s slow) MarshalJSON() ([]byte, error) { return json.Marshal(map[string]string{"slow": s.text}) }

func TestForms(t *testing.T) {
	e := object.Encoder{Forms: map[reflect.Type]object.Form{reflect.TypeFor[slow](): func(pointer any) (any, bool) {
		return map[string]string{"quick": pointer.(*slow).text}, pointer.(*slow).text != "b"
	}}}
	value := map[string]any{"x": []slow{{"a"}, {"b"}}, "y": &slow{"c"}}
	if got, want := string(e.Encode(nil, value)), "x:\n- quick: a\n- slow: b\n\"y\":\n  quick: c\n"; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
