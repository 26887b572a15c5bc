package importing

import (
	"errors"
	"reflect"
	"slices"
	"text/template"
	"text/template/parse"
)

// A template can do much with few words: it can count to a billion, or double a text forty times. So all templates of an import together
// have so much to use up: bytes that are given to functions or written, and turns of loops.
const (
	mostFuel = 256 << 20
	turnFuel = 1 << 10
)

// fuel is what is left, and the functions that use it.
type fuel struct {
	left      int
	functions template.FuncMap
}

var errFuel = errors.New("its templates have too much to do")

func (f *fuel) use(n int) error {
	if f.left -= n; f.left < 0 {
		f.left = 0
		return errFuel
	}
	return nil
}

// multiplying are the functions whose results may be as long as their arguments multiplied.
var multiplying = []string{"replace", "regexReplaceAll", "regexReplaceAllLiteral", "mustRegexReplaceAll", "mustRegexReplaceAllLiteral", "join"}

// metered is a function that uses fuel before it does anything.
func (f *fuel) metered(name string, function any) any {
	of := reflect.ValueOf(function)
	t := of.Type()
	in, out := make([]reflect.Type, t.NumIn()), []reflect.Type{t.Out(0), reflect.TypeFor[error]()}
	for i := range in {
		in[i] = t.In(i)
	}
	return reflect.MakeFunc(reflect.FuncOf(in, out, t.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		sum, product := 1, 1
		for _, arg := range args {
			size := sizeOf(arg, longestText)
			sum += size
			product = min(product*max(size, 1), mostFuel+1)
		}
		err := f.use(sum)
		switch {
		case sum > longestText:
			err = errFuel
		case slices.Contains(multiplying, name):
			err = f.use(product)
		}
		if err != nil {
			return []reflect.Value{reflect.Zero(out[0]), reflect.ValueOf(&err).Elem()}
		}
		var results []reflect.Value
		if t.IsVariadic() {
			results = of.CallSlice(args)
		} else {
			results = of.Call(args)
		}
		if len(results) == 1 {
			results = append(results, reflect.Zero(out[1]))
		}
		return results
	}).Interface()
}

// sizeOf is about how many bytes a value has as text, or a number above most.
func sizeOf(v reflect.Value, most int) int {
	switch v.Kind() {
	case reflect.String:
		return v.Len()
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			return sizeOf(v.Elem(), most)
		}
	case reflect.Slice, reflect.Array:
		size := 1
		for i := 0; i < v.Len() && size <= most; i++ {
			size += 1 + sizeOf(v.Index(i), most-size)
		}
		return size
	case reflect.Map:
		size := 1
		for each := v.MapRange(); size <= most && each.Next(); {
			size += 1 + sizeOf(each.Key(), most-size) + sizeOf(each.Value(), most-size)
		}
		return size
	}
	return 1
}

// turns makes each turn of a loop, and each call of a template, use fuel.
func (f *fuel) turns(t *template.Template) error {
	tick, err := template.New("").Funcs(template.FuncMap{"turn": f.turn}).Parse("{{turn}}")
	if err != nil {
		return err
	}
	for _, one := range t.Templates() {
		if one.Tree != nil && one.Root != nil {
			loops(one.Root, tick.Root.Nodes[0])
			one.Root.Nodes = slices.Insert(one.Root.Nodes, 0, tick.Root.Nodes[0])
		}
	}
	return nil
}

func (f *fuel) turn() (string, error) { return "", f.use(turnFuel) }

// loops puts an action at the beginning of each loop.
func loops(list *parse.ListNode, tick parse.Node) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.RangeNode:
			loops(n.List, tick)
			loops(n.ElseList, tick)
			n.List.Nodes = slices.Insert(n.List.Nodes, 0, tick)
		case *parse.IfNode:
			loops(n.List, tick)
			loops(n.ElseList, tick)
		case *parse.WithNode:
			loops(n.List, tick)
			loops(n.ElseList, tick)
		}
	}
}
