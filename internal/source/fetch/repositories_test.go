package fetch_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/fetch"
)

// withRepositories has the credentials that such a repositories.yaml holds, and others.
func withRepositories(t *testing.T, x *tried, repositories string, more fetch.Files) {
	t.Helper()
	folder := t.TempDir()
	write(t, folder, map[string]string{"repositories.yaml": repositories})
	more.Repositories = filepath.Join(folder, "repositories.yaml")
	credentials, err := fetch.ReadCredentials(more)
	if err != nil {
		t.Fatal(err)
	}
	x.Network.Credentials = credentials
}

func named(name string) source.Reference {
	return source.Reference{Kind: source.Chart, URL: "@" + name, Name: "web", Version: "1.x"}
}

// TestNamed: a repository that is known by a name is what a map says, or the lock, or Helm's repositories.yaml; the lock has what nobody
// else could know.
func TestNamed(t *testing.T) {
	s, other := newServer(t), newServer(t)
	s.charts(map[string][]byte{"web 1.0.0": packed(t, "web", "1.0.0")})
	other.charts(map[string][]byte{"web 1.0.0": packed(t, "web", "1.0.0-other")})
	helm := "apiVersion: ''\nrepositories:\n- {name: stable, url: '" + s.URL + "/'}\n- {name: registry, url: 'oci://registry.example'}\n"
	const unknown = "chart web 1.x of @%s: there is no repository of that name in Helm's repositories.yaml\n  hint: say in platform.yml what it is, sources: {map: [{url: \"@%[1]s\", to: https://…}]}, or run helm repo add"
	x := try(t)
	x.fails(fmt.Sprintf(unknown, "stable"), named("stable"))
	withRepositories(t, x, helm, fetch.Files{})
	x.fails(fmt.Sprintf(unknown, "stab"), named("stab"))
	x.fails("expected the name of a repository of charts over HTTP: @registry is none", named("registry"))
	x.fails("expected a URL such as https://HOST/PATH", named("a/b"))
	k, _ := x.must(named("stable")).Find(named("stable"))
	if k.Repository != s.URL || k.Resolved != "1.0.0" {
		t.Errorf("got %v", k)
	}
	if got := x.text(named("stable"), "web.tgz"); got != string(packed(t, "web", "1.0.0")) {
		t.Error("another content")
	}
	for _, locked := range []bool{false, true} { // a machine without Helm, and one where the name is another's
		y := try(t)
		y.Lock, y.Locked = x.Lock, locked
		if locked {
			withRepositories(t, y, strings.ReplaceAll(helm, s.URL, other.URL), fetch.Files{})
		}
		y.must(named("stable"))
	}
	if got := other.requests(); len(got) > 0 {
		t.Errorf("asked another repository for %s", got)
	}
	if got := fetch.Outdated(t.Context(), x.Lock, &fetch.Network{}); len(got) > 0 {
		t.Errorf("got %v", got)
	}
	y := try(t)
	withRepositories(t, y, helm, fetch.Files{})
	m, err := fetch.ParseMapping("@stable="+other.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	y.Network.Map = fetch.Map{m}
	if k, _ := y.must(named("stable")).Find(named("stable")); k.Repository != "" || k.Digest == x.Lock[0].Digest {
		t.Errorf("got %v", k)
	}
	y.Lock = x.Lock
	y.Update = func(source.Reference) bool { return true }
	y.fails("version 1.0.0 has changed", named("stable")) // what the list means by the name is another repository now
	m.To = s.URL
	mirror := fetch.Mapping{From: s.URL, To: other.URL}
	y.Network.Map = fetch.Map{m, mirror}
	s.requests()
	y.fails("version 1.0.0 has changed", named("stable"))
	if got := s.requests(); len(got) > 0 {
		t.Errorf("asked for %s in place of its mirror", got)
	}
}

// TestHelmCredentials: what helm repo add has noted is for the repository at that URL, and for no other server unless it says so.
func TestHelmCredentials(t *testing.T) {
	const password = "hunter2"
	s, files := newServer(t), newServer(t)
	guarded := func(w http.ResponseWriter, r *http.Request) bool {
		if user, given, _ := r.BasicAuth(); user == "me" && given == password {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	s.before = guarded
	s.files["/index.yaml"] = []byte("entries:\n  web:\n  - {version: 1.0.0, urls: ['" + files.URL + "/web.tgz']}\n  near:\n  - {version: 1.0.0, urls: [web.tgz]}\n")
	data := packed(t, "web", "1.0.0")
	s.files["/web.tgz"], files.files["/web.tgz"] = data, data
	host := strings.TrimPrefix(files.URL, "http://")
	entry := func(more string) string {
		return "repositories:\n- {name: stable, url: '" + s.URL + "', username: me, password: " + password + more + "}\n"
	}
	const rejected = " answers 401 Unauthorized\n  hint: are there credentials for "
	for name, c := range map[string]struct {
		repositories string
		files        fetch.Files
		guarded      bool
		want         string
	}{
		"by its name or URL":        {entry(""), fetch.Files{}, false, ""},
		"in the URL":                {strings.Replace("repositories: [{name: stable, url: 'SERVER/'}]", "SERVER", strings.Replace(s.URL, "//", "//me:"+password+"@", 1), 1), fetch.Files{}, false, ""},
		"another repository's":      {strings.Replace(entry(""), s.URL, s.URL+"/other", 1), fetch.Files{Netrc: "none"}, false, "401"},
		"not for the other server":  {entry(""), fetch.Files{}, true, rejected + host},
		"for all, as Helm has it":   {entry(", pass_credentials_all: true"), fetch.Files{}, true, ""},
		"its own for the other one": {entry(""), fetch.Files{Given: "machine " + host + " login me password " + password}, true, ""},
		"given come first":          {entry(""), fetch.Files{Given: "machine " + strings.TrimPrefix(s.URL, "http://") + " login me password expired"}, false, rejected},
	} {
		t.Run(name, func(t *testing.T) {
			files.before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("Authorization") != "" && !c.guarded {
					t.Errorf("the other server got %s", r.Header.Get("Authorization"))
				}
				return c.guarded && guarded(w, r)
			}
			x := try(t)
			withRepositories(t, x, c.repositories, c.files)
			if c.want != "" {
				if message := x.fails(c.want, chart(s, "web", "")); strings.Contains(message, password) || strings.Contains(message, "expired") {
					t.Errorf("shows a password: %s", message)
				}
				return
			}
			if lock := x.must(chart(s, "web", ""), chart(s, "near", ""), named("stable")); strings.Contains(string(lock.Text()), password) {
				t.Errorf("the lock tells: %s", lock.Text())
			}
		})
	}
	folder := t.TempDir()
	write(t, folder, map[string]string{"broken.yaml": "repositories: [{password: hunter2"})
	if _, err := fetch.ReadCredentials(fetch.Files{Repositories: filepath.Join(folder, "broken.yaml")}); err == nil || strings.Contains(err.Error(), password) {
		t.Errorf("got %v", err)
	}
	if _, err := fetch.ReadCredentials(fetch.Files{Repositories: folder}); err == nil {
		t.Error("a folder is read")
	}
}

// authority makes a certificate for this machine that nobody knows yet.
func authority(t *testing.T) (certificate tls.Certificate, text, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
	key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs}))
	if certificate, err = tls.X509KeyPair([]byte(text), []byte(key)); err != nil {
		t.Fatal(err)
	}
	return certificate, text, key
}

