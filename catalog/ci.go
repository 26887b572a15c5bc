package catalog

import (
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/jobtoken"
	"github.com/hippotion/roster/internal/syntax"
	rbacv1 "k8s.io/api/rbac/v1"
)

// ciSettings reads ciIssuers and ci of platform.yml.
func (s *settings) ciSettings() {
	urls := map[string]*syntax.Node{}
	for _, item := range s.in.CIIssuers.Items {
		i, ok := issuerOf(item)
		if !ok {
			continue
		}
		if first := urls[i.URL]; first != nil {
			item.At.ReportWith(first, "first here", "duplicate-issuer", "remove one of them: the API server knows an issuer by its URL", "two issuers have the URL %s", shown(i.URL))
			continue
		}
		urls[i.URL] = item.At
		s.issuers = append(s.issuers, i)
	}
	slices.SortFunc(s.issuers, func(a, b CIIssuer) int { return strings.Compare(a.Name, b.Name) })
	seen := map[Access]bool{}
	for i := range s.in.CI {
		id := &s.in.CI[i]
		if id.Node == nil {
			continue
		}
		if a, ok := s.identity(id); ok && !seen[a] {
			seen[a] = true
			s.identities = append(s.identities, a)
		}
	}
}

// issuerOf is one of ciIssuers; not ok when it cannot be one, which is reported.
func issuerOf(item syntax.Item[issuerInput]) (out CIIssuer, ok bool) {
	in := item.Value
	if in.Node == nil {
		return out, false
	}
	forge, ok := jobtoken.Of(in.Kind.Or(item.Key))
	if !ok {
		if !in.Flawed("kind") {
			in.Report("missing-field", "write kind: gitlab or kind: github", `missing "kind": %s is no kind of issuer`, syntax.Quote(item.Key))
		}
		return out, false
	}
	out = CIIssuer{Name: item.Key, Kind: forge.Kind, URL: in.URL.Or(forge.URL), Audience: in.Audience.V, CertificateAuthority: in.CertificateAuthority.V, AnyBranch: !in.ProtectedBranches.Or(true)}
	if in.ProtectedBranches.IsSet() && !forge.Protects {
		in.ProtectedBranches.Report("no-effect", "remove it: rules of the environment protect it there, and environment: NAME requires one", "the tokens of %s do not say whether a branch is protected", forge.Kind)
	}
	name := item.Key
	if len(name) > 63 || !isHostname(name) || name == "system" || name == "oidc" {
		item.At.Report("bad-name", `it begins the names of users, as in gitlab:project_path:…`, "expected a name of lower-case letters, digits and \"-\", other than system, found %s", syntax.Quote(name))
		ok = false
	}
	ok = issuerURL(in.URL) && ok
	ok = filled(in.Audience, "the audience of the tokens, such as the URL of the API server") && ok
	return out, certificates(in.CertificateAuthority) && ok
}

// issuerURL checks what must be the claim iss to the letter (k8s.io/apiserver pkg/apis/apiserver/validation, validateIssuerURL).
func issuerURL(t text) bool {
	if !t.IsSet() {
		return true
	}
	u, err := url.Parse(t.V)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(t.V, "/") || strings.ContainsAny(t.V, "?#") || strings.ContainsFunc(t.V, notPrinted) {
		t.Report("bad-url", "", "expected the URL of a forge such as https://gitlab.example, without anything after the host but a path, found %s", shown(t.V))
		return false
	}
	return true
}

// certificates checks PEM: with what is none, the API server would not start.
func certificates(t text) bool {
	if !t.IsSet() {
		return true
	}
	rest, found := []byte(t.V), 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil || block.Type != "CERTIFICATE" {
			t.Report("bad-certificate", "", "block %d is no certificate", found+1)
			return false
		}
		found++
	}
	if found == 0 || strings.TrimSpace(string(rest)) != "" {
		t.Report("bad-certificate", "write certificateAuthority: |, and below it the lines from -----BEGIN CERTIFICATE----- on", "expected certificates in PEM")
		return false
	}
	return true
}

