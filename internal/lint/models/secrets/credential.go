package secrets

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/hippotion/roster/internal/lint/models/places"
	"go.yaml.in/yaml/v3"
)

// tokens are texts that are recognizable by themselves.
var tokens = []struct {
	what  string
	shape *regexp.Regexp
}{
	{"a private key", regexp.MustCompile(`-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----`)},
	{"a GitHub token", regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{30,})`)},
	{"a GitLab token", regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20,}`)},
	{"a Slack token", regexp.MustCompile(`\bxox[baprs]-[A-Za-z0-9-]{10,}`)},
	{"an AWS access key", regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`)},
	{"a Vault token", regexp.MustCompile(`\bhvs\.[A-Za-z0-9_-]{20,}`)},
	{"an ntfy token", regexp.MustCompile(`\btk_[a-z0-9]{29}\b`)},
	{"a JSON Web Token", regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`)},
	{"a secret API key", regexp.MustCompile(`(?:^|[^A-Za-z0-9-])sk-[A-Za-z0-9_-]{20,}`)},
}

// urlPassword is the password in a URL.
var urlPassword = regexp.MustCompile(`\b[a-z][a-z0-9+.-]*://[^\s/:@"']*:([^\s/@"']+)@[A-Za-z0-9$({\[]`)

// shortestToken is the minimum length of a token: a Slack token has the fewest characters.
const shortestToken = len("xoxb-0123456789")

// tokenIn returns which token is in a text; empty when there is none.
func tokenIn(text string) string {
	if len(text) < shortestToken { // as most are
		return ""
	}
	for _, t := range tokens {
		found := t.shape.FindString(text)
		switch {
		case found == "" || strings.HasSuffix(found, "EXAMPLE"): // the one in AWS's documentation
		case strings.Contains(found, "BEGIN"), entropy(found) >= 3 && (!strings.Contains(found, "sk-") || mixed(found)):
			return t.what
		}
	}
	return ""
}

// passwordInURL reports whether a URL in the text has a password.
func passwordInURL(text string) bool {
	if !strings.Contains(text, "://") {
		return false
	}
	for _, m := range urlPassword.FindAllStringSubmatch(text, -1) {
		if !elsewhere(m[1]) && strings.Trim(m[1], "*xX.") != "" {
			return true
		}
	}
	return false
}

// secrecy is how sure a key is that its value is secret.
type secrecy int

const (
	noSecret  secrecy = iota
	anySecret         // secret, token, apiKey: it may as well be the name of a Secret
	password
)

// secrecyOf understands the last words of a key: DB_PASSWORD, auth.adminPassword, apiKey. A key that ends in other words, such as
// secretName or passwordKey, tells where a secret is.
func secrecyOf(key string) secrecy {
	w := wordsOf(key)
	if len(w) == 0 || slices.Contains(w, "existing") || w[0] == "checksum" || w[0] == "hash" {
		return noSecret
	}
	last := w[len(w)-1]
	for _, end := range []string{"password", "passwd", "passphrase"} {
		if strings.HasSuffix(last, end) {
			return password
		}
	}
	for _, end := range []string{"secret", "token", "apikey", "secretkey", "privatekey"} {
		if strings.HasSuffix(last, end) {
			return anySecret
		}
	}
	switch {
	case last == "pass" || last == "pwd":
		return password
	case last == "authorization":
		return anySecret
	case last == "key" && len(w) > 1 && slices.Contains([]string{"api", "private", "secret", "access", "encryption", "signing", "master", "auth"}, w[len(w)-2]):
		return anySecret
	}
	return noSecret
}

// Password reports whether a key says that its value is a password, and the value does not tell where one is. Lint asks more of a value, because
// it must not accuse an example; who has to hide passwords asks this.
func Password(key, text string) bool {
	return text != "" && secrecyOf(key) == password && !elsewhere(text)
}

// wordsOf splits a key into words, in lower case: DB_PASSWORD, dbPassword and db.password are db, password.
func wordsOf(key string) []string {
	var b strings.Builder
	runes := []rune(key)
	for i, r := range runes {
		afterLower := i > 0 && (unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1]))
		beforeLower := i > 0 && i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1])
		if unicode.IsUpper(r) && (afterLower || beforeLower) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

