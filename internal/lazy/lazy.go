// Package lazy makes values at their first use. The program starts anew for each render, and most of what it knows of mistakes is
// not needed then: compiling all patterns would take longer than reading a list.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns what compiles the expression at its first use. TestPatterns in test/house compiles all of them.
func Regexp(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
