package main

import "testing"

// TestSame checks that the comparison is fair: the chart prints what roster prints, object by object and field by field.
func TestSame(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Helm")
	}
	p, err := build()
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.input(t.TempDir(), 30, plain)
	if err != nil {
		t.Fatal(err)
	}
	count, err := p.same(in)
	if err != nil {
		t.Fatal(err)
	}
	if want := 30 * 9; count != want {
		t.Errorf("compared %d objects, want %d", count, want)
	}
}
