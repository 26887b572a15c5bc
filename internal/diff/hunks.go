package diff

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// hunks are the lines in which two texts differ. One that is not there has no lines.
func hunks(before, after []byte) []hunk {
	if bytes.Equal(before, after) {
		return nil
	}
	var out []hunk
	at := [2]int{1, 1} // the next line on each side
	open, header := false, true
	text := string(diff.Diff("before", before, "after", after))
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "@@ "):
			at, open, header = begin(line), false, false
			continue
		case header, line[0] == '\\': // \ No newline at end of file
			continue
		case line[0] == ' ':
			at[0], at[1], open = at[0]+1, at[1]+1, false
			continue
		}
		if !open {
			out, open = append(out, hunk{run{at[0], 0}, run{at[1], 0}}), true
		}
		last := &out[len(out)-1]
		if line[0] == '-' {
			at[0]++
			last.before.count++
		} else {
			at[1]++
			last.after.count++
		}
	}
	return out
}

// begin is where the header of a hunk of a unified diff says that it begins, on each side: @@ -1,7 +1,6 @@. A side without lines counts from the line
// before.
func begin(header string) (at [2]int) {
	for i, part := range strings.Fields(header)[1:3] {
		first, count, _ := strings.Cut(part[1:], ",")
		at[i], _ = strconv.Atoi(first)
		if count == "0" {
			at[i]++
		}
	}
	return at
}
