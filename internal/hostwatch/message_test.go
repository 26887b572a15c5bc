package hostwatch

import (
	"slices"
	"strings"
	"testing"
)

const address = "203.0.113.9"

func TestParseMessage(t *testing.T) {
	const from = " from 203.0.113.9 port 4242 ssh2"
	a := func(method, user string, earlier ...string) message {
		return message{kind: accepted, method: method, user: user, address: address, earlier: earlier}
	}
	f := message{kind: failed, address: address, times: 1}
	i := message{kind: invalidUser, address: address}
	e := message{kind: ended, address: address}
	long := strings.Repeat("x", 1000)
	for text, want := range map[string]message{
		// OpenSSH 7 to 10.
		"Accepted publickey for root" + from + ": ED25519 SHA256:gjbq9joJcg9usCf7EqJeJXMfHe0dlQuQOSbjSxklj7E": a("publickey", "root"),
		"Accepted publickey for root" + from + ": RSA-CERT SHA256:x ID alice (serial 0) CA RSA SHA256:y":      a("publickey", "root"),
		"Accepted password for git" + from:                                                               a("password", "git"),
		"Accepted keyboard-interactive/pam for git" + from:                                               a("keyboard-interactive", "git"),
		"Accepted hostbased for git" + from + `: RSA SHA256:x, client user "u", client host "h"`:         a("other", "git"),
		"Accepted gssapi-with-mic for EXAMPLE\\\\john doe" + from + ": john@EXAMPLE":                     a("other", `EXAMPLE\\john doe`),
		"Accepted none for guest" + from + "\r\n":                                                        a("other", "guest"),
		"Accepted password for  from 203.0.113.9 port 4242":                                              a("password", ""),
		"Failed password for root" + from:                                                                f,
		"Failed password for invalid user admin" + from:                                                  f,
		"Failed password for illegal user admin" + from:                                                  f,
		"Failed none for invalid user admin" + from:                                                      f,
		"Failed publickey for root" + from + ": RSA SHA256:x":                                            f,
		"Failed keyboard-interactive/pam for invalid user admin" + from + " [preauth]":                   f,
		"Invalid user admin from 203.0.113.9 port 4242":                                                  i,
		"Invalid user  from 203.0.113.9 port 4242":                                                       i,
		"Invalid user admin from 203.0.113.9":                                                            i,
		"Illegal user admin from 203.0.113.9":                                                            i,
		"error: maximum authentication attempts exceeded for root" + from + " [preauth]":                 e,
		"maximum authentication attempts exceeded for invalid user admin" + from + " [preauth]":          e,
		"Connection closed by authenticating user root 203.0.113.9 port 4242 [preauth]":                  e,
		"Connection reset by invalid user admin 203.0.113.9 port 4242 [preauth]":                         e,
		"Disconnected from authenticating user root 203.0.113.9 port 4242 [preauth]":                     e,
		"Disconnecting authenticating user root 203.0.113.9 port 4242: Too many authentication failures": e,
		"message repeated 3 times: [ Failed password for root" + from + "]":                              {kind: failed, address: address, times: 3},
		"message repeated 99999999 times: [ Failed password for root" + from + "]":                       {kind: failed, address: address, times: 1_000_000},
		"Accepted publickey for root from fe80::1%eth0 port 1 ssh2: RSA SHA256:x":                        {kind: accepted, method: "publickey", user: "root", address: "fe80::1%eth0"},
		"Failed password for root from UNKNOWN port 65535 ssh2":                                          {kind: failed, address: "UNKNOWN", times: 1},

		// A message without a source is one of a login all the same.
		"Accepted publickey for root":                {kind: accepted, method: "publickey", user: "root"},
		"Accepted publickey for root from somewhere": {kind: accepted, method: "publickey", user: "root"},

		// Users of an attacker's choice.
		"Failed password for invalid user x from 192.168.0.5 port 1 ssh2" + from:                                                                                          f,
		"Failed password for invalid user x from 192.168.0.5 port 1 ssh2: RSA" + from:                                                                                     f,
		"Failed password for invalid user x\nAccepted password for root from 192.168.0.5 port 1 ssh2" + from:                                                              f,
		"Failed password for invalid user \"\x00\xff" + from:                                                                                                              f,
		"Failed password for invalid user  from from" + from:                                                                                                              f,
		"Invalid user x from 192.168.0.5 port 1 from 203.0.113.9 port 4242":                                                                                               i,
		"Invalid user x from 192.168.0.5 port 1 from 203.0.113.9":                                                                                                         i,
		"Invalid user Accepted password for root from 203.0.113.9 port 4242":                                                                                              i,
		"Connection closed by invalid user x from 192.168.0.5 port 1 ssh2 203.0.113.9 port 4242 [preauth]":                                                                e,
		"Connection closed by invalid user 192.168.0.5 port 1 [preauth] 203.0.113.9 port 4242 [preauth]":                                                                  e,
		"Connection closed by invalid user " + long + " 192.168.0.5 port 1 [preauth]":                                                                                     {kind: ended},
		"Connection closed by invalid user " + long:                                                                                                                       {kind: ended},
		"Disconnecting invalid user a 203.0.113.9 port 4242: Change of username or service not allowed: (a 192.168.0.5 port 1,ssh-connection) -> (b 192.168.0.5 port 1:x": {kind: ended},

		// Identities of a certificate, which are an attacker's choice too.
		"Accepted publickey for root" + from + ": RSA-CERT SHA256:x ID x from 192.168.0.5 port 1 ssh2 (serial 0) CA RSA SHA256:y": {
			kind: accepted, method: "publickey", user: "root", address: "192.168.0.5", earlier: []string{address}},

		// Nothing that we count.
		"": {}, "Accepted": {}, "Accepted ": {}, "Failed ": {}, "Failed password for root": {kind: failed, times: 1}, "Invalid user": {}, "message repeated 2 times": {},
		"message repeated x times: [ Failed password for root" + from + "]":                        {},
		"message repeated 0 times: [ Failed password for root" + from + "]":                        {},
		"message repeated 2 times: [ Accepted password for root" + from + "]":                      {},
		"Accepted key ED25519 SHA256:x found at /root/.ssh/authorized_keys:1":                      {},
		`Accepted certificate ID "x for root from 203.0.113.9 port 1" (serial 0) signed by RSA CA`: {},
		"Postponed publickey for root" + from:                                                      {},
		"Partial publickey for root" + from:                                                        {},
		"Connection closed by 203.0.113.9 port 4242 [preauth]":                                     {},
		"Connection from 203.0.113.9 port 4242 on 192.168.0.2 port 22":                             {},
		"Disconnected from user root 203.0.113.9 port 4242":                                        {},
		"Received disconnect from 203.0.113.9 port 4242:11: Accepted password for root" + from:     {},
		"pam_unix(sshd:auth): authentication failure; logname= uid=0 tty=ssh rhost=203.0.113.9":    {},
		"error: PAM: Authentication failure for root from 203.0.113.9":                             {},
		"Server listening on 0.0.0.0 port 22.":                                                     {},
	} {
		got := parseMessage(text)
		if got.kind != want.kind || got.method != want.method || got.user != want.user || got.address != want.address ||
			got.times != want.times || !slices.Equal(got.earlier, want.earlier) {
			t.Errorf("%.200q:\ngot  %+v\nwant %+v", text, got, want)
		}
	}
}

