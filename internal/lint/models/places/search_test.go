package places

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestHaystack: what is found by an index is what reading finds.
func TestHaystack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range 3000 {
		b.WriteByte("ab\xff"[min(2, r.IntN(40)/15)])
	}
	h := haystack{text: b.String()}
	for i := range 500 {
		from := r.IntN(len(h.text))
		at := r.IntN(len(h.text) - 20)
		text := h.text[at : at+1+r.IntN(20)]
		want := strings.Index(h.text[from:], text)
		if want >= 0 {
			want += from
		}
		if got := h.first(text, from); got != want {
			t.Fatalf("%d: %q from %d: got %d, want %d", i, text, from, got, want)
		}
	}
	if h.index == nil {
		t.Error("there is no index")
	}
	// What occurs often is read for, but not forever.
	often := haystack{text: strings.Repeat("a", 10_000) + "b"}
	for i := range 500 {
		often.first(strings.Repeat("a", 1+i), 10_000-2*i)
	}
	if often.read > (mostReadings+1)*len(often.text) {
		t.Errorf("%d bytes were read", often.read)
	}
}
