package routes

import "github.com/hippotion/roster/internal/muxer"

// Scope is an alternative of a rule, and what addresses it is for, as far as they can be told from a host and a path.
type Scope struct {
	muxer.Conjunction
	Host  string // the only one; empty for any, or for several
	Path  string // with which paths begin; empty for any
	Exact bool   // whether the path is the only one
	Plain bool   // whether host and path are all that it asks for
}

// longestPath is how much of a path is compared as an address.
const longestPath = 512

func scopeOf(c muxer.Conjunction) Scope {
	s := Scope{Conjunction: c, Host: c.Host(), Plain: c.Plain()}
	if s.Path, s.Exact = c.Path(); s.Path == "/" && !s.Exact {
		s.Path = ""
	}
	if len(s.Path) > longestPath {
		s.Path, s.Exact, s.Plain = s.Path[:longestPath], false, false
	}
	return s
}

// String is the address, as in messages.
func (s *Scope) String() string {
	switch {
	case s.Host != "":
		return s.Host + s.Path
	case !s.Plain:
		return s.Conjunction.String()
	case s.Path != "":
		return s.Path
	}
	return "all requests"
}
