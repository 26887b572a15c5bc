package eso

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template/parse"

	"github.com/hippotion/roster/internal/bounds"
)

// Keys are those of a Secret, or of what is read for one.
type Keys struct {
	names map[string]bool
	Open  bool // whether there may be others
}

// KeysOf are certain keys, and no others.
func KeysOf(names ...string) Keys {
	k := Keys{}
	k.Add(names...)
	return k
}

// Add adds keys.
func (k *Keys) Add(names ...string) {
	if k.names == nil {
		k.names = map[string]bool{}
	}
	for _, name := range names {
		k.names[name] = true
	}
}

// Join adds those of another set.
func (k *Keys) Join(other Keys) {
	k.Add(slices.Collect(maps.Keys(other.names))...)
	k.Open = k.Open || other.Open
}

// Has reports whether a key is certainly there.
func (k Keys) Has(name string) bool { return k.names[name] }

// Sorted are the keys that are certainly there, in order.
func (k Keys) Sorted() []string { return slices.Sorted(maps.Keys(k.names)) }

// Rewrite is one operation on keys. One of the fields is set.
type Rewrite struct {
	Source, Target string // of a regular expression
	Regexp         bool
	Transform      string // a template
	Merge          *Merge
}

// Merge makes keys of the values of others.
type Merge struct{ Strategy, Into string }

// longestKey is how long a key may be on the way: operations may make it longer each. Kubernetes takes 253 characters, and an operation may
// need as much work as two of them multiplied.
const longestKey = 512

// Pattern compiles a regular expression for names, whose size must be in proportion to its text. The problem
// continues "expected a regular expression": it is empty when there is none.
func Pattern(text string) (re *regexp.Regexp, problem string) {
	re, problem = bounds.Regexp(text)
	switch {
	case problem != "":
		return nil, ", and this one " + problem
	case re == nil:
		return nil, ", and this one cannot be parsed"
	}
	return re, ""
}

// Rewritten are the keys after some operations, as External Secrets does them (pkg/esutils/utils.go, RewriteMap).
func Rewritten(keys Keys, operations []Rewrite) Keys {
	for _, op := range operations {
		var to func(string) (string, bool)
		switch {
		case op.Regexp:
			re, problem := Pattern(op.Source)
			if problem != "" {
				return Keys{Open: true}
			}
			to = func(key string) (string, bool) { return re.ReplaceAllString(key, op.Target), true }
			if len(op.Target) > longestKey {
				return Keys{Open: true}
			}
		case op.Transform != "":
			to = transformer(op.Transform)
		case op.Merge != nil && op.Merge.Strategy == "JSON":
			joined := Keys{Open: keys.Open}
			joined.Join(keys)
			joined.Add(op.Merge.Into)
			keys = joined
			continue
		default:
			return Keys{Open: true}
		}
		out := Keys{Open: keys.Open}
		for key := range keys.names {
			if len(key) > longestKey {
				out.Open = true
				continue
			}
			name, known := to(key)
			if !known || len(name) > longestKey {
				out.Open = true
				continue
			}
			out.Add(name)
		}
		keys = out
	}
	if keys.Has("") { // External Secrets leaves it out
		delete(keys.names, "")
	}
	return keys
}

// transformer is what a template makes of a key, where it does no more than some functions do to the name.
func transformer(text string) func(string) (string, bool) {
	unknown := func(string) (string, bool) { return "", false }
	t, mistakes := Parse(text)
	if len(mistakes) > 0 {
		return unknown
	}
	trees, err := parse.Parse("template", t.text, "{{", "}}", map[string]any{"upper": true, "lower": true, "trimPrefix": true, "trimSuffix": true, "replace": true, "trim": true})
	if err != nil || len(trees) != 1 {
		return unknown
	}
	return func(key string) (string, bool) {
		var out strings.Builder
		for _, n := range trees["template"].Root.Nodes {
			switch n := n.(type) {
			case *parse.TextNode:
				out.Write(n.Text)
			case *parse.ActionNode:
				text, known := evaluated(n.Pipe, key)
				if !known {
					return "", false
				}
				out.WriteString(text)
			default:
				return "", false
			}
			if out.Len() > longestKey {
				return "", false
			}
		}
		return out.String(), true
	}
}

