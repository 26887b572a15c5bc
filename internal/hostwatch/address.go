package hostwatch

import (
	"net/netip"
	"strings"
	"unicode"
)

// parseAddress reads an address as sshd writes it. An IPv4-mapped IPv6 address is the IPv4 address, and the name of an interface does not
// tell where a client is.
func parseAddress(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(text)
	return a.Unmap().WithZone(""), err == nil
}

// outside reports whether an address is in none of the networks. What is not an address, such as UNKNOWN or the name from UseDNS, is
// outside: the owner of a name decides what it means.
func outside(text string, lan []netip.Prefix) bool {
	a, ok := parseAddress(text)
	for _, network := range lan {
		if ok && network.Contains(a) {
			return false
		}
	}
	return true
}

// addressLabel is an address in its shortest form.
func addressLabel(text string) string {
	if a, ok := parseAddress(text); ok {
		return a.String()
	}
	if text == "" {
		return "unknown"
	}
	return clean(text)
}

// sourceOf is who is behind an address: the address, or the /64 of an IPv6 address, because a single host has all of that.
func sourceOf(text string) string {
	if a, ok := parseAddress(text); ok && a.Is6() {
		network, _ := a.Prefix(64) // fails only beyond 128
		return network.String()
	}
	return addressLabel(text)
}

// clean makes text of an attacker's choice safe to be read by people: at most 64 characters, all printable.
func clean(text string) string {
	const most = 64
	n := 0
	var b strings.Builder
	for _, r := range text { // yields U+FFFD for what is not UTF-8
		if n++; n > most {
			break
		}
		if !unicode.IsPrint(r) {
			r = unicode.ReplacementChar
		}
		b.WriteRune(r)
	}
	return b.String()
}
