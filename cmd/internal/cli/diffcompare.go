package cli

import (
	"context"
	"errors"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/kinds"
)

var errComparedTooLong = errors.New("the comparison took more time than --timeout permits")

// compared compares two sides, as long as there is time. One object may have so many fields that the comparison is asked to stop too rarely: then it is
// left behind, as the program ends.
func compared(ctx context.Context, both [2]*diff.Side) (*diff.Result, error) {
	type outcome struct {
		result *diff.Result
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		r, err := diff.Compare(both[0], both[1], diff.Options{Kinds: kinds.All(), Stop: func() error {
			if ctx.Err() != nil {
				return errComparedTooLong
			}
			return nil
		}})
		done <- outcome{r, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return nil, errComparedTooLong
	}
}