// evaluated is the text that a pipeline makes of the name of a key.
func evaluated(p *parse.PipeNode, key string) (text string, known bool) {
	if len(p.Decl) > 0 {
		return "", false
	}
	for i, c := range p.Cmds {
		id, calls := c.Args[0].(*parse.IdentifierNode)
		said := c.Args
		if calls {
			said = said[1:]
		}
		args, plain := texts(said, key)
		if i > 0 {
			args = append(args, text)
		}
		switch {
		case !plain || len(args) == 0 || !calls && len(args) > 1:
			return "", false
		case !calls:
			text = args[0]
			continue
		}
		if text, known = applied(id.Ident, args); !known {
			return "", false
		}
	}
	return text, true
}

// texts are arguments that are texts, or the name of the key.
func texts(args []parse.Node, key string) (out []string, plain bool) {
	for _, arg := range args {
		switch arg := arg.(type) {
		case *parse.StringNode:
			out = append(out, arg.Text)
		case *parse.FieldNode:
			if len(arg.Ident) != 1 || arg.Ident[0] != "value" {
				return nil, false
			}
			out = append(out, key)
		default:
			return nil, false
		}
	}
	return out, true
}

// applied is what a function makes of its arguments.
func applied(function string, args []string) (string, bool) {
	last := args[len(args)-1]
	out := ""
	switch {
	case function == "upper" && len(args) == 1:
		out = strings.ToUpper(last)
	case function == "lower" && len(args) == 1:
		out = strings.ToLower(last)
	case function == "trim" && len(args) == 1:
		out = strings.TrimSpace(last)
	case function == "trimPrefix" && len(args) == 2:
		out = strings.TrimPrefix(last, args[0])
	case function == "trimSuffix" && len(args) == 2:
		out = strings.TrimSuffix(last, args[0])
	case function == "replace" && len(args) == 3 && len(args[1]) <= longestKey:
		out = strings.ReplaceAll(last, args[0], args[1])
	default:
		return "", false
	}
	return out, len(out) <= longestKey
}

// generated are the keys that each kind of generator gives (external-secrets, generators/v1). Those of the others are in their objects.
var generated = [...]struct {
	kind string
	keys []string
}{
	{"ACRAccessToken", []string{"username", "password"}},
	{"CloudsmithAccessToken", []string{"auth", "expiry"}},
	{"ECRAuthorizationToken", []string{"username", "password", "proxy_endpoint", "expires_at"}},
	{"GCRAccessToken", []string{"username", "password", "expiry"}},
	{"GithubAccessToken", []string{"token"}},
	{"GitlabDeployToken", []string{"username", "token"}},
	{"Grafana", []string{"login", "token"}},
	{"MFA", []string{"token", "timeLeft"}},
	{"QuayAccessToken", []string{"registry", "auth", "expiry"}},
	{"SSHKey", []string{"privateKey", "publicKey"}},
	{"STSSessionToken", []string{"access_key_id", "expiration", "secret_access_key", "session_token"}},
	{"UUID", []string{"uuid"}},
}

// Generated are the keys that a generator gives. Its spec is nil when it is not known.
func Generated(kind string, spec map[string]any) Keys {
	switch {
	case kind == "Password" && spec != nil:
		var names []string
		list, _ := spec["secretKeys"].([]any)
		for _, name := range list {
			if text, ok := name.(string); ok {
				names = append(names, text)
			}
		}
		if len(names) == 0 {
			names = []string{"password"}
		}
		return KeysOf(names...)
	case kind == "Fake" && spec != nil:
		data, _ := spec["data"].(map[string]any)
		return KeysOf(sortedKeys(data)...)
	}
	for _, g := range generated {
		if g.kind == kind {
			return KeysOf(g.keys...)
		}
	}
	return Keys{Open: true}
}

// Needed are the keys that the API server demands of a Secret of a type (kubernetes pkg/apis/core/validation, ValidateSecret).
func Needed(secretType string) []string {
	switch secretType {
	case "kubernetes.io/dockerconfigjson":
		return []string{".dockerconfigjson"}
	case "kubernetes.io/dockercfg":
		return []string{".dockercfg"}
	case "kubernetes.io/tls":
		return []string{"tls.crt", "tls.key"}
	case "kubernetes.io/ssh-auth":
		return []string{"ssh-privatekey"}
	}
	return nil // kubernetes.io/basic-auth needs one of two
}

// TypeLacks are the keys that a Secret of a type needs and does not have, where its keys are known.
func TypeLacks(secretType string, keys Keys) []string {
	if keys.Open {
		return nil
	}
	if secretType == "kubernetes.io/basic-auth" && !keys.Has("username") && !keys.Has("password") {
		return []string{"username", "password"}
	}
	return slices.DeleteFunc(slices.Clone(Needed(secretType)), keys.Has)
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
