package muxer

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// Request is what a rule sees of one. Of what it does not say, it has nothing, or what does not matter.
type Request struct {
	Host   string // in lower case, without port, and without a dot at its end
	Path   string // the path by which Traefik routes, in which reserved characters may be encoded
	Method string
	Client netip.Addr
	Header map[string][]string // by canonical name
	Query  map[string][]string
}

// String is the request as in messages, such as "GET a.example/x with the header X-Version: 2".
func (r *Request) String() string {
	var with []string
	for _, key := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[key] {
			with = append(with, "the header "+key+": "+value)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Query)) {
		for _, value := range r.Query[key] {
			with = append(with, "the parameter "+key+"="+value)
		}
	}
	text := r.Host
	if r.Path != "/" {
		text += r.Path
	}
	if r.Method != anyMethod {
		text = r.Method + " " + text
	}
	if r.Client != anyClient() {
		text += " from " + r.Client.String()
	}
	if len(with) > 0 {
		text += " with " + strings.Join(with, " and ")
	}
	return text
}

const anyMethod = "GET"

// anyClient is an address for documentation (RFC 5737).
func anyClient() netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, 1}) }

// Matches reports whether a request meets a condition. What is unknown is not met, and neither is its contrary.
func (m *Matcher) Matches(r *Request) bool {
	if m.field == unknown {
		return false
	}
	return m.meets(r) != m.Not
}

func (c *condition) meets(r *Request) bool {
	switch c.field {
	case always:
		return true
	case host:
		return r.Host != "" && c.words.contains(r.Host)
	case path:
		return c.words.contains(r.Path)
	case method:
		return c.words.contains(r.Method)
	case clientIP:
		return slices.ContainsFunc(c.nets, func(p netip.Prefix) bool { return p.Contains(r.Client) })
	case header:
		return slices.ContainsFunc(r.Header[c.key], c.words.contains)
	case query:
		return slices.ContainsFunc(r.Query[c.key], c.words.contains)
	}
	return false
}

// Matches reports whether a request matches all matchers.
func (c Conjunction) Matches(r *Request) bool {
	return !slices.ContainsFunc(c, func(m *Matcher) bool { return !m.Matches(r) })
}

// Matches reports whether a request matches one of the alternatives.
func (r *Rule) Matches(request *Request) bool {
	return slices.ContainsFunc(r.Alternatives, func(c Conjunction) bool { return c.Matches(request) })
}

// Asks is whether a request of which only the host and the path are sure matches all matchers, and those that it does not surely meet: a header, a parameter
// or another method that it would need (No), or something that is not known of it, such as the client's address (Unknown). Without matchers, No means that the
// host or the path is another one.
func (c Conjunction) Asks(r *Request) ([]*Matcher, Answer) {
	var asks []*Matcher
	answer := Yes
	for _, m := range c {
		switch {
		case m.field == unknown, m.field == clientIP && !r.Client.IsValid():
			if asks = append(asks, m); answer == Yes {
				answer = Unknown
			}
		case m.Matches(r):
		case m.field == method || m.field == header || m.field == query || m.field == clientIP:
			asks, answer = append(asks, m), No
		default:
			return nil, No
		}
	}
	return asks, answer
}
