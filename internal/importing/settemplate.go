package importing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
)

// A template of an ApplicationSet is Go's, with most of sprig's functions, or else has {{keys}} that are replaced (argo-cd
// applicationset/utils, Replace).

// longestText is how long a text may be that a template makes.
const longestText = 1 << 20

// unsafeFunctions are those of sprig that Argo CD has not, that depend on more than the input, or that make much of little.
var unsafeFunctions = []string{"env", "expandenv", "getHostByName", "now", "date", "dateInZone", "date_in_zone", "dateModify", "date_modify", "mustDateModify", "must_date_modify",
	"ago", "htmlDate", "htmlDateInZone", "uuidv4", "shuffle", "randAlphaNum", "randAlpha", "randAscii", "randNumeric", "randBytes", "randInt", "genPrivateKey", "derivePassword",
	"genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey", "encryptAES", "decryptAES", "htpasswd", "bcrypt",
	"until", "untilStep", "seq", "repeat", "indent", "nindent", "wrap", "wrapWith"}

// functions are those of a Go template.
func functions() template.FuncMap {
	out := sprig.GenericFuncMap()
	for _, name := range unsafeFunctions {
		delete(out, name)
	}
	out["normalize"] = sanitized
	out["fromYaml"] = func(text string) (out map[string]any, err error) {
		err = syntax.Unmarshal([]byte(text), &out)
		return out, err
	}
	out["fromYamlArray"] = func(text string) (out []any, err error) { err = syntax.Unmarshal([]byte(text), &out); return out, err }
	return out
}

var outsideDNS = lazy.Regexp("[^-a-z0-9.]")

// sanitized is a name as Argo CD makes one that DNS permits (applicationset/utils, SanitizeName).
func sanitized(name string) string {
	name = outsideDNS().ReplaceAllString(strings.ToLower(name), "-")
	return strings.Trim(name[:min(len(name), 253)], "-.")
}

// templates fills in what an ApplicationSet leaves open.
type templates struct {
	golang  bool
	options []string
}

// fill replaces the parameters in all texts of a value, also in the keys of mappings.
func (t templates) fill(value any, params map[string]any) (any, error) {
	switch v := value.(type) {
	case string:
		return t.text(v, params)
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			filled, err := t.fill(one, params)
			if err != nil {
				return nil, err
			}
			out[i] = filled
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, key := range sortedKeys(v) {
			filledKey, err := t.text(key, params)
			if err != nil {
				return nil, err
			}
			if out[filledKey], err = t.fill(v[key], params); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return value, nil
}

func (t templates) text(text string, params map[string]any) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	if !t.golang {
		return replaced(text, params), nil
	}
	parsed, err := template.New("").Funcs(functions()).Parse(text)
	if err != nil {
		return "", errors.New("a template that is not understood here: it may use a function whose result is not known beforehand")
	}
	for _, option := range t.options {
		if !slices.Contains([]string{"missingkey=default", "missingkey=invalid", "missingkey=zero", "missingkey=error"}, option) {
			return "", fmt.Errorf("goTemplateOptions: %q is unknown", option)
		}
		parsed.Option(option)
	}
	var out limitedText
	if err := parsed.Execute(&out, params); err != nil {
		return "", errors.New("a template fails with the parameters of a generator")
	}
	return out.String(), nil
}

// replaced is a text with its {{keys}} replaced. What is no parameter stays.
func replaced(text string, params map[string]any) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		tag, after, closed := strings.Cut(rest, "}}")
		if !closed {
			b.WriteString("{{" + rest)
			return b.String()
		}
		if value, ok := params[strings.TrimSpace(tag)].(string); ok {
			b.WriteString(value)
		} else {
			b.WriteString("{{" + tag + "}}")
		}
		text = after
	}
}

// limitedText takes no more than a text may have.
type limitedText struct{ strings.Builder }

func (l *limitedText) Write(p []byte) (int, error) {
	if l.Len()+len(p) > longestText {
		return 0, errors.New("too long")
	}
	return l.Builder.Write(p)
}
