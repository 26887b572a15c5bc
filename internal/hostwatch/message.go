package hostwatch

import (
	"strconv"
	"strings"
)

// kind is the meaning of a message of sshd.
type kind int

const (
	nothing     kind = iota // that we count
	accepted                // someone logged in
	failed                  // an attempt failed
	invalidUser             // an attempt with a user that does not exist begins
	ended                   // a connection ended before a login
)

// message is what we understood of a message of sshd.
type message struct {
	kind    kind
	method  string   // of accepted: publickey, password, keyboard-interactive or other
	user    string   // of accepted
	address string   // as sshd wrote it; empty when there is none that we trust
	earlier []string // of accepted: texts before the address that look the same
	times   int      // of failed
}

// methods are the labels of login methods.
func methods() []string { return []string{"publickey", "password", "keyboard-interactive", "other"} }

// maxMessage is where sshd cuts its messages (MSGBUFSIZ in OpenSSH's log.c is 1024), with some to spare.
const maxMessage = 1000

// parseMessage understands the messages of OpenSSH's auth.c, auth2.c and packet.c. All of them are
//
//	WORDS USER WORDS ADDRESS port NUMBER WORDS
//
// and the user may be text that looks the same as what follows it. So the address is the last one. Only WORDS at the end can
// hold text from elsewhere, namely what follows "ssh2: " (a key's or certificate's identity).
func parseMessage(text string) message {
	text = strings.TrimRight(text, "\r\n ")
	times := 1
	if rest, ok := strings.CutPrefix(text, "message repeated "); ok { // by a syslog daemon, on behalf of sshd
		number, inner, ok := strings.Cut(rest, " times: [ ")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 1 {
			return message{}
		}
		text, times = strings.TrimSuffix(inner, "]"), min(n, 1_000_000)
	}
	verb, rest, _ := strings.Cut(text, " ")
	switch verb {
	case "Accepted":
		if method, rest, ok := strings.Cut(rest, " "); ok && times == 1 && strings.HasPrefix(rest, "for ") {
			return acceptedMessage(method, rest[len("for"):])
		}
	case "Failed":
		if _, rest, ok := strings.Cut(rest, " "); ok && strings.HasPrefix(rest, "for ") {
			address, _ := lastSource(rest)
			return message{kind: failed, address: address, times: times}
		}
	case "Invalid", "Illegal":
		if strings.HasPrefix(rest, "user ") {
			return message{kind: invalidUser, address: endOfInvalidUser(rest)}
		}
	case "error:", "maximum":
		if strings.HasPrefix(strings.TrimPrefix(text, "error: "), "maximum authentication attempts exceeded for ") {
			address, _ := lastSource(text)
			return message{kind: ended, address: address}
		}
	case "Connection", "Disconnected", "Disconnecting":
		for _, words := range []string{"Connection closed by ", "Connection reset by ", "Disconnected from ", "Disconnecting "} {
			who, ok := strings.CutPrefix(text, words)
			if ok && (strings.HasPrefix(who, "authenticating user ") || strings.HasPrefix(who, "invalid user ")) {
				return message{kind: ended, address: endOfConnection(who)}
			}
		}
	}
	return message{}
}

// acceptedMessage reads " USER from ADDRESS port NUMBER ssh2: KEY". The user exists, so its name is the administrator's
// choice, and ends at the first text that looks like a source. But the identity of a certificate, in KEY, may look like
// another source: the caller, who decides where the login came from, gets them all.
func acceptedMessage(method, rest string) message {
	method, _, _ = strings.Cut(method, "/") // keyboard-interactive/pam
	m := message{kind: accepted, method: "other"}
	for _, known := range methods() {
		if method == known {
			m.method = method
		}
	}
	address, at := lastSource(rest)
	m.address = address
	for at >= 0 {
		m.user = rest[:at]
		if address, at = lastSource(rest[:at+1]); at >= 0 {
			m.earlier = append(m.earlier, address)
		}
	}
	if m.user == "" {
		m.user, _, _ = strings.Cut(rest, " from ")
	}
	m.user = strings.TrimPrefix(m.user, " ")
	return m
}

// lastSource is the last " from ADDRESS port NUMBER", and where that begins; -1 when there is none.
func lastSource(text string) (address string, at int) {
	const from, port = " from ", " port "
	for end := len(text); ; {
		at = strings.LastIndex(text[:end], from)
		if at < 0 {
			return "", -1
		}
		address, rest, _ := strings.Cut(text[at+len(from):], " ")
		if number, ok := strings.CutPrefix(rest, port[1:]); ok && address != "" && startsWithPort(number) {
			return address, at
		}
		end = at + 1 // two of them may share the space between them
	}
}

// startsWithPort reports whether text begins with a number as ports have it, and ends there or goes on with other words.
func startsWithPort(text string) bool {
	digits := 0
	for digits < len(text) && '0' <= text[digits] && text[digits] <= '9' {
		digits++
	}
	return 1 <= digits && digits <= 5 && (digits == len(text) || text[digits] == ' ' || text[digits] == ':')
}

// endOfInvalidUser is the address of "user USER from ADDRESS port NUMBER"; before OpenSSH 7.3 there was no port.
func endOfInvalidUser(text string) string {
	text = strings.TrimSuffix(text, " [preauth]")
	if address := endOfConnection(text); address != "" {
		return address
	}
	if at := strings.LastIndex(text, " from "); at >= 0 && !strings.Contains(text[at+len(" from "):], " ") {
		return text[at+len(" from "):]
	}
	return ""
}

// endOfConnection is the address of a message that ends with "ADDRESS port NUMBER". There is no other mark between user and
// address, and sshd cuts a long message at its end, which may be within the user: then there is no address to trust.
func endOfConnection(text string) string {
	if len(text) > maxMessage {
		return ""
	}
	text = strings.TrimSuffix(text, " [preauth]")
	text = strings.TrimSuffix(text, ": Too many authentication failures")
	at := strings.LastIndex(text, " port ")
	if at < 0 || !startsWithPort(text[at+len(" port "):]) || strings.ContainsAny(text[at+len(" port "):], " :") {
		return ""
	}
	return text[strings.LastIndexByte(text[:at], ' ')+1 : at]
}