// identity is what the jobs of a branch may do; not ok when that cannot be said, which is reported.
func (s *settings) identity(in *identityInput) (a Access, ok bool) {
	issuer, forge, ok := s.issuer(in)
	role, roleOK := oneOf(in.Node, []string{"role", "clusterRole"}, in.Role, in.ClusterRole)
	switch {
	case !in.Branch.IsSet():
		if !in.Flawed("branch") {
			in.Report("missing-field", "write it like this: branch: main", `missing "branch": whoever can push any branch of the project would have the role`)
		}
		return a, false
	case !branchOf(in.Branch) || !environmentOf(in.Environment) || !ok || !roleOK || !in.Project.IsSet():
		return a, false
	case !forge.IsProject(in.Project.V):
		in.Project.Report("bad-project", "", "expected the path of a project as the forge has it, %s, found %s", forge.Project, shown(in.Project.V))
		return a, false
	}
	a.SubjectKind, a.Subject = rbacv1.UserKind, forge.User(issuer, in.Project.V, in.Branch.V)
	if in.Environment.IsSet() {
		a.SubjectKind, a.Subject = rbacv1.GroupKind, forge.Group(issuer, in.Project.V, in.Branch.V, in.Environment.V)
	}
	if in.Role.V == "cluster-admin" {
		in.Role.Report("bad-role", "write role: admin, which may do nearly everything in the namespace, or clusterRole: cluster-admin, which is bound in the namespace alone",
			"cluster-admin is a ClusterRole, and role names view, edit, admin or a Role of the namespace")
		return a, false
	}
	return a, a.bind(role, in.ClusterRole)
}

// issuer is the one of an identity.
func (s *settings) issuer(in *identityInput) (name string, forge jobtoken.Forge, ok bool) {
	all := s.in.CIIssuers.Items
	name = in.Issuer.V
	switch {
	case in.Flawed("issuer") || s.flawed("ciIssuers"):
		return "", forge, false
	case len(all) == 0:
		in.Report("missing-value", "set in "+PlatformFile+" whose tokens the API server takes: ciIssuers: {gitlab: {url: https://gitlab.example, audience: https://kube.home.example}}", "no issuer of tokens is known")
		return "", forge, false
	case !in.Issuer.IsSet() && len(all) > 1:
		in.Report("missing-value", "write issuer: "+all[0].Key+"; "+diag.OneOf("known: ", s.issuerNames()), "the platform has several issuers of tokens")
		return "", forge, false
	case !in.Issuer.IsSet():
		name = all[0].Key
	}
	i, found := slices.BinarySearchFunc(s.issuers, name, func(i CIIssuer, name string) int { return strings.Compare(i.Name, name) })
	if !found {
		if known := s.issuerNames(); !slices.Contains(known, name) { // or it is reported there
			in.Issuer.Report("unknown-issuer", diag.DidYouMean(name, known), "there is no issuer %s", syntax.Quote(name))
		}
		return "", forge, false
	}
	forge, ok = jobtoken.Of(s.issuers[i].Kind)
	return name, forge, ok
}

// issuerNames are those of ciIssuers, also of those that were not read.
func (s *settings) issuerNames() []string {
	var out []string
	for _, item := range s.in.CIIssuers.Items {
		out = append(out, item.Key)
	}
	return out
}

// branchOf checks the name of a branch. RBAC compares whole names: a pattern would be one that no job has.
func branchOf(t text) bool {
	hint := ""
	switch short, whole := strings.CutPrefix(t.V, "refs/heads/"); {
	case whole:
		hint = "did you mean " + syntax.Quote(short) + "?"
	case strings.Contains(t.V, "*"):
		hint = "name each branch: permissions are for whole names"
	case t.V != "" && len(t.V) <= 255 && !strings.HasPrefix(t.V, "/") && !strings.HasSuffix(t.V, "/") && !strings.HasSuffix(t.V, ".lock") &&
		!strings.HasPrefix(t.V, "-") && !strings.Contains(t.V, "..") && !strings.Contains(t.V, "//") && !strings.Contains(t.V, "@{") &&
		!strings.ContainsAny(t.V, " ~^:?[\\") && !strings.ContainsFunc(t.V, notPrinted):
		return true
	}
	t.Report("bad-branch", hint, "expected the name of a branch such as main, found %s", shown(t.V))
	return false
}

// environmentOf checks the name of an environment.
func environmentOf(t text) bool {
	if !t.IsSet() || t.V != "" && len(t.V) <= 255 && strings.TrimSpace(t.V) == t.V && !strings.ContainsAny(t.V, "*\\'\"") && !strings.ContainsFunc(t.V, notPrinted) {
		return true
	}
	hint := ""
	if strings.Contains(t.V, "*") {
		hint = "name each environment: permissions are for whole names"
	}
	t.Report("bad-environment", hint, "expected the name of an environment such as production, found %s", shown(t.V))
	return false
}
