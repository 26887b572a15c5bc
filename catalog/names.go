package catalog

import (
	"cmp"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// The checks of single values. Each reports what is wrong and says whether the value is right.

func (r *resolver) dnsLabel(t text) bool {
	if len(t.V) <= validation.DNS1123LabelMaxLength && validation.IsDNS1123Label(t.V) == nil {
		return true
	}
	r.badName(t, `a DNS label (lower-case letters, digits and "-", at most 63 characters)`, validation.IsDNS1123Label)
	return false
}

func (r *resolver) subdomain(t text) bool {
	if len(t.V) <= validation.DNS1123SubdomainMaxLength && validation.IsDNS1123Subdomain(t.V) == nil {
		return true
	}
	r.badName(t, `a DNS name (lower-case letters, digits, "-" and ".")`, validation.IsDNS1123Subdomain)
	return false
}

func (r *resolver) optionalLabel(t text) {
	if t.IsSet() {
		r.dnsLabel(t)
	}
}

func (r *resolver) optionalSubdomain(t text) {
	if t.IsSet() {
		r.subdomain(t)
	}
}

func (r *resolver) badName(t text, expected string, valid func(string) []string) {
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

// filled checks that a value which is set says something.
func (r *resolver) filled(t text, expected string) bool {
	if t.IsSet() && strings.TrimSpace(t.V) == "" {
		t.Report("empty-text", "", "expected %s, found an empty text", expected)
		return false
	}
	return true
}

// hostname checks the name of a host, or of a domain.
func (r *resolver) hostname(t text) bool {
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

// shortLabels says whether the parts of a name have at most 63 characters and at least one, as DNS demands.
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

// shown is a value for a message, unless it may hold a password.
func shown(s string) string {
	if strings.Contains(s, "@") {
		return "a text with credentials"
	}
	return syntax.Quote(s)
}

// repositoryURL checks what names a Git, Helm or OCI repository. A URL with credentials is not shown.
func (r *resolver) repositoryURL(t text) bool {
	if !t.IsSet() {
		return true
	}
	if password.MatchString(t.V) {
		t.Report("secret-in-url", "give Argo CD the credentials in a repository Secret, and roster the URL without them", "the URL holds a password")
		return false
	}
	if t.V == "" || strings.ContainsAny(t.V, "* \t\n!") {
		t.Report("bad-url", "", "expected the URL of one repository, found %s", shown(t.V))
		return false
	}
	return true
}

// password finds one in a URL, even in one that is not well formed.
var password = regexp.MustCompile(`://[^/?#]*:[^/?#]*@`)

// serverURL checks the address of a server: its scheme, and that there are no credentials in it.
func (r *resolver) serverURL(t text, example string) {
	u, err := url.Parse(t.V)
	switch {
	case !t.IsSet():
	case password.MatchString(t.V):
		t.Report("secret-in-url", "leave the credentials out", "the URL holds a password")
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(t.V, "*{}?"): // no pattern
		t.Report("bad-url", "", "expected an address such as %s, found %s", example, shown(t.V))
	}
}

// labels checks and returns labels.
func (r *resolver) labels(in syntax.Map[text]) map[string]string {
	return r.metadata(in, "a label", func(value string) string {
		if errs := validation.IsValidLabelValue(value); errs != nil {
			return `at most 63 letters, digits, "-", "_" and "."`
		}
		return ""
	})
}

// podLabels checks and returns the labels of pods. In policies Cilium gives pods more of them, such as their namespace: with one of
// these, a flow would lead to other pods than its namespace says.
func (r *resolver) podLabels(in syntax.Map[text]) map[string]string {
	for _, item := range in.Items {
		if strings.HasPrefix(item.Key, "io.kubernetes.") || strings.HasPrefix(item.Key, "io.cilium.") {
			item.At.Report("reserved-name", "the key namespace says where the pods are", "%s is a label that Cilium gives to pods itself", item.Key)
		}
	}
	return r.labels(in)
}

// annotations checks and returns annotations.
func (r *resolver) annotations(in syntax.Map[text]) map[string]string {
	return r.metadata(in, "an annotation", func(string) string { return "" })
}

// ours are the labels and annotations that roster writes itself, with what the user sets instead.
var ours = map[string]string{
	"app.kubernetes.io/managed-by":               "",
	"kubernetes.io/metadata.name":                "",
	"argocd.argoproj.io/sync-wave":               "dependsOn and provides decide the order",
	"argocd.argoproj.io/sync-options":            "toggleable says whether something may be pruned freely",
	"argocd.argoproj.io/manifest-generate-paths": "",
	"roster.hippotion.github.io/origin":          "",
	"pod-security.kubernetes.io/enforce":         "set podSecurity.enforce",
	"pod-security.kubernetes.io/enforce-version": "set podSecurity.version",
	"pod-security.kubernetes.io/audit":           "set podSecurity.audit",
	"pod-security.kubernetes.io/audit-version":   "set podSecurity.version",
	"pod-security.kubernetes.io/warn":            "set podSecurity.warn",
	"pod-security.kubernetes.io/warn-version":    "set podSecurity.version",
}

func (r *resolver) metadata(in syntax.Map[text], what string, expected func(value string) string) map[string]string {
	if len(in.Items) == 0 {
		return nil
	}
	out := make(map[string]string, len(in.Items))
	for _, item := range in.Items {
		if errs := validation.IsQualifiedName(item.Key); errs != nil {
			item.At.Report("bad-name", "", "expected %s key such as example.com/name, found %s", what, syntax.Quote(item.Key))
		}
		if hint, reserved := ours[item.Key]; reserved {
			hint = cmp.Or(hint, "remove it")
			item.At.Report("reserved-name", hint, "%s is written by roster", item.Key)
		}
		if want := expected(item.Value.V); want != "" {
			item.Node.Report("bad-value", "", "expected %s value of %s, found %s", what, want, syntax.Quote(item.Value.V))
		}
		out[item.Key] = item.Value.V
	}
	return out
}
