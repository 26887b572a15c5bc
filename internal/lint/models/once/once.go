// Package once has values that are made when they are asked for first.
package once

// Value is a model that is built when it is asked for first.
type Value[T any] struct {
	built bool
	model T
}

func (o *Value[T]) Get(build func() T) T {
	if !o.built {
		o.model, o.built = build(), true
	}
	return o.model
}
