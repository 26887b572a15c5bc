package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/report"
)

// hidden are characters that must reach neither a terminal nor a page.
const hidden = "\x00\x01\a\b\v\f\x1b\x7f\u0085\u009b\u00a0\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\u3164\ufe00\ufeff\ufffe\uffff\U000e0041\U000e0100\t\r"

// hostile is a report in which each text that comes from the input has them all.
func hostile(file string) *report.Report {
	text := func(where string) string { return where + hidden + "\n::error::" + where + "\xff" }
	d := diag.Diagnostic{Pos: at(file, 1, 1), Path: text("path"), Code: "plain", Message: text("message"), Hint: text("hint"),
		Related: []diag.Related{{Pos: at(file, 2, 1), Note: text("note")}}}
	other := d
	other.Code = text("code")
	return &report.Report{Tool: "roster", Rules: []*lint.Rule{rule("plain", lint.Error)},
		Findings: report.Fingerprint([]lint.Finding{finding(lint.Error, d), finding(lint.Warning, other), finding(lint.Info, d)}),
		Summary: report.Summary{Skipped: map[string]int{text("reason"): 1},
			Stale: []report.Known{{Rule: text("rule"), File: text("stale"), Message: text("was"), Fingerprint: strings.Repeat("0a", 16)}}}}
}

// TestHostile writes every format with a hostile name of a file: no byte of the output may do harm, and no text of it when a program
// decodes it. Only locations, which programs open, decode to the name of the file.
func TestHostile(t *testing.T) {
	for _, file := range []string{"deploy/a" + hidden + "b.yml", "deploy/line\nend, a:b %41.yml", ":" + hidden + "::error::x.yml", "invalid\xff\x1b.yml"} {
		r := hostile(file)
		outputs := map[string]string{}
		for _, format := range report.Formats() {
			outputs[format] = written(t, format, r)
		}
		var b bytes.Buffer
		if err := report.WriteBaseline(&b, r.Findings); err != nil {
			t.Fatal(err)
		}
		outputs["baseline"] = b.String()
		for format, text := range outputs {
			seen(t, format, strings.ReplaceAll(text, "\n", ""))
			for line := range strings.Lines(text) {
				if strings.HasPrefix(strings.TrimLeft(line, " "), "::") && (format != "github" || !strings.Contains(line, " file=")) {
					t.Errorf("%s: a line is a command: %q", format, line)
				}
			}
			locations := 0
			for _, s := range decoded(t, format, text) {
				if s == file {
					locations++
					continue
				}
				s = strings.ReplaceAll(s, "\n\nhint: ", "")
				if !strings.HasPrefix(s, "First paragraph of ") { // the rule's documentation is roster's own
					seen(t, format+", decoded", s)
				}
			}
			if machine := format == "json" || format == "gitlab"; machine && utf8.ValidString(file) != (locations >= 3) {
				t.Errorf("%s: %d locations are %q", format, locations, file)
			}
		}
		for _, result := range readSARIF(t, r).Runs[0].Results {
			for _, l := range append(result.Locations, result.RelatedLocations...) {
				uri := l.PhysicalLocation.ArtifactLocation.URI
				if got, err := url.PathUnescape(uri); err != nil || strings.TrimPrefix(got, "./") != file || strings.Trim(uri, printableASCII) != "" {
					t.Errorf("sarif: %q is not a URI of %q: %v", uri, file, err)
				}
			}
		}
	}
}

var printableASCII = func() string {
	var b strings.Builder
	for r := '!'; r <= '~'; r++ {
		b.WriteRune(r)
	}
	return b.String()
}()

// seen checks that each character of a text can be seen.
func seen(t *testing.T, what, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s: no UTF-8", what)
	}
	for _, r := range text {
		if strings.ContainsRune(hidden, r) || !unicode.IsPrint(r) {
			t.Errorf("%s: has %U", what, r)
			return
		}
	}
}

// decoded are the texts in an output, as a program reads them.
func decoded(t *testing.T, format, text string) (out []string) {
	t.Helper()
	switch format {
	case "json", "sarif", "gitlab", "baseline":
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		return texts(v)
	case "junit":
		for d := xml.NewDecoder(strings.NewReader(text)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				return out
			}
			if err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			switch token := token.(type) {
			case xml.StartElement:
				for _, a := range token.Attr {
					out = append(out, a.Value)
				}
			case xml.CharData:
				out = append(out, strings.ReplaceAll(string(token), "\n", ""))
			}
		}
	case "github":
		for line := range strings.Lines(text) {
			if c, ok := parsed(strings.TrimSuffix(line, "\n")); ok {
				out = append(out, strings.ReplaceAll(c.message, "\n", ""), c.properties["title"])
				out = append(out, strings.NewReplacer("\r", "", "\n", "").Replace(c.properties["file"])) // which are escaped, and come back
			}
		}
	}
	return out
}

func texts(v any) (out []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, v := range v {
			out = append(out, texts(v)...)
		}
	case map[string]any:
		for _, v := range v {
			out = append(out, texts(v)...)
		}
	}
	return out
}
