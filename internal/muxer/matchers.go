package muxer

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hippotion/roster/internal/bounds"
)

// matcherKind is a matcher that Traefik knows.
type matcherKind struct {
	name      string
	args      []int // how many arguments it may have; nil for any number
	condition func(args []string) (condition, error)
}

// condition is what a matcher, without its negation, demands of a request.
type condition struct {
	field field
	key   string // of a header or a query parameter, or whatever tells one unknown condition from others
	words words  // what the field, or one of the values of the key, has to be
	nets  []netip.Prefix
}

// field is the part of a request that a condition is about. No two depend on each other.
type field int

const (
	always  field = iota // a condition that all requests meet
	never                // a condition that no request meets
	unknown              // what cannot be decided here, such as a header that Traefik sets itself
	host
	path
	method
	clientIP
	header
	query
)

// v3 are the matchers of Traefik 3 (pkg/muxer/http/matcher.go).
func v3() []matcherKind {
	return []matcherKind{
		{"ClientIP", []int{1}, addresses},
		{"Method", []int{1}, methods},
		{"Host", []int{1}, hostV3},
		{"HostRegexp", []int{1}, hostPattern},
		{"Path", []int{1}, pathOf(func(p string) words { return literal(p) })},
		{"PathRegexp", []int{1}, func(a []string) (condition, error) { return matching(path, "", "compiling PathPrefix matcher", a[0]) }}, // sic
		{"PathPrefix", []int{1}, pathOf(func(p string) words { return prefix(p) })},
		{"Header", []int{2}, func(a []string) (condition, error) { return headerOf(a[0], literal(a[1])), nil }},
		{"HeaderRegexp", []int{2}, func(a []string) (condition, error) {
			c, err := matching(header, "", "compiling HeaderRegexp matcher", a[1])
			return headerOf(a[0], c.words), err
		}},
		{"Query", []int{1, 2}, queryOf},
		{"QueryRegexp", []int{1, 2}, func(a []string) (condition, error) {
			if len(a) == 1 {
				return queryOf(a)
			}
			return matching(query, a[0], "compiling QueryRegexp matcher", a[1])
		}},
	}
}

// v2 are those of Traefik 2 (pkg/muxer/http/matcher_v2.go).
func v2() []matcherKind {
	return []matcherKind{
		{"ClientIP", nil, addresses},
		{"Method", nil, methods},
		{"Host", nil, hostV2},
		{"HostHeader", nil, hostV2},
		{"HostRegexp", nil, hostTemplates},
		{"Path", nil, func(a []string) (condition, error) { return pathTemplates(a, "$") }},
		{"PathPrefix", nil, func(a []string) (condition, error) { return pathTemplates(a, "") }},
		{"Headers", nil, headersV2},
		{"HeadersRegexp", nil, headersRegexpV2},
		{"Query", nil, queryV2},
	}
}

// matchersOf are the matchers of a syntax by each name that Traefik accepts for them.
func matchersOf(s Syntax) map[string]matcherKind {
	if s == V2 {
		return namesV2()
	}
	return namesV3()
}

var namesV2, namesV3 = sync.OnceValue(func() map[string]matcherKind { return byName(v2()) }), sync.OnceValue(func() map[string]matcherKind { return byName(v3()) })

func byName(kinds []matcherKind) map[string]matcherKind {
	out := map[string]matcherKind{}
	for _, k := range kinds {
		for _, name := range spellings(k.name) {
			out[name] = k
		}
	}
	return out
}

// compile compiles a regular expression, unless that is too much work.
func compile(expression string) (*regexp.Regexp, error) {
	re, problem := bounds.Regexp(expression)
	if problem != "" {
		return nil, tooLarge("has a regular expression that " + problem)
	}
	if re == nil {
		return regexp.Compile(expression)
	}
	return re, nil
}

// matching is the condition that a field matches a regular expression, somewhere in it.
func matching(f field, key, doing, expression string) (condition, error) {
	re, err := compile(expression)
	switch {
	case errors.Is(err, ErrTooLarge):
		return condition{}, err
	case err != nil:
		return condition{}, fmt.Errorf("%s: %w", doing, err)
	}
	return condition{field: f, key: key, words: pattern(re)}, nil
}

