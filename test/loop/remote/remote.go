// Package remote stands in for the hosts that a list of applications names and that are not in the cluster: Git servers,
// chart repositories and OCI registries, all of them one HTTPS server.
package remote

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Server answers for all hosts. It serves while it is given more.
type Server struct {
	http http.Server

	mu           sync.RWMutex
	files        map[string]file         // by host and path
	repositories map[string]http.Handler // Git, by host and path
	hosts        map[string]http.Handler // all of a host
	charts       []Chart
}

// file is what a GET of one address returns.
type file struct {
	mediaType string
	data      []byte
}

// Start serves the hosts on l. It writes the certificate of the CA that vouches for them into caFile, which SSL_CERT_FILE and
// GIT_SSL_CAINFO are to name.
func Start(l net.Listener, caFile string, hosts []string) (*Server, error) {
	ca, certificate, err := certify(hosts)
	if err != nil {
		return nil, fmt.Errorf("a certificate for the remote hosts: %w", err)
	}
	if err := os.WriteFile(caFile, ca, 0o644); err != nil {
		return nil, err
	}
	s := &Server{files: map[string]file{}, repositories: map[string]http.Handler{}, hosts: map[string]http.Handler{}}
	s.http = http.Server{
		Handler:   s,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}},
		ErrorLog:  log.New(io.Discard, "", 0), // of connections that a client gave up
	}
	go func() {
		if err := s.http.ServeTLS(l, "", ""); !errors.Is(err, http.ErrServerClosed) {
			panic(fmt.Sprintf("the remote hosts are gone: %v", err))
		}
	}()
	return s, nil
}

// Close ends the server.
func (s *Server) Close() error { return s.http.Close() }

// Git serves the bare repository in dir at an https URL, to read.
func (s *Server) Git(url, dir string) error {
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return fmt.Errorf("git --exec-path: %w", err)
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return err
	}
	at := address(url)
	_, path, _ := strings.Cut(at, "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repositories[at] = &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"),
		Root: "/" + path,
		Env:  []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1"},
	}
	return nil
}

// Host has a handler answer for all that is asked of a host and was put nowhere else.
func (s *Server) Host(name string, h http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts[name] = h
}

// ServeHTTP serves what was put at an address, and Git what is below that of a repository.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	at := host + r.URL.Path
	s.mu.RLock()
	found, ok := s.files[at]
	repository := s.hosts[host]
	for prefix, handler := range s.repositories {
		if strings.HasPrefix(at, prefix+"/") {
			repository = handler
		}
	}
	s.mu.RUnlock()
	switch {
	case ok:
		w.Header().Set("Content-Type", found.mediaType)
		w.Header().Set("Docker-Content-Digest", digest(found.data)) // only registries have to say it
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(found.data))
	case repository != nil:
		repository.ServeHTTP(w, r)
	default:
		http.Error(w, "there is no "+at, http.StatusNotFound)
	}
}

// address is the host and the path of a URL, which names an OCI registry when it has no scheme.
func address(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
	}
	return strings.TrimSuffix(url, "/")
}

// certify makes a CA and a certificate of it for the hosts.
func certify(hosts []string) (ca []byte, certificate tls.Certificate, err error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "remote"},
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageCertSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, tls.Certificate{}, err
	}
	root, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, tls.Certificate{}, err
	}
	leaf := *template
	leaf.Subject.CommonName, leaf.SerialNumber, leaf.KeyUsage, leaf.IsCA = "hosts", big.NewInt(2), x509.KeyUsageDigitalSignature, false
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	leaf.DNSNames = hosts
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, tls.Certificate{}, err
	}
	signed, err := x509.CreateCertificate(rand.Reader, &leaf, template, leafKey.Public(), key)
	if err != nil {
		return nil, tls.Certificate{}, err
	}
	ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})
	return ca, tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: leafKey}, nil
}
