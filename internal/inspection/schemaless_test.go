package inspection

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSchemaless: a report names few kinds, and of each no more than a name has.
func TestSchemaless(t *testing.T) {
	unchecked := map[string]int{"example.com/v1 " + strings.Repeat("x", 300_000): 3}
	want := map[string]int{"example.com/v1 " + strings.Repeat("x", 185) + "…": 3, "other kinds": 2}
	for i := range 51 {
		kind := fmt.Sprintf("v1 K%02d", i)
		if unchecked[kind] = 1; i < 49 {
			want[kind] = 1
		}
	}
	if diff := cmp.Diff(want, schemaless(unchecked)); diff != "" {
		t.Error(diff)
	}
}
