package gardener

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Hash prefixes of the body: how many digits the report gives, and how few a note may have.
const (
	hashDigits    = 16
	minHashDigits = 12
)

// front is what a front matter has about its note's summary.
type front struct {
	summary    bool   // there is one
	summarized string // the hash of the body that it was made from
}

// frontMatter returns where the body of a note begins. A front matter is between a first line --- and a line --- or "...".
func frontMatter(text []byte) int {
	start := 0
	if bytes.HasPrefix(text, []byte("\ufeff")) {
		start = len("\ufeff")
	}
	at := lineEnd(text, start)
	if string(bytes.TrimRight(text[start:at], " \t\r\n")) != "---" {
		return 0
	}
	for at < len(text) {
		end := lineEnd(text, at)
		if line := string(bytes.TrimRight(text[at:end], " \t\r\n")); line == "---" || line == "..." {
			return end
		}
		at = end
	}
	return 0 // it never ends: a rule, not a front matter
}

// readFront reads the two keys that matter, at the start of a line each. The value of a summary is not needed: it may be a
// block of lines.
func readFront(text []byte) front {
	var f front
	empty := false // the line before was an empty summary, whose text may follow
	for line := range bytes.Lines(text) {
		if empty && (line[0] == ' ' || line[0] == '\t') && len(bytes.TrimSpace(line)) > 0 {
			f.summary = true
		}
		empty = false
		key, value, found := strings.Cut(string(line), ":")
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		switch {
		case found && key == "summary":
			empty = value == "" || strings.HasPrefix(value, "|") || strings.HasPrefix(value, ">")
			f.summary = !empty
		case found && key == "summarized":
			f.summarized = value
		}
	}
	return f
}

// stale returns the hash of the body when the note's summary was made from another one.
func (p *parsed) stale() (hash string, stale bool) {
	if !p.front.summary {
		return "", false
	}
	sum := sha256.Sum256(p.body)
	hash = hex.EncodeToString(sum[:])
	recorded := strings.ToLower(p.front.summarized)
	return hash[:hashDigits], len(recorded) < minHashDigits || !strings.HasPrefix(hash, recorded)
}
