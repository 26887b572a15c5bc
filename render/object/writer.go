package object

import (
	"cmp"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// writer writes a value of one type; see Encoder.any for the arguments.
type writer func(e *Encoder, v reflect.Value, indent int, inline bool)

// zeroer is what the omitzero option calls, if the type has it.
type zeroer interface{ IsZero() bool }

var (
	marshalerType = reflect.TypeFor[json.Marshaler]()
	textType      = reflect.TypeFor[encoding.TextMarshaler]()
	zeroerType    = reflect.TypeFor[zeroer]()
	numberType    = reflect.TypeFor[json.Number]()
	labelsType    = reflect.TypeFor[map[string]string]()
	anyMapType    = reflect.TypeFor[map[string]any]()
)

func (e *Encoder) writerOf(t reflect.Type) writer {
	w := e.writers[t]
	if w == nil {
		if e.writers == nil {
			e.writers = map[reflect.Type]writer{}
		}
		w = e.newWriter(t)
		e.writers[t] = w
	}
	return w
}

// lazily is writerOf at the first use: types may contain themselves, and most types below a policy never occur.
func (e *Encoder) lazily(t reflect.Type) writer {
	var w writer
	return func(e *Encoder, v reflect.Value, indent int, inline bool) {
		if w == nil {
			w = e.writerOf(t)
		}
		w(e, v, indent, inline)
	}
}

func (e *Encoder) newWriter(t reflect.Type) writer {
	if form := e.Forms[t]; form != nil {
		return writeForm(form)
	}
	switch {
	case t == numberType:
		return func(e *Encoder, v reflect.Value, _ int, _ bool) { e.number(json.Number(v.String())) }
	case t == labelsType:
		return writeLabels
	case t == anyMapType:
		return writeAnyMap
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface: // their elements have the methods
	case reflect.PointerTo(t).Implements(marshalerType):
		return writeJSON
	case reflect.PointerTo(t).Implements(textType):
		return writeText
	}
	switch t.Kind() {
	case reflect.String:
		return func(e *Encoder, v reflect.Value, indent int, _ bool) { e.text(v.String(), indent) }
	case reflect.Bool:
		return func(e *Encoder, v reflect.Value, _ int, _ bool) { e.scalar(strconv.FormatBool(v.Bool())) }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(e *Encoder, v reflect.Value, _ int, _ bool) { e.scalar(strconv.FormatInt(v.Int(), 10)) }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(e *Encoder, v reflect.Value, _ int, _ bool) { e.scalar(strconv.FormatUint(v.Uint(), 10)) }
	case reflect.Float32, reflect.Float64:
		return writeJSON
	case reflect.Pointer:
		return writeElem(e.lazily(t.Elem()))
	case reflect.Interface:
		return writeElem(func(e *Encoder, v reflect.Value, indent int, inline bool) { e.writerOf(v.Type())(e, v, indent, inline) })
	case reflect.Slice, reflect.Array:
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
			return writeJSON // bytes become base64
		}
		item := e.lazily(t.Elem())
		return func(e *Encoder, v reflect.Value, indent int, inline bool) {
			e.list(v.Len(), indent, inline, func(i, indent int) { item(e, v.Index(i), indent, true) })
		}
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return writeMap(t, e.lazily(t.Elem()))
		}
	case reflect.Struct:
		return e.structWriter(t)
	}
	panic("object: no YAML for a " + t.String())
}

func writeElem(elem writer) writer {
	return func(e *Encoder, v reflect.Value, indent int, inline bool) {
		if v.IsNil() {
			e.scalar("null")
			return
		}
		elem(e, v.Elem(), indent, inline)
	}
}

// writeJSON writes a value from its own JSON encoding.
func writeJSON(e *Encoder, v reflect.Value, indent int, inline bool) {
	text, err := json.Marshal(addressable(v).Addr().Interface())
	if err != nil {
		panic("object: " + err.Error())
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		panic("object: " + err.Error())
	}
	e.any(plain, indent, inline)
}

func writeText(e *Encoder, v reflect.Value, indent int, _ bool) {
	text, err := addressable(v).Addr().Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		panic("object: " + err.Error())
	}
	e.text(string(text), indent)
}

func writeForm(form Form) writer {
	return func(e *Encoder, v reflect.Value, indent int, inline bool) {
		if other, ok := form(addressable(v).Addr().Interface()); ok {
			e.any(other, indent, inline)
			return
		}
		writeJSON(e, v, indent, inline)
	}
}

