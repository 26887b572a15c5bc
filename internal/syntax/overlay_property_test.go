package syntax_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// written is a value as a user writes it: a scalar, a list or a mapping.
type written struct {
	scalar string
	list   []written
	keys   []string // of a mapping, in order
	values map[string]written
	kind   byte   // s, l or m
	short  string // the key that a scalar stands for in place of a mapping
}

func (w written) String() string {
	var parts []string
	switch w.kind {
	case 's':
		return w.scalar
	case 'l':
		for _, e := range w.list {
			parts = append(parts, e.String())
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	for _, key := range w.keys {
		parts = append(parts, key+": "+w.values[key].String())
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (w *written) set(key string, v written) {
	if _, there := w.values[key]; !there {
		w.keys = append(w.keys, key)
	}
	w.values[key] = v
}

func emptyMapping() written { return written{kind: 'm', values: map[string]written{}} }

// over is the text of one mapping that says what two layers say.
func over(high, low written) written {
	if high.kind == 's' && low.kind == 's' {
		return high
	}
	for _, w := range []*written{&high, &low} {
		if w.kind == 's' && w.short != "" {
			m := emptyMapping()
			m.set(w.short, written{kind: 's', scalar: w.scalar})
			*w = m
		}
	}
	if high.kind != 'm' || low.kind != 'm' {
		return high
	}
	out := emptyMapping()
	for _, key := range low.keys {
		out.set(key, low.values[key])
	}
	for _, key := range high.keys {
		v := high.values[key]
		if below, there := low.values[key]; there {
			v = over(v, below)
		}
		out.set(key, v)
	}
	return out
}

// writer writes values of a type at random; a share of them wrong.
type writer struct {
	*rand.Rand
	wrong int // in a hundred
}

func (w writer) pick(of ...string) written { return written{kind: 's', scalar: of[w.IntN(len(of))]} }

func (w writer) value(t reflect.Type, f syntax.Field) written {
	if w.IntN(100) < w.wrong {
		return w.anything(2)
	}
	switch t {
	case reflect.TypeFor[text]():
		if f.Enum != nil {
			return w.pick(f.Enum...)
		}
		return w.pick("x", "y", "z", "'1'")
	case reflect.TypeFor[number]():
		return w.pick("1", "2")
	case reflect.TypeFor[flag]():
		return w.pick("true", "false")
	case reflect.TypeFor[syntax.Text]():
		return w.pick("x", "1", "true")
	case reflect.TypeFor[syntax.Any](), reflect.TypeFor[syntax.Raw]():
		return w.anything(3)
	case reflect.TypeFor[syntax.Layer]():
		return emptyMapping()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return w.value(t.Elem(), f)
	case reflect.Slice:
		out := written{kind: 'l'}
		for range w.IntN(3) {
			out.list = append(out.list, w.value(t.Elem(), f))
		}
		return out
	}
	out := emptyMapping()
	if items, isMap := t.FieldByName("Items"); isMap && strings.HasPrefix(t.Name(), "Map[") {
		value, _ := items.Type.Elem().FieldByName("Value")
		for range w.IntN(4) {
			out.set(w.pick("k", "l", "m").scalar, w.value(value.Type, f))
		}
		return out
	}
	for _, f := range syntax.Fields(t) {
		if f.Short && w.IntN(3) == 0 {
			short := w.value(f.Type, f)
			if short.kind == 's' {
				short.short = f.Name
				return short
			}
		}
		if f.Required || w.IntN(2) == 0 {
			out.set(f.Name, w.value(f.Type, f))
		}
	}
	w.Shuffle(len(out.keys), func(i, j int) { out.keys[i], out.keys[j] = out.keys[j], out.keys[i] })
	return out
}

func (w writer) anything(depth int) written {
	switch w.IntN(4) {
	case 0:
		if depth > 0 {
			out := written{kind: 'l'}
			for range w.IntN(3) {
				out.list = append(out.list, w.anything(depth-1))
			}
			return out
		}
	case 1, 2:
		if depth > 0 {
			out := emptyMapping()
			for range w.IntN(4) {
				out.set(w.pick("k", "l", "m", "'on'", "2").scalar, w.anything(depth-1))
			}
			return out
		}
	}
	return w.pick("x", "1", "1.5", "true", "''", "~")
}

// whole is an entry without lists whose elements are found by a key.
type whole struct {
	*syntax.Node
	Name     text               `yaml:"name,required,name"`
	Policy   *policy            `yaml:"policy"`
	Mode     text               `yaml:"mode" enum:"a,b"`
	Count    number             `yaml:"count"`
	On       flag               `yaml:"on"`
	Port     syntax.Text        `yaml:"port"`
	List     []text             `yaml:"list"`
	Labels   syntax.Map[text]   `yaml:"labels"`
	Policies syntax.Map[policy] `yaml:"policies"`
	Many     syntax.Map[[]text] `yaml:"many"`
	Values   syntax.Any         `yaml:"values"`
	Items    []item             `yaml:"items"`
	plainWhole
}

type plainWhole struct {
	*syntax.Node
	Deep syntax.Map[deep] `yaml:"deep"`
}

type deep struct {
	*syntax.Node
	Policy policy                       `yaml:"policy"`
	Values syntax.Map[syntax.Any]       `yaml:"values"`
	Maps   syntax.Map[syntax.Map[text]] `yaml:"maps"`
}

const rounds = 500

// TestOverlayOfOne: one layer gives what decoding gives, with the same places and the same mistakes.
func TestOverlayOfOne(t *testing.T) {
	for seed := range uint64(rounds) {
		w := writer{rand.New(rand.NewPCG(seed, 1)), int(seed % 3 * 2)}
		in := "- " + w.value(reflect.TypeFor[entry](), syntax.Field{}).String()
		var l, ofLayer diag.List
		var want []entry
		var layers []syntax.Layer
		syntax.Parse("f.yml", []byte(in), &l).Decode(&want)
		syntax.Parse("f.yml", []byte(in), &ofLayer).Decode(&layers)
		var got entry
		if syntax.Overlay(&got, layers...); layers[0].Node == nil {
			continue // not a mapping
		}
		if printed(l) != printed(ofLayer) {
			t.Fatalf("%s\ngot\n%s\nwant\n%s", in, printed(ofLayer), printed(l))
		}
		if got, want := dump(got, true), dump(want[0], true); !slices.Equal(got, want) {
			t.Fatalf("%s\ngot\n%s\nwant\n%s", in, got, want)
		}
	}
}

// TestOverlayOfThree: layers give what the text gives that says the same. Where something is wrong in one of them, something is reported.
func TestOverlayOfThree(t *testing.T) {
	mistakes := 0
	for seed := range uint64(rounds) {
		w := writer{rand.New(rand.NewPCG(seed, 2)), int(seed % 3)}
		var parts [3]written
		for i := range parts {
			parts[i] = w.value(reflect.TypeFor[whole](), syntax.Field{})
			if parts[i].kind != 'm' {
				parts[i] = emptyMapping()
			}
			for _, key := range slices.Clone(parts[i].keys) { // also what is required need not be in each
				if w.IntN(4) == 0 {
					parts[i].keys = slices.DeleteFunc(parts[i].keys, func(k string) bool { return k == key })
					delete(parts[i].values, key)
				}
			}
		}
		one := over(parts[0], over(parts[1], parts[2])).String()
		in := fmt.Sprintf("top: %s\nmid: %s\nlow: %s\n", parts[0], parts[1], parts[2])
		layers, reported := layersOf(t, in)
		var got, want whole
		syntax.Overlay(&got, layers...)
		var l diag.List
		syntax.Parse("f.yml", []byte(one), &l).Decode(&want)
		if len(l) > 0 && len(*reported) == 0 {
			t.Fatalf("%s%s\nnothing is reported, want\n%s", in, one, printed(l))
		}
		if len(*reported) > 0 {
			mistakes++
			continue
		}
		if got, want := dump(got, false), dump(want, false); !slices.Equal(got, want) {
			t.Fatalf("%s%s\ngot\n%s\nwant\n%s", in, one, got, want)
		}
	}
	if mistakes < rounds/10 || mistakes > rounds*9/10 {
		t.Errorf("%d of %d have a mistake", mistakes, rounds)
	}
}
