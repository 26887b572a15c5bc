package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"

	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
)

// Credentials are user names and passwords of servers, as people have them already. Nothing prints them.
type Credentials struct {
	given, own   []machine
	stores       []registries
	repositories []repository
}

// Files are where credentials are.
type Files struct {
	// Given is a text in the form of .netrc, for this run: it comes first.
	Given string
	// Netrc is the user's .netrc.
	Netrc string
	// Registries are the configurations of Helm and Docker for registries, the first one first.
	Registries []string
	// Repositories is Helm's repositories.yaml.
	Repositories string
}

// ReadCredentials reads credentials. A file that is missing has none; no message quotes one.
func ReadCredentials(f Files) (*Credentials, error) {
	text, err := readSettings(f.Netrc)
	if err != nil {
		return nil, err
	}
	c := &Credentials{given: netrc(f.Given), own: netrc(string(text))}
	for _, name := range f.Registries {
		store, err := readRegistries(name)
		if err != nil {
			return nil, err
		}
		c.stores = append(c.stores, store)
	}
	c.repositories, err = readRepositories(f.Repositories)
	return c, err
}

// readSettings reads a file in which another program keeps credentials, of at most 4 MiB; nil when there is no name, or no file.
func readSettings(name string) ([]byte, error) {
	const most = 4 << 20
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading credentials: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return nil, fmt.Errorf("reading credentials: %w", err)
	}
	return text, nil
}

// machine is an entry of .netrc.
type machine struct{ name, login, password string }

// netrc reads what ftp(1) and curl(1) read. The entry default is for every server, and therefore left out: a list must not be able to
// ask for it.
func netrc(text string) []machine {
	var out []machine
	var words []string
	macro := false
	for line := range strings.Lines(text) {
		of := strings.Fields(line)
		switch {
		case macro:
			macro = len(of) > 0 // ends with an empty line
		case len(of) > 0 && strings.HasPrefix(of[0], "#"):
		case len(of) > 0 && of[0] == "macdef":
			macro = true
		default:
			words = append(words, of...)
		}
	}
	var at *machine
	for i := 0; i < len(words); i++ {
		value := ""
		if i+1 < len(words) {
			value = words[i+1]
		}
		switch words[i] {
		case "default":
			at = &machine{}
			continue
		case "machine":
			out = append(out, machine{name: strings.ToLower(value)})
			at = &out[len(out)-1]
		case "login":
			if at != nil {
				at.login = value
			}
		case "password":
			if at != nil {
				at.password = value
			}
		}
		i++
	}
	return out
}

// find is the entry for a host with its port or, if there is none, without it.
func find(machines []machine, host string) (machine, bool) {
	host = strings.ToLower(host)
	bare, _, err := net.SplitHostPort(host)
	if err != nil {
		bare = host
	}
	for _, name := range []string{host, bare} {
		for _, m := range machines {
			if m.name == name {
				return m, true
			}
		}
	}
	return machine{}, false
}

// web is for a server of charts or files, to which home has led: a repository of charts, or the file itself.
func (c *Credentials) web(to, home *url.URL) (user, password string, ok bool) {
	if c == nil {
		return "", "", false
	}
	same := to.Host == home.Host && to.Scheme == home.Scheme
	if !same && to.Scheme != "https" && !loopback(to.Hostname()) { // its own credentials are not for everybody to read
		return "", "", false
	}
	if m, ok := find(c.given, to.Host); ok {
		return m.login, m.password, true
	}
	if r := c.repositoryAt(home); r != nil && r.user != "" && (same || r.everywhere) {
		return r.user, r.password, true
	}
	m, ok := find(c.own, to.Host)
	return m.login, m.password, ok
}

// git is for a server of Git repositories: only what was given for this run. Git itself finds all others.
func (c *Credentials) git(host string) (user, password string, ok bool) {
	if c == nil {
		return "", "", false
	}
	m, ok := find(c.given, host)
	return m.login, m.password, ok
}

// registry is for an OCI registry.
func (c *Credentials) registry(ctx context.Context, host string) (auth.Credential, error) {
	if c == nil {
		return auth.EmptyCredential, nil
	}
	if m, ok := find(c.given, host); ok {
		return auth.Credential{Username: m.login, Password: m.password}, nil
	}
	for _, store := range c.stores {
		found, err := store.find(ctx, credentials.ServerAddressFromRegistry(host))
		if err != nil {
			return auth.EmptyCredential, fmt.Errorf("the credential helper for %s failed", host)
		}
		if found != auth.EmptyCredential {
			return found, nil
		}
	}
	m, ok := find(c.own, host)
	if !ok {
		return auth.EmptyCredential, nil
	}
	return auth.Credential{Username: m.login, Password: m.password}, nil
}