var (
	// referenceStart is how texts begin that tell where a secret is: variables, paths, and the languages of tools that put it in.
	referenceStart = regexp.MustCompile(`^(?:[$%</@!*]|\.\.?/|[a-z]+:[/A-Za-z]|ref\+|ENC\[|arn:|projects/)`)
	vaultReference = regexp.MustCompile(`^[\w./-]+#[\w.-]+$`)
	// names are of objects, of variables and of fields.
	names = regexp.MustCompile(`^(?:[a-z0-9]+(?:[-._/][a-z0-9]+)+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)$`)
	uuid  = regexp.MustCompile(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	// toChange are passwords that ask to be changed.
	toChange = regexp.MustCompile(`(?i)change[-_.]?(?:me|it|this)`)
	// credentialWords name a credential, but are not one.
	credentialWords = regexp.MustCompile(`(?i)^(?:[a-z0-9]*[-_.])*(?:password|passwd|secret|token|api-?key|credentials?|key)$`)
	// hashes are of passwords, and do not give them away.
	hashes     = regexp.MustCompile(`\$(?:2[aby]|apr1|argon2\w*|y|[56])\$|\{S?SHA}`)
	randomPart = regexp.MustCompile(`[A-Za-z0-9+/=]{12,}`)
)

// elsewhere reports whether a text tells where a secret is, and is not one itself.
func elsewhere(text string) bool {
	return referenceStart.MatchString(text) || vaultReference.MatchString(text) || strings.Contains(text, "${") || strings.Contains(text, "$(") ||
		strings.Contains(text, "{{") || strings.Contains(text, "://")
}

// secretValue reports whether the value at a key is a secret in plain text. In a program, a value may be a variable: code must be stricter.
func secretValue(key, text string, code bool) bool {
	s := secrecyOf(key)
	return s != noSecret && secretText(text, code).at(s)
}

// secretUnder tells under which keys a text is a secret in plain text.
type secretUnder int

const (
	underNone secretUnder = iota
	underPasswords
	underAny
)

func (u secretUnder) at(s secrecy) bool { return u == underAny || u == underPasswords && s == password }

func secretText(text string, code bool) secretUnder {
	for _, scheme := range []string{"Bearer ", "Basic "} {
		text = strings.TrimPrefix(text, scheme)
	}
	switch {
	case len(text) < 8, strings.ContainsAny(text, " \t\n"), elsewhere(text), hashes.MatchString(text), entropy(text) < 2.5:
		return underNone
	case code && strings.ContainsAny(text, "()[]{}"):
		return underNone
	case toChange.MatchString(text), uuid.MatchString(text):
		return underAny
	case credentialWords.MatchString(text), slices.Contains([]string{"disabled", "required", "optional", "redacted"}, strings.ToLower(text)):
		return underNone
	case strings.Contains(text, "/") && names.MatchString(text): // a path
		return underNone
	case slices.ContainsFunc(randomPart.FindAllString(text, -1), func(part string) bool { return mixed(part) && entropy(part) >= 3 }):
		return underAny
	case names.MatchString(text), code && !mixed(text):
		return underNone
	}
	return underPasswords
}

// mixed reports whether a text has both letters and digits.
func mixed(text string) bool {
	return strings.ContainsFunc(text, unicode.IsLetter) && strings.ContainsFunc(text, unicode.IsDigit)
}

// entropy is Shannon's, in bits for each character: low for xxxxxxxx, 4 and more for what a machine has made.
func entropy(text string) float64 {
	counts, n := map[rune]int{}, 0
	for _, r := range text {
		counts[r]++
		n++
	}
	var bits float64
	for _, c := range counts {
		p := float64(c) / float64(n)
		bits -= p * math.Log2(p)
	}
	return math.Round(bits*1e6) / 1e6 // maps have no order, and sums of floats depend on it
}

// Credential is one in a file.
type Credential struct {
	What         string // never the value
	Text         string // that has it, for looking for its place
	Line, Column int    // in the file of the node; column 0 is where the line begins, after the spaces
}

var (
	// assignment is a line of a script or a configuration, or an argument.
	assignment = regexp.MustCompile(`^\s*(?:export\s+|-\s+|--?)?["']?([A-Za-z_][\w.-]*)["']?\s*[:=]\s*["']?([^\s"',;]+)["']?\s*[,;]?\s*(?:#.*)?$`)
	jsonField  = regexp.MustCompile(`"([A-Za-z_][\w.-]*)"\s*:\s*"([^"\\]+)"`)
	option     = regexp.MustCompile(`^--?([A-Za-z][\w.-]*)$`)
)

// sealed are the kinds that hold no secret in plain text, or for which there is another rule; and descriptions of kinds, which
// show examples.
var sealed = []string{"Secret", "SealedSecret", "ExternalSecret", "ClusterExternalSecret", "PushSecret", "CustomResourceDefinition"}

// Credentials calls yield with what looks like a credential at or below n, which stands at a key.
func Credentials(n *yaml.Node, key string, yield func(Credential)) {
	search := credentialSearch{yield: yield, aliased: map[*yaml.Node]secretUnder{}}
	search.in(n, key)
}

// credentialSearch looks for credentials. What aliases refer to is searched once, however many there are.
type credentialSearch struct {
	yield   func(Credential)
	aliased map[*yaml.Node]secretUnder // by the text that aliases lead to
}

func (s *credentialSearch) in(n *yaml.Node, key string) {
	switch n.Kind {
	case yaml.AliasNode:
		if n.Alias.Kind == yaml.ScalarNode { // everything else is searched in its own place
			s.inAlias(n.Alias, key)
		}
	case yaml.ScalarNode:
		inText(n, key, s.yield)
	case yaml.MappingNode:
		if kind := places.Value(n, "kind"); kind != nil && slices.Contains(sealed, kind.Value) || places.Value(n, "sops") != nil {
			return
		}
		if name, v := places.Value(n, "name"), places.Value(n, "value"); name != nil && v != nil && v.Kind == yaml.ScalarNode {
			inText(v, name.Value, s.yield) // a variable of the environment, or a header
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			s.in(n.Content[i+1], n.Content[i].Value)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			key := ""
			if i > 0 {
				if m := option.FindStringSubmatch(n.Content[i-1].Value); m != nil && !strings.HasPrefix(c.Value, "-") {
					key = m[1]
				}
			}
			if m := assignment.FindStringSubmatch(c.Value); m != nil && secretValue(m[1], m[2], false) {
				s.yield(Credential{What: m[1], Text: c.Value, Line: c.Line, Column: c.Column})
			}
			s.in(c, key)
		}
	case yaml.DocumentNode:
		for _, c := range n.Content {
			s.in(c, key)
		}
	}
}

// inAlias looks at a text that an alias leads to: at its lines for the first alias, and for each at what it is under the key.
func (s *credentialSearch) inAlias(n *yaml.Node, key string) {
	under, again := s.aliased[n]
	if !again {
		if n.Tag == "!!str" || n.Tag == "!!int" {
			under = secretText(n.Value, false)
		}
		s.aliased[n] = under
	}
	switch secret := secrecyOf(key); {
	case secret != noSecret && under.at(secret):
		s.yield(Credential{What: key, Text: n.Value, Line: n.Line, Column: n.Column})
	case !again:
		inText(n, "", s.yield)
	}
}

// inText looks at a text, line by line when it has many.
func inText(n *yaml.Node, key string, yield func(Credential)) {
	if n.Tag != "!!str" && n.Tag != "!!int" {
		return
	}
	if secretValue(key, n.Value, false) {
		yield(Credential{What: key, Text: n.Value, Line: n.Line, Column: n.Column})
		return
	}
	lines := strings.Split(n.Value, "\n")
	for i, line := range lines {
		if i+1 < len(lines) && strings.Contains(lines[i+1], "-----END") && strings.Contains(line, "-----BEGIN") {
			continue // an example without the key
		}
		c := Credential{Text: strings.TrimSpace(line), Line: n.Line, Column: n.Column}
		if n.Style&yaml.LiteralStyle != 0 && n.Line > 0 {
			c.Line, c.Column = n.Line+1+i, 0
		}
		if c.What = inLine(line, len(lines) > 1); c.What != "" {
			yield(c)
		}
	}
}

// inLine returns the kind of credential in a line; empty when there is none.
func inLine(line string, many bool) string {
	if what := tokenIn(line); what != "" {
		return what
	}
	start := strings.TrimSpace(line)
	for _, comment := range []string{"#", "//", ";", "--"} {
		if many && strings.HasPrefix(start, comment) { // mostly an example
			return ""
		}
	}
	if passwordInURL(line) {
		return "the password in a URL"
	}
	var fields [][]string
	if strings.Contains(line, `"`) {
		fields = jsonField.FindAllStringSubmatch(line, -1)
	}
	if many {
		fields = append(fields, assignment.FindAllStringSubmatch(line, 1)...)
	}
	for _, m := range fields {
		if secretValue(m[1], m[2], true) {
			return m[1]
		}
	}
	return ""
}
