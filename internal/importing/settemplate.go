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
	"sigs.k8s.io/yaml"
)

// A template of an ApplicationSet is Go's, with most of sprig's functions, or else has {{keys}} that are replaced (argo-cd
// applicationset/utils, Replace).

// longestText is how long a text may be that a template makes.
const longestText = 1 << 20

// unsafeFunctions are those of sprig that Argo CD has not, that depend on more than the input, that make much of little, or that change what
// they are given: that could contain itself then.
var unsafeFunctions = []string{"env", "expandenv", "getHostByName", "now", "date", "dateInZone", "date_in_zone", "dateModify", "date_modify", "mustDateModify", "must_date_modify",
	"ago", "htmlDate", "htmlDateInZone", "uuidv4", "shuffle", "randAlphaNum", "randAlpha", "randAscii", "randNumeric", "randBytes", "randInt", "genPrivateKey", "derivePassword",
	"genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey", "encryptAES", "decryptAES", "htpasswd", "bcrypt",
	"until", "untilStep", "seq", "repeat", "wrap", "wrapWith",
	"set", "unset", "merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite"}

// functions are those of a Go template, and those of text/template that make texts.
func functions(f *fuel) template.FuncMap {
	if f.functions != nil {
		return f.functions
	}
	out := sprig.GenericFuncMap()
	for _, name := range unsafeFunctions {
		delete(out, name)
	}
	out["normalize"] = sanitized
	out["toYaml"] = func(value any) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	out["indent"] = f.indented
	out["nindent"] = func(spaces int, text string) (string, error) {
		text, err := f.indented(spaces, text)
		return "\n" + text, err
	}
	out["fromYaml"] = func(text string) (out map[string]any, err error) {
		err = syntax.Unmarshal([]byte(text), &out)
		return out, err
	}
	out["fromYamlArray"] = func(text string) (out []any, err error) { err = syntax.Unmarshal([]byte(text), &out); return out, err }
	out["print"], out["printf"], out["println"] = fmt.Sprint, fmt.Sprintf, fmt.Sprintln
	out["html"], out["js"], out["urlquery"] = template.HTMLEscaper, template.JSEscaper, template.URLQueryEscaper
	for name, function := range out {
		out[name] = f.metered(name, function)
	}
	out["turn"] = f.turn
	f.functions = out
	return out
}

// indented is sprig's, with a bound.
func (f *fuel) indented(spaces int, text string) (string, error) {
	lines := 1 + strings.Count(text, "\n")
	if spaces < 0 || spaces > longestText/lines {
		return "", errFuel
	}
	pad := strings.Repeat(" ", spaces)
	return pad + strings.ReplaceAll(text, "\n", "\n"+pad), f.use(spaces * lines)
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
	fuel    *fuel
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
			if v[key] == nil { // Argo CD leaves it out
				continue
			}
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
		return t.replaced(text, params)
	}
	parsed, err := template.New("").Funcs(functions(t.fuel)).Parse(text)
	if err == nil {
		err = t.fuel.turns(parsed)
	}
	if err != nil {
		return "", errors.New("a template that is not understood here: it may use a function whose result is not known beforehand")
	}
	for _, option := range t.options {
		if !slices.Contains([]string{"missingkey=default", "missingkey=invalid", "missingkey=zero", "missingkey=error"}, option) {
			return "", fmt.Errorf("goTemplateOptions: %q is unknown", option)
		}
		parsed.Option(option)
	}
	out := limitedText{fuel: t.fuel}
	if err := parsed.Execute(&out, params); errors.Is(err, errFuel) {
		return "", errFuel
	} else if err != nil {
		return "", errors.New("a template fails with the parameters of a generator")
	}
	return out.String(), nil
}

var tagged = lazy.Regexp("{{.*}}")

// replaced is a text with its {{keys}} replaced. What is no parameter stays.
func (t templates) replaced(text string, params map[string]any) (string, error) {
	if !tagged().MatchString(text) { // Argo CD asks for a tag that is on one line, and then replaces all
		return text, nil
	}
	b := limitedText{fuel: t.fuel}
	for {
		before, rest, found := strings.Cut(text, "{{")
		tag, after, closed := strings.Cut(rest, "}}")
		part := before
		value, known := params[strings.TrimSpace(tag)].(string)
		switch {
		case found && !closed:
			return "", errors.New("a template with {{ and without }}, which Argo CD refuses")
		case found && known:
			part += value
		case found:
			part += "{{" + tag + "}}"
		}
		if _, err := b.Write([]byte(part)); err != nil {
			return "", err
		}
		if !found {
			return b.String(), nil
		}
		text = after
	}
}

// limitedText takes no more than a text may have, and than there is fuel for.
type limitedText struct {
	strings.Builder
	fuel *fuel
}

func (l *limitedText) Write(p []byte) (int, error) {
	if l.Len()+len(p) > longestText {
		return 0, errFuel
	}
	if err := l.fuel.use(len(p)); err != nil {
		return 0, err
	}
	return l.Builder.Write(p)
}
