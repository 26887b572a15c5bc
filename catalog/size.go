package catalog

import (
	"reflect"

	"github.com/hippotion/roster/internal/syntax"
)

// A profile, a list of sync options or the labels of the ingress controller are written once, and rendered for each namespace,
// application or route: a list of 300 KB could make some gigabytes. So the expanded size of all platforms of a list is bounded: the texts in
// them, with each use of a shared part. 30,000 ordinary entries have some 60 MB.
const (
	freeSize     = 64 << 20 // bytes of any list
	sizePerEntry = 8 << 10  // and for each of its entries, on each of its clusters: more than ordinary ones ever have
)

// sizes adds up the expanded sizes of namespaces.
type sizes struct {
	most  int
	left  int
	known map[shared]int
}

// shared is a part that many namespaces may have.
type shared struct {
	at  uintptr
	len int
	of  reflect.Type
}

func newSizes(entries int) *sizes {
	most := freeSize + entries*sizePerEntry
	return &sizes{most: most, left: most, known: map[shared]int{}}
}

// add counts a namespace, and reports at its entry when the platform becomes too large; false when it does.
func (s *sizes) add(n *Namespace, at *syntax.Node) bool {
	before := s.left
	s.left -= s.of(reflect.ValueOf(*n))
	if before >= 0 && s.left < 0 {
		at.Report("too-large", "what is in a profile, in defaults or in platform.yml is rendered for each use: shorten it, or use it less often",
			"with this entry, the platform would render to more than %d MiB", s.most>>20)
	}
	return s.left >= 0
}

// perValue is what a value takes besides its text.
const perValue = 8

var asWrittenType = reflect.TypeFor[*appInput]()

// of is the size of v in bytes, as far as it matters: it stops where there are more than are left.
func (s *sizes) of(v reflect.Value) int {
	sum := perValue
	switch v.Kind() {
	case reflect.String:
		return sum + v.Len()
	case reflect.Pointer:
		if v.Type() == asWrittenType { // is not rendered
			return 0
		}
		if v.IsNil() {
			return sum
		}
		return s.once(v, 0, func() int { return s.of(v.Elem()) })
	case reflect.Interface:
		if !v.IsNil() {
			sum += s.of(v.Elem())
		}
	case reflect.Struct:
		for i := 0; i < v.NumField() && sum <= s.left; i++ {
			sum += s.of(v.Field(i))
		}
	case reflect.Slice:
		if v.Len() == 0 {
			return sum
		}
		return s.once(v, v.Len(), func() int {
			for i := 0; i < v.Len() && sum <= s.left; i++ {
				sum += s.of(v.Index(i))
			}
			return sum
		})
	case reflect.Map:
		if v.Len() == 0 {
			return sum
		}
		return s.once(v, v.Len(), func() int {
			for i := v.MapRange(); sum <= s.left && i.Next(); {
				sum += s.of(i.Key()) + s.of(i.Value())
			}
			return sum
		})
	}
	return sum
}

// once is the size of what a pointer, slice or map refers to, which is looked at once.
func (s *sizes) once(v reflect.Value, length int, of func() int) int {
	key := shared{v.Pointer(), length, v.Type()}
	sum, known := s.known[key]
	if !known {
		sum = of()
		s.known[key] = sum
	}
	return sum
}
