package kinds

import (
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/diff"
)

var logins = &diff.Kind{
	Name:    "login",
	Words:   []string{"login-removed", "login-added", "login-changed"},
	Summary: "Somebody else asks for the login of a host, or nobody does",
	Find: func(c *diff.Change, found func(diff.Consequence)) {
		for _, a := range changedAddresses(c) {
			if a.before == nil || a.after == nil || !a.before.login.differs(a.after.login) {
				continue
			}
			before, after := a.before.login, a.after.login
			out := diff.Consequence{Word: "login-changed", Weight: diff.Notice, Subject: a.text, Objects: a.objects(c),
				Message: fmt.Sprintf("%s is served %s now; before %s", a.text, after, before)}
			switch {
			case after.without(before):
				out.Word, out.Weight = "login-removed", diff.Danger
			case before.without(after):
				out.Word, out.Weight = "login-added", diff.Plain
			}
			found(out)
		}
	},
}

// login is who asks the users of an address for one.
type login struct {
	state loginState
	texts []string
}

type loginState int

const (
	nobody       loginState = iota // has been met yet
	open                           // to everybody: the list says so
	unasked                        // before the application, which may ask or not
	unknownLogin                   // what a middleware does is not known
	byItself                       // the application asks: the list says so
	guarded                        // by a middleware
)

// weakest is what somebody meets who chooses between two ways.
func (l login) weakest(other login) login {
	switch {
	case l.state == nobody || l.state > other.state && other.state != nobody:
		return other
	case l.state < other.state:
		return l
	}
	for _, t := range other.texts {
		if !slices.Contains(l.texts, t) {
			l.texts = append(slices.Clip(l.texts), t)
		}
	}
	slices.Sort(l.texts)
	return l
}

// differs reports whether two are certainly not the same. Whether an application itself asks is only known when the list says it.
func (l login) differs(other login) bool {
	if l.state == unasked && other.state <= byItself && other.state != unknownLogin || other.state == unasked && l.state <= byItself && l.state != unknownLogin {
		return false
	}
	return l.state != other.state || !slices.Equal(l.texts, other.texts)
}

// without reports whether nobody asks for a login where another one did.
func (l login) without(other login) bool {
	return l.state == open && other.state >= byItself || l.state == unasked && other.state == guarded
}

// String is the login in words that follow those about an address.
func (l login) String() string {
	switch l.state {
	case open:
		return "without a login"
	case unasked:
		return "with no login before it"
	case unknownLogin:
		return "behind " + enumerated(l.texts) + " (what it does is not known here)"
	case byItself:
		return "behind no login but its own"
	}
	return "behind " + enumerated(l.texts)
}

// guards are the kinds of middlewares that keep somebody out: until there is a login, or for good.
var guards = map[string]bool{"forwardAuth": true, "basicAuth": true, "digestAuth": true, "ipAllowList": true, "ipWhiteList": true}

// login is that of an answer.
func (a *addresses) login(one answer) login {
	var guard, unknown []string
	if own := one.Own; own != nil && own.Auth.Asks() && (own.Auth.Middleware != nil || own.Auth.Login.Middleware != nil || len(one.Guards) > 0) {
		if !a.Routes.Open(one.Router) {
			guard = append(guard, "the login "+one.Own.Auth.Name)
		}
	} else {
		guard, unknown = slices.Clone(one.Guards), slices.Clone(one.Unclear)
		for _, m := range a.through(one.Router) {
			title := fmt.Sprintf("Middleware %s of %s", m.Name, m.Namespace)
			switch {
			case m.keepsOut():
				guard = append(guard, title)
			case !a.harmless(m):
				unknown = append(unknown, title)
			}
		}
	}
	if e := a.Traefik.Settings().EntryPoint(one.door.EntryPoint); e != nil && a.Routes.Asks(e) {
		unknown = append(unknown, "the middlewares of the entry point "+e.Name)
	}
	switch {
	case len(guard) > 0:
		return login{guarded, slices.Sorted(slices.Values(guard))}
	case one.Own != nil && one.Own.Auth.Name == "app":
		return login{state: byItself}
	case len(unknown) > 0:
		return login{unknownLogin, slices.Sorted(slices.Values(unknown))}
	}
	if one.Own == nil {
		return login{state: unasked}
	}
	return login{state: open}
}

func (m *middleware) keepsOut() bool {
	for kind := range m.kinds {
		if guards[kind] {
			return true
		}
	}
	return false
}

// harmless reports whether a middleware is known, and keeps nobody out: so does one with which roster redirects a whole route.
func (a *addresses) harmless(m middleware) bool {
	o := a.Routes.Middleware(m.Middleware)
	return a.Routes.Harmless(o) || o != nil && o.Application == nil && (m.kinds["redirectScheme"] != nil || m.kinds["redirectRegex"] != nil)
}