// TestHelmCertificates: the authority and the certificate that helm repo add has noted are for that repository alone, and what it has
// noted as not to be checked is checked.
func TestHelmCertificates(t *testing.T) {
	certificate, text, key := authority(t)
	_, otherText, _ := authority(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{"ca.pem": text, "key.pem": key, "other.pem": otherText, "empty.pem": ""})
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(text))
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) > 0 {
			t.Error("the other server got the certificate")
		}
		_, _ = w.Write(packed(t, "web", "1.0.0"))
	}))
	defer elsewhere.Close()
	elsewhere.TLS.ClientAuth = tls.RequestClientCert
	serve := func(clients tls.ClientAuthType) string {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/index.yaml" {
				_, _ = w.Write([]byte("entries:\n  web:\n  - {version: 1.0.0, urls: [web.tgz]}\n"))
				return
			}
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		}))
		s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: clients, ClientCAs: pool}
		s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are meant to fail
		s.StartTLS()
		t.Cleanup(s.Close)
		return strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	}
	open, closed := serve(tls.NoClientCert), serve(tls.RequireAndVerifyClientCert)
	in := func(name string) string { return filepath.Join(folder, name) }
	const unread = "the certificates that Helm's repositories.yaml has for it cannot be read: "
	for name, c := range map[string]struct{ url, more, want string }{
		"known":               {open, ", caFile: " + in("ca.pem"), ""},
		"unknown":             {open, "", "failed to verify certificate"},
		"another":             {open, ", caFile: " + in("other.pem"), "failed to verify certificate"},
		"not to be checked":   {open, ", insecure_skip_tls_verify: true", "failed to verify certificate: x509: certificate signed by unknown authority\n  hint: insecure_skip_tls_verify in Helm's repositories.yaml is not followed: name the authority there as caFile"},
		"with one of ours":    {closed, ", caFile: " + in("ca.pem") + ", certFile: " + in("ca.pem") + ", keyFile: " + in("key.pem"), ""},
		"without one of ours": {closed, ", caFile: " + in("ca.pem"), "certificate required"},
		"empty":               {open, ", caFile: " + in("empty.pem"), unread + "caFile holds no certificate"},
		"missing":             {open, ", caFile: " + in("missing.pem"), unread + "open " + in("missing.pem")},
		"a certificate alone": {open, ", certFile: " + in("ca.pem"), unread + "certFile and keyFile are not a certificate and its key"},
	} {
		t.Run(name, func(t *testing.T) {
			x := try(t)
			withRepositories(t, x, "repositories: [{name: stable, url: '"+c.url+"'"+c.more+"}]\n", fetch.Files{})
			if c.want != "" {
				x.fails(c.want, named("stable"))
				return
			}
			x.must(named("stable"))
		})
	}
}
