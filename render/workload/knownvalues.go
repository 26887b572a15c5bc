package workload

import (
	"errors"

	"github.com/hippotion/roster/internal/syntax"
)

// Applications often share value files, such as one for all that are of a kind: each text is read once.

// maxKnownValues is how much of them is kept, by the size of what was read, in bytes.
const maxKnownValues = 16 << 20

// knownValues are texts that were read as values.
type knownValues struct {
	read map[valueText]map[string]any
	size int // about
}

type valueText struct {
	helm helmVersion // they differ
	text string
}

// of are the values of a text, for the caller to change. The error is an *syntax.Excess when the text is out of bounds.
func (k *knownValues) of(helm helmVersion, text []byte) (map[string]any, error) {
	by := valueText{helm, string(text)}
	if values, ok := k.read[by]; ok {
		return copied(values), nil
	}
	excess := (*syntax.Excess)(nil)
	if err := syntax.Check(text); errors.As(err, &excess) {
		return nil, err // as a whole: Helm 4 reads one document after the other
	}
	values, err := helm.values(text)
	if err != nil {
		return values, err
	}
	if size := len(text) + sizeOf(values); k.size+size <= maxKnownValues {
		k.size += size
		k.read[by] = copied(values)
	}
	return values, nil
}

func copied(values map[string]any) map[string]any {
	return changeTexts(values, func(text string) string { return text }).(map[string]any)
}

// sizeOf is about how much memory a value takes.
func sizeOf(v any) int {
	const each = 100
	switch v := v.(type) {
	case string:
		return each + len(v)
	case []any:
		sum := each
		for _, e := range v {
			sum += sizeOf(e)
		}
		return sum
	case map[string]any:
		sum := each
		for key, e := range v {
			sum += len(key) + sizeOf(e)
		}
		return sum
	}
	return each
}
