package workload

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/syntax"
)

// countingHelm counts how often it reads values.
type countingHelm struct {
	helmVersion
	count *int
}

func (h countingHelm) values(text []byte) (map[string]any, error) {
	*h.count++
	return h.helmVersion.values(text)
}

// TestKnownValues: a text is read once by each Helm, what one application does to the values does not reach others, and what is kept is bounded.
func TestKnownValues(t *testing.T) {
	const text = "a: {b: [1, {c: x}]}\n"
	known := &knownValues{read: map[valueText]map[string]any{}}
	reads := 0
	for _, version := range []string{"v3.20.2", "v4.2.1"} {
		for range 3 {
			values, err := known.of(countingHelm{helmNamed(version), &reads}, []byte(text))
			want := map[string]any{"a": map[string]any{"b": []any{1.0, map[string]any{"c": "x"}}}}
			if diff := cmp.Diff(want, values); err != nil || diff != "" {
				t.Fatal(err, diff)
			}
			list := values["a"].(map[string]any)["b"].([]any)
			list[1].(map[string]any)["c"], list[0], values["d"] = "changed", "changed", "new"
		}
	}
	if reads != 2 {
		t.Errorf("it was read %d times", reads)
	}
	for i := range 10 {
		long := fmt.Sprintf("a%d: &a %s\nb: [*a, *a]\n", i, strings.Repeat("x", maxKnownValues/10))
		if values, err := known.of(helmNamed("v4.2.1"), []byte(long)); err != nil || len(values) != 2 {
			t.Fatal(err)
		}
	}
	if known.size > maxKnownValues || len(known.read) != 4 { // two long texts, each four times as large as it is written
		t.Errorf("%d bytes are kept, of %d texts", known.size, len(known.read))
	}
	excess := (*syntax.Excess)(nil)
	if _, err := known.of(helmNamed("v4.2.1"), []byte(strings.Repeat("[", 200)+strings.Repeat("]", 200))); !errors.As(err, &excess) {
		t.Error(err)
	}
}
