package cli

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/diff"
)

// TestComparedInTime: a comparison that asks too rarely whether to stop does not keep the program.
func TestComparedInTime(t *testing.T) {
	long := map[string]any{}
	for i := range 200_000 {
		long[time.Unix(int64(i), 0).UTC().Format(time.RFC3339)] = i
	}
	side := func(kind string) *diff.Side {
		o := &diff.Object{ID: diff.ID{Kind: kind, Name: "long"}}
		o.Kind, o.Name, o.Value = kind, "long", func() any { return long }
		return &diff.Side{Clusters: []*diff.Cluster{{Objects: []*diff.Object{o}}}}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := compared(ctx, [2]*diff.Side{side("A"), side("B")}); !errors.Is(err, errComparedTooLong) {
		t.Errorf("compared: %v", err)
	}
	if r, err := compared(context.Background(), [2]*diff.Side{side("A"), side("A")}); err != nil || len(r.Objects) > 0 {
		t.Errorf("the same: %v", err)
	}
}
