package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"

	"github.com/hippotion/roster/internal/lint"
)

// Finding is something that was found, with a name of its own.
type Finding struct {
	lint.Finding
	Fingerprint string
}

var index = regexp.MustCompile(`\[\d+\]`)

// Fingerprint names each finding by its rule, file, path and message. The name differs for each finding, and stays the same when lines or
// an entry are inserted above: neither lines nor indexes are in it. Otherwise equal findings are numbered in order; so all findings are
// named before any is left out.
func Fingerprint(findings []lint.Finding) []Finding {
	seen := map[string]int{}
	out := make([]Finding, 0, len(findings))
	for _, f := range findings {
		text := fmt.Sprintf("%q %q %q %q", f.Code, f.Pos.File, index.ReplaceAllString(f.Path, "[]"), f.Message)
		seen[text]++
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", text, seen[text]))
		out = append(out, Finding{f, hex.EncodeToString(sum[:16])})
	}
	return out
}