// writeLabels is writeMap for the most frequent type.
func writeLabels(e *Encoder, v reflect.Value, indent int, inline bool) {
	m, first := v.Interface().(map[string]string), len(e.keys)
	for key := range m {
		e.keys = append(e.keys, key)
	}
	e.mapping(first, indent, inline, func(key string, indent int) { e.text(m[key], indent) })
}

// writeAnyMap is writeMap for a chart's values.
func writeAnyMap(e *Encoder, v reflect.Value, indent int, inline bool) {
	m, first := v.Interface().(map[string]any), len(e.keys)
	for key := range m {
		e.keys = append(e.keys, key)
	}
	e.mapping(first, indent, inline, func(key string, indent int) { e.any(m[key], indent, false) })
}

func writeMap(t reflect.Type, elem writer) writer {
	return func(e *Encoder, v reflect.Value, indent int, inline bool) {
		first := len(e.keys)
		for i := v.MapRange(); i.Next(); {
			e.keys = append(e.keys, i.Key().String())
		}
		e.mapping(first, indent, inline, func(key string, indent int) {
			elem(e, v.MapIndex(reflect.ValueOf(key).Convert(t.Key())), indent, false)
		})
	}
}

func (e *Encoder) structWriter(t reflect.Type) writer {
	fields := e.fieldsOf(t)
	return func(e *Encoder, v reflect.Value, indent int, inline bool) {
		start, first := len(e.buf), true
		e.open(inline)
		for i := range fields {
			f := &fields[i]
			value, err := v.FieldByIndexErr(f.index)
			if err != nil { // of a missing embedded struct
				continue
			}
			if f.omit != nil && f.omit(value) || indent == 0 && f.name == "status" {
				continue
			}
			e.begin(indent, inline && first)
			e.buf = append(e.buf, f.key...)
			f.write(e, value, indent+2, false)
			first = false
		}
		if first {
			e.buf = e.buf[:start]
			e.scalar("{}")
		}
	}
}

// field is a field of a struct, or of a struct that is embedded in it.
type field struct {
	name  string
	key   string // the name as YAML, with the colon
	index []int
	omit  func(reflect.Value) bool // may be nil
	write writer
}

// fieldsOf lists the fields of t in the order of their names.
func (e *Encoder) fieldsOf(t reflect.Type) []field {
	out := e.appendFields(nil, t, nil)
	slices.SortFunc(out, func(a, b field) int {
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(len(a.index), len(b.index)))
	})
	return slices.CompactFunc(out, func(a, b field) bool { return a.name == b.name }) // the outer one hides the embedded one
}

func (e *Encoder) appendFields(to []field, t reflect.Type, index []int) []field {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		words := strings.Split(options, ",")
		at := append(slices.Clip(index), i)
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch embedded := f.Anonymous && name == "" && inner.Kind() == reflect.Struct; {
		case tag == "-" || !f.IsExported() && !embedded:
		case embedded:
			to = e.appendFields(to, inner, at)
		case slices.Contains(words, "string"): // no type of Kubernetes has it
			panic("object: no YAML for " + t.String() + "." + f.Name)
		default:
			to = append(to, field{name: cmp.Or(name, f.Name), key: string(appendKey(nil, cmp.Or(name, f.Name), 0)), index: at, omit: omission(f.Type, words), write: e.lazily(f.Type)})
		}
	}
	return to
}

// omission reports when a field is left out. It is nil when that is never.
func omission(t reflect.Type, options []string) func(reflect.Value) bool {
	var empty, zero func(reflect.Value) bool
	if slices.Contains(options, "omitempty") {
		empty = reflect.Value.IsZero
		switch t.Kind() {
		case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
			empty = func(v reflect.Value) bool { return v.Len() == 0 }
		}
	}
	if slices.Contains(options, "omitzero") {
		zero = reflect.Value.IsZero
		if t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(zeroerType) {
			zero = func(v reflect.Value) bool { return addressable(v).Addr().Interface().(zeroer).IsZero() }
		}
	}
	switch {
	case zero == nil:
		return empty
	case empty == nil:
		return zero
	}
	return func(v reflect.Value) bool { return empty(v) || zero(v) }
}

// addressable is v or, if v has no address, a copy of it: its methods may belong to the pointer.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	p := reflect.New(v.Type()).Elem()
	p.Set(v)
	return p
}
