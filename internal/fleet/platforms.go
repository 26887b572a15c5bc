package fleet

import (
	"context"
	"time"

	"github.com/hippotion/roster/catalog"
)

// Platforms are those of the list in a place, by cluster; none when there are mistakes in it. Nothing is rendered.
func Platforms(at Place, most time.Duration) ([]*catalog.Platform, error) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), most, errTime)
	defer cancel()
	files, closer, err := at.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = closer() }() // of files that were only read
	in := Input{Place: at}
	reading, err := in.read(ctx, files)
	if err != nil {
		return nil, err
	}
	var out []*catalog.Platform
	for _, c := range reading.Clusters {
		out = append(out, c.Platform)
	}
	return out, nil
}
