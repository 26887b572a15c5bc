package catalog

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// The checks of single values. Each reports what is wrong and returns whether the value is right.

func dnsLabel(t text) bool {
	if len(t.V) <= validation.DNS1123LabelMaxLength && validation.IsDNS1123Label(t.V) == nil {
		return true
	}
	badName(t, `a DNS label (lower-case letters, digits and "-", at most 63 characters)`, validation.IsDNS1123Label)
	return false
}

func subdomain(t text) bool {
	if len(t.V) <= validation.DNS1123SubdomainMaxLength && validation.IsDNS1123Subdomain(t.V) == nil {
		return true
	}
	badName(t, `a DNS name (lower-case letters, digits, "-" and ".")`, validation.IsDNS1123Subdomain)
	return false
}

func optionalLabel(t text) bool { return !t.IsSet() || dnsLabel(t) }

func optionalSubdomain(t text) {
	if t.IsSet() {
		subdomain(t)
	}
}

func badName(t text, expected string, valid func(string) []string) {
	if len(t.V) > validation.DNS1123SubdomainMaxLength { // nothing is near, and a file may be one long name
		t.Report("bad-name", "", "expected %s, found %d characters", expected, len(t.V))
		return
	}
	hint := ""
	better := strings.Trim(strings.ToLower(strings.NewReplacer("_", "-", " ", "-").Replace(t.V)), "-.")
	if better != t.V && valid(better) == nil {
		hint = `did you mean "` + better + `"?`
	}
	t.Report("bad-name", hint, "expected %s, found %s", expected, syntax.Quote(t.V))
}

// filled checks that a value which is set is not empty.
func filled(t text, expected string) bool {
	if t.IsSet() && strings.TrimSpace(t.V) == "" {
		t.Report("empty-text", "", "expected %s, found empty text", expected)
		return false
	}
	return true
}

// hostname checks the name of a host, or of a domain.
func hostname(t text) bool {
	if isHostname(t.V) {
		if _, err := netip.ParseAddr(t.V); err != nil {
			return true
		}
	}
	better, hint := hostIn(t.V), ""
	if strings.HasPrefix(t.V, "*.") {
		hint = "write each name out: a pattern cannot be a host here"
	} else if better != t.V && isHostname(better) {
		hint = `did you mean "` + better + `"?`
	}
	t.Report("bad-host", hint, "expected a host name such as claw.home.example, found %s", shown(t.V))
	return false
}

func isHostname(s string) bool {
	return len(s) <= validation.DNS1123SubdomainMaxLength && validation.IsDNS1123Subdomain(s) == nil && shortLabels(s)
}

// shortLabels reports whether the parts of a name have at most 63 characters and at least one, as DNS requires.
func shortLabels(name string) bool {
	return !slices.ContainsFunc(strings.Split(name, "."), func(s string) bool { return s == "" || len(s) > validation.DNS1123LabelMaxLength })
}

// hostIn is the host name that a URL or something like it holds.
func hostIn(s string) string {
	if _, rest, found := strings.Cut(s, "://"); found {
		s = rest
	}
	s, _, _ = strings.Cut(s, "/")
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	s, _, _ = strings.Cut(s, ":")
	return strings.Trim(strings.ToLower(strings.ReplaceAll(s, "_", "-")), "-.")
}
