package workload

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
)

// Helm reads each document of the output to find its kind and annotations, after a regular expression has separated them. For large
// charts, that takes longer than to render them, and then Argo CD reads each document once more. So documents are read once here, and
// Helm gets, in the place of each, only what it looks at. Whatever is unusual in any of them is left to Helm as it is.

// heads are documents for Helm, in place of others.
type heads struct {
	texts     map[string]string
	documents []printed // those that they stand for
}

const headMark = `{"roster":`

// headsOf are those of texts; nil when Helm has to see the texts themselves.
func headsOf(helm helmVersion, texts map[string]string) *heads {
	out := &heads{texts: make(map[string]string, len(texts))}
	for name, text := range texts {
		var short strings.Builder
		for _, document := range helm.split(text) {
			raw, head := headOf(document)
			if head == nil {
				return nil
			}
			short.WriteString("---\n" + headMark + strconv.Itoa(len(out.documents)))
			short.Write(head)
			short.WriteString("}\n")
			out.documents = append(out.documents, printed{text: document, json: raw})
		}
		out.texts[name] = short.String()
	}
	return out
}

// whole are the documents that heads stand for.
func (h *heads) whole(short []printed) {
	for i := range short {
		number, _, _ := strings.Cut(strings.TrimPrefix(short[i].text, headMark), ",")
		n, err := strconv.Atoi(strings.TrimRight(number, "}\n"))
		if err != nil { // it was written above
			panic(err)
		}
		short[i].text, short[i].json = h.documents[n].text, h.documents[n].json
	}
}

// headOf is a document as JSON, as it is read after Helm has printed it, and what of it Helm looks at, as the rest of a mapping; nil
// when Helm may see something else in it.
func headOf(document string) (raw, head []byte) {
	if strings.HasPrefix(document, "---") || strings.HasPrefix(document, "%") || strings.ContainsRune(document, '\r') {
		return nil, nil
	}
	raw, err := syntax.ToJSON([]byte(document + "\n"))
	if err != nil {
		return nil, nil
	}
	if raw = bytes.TrimSpace(raw); string(raw) == "null" { // there are only comments
		return raw, []byte{}
	}
	var seen struct {
		Version  *string `json:"apiVersion,omitempty"`
		Kind     *string `json:"kind,omitempty"`
		Metadata *struct {
			Name        *string           `json:"name,omitempty"`
			Annotations map[string]string `json:"annotations,omitempty"`
		} `json:"metadata,omitempty"`
	}
	if json.Unmarshal(raw, &seen) != nil {
		return nil, nil
	}
	if seen.Metadata != nil {
		for _, value := range seen.Metadata.Annotations {
			if strings.HasSuffix(value, "\n") { // which Helm, that does not see the end of the last line, may not see
				return nil, nil
			}
		}
	}
	head, err = json.Marshal(seen)
	if err != nil || len(head) < 2 {
		return nil, nil
	}
	if head = head[1 : len(head)-1]; len(head) > 0 {
		head = append([]byte(","), head...)
	}
	return raw, head
}

// separate separates a text where Helm does: at (?:^|\s*\n)---\s*.
func separate(text string) []string {
	const spaces = "\t\n\f\r "
	var out []string
	begin := 0
	for at := 0; ; {
		next := strings.Index(text[at:], "---")
		if next < 0 {
			return append(out, text[begin:])
		}
		at += next
		if at != 0 && (at == begin || text[at-1] != '\n') {
			at++
			continue
		}
		out = append(out, strings.TrimRight(text[begin:at], spaces))
		begin = len(text) - len(strings.TrimLeft(text[at+len("---"):], spaces))
		at = begin
	}
}