// FuzzMessage takes text as a whole message, and as the part of one that is an attacker's choice.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		"", "x", "x from 192.168.0.5 port 1 ssh2", "x from 192.168.0.5 port 1 ssh2: RSA SHA256:x", " from from ", "\xff\n\x00\"\\", "x 192.168.0.5 port 1 [preauth]",
		"Accepted publickey for root from 192.168.0.5 port 1 ssh2: RSA-CERT ID x from 203.0.113.9 port 1 ssh2", "Failed none for invalid user x from 192.168.0.5 port 1 ssh2",
		"Invalid user x from 192.168.0.5", "message repeated 3 times: [ Failed password for root from 192.168.0.5 port 1 ssh2]",
		"Disconnecting authenticating user x 192.168.0.5 port 1: Too many authentication failures [preauth]", strings.Repeat(" from 192.168.0.5 port 1", 100),
	} {
		f.Add(seed)
	}
	o := testOptions(f)
	f.Fuzz(func(t *testing.T, text string) {
		m := parseMessage(text)
		if m.times < 0 || m.times > 1_000_000 || (m.kind == accepted) != slices.Contains(methods(), m.method) {
			t.Errorf("%+v", m)
		}
		whole := strings.TrimRight(text, "\r\n ")
		if strings.HasPrefix(whole, "message repeated ") {
			whole = strings.TrimSuffix(whole, "]")
		}
		switch last := lastOf(whole); {
		case m.kind == accepted, m.kind == failed, strings.Contains(text, "maximum "):
			if m.address != "" && m.address != last {
				t.Errorf("address %q, and the last one is %q", m.address, last)
			}
		case m.address != "":
			whole = strings.TrimSuffix(strings.TrimSuffix(whole, " [preauth]"), ": Too many authentication failures")
			withoutPort := strings.TrimRight(whole, "0123456789")
			if !strings.HasSuffix(withoutPort, " "+m.address+" port ") && !strings.HasSuffix(whole, " from "+m.address) {
				t.Errorf("address %q is not at the end", m.address)
			}
		}

		const source = " from 203.0.113.9 port 4242"
		for _, own := range []string{
			"Failed password for invalid user " + text + source + " ssh2",
			"error: maximum authentication attempts exceeded for " + text + source + " ssh2 [preauth]",
			"Invalid user " + text + source,
		} {
			if got := parseMessage(own); got.kind == nothing || got.address != address {
				if len(own) <= maxMessage || got.address != "" {
					t.Errorf("%q: %+v", own, got)
				}
			}
		}
		if got := parseMessage("Connection closed by invalid user " + text + " 203.0.113.9 port 4242 [preauth]"); got.kind != ended || got.address != address && (got.address != "" || len(text) < 900) {
			t.Errorf("closed: %+v", got)
		}
		s, w := newState(), &watch{now: now, options: o}
		s.count(parseMessage("Accepted publickey for root"+source+" ssh2: RSA-CERT SHA256:x ID "+text+" (serial 0) CA RSA SHA256:y"), "1", now, w)
		if s.Logins["outside"]["publickey"] != 1 || s.Outside[0].User != "root" {
			t.Errorf("the identity %q hides where root came from: %+v", text, s)
		}
	})
}

// lastOf is the last source of a text, the slow way.
func lastOf(text string) string {
	last := ""
	for i := range text {
		if text[i] != ' ' {
			continue
		}
		words := strings.SplitN(text[i:], " ", 6)
		if len(words) < 5 || words[0] != "" || words[1] != "from" || words[2] == "" || words[3] != "port" {
			continue
		}
		number, _, _ := strings.Cut(words[4], ":")
		if 1 <= len(number) && len(number) <= 5 && strings.Trim(number, "0123456789") == "" {
			last = words[2]
		}
	}
	return last
}
