package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// spoiledTexts reports values of which the chart would make other texts than those that are written, and whether there are any: 022 is the
// number 18, yes is true, and a key without a value would vanish. Values may be secret, and are not shown.
func (b *builtinApp) spoiledTexts(values map[string]any) bool {
	return len(b.Texts) > 0 && b.spoiledIn(values, nil, false)
}

// spoiledIn does so for what is in a mapping or a list, whose own values may be texts.
func (b *builtinApp) spoiledIn(container any, path []string, texts bool) (found bool) {
	each := func(key string, value any) {
		path := append(slices.Clip(path), key)
		switch value.(type) {
		case map[string]any, []any:
			found = b.spoiledIn(value, path, slices.Contains(b.Texts, key)) || found
		default:
			found = texts && b.spoiled(value, path) || found
		}
	}
	switch c := container.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(c)) {
			each(key, c[key])
		}
	case []any:
		for i, value := range c {
			each(strconv.Itoa(i), value)
		}
	}
	return found
}

// spoiled reports a text that is not what is written.
func (b *builtinApp) spoiled(value any, path []string) bool {
	written, plain := b.in.Values.Plain(path...)
	if !plain || value != nil && fmt.Sprint(value) == written {
		return false
	}
	at, _ := valueOf(b, path)
	const quotes = "put it in quotes: it is a text"
	switch value.(type) {
	case nil:
		at.Report("missing-value", "write a text, such as '', or remove it", "expected a text, found nothing")
	case bool:
		at.Report("bad-value", quotes, "YAML reads this as %v", value)
	default:
		at.Report("bad-value", quotes, "YAML reads this as a number, and would write it in another way")
	}
	return true
}
