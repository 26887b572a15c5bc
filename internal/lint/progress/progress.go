// Package progress says where a run of lint is, in memory that another process can read when the one that runs has been killed.
package progress

import "sync/atomic"

// Size is how many bytes a Cell takes.
const Size = 8

// Cell is where a run is. Its zero value is before the first rule.
type Cell struct {
	rule, object atomic.Int32
}

// Rule notes that a rule begins, by its number in the list of names.
func (c *Cell) Rule(number int) {
	if c != nil {
		c.object.Store(0)
		c.rule.Store(int32(number) + 1)
	}
}

// Object notes that a rule looks at an object, by its number.
func (c *Cell) Object(number int) {
	if c != nil {
		c.object.Store(int32(number) + 1)
	}
}

// At is the rule and the object; -1 for none.
func (c *Cell) At() (rule, object int) { return int(c.rule.Load()) - 1, int(c.object.Load()) - 1 }