func addresses(args []string) (condition, error) {
	c := condition{field: clientIP}
	for _, a := range args {
		if ip := net.ParseIP(a); ip != nil {
			addr, _ := netip.AddrFromSlice(ip)
			addr = addr.Unmap()
			c.nets = append(c.nets, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		_, n, err := net.ParseCIDR(a)
		if err != nil {
			return c, fmt.Errorf("initializing IP checker for ClientIP matcher: parsing CIDR trusted IPs %v: %w", n, err)
		}
		addr, _ := netip.AddrFromSlice(n.IP)
		ones, bits := n.Mask.Size()
		if addr.Is4In6() && bits == 128 {
			ones -= 96
		}
		c.nets = append(c.nets, netip.PrefixFrom(addr.Unmap(), ones))
	}
	return c, nil
}

func methods(args []string) (condition, error) {
	var all []words
	for _, a := range args {
		all = append(all, literal(strings.ToUpper(a)))
	}
	return condition{field: method, words: oneOf(all)}, nil
}

// notASCII is Traefik's error for a host, for the matcher as it is named in it.
func notASCII(hosts []string, matcher string) error {
	for _, h := range hosts {
		if strings.ContainsFunc(h, func(r rune) bool { return r > 127 }) {
			return fmt.Errorf("invalid value %q for %s matcher, non-ASCII characters are not allowed", h, matcher)
		}
	}
	return nil
}

// hostV3 is a host as in matcher.go. Names with a dot at their end, which it also accepts, are left out here and in all hosts.
func hostV3(args []string) (condition, error) {
	name := strings.ToLower(args[0])
	if name == "*" {
		return condition{field: always}, nil
	}
	if err := notASCII(args, "Host"); err != nil {
		return condition{}, err
	}
	name = strings.TrimSuffix(name, ".")
	if !strings.HasPrefix(name, "*") {
		return condition{field: host, words: literal(name)}, nil
	}
	if below := name[1:]; strings.HasPrefix(below, ".") {
		return condition{field: host, words: pattern(regexp.MustCompile(`^[^.]*` + regexp.QuoteMeta(below) + `$`))}, nil
	}
	return condition{field: never}, nil // the star stands for a label, and this one has more
}

func hostPattern(args []string) (condition, error) {
	if err := notASCII(args, "HostRegexp"); err != nil {
		return condition{}, err
	}
	c, err := matching(host, "", "compiling HostRegexp matcher", args[0])
	if err == nil && c.words.contains("") { // Traefik also compares it with the name that the host is an alias of, which is empty
		c = condition{field: always}
	}
	return c, err
}

func hostV2(args []string) (condition, error) {
	if err := notASCII(args, `"Host"`); err != nil {
		return condition{}, err
	}
	var all []words
	for _, a := range args {
		all = append(all, literal(strings.TrimSuffix(strings.ToLower(a), ".")))
	}
	return condition{field: host, words: oneOf(all)}, nil
}

func pathOf(set func(string) words) func([]string) (condition, error) {
	return func(args []string) (condition, error) {
		if !strings.HasPrefix(args[0], "/") {
			return condition{}, fmt.Errorf("path %q does not start with a '/'", args[0])
		}
		return condition{field: path, words: set(args[0])}, nil
	}
}

// setByTraefik are headers of which Traefik, or Go's server, decides what a rule sees (pkg/middlewares/forwardedheaders).
var setByTraefik = []string{
	"Connection", "Content-Length", "Transfer-Encoding", "Trailer", "Upgrade", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix",
	"X-Forwarded-Proto", "X-Forwarded-Server", "X-Forwarded-Tls-Client-Cert", "X-Forwarded-Tls-Client-Cert-Info", "X-Forwarded-Uri", "X-Forwarded-Method", "X-Real-Ip",
}

func headerOf(key string, w words) condition {
	key = textproto.CanonicalMIMEHeaderKey(key)
	switch {
	case key == "Host" || !anyToken().MatchString(key): // Go's server takes Host out of the headers
		return condition{field: never}
	case slices.Contains(setByTraefik, key):
		text := ""
		if w != nil {
			text = w.String()
		}
		return condition{field: unknown, key: key + ": " + text}
	}
	return condition{field: header, key: key, words: w}
}

func queryOf(args []string) (condition, error) {
	value := ""
	if len(args) == 2 {
		value = args[1]
	}
	return condition{field: query, key: args[0], words: literal(value)}, nil
}

// undecided is a condition of which nothing is known but what it is.
func undecided(name string, args []string) condition {
	return condition{field: unknown, key: name + "(" + strings.Join(args, ",") + ")"}
}

// inPairs is gorilla/mux's error for names without values.
func inPairs(args []string) error {
	if len(args)%2 != 0 {
		return fmt.Errorf("mux: number of parameters must be multiple of 2, got %v", args)
	}
	return nil
}

func headersV2(args []string) (condition, error) {
	if len(args) == 2 {
		return headerOf(args[0], literal(args[1])), nil
	}
	return undecided("Headers", args), inPairs(args)
}

func headersRegexpV2(args []string) (condition, error) {
	if err := inPairs(args); err != nil {
		return condition{}, err
	}
	var c condition
	for i := 0; i < len(args); i += 2 {
		var err error
		if c, err = matching(header, "", "mux", args[i+1]); err != nil {
			return c, err
		}
	}
	if len(args) == 2 {
		return headerOf(args[0], c.words), nil
	}
	return undecided("HeadersRegexp", args), nil
}

// queryV2 has arguments such as name=value, in which the value may have parts in braces.
func queryV2(args []string) (condition, error) {
	var pairs []string
	for _, a := range args {
		pairs = append(pairs, strings.SplitN(a, "=", 2)...)
	}
	if err := inPairs(pairs); err != nil {
		return condition{}, err
	}
	for i := 0; i < len(pairs); i += 2 {
		if _, err := templates(unknown, []string{pairs[i] + "=" + pairs[i+1]}, "^", ".*", "$"); err != nil {
			return condition{}, err
		}
	}
	return undecided("Query", args), nil
}

// hostTemplates and pathTemplates are those of gorilla/mux, in which {name} or {name:regex} is a part (github.com/containous/mux, regexp.go).
func hostTemplates(args []string) (condition, error) {
	if err := notASCII(args, "HostRegexp"); err != nil {
		return condition{}, err
	}
	return templates(host, args, "(?i)^", "[^.]+", "$")
}

func pathTemplates(args []string, end string) (condition, error) {
	for _, a := range args {
		if !strings.HasPrefix(a, "/") {
			return condition{}, fmt.Errorf("mux: path must start with a slash, got %q", a)
		}
	}
	return templates(path, args, "^", "[^/]+", end)
}

func templates(f field, args []string, begin, anyPart, end string) (condition, error) {
	var all []words
	for _, template := range args {
		text, rest := begin, template
		for rest != "" {
			open := strings.IndexAny(rest, "{}")
			if open < 0 {
				text += regexp.QuoteMeta(rest)
				break
			}
			length := braced(rest[open:])
			if length < 0 {
				return condition{}, fmt.Errorf("mux: unbalanced braces in %q", template)
			}
			name, part, has := strings.Cut(rest[open+1:open+length-1], ":")
			if !has {
				part = anyPart
			}
			if name == "" || part == "" {
				return condition{}, fmt.Errorf("mux: missing name or pattern in %q", rest[open:open+length])
			}
			if _, err := compile("^" + part + "$"); err != nil {
				return condition{}, err
			}
			text += regexp.QuoteMeta(rest[:open]) + "(" + part + ")"
			rest = rest[open+length:]
		}
		re, err := compile(text + end)
		if err != nil {
			return condition{}, err
		}
		all = append(all, pattern(re))
	}
	return condition{field: f, words: oneOf(all)}, nil
}

// braced is how long the part in braces is with which a text begins; -1 when they are not balanced.
func braced(text string) int {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth <= 0 {
				if depth < 0 {
					return -1
				}
				return i + 1
			}
		}
	}
	return -1
}
