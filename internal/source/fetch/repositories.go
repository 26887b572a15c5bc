package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	"go.yaml.in/yaml/v3"
)

// repository is an entry of Helm's repositories.yaml, as helm repo add writes it.
type repository struct {
	name, url      string
	user, password string
	everywhere     bool // whether the credentials are for the hosts, too, that the repository's index names
	authority      string
	certificate    string
	key            string
	insecure       bool
}

// readRepositories reads repositories.yaml. One that is missing has none; no message quotes it.
func readRepositories(name string) ([]repository, error) {
	text, err := readSettings(name)
	if err != nil || text == nil {
		return nil, err
	}
	var in struct {
		Repositories []struct {
			Name     string `yaml:"name"`
			URL      string `yaml:"url"`
			Username string `yaml:"username"`
			Password string `yaml:"password"`
			CertFile string `yaml:"certFile"`
			KeyFile  string `yaml:"keyFile"`
			CAFile   string `yaml:"caFile"`
			Insecure bool   `yaml:"insecure_skip_tls_verify"`
			All      bool   `yaml:"pass_credentials_all"`
		} `yaml:"repositories"`
	}
	if syntax.Check(text) != nil || yaml.Unmarshal(text, &in) != nil {
		return nil, fmt.Errorf("reading credentials: %s is not as helm repo add writes it", name)
	}
	var out []repository
	for _, r := range in.Repositories {
		one := repository{r.Name, strings.TrimRight(r.URL, "/"), r.Username, r.Password, r.All, r.CAFile, r.CertFile, r.KeyFile, r.Insecure}
		if u, err := url.Parse(one.url); err == nil && u.User != nil {
			if one.user == "" {
				one.user = u.User.Username()
				one.password, _ = u.User.Password()
			}
			u.User = nil
			one.url = u.String()
		}
		out = append(out, one)
	}
	return out, nil
}

// repositoryOf is the repository of a name; nil when there is none.
func (c *Credentials) repositoryOf(name string) *repository {
	if c != nil {
		for i := range c.repositories {
			if c.repositories[i].name == name {
				return &c.repositories[i]
			}
		}
	}
	return nil
}

// repositoryAt is the repository at a URL; nil when there is none. Helm takes its credentials for all that names the URL.
func (c *Credentials) repositoryAt(home *url.URL) *repository {
	if c != nil {
		at := strings.TrimRight(home.String(), "/")
		for i := range c.repositories {
			if c.repositories[i].url == at {
				return &c.repositories[i]
			}
		}
	}
	return nil
}

// distrusted says of a server with an unknown certificate why it is not accepted when Helm accepts it.
func (c *Credentials) distrusted(home *url.URL, err error) error {
	var unknown *tls.CertificateVerificationError
	if r := c.repositoryAt(home); r != nil && r.insecure && errors.As(err, &unknown) {
		return fmt.Errorf("%w\n  hint: insecure_skip_tls_verify in Helm's repositories.yaml is not followed: name the authority there as caFile", err)
	}
	return err
}

// clientFor is the client for a server to which home has led: with the certificates that Helm's repositories.yaml has for that one.
func (n *Network) clientFor(to, home *url.URL) (*http.Client, error) {
	r := n.Credentials.repositoryAt(home)
	if r == nil || to.Host != home.Host || r.authority == "" && r.certificate == "" {
		return n.web(), nil
	}
	return n.clients.get(r.url, func() (*http.Client, error) {
		settings, err := r.certificates()
		if err != nil {
			return nil, fmt.Errorf("the certificates that Helm's repositories.yaml has for it cannot be read: %w", err)
		}
		client := *n.web()
		own := client.Transport.(*http.Transport).Clone()
		own.TLSClientConfig = settings
		client.Transport = certified{home.Host, own, client.Transport}
		return &client, nil
	})
}

// certified keeps certificates with the server that they are for: it may redirect to others.
type certified struct {
	host         string
	with, others http.RoundTripper
}

func (c certified) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == c.host {
		return c.with.RoundTrip(r)
	}
	return c.others.RoundTrip(r)
}

func (r *repository) certificates() (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if r.authority != "" {
		text, err := os.ReadFile(r.authority)
		if err != nil {
			return nil, err
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(text) {
			return nil, errors.New("caFile holds no certificate")
		}
	}
	if r.certificate != "" {
		own, err := tls.LoadX509KeyPair(r.certificate, r.key)
		if err != nil {
			return nil, errors.New("certFile and keyFile are not a certificate and its key")
		}
		out.Certificates = []tls.Certificate{own}
	}
	return out, nil
}
