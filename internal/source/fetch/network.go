package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hippotion/roster/internal/source/cache"
)

// Network is how servers are reached. It is used for one run: it remembers what it was told about tags and indexes.
type Network struct {
	Credentials *Credentials
	Map         Map
	Proxy       func(*http.Request) (*url.URL, error) // nil for none
	// Git is the environment of the git program: that of the user, who has set up there how Git reaches servers.
	Git []string
	// NoSubmodules leaves submodules of Git repositories out.
	NoSubmodules bool
	Limits       Limits

	once    sync.Once
	client  *http.Client
	clients memory[*http.Client]
	indexes memory[[]byte]
	tags    memory[[]string]
	refs    memory[[]gitRef]
}

// memory asks once for each name, also when several ask at once.
type memory[T any] struct {
	mu    sync.Mutex
	asked map[string]func() (T, error)
}

func (m *memory[T]) get(name string, ask func() (T, error)) (T, error) {
	m.mu.Lock()
	if m.asked == nil {
		m.asked = map[string]func() (T, error){}
	}
	if m.asked[name] == nil {
		m.asked[name] = sync.OnceValues(ask)
	}
	answer := m.asked[name]
	m.mu.Unlock()
	return answer()
}

const maxRedirects = 5

// web is the client for all that is HTTP.
func (n *Network) web() *http.Client {
	n.once.Do(func() {
		transport := &http.Transport{
			Proxy:                  n.Proxy,
			DialContext:            (&net.Dialer{Timeout: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout:    15 * time.Second,
			ResponseHeaderTimeout:  n.limits().Stall,
			MaxResponseHeaderBytes: 256 << 10,
			DisableCompression:     true, // a packed chart stays as it is, as with Helm
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    parallel,
			IdleConnTimeout:        time.Minute,
		}
		n.client = &http.Client{Transport: transport, CheckRedirect: redirect}
	})
	return n.client
}

// redirect keeps credentials with the server that they are for, and what began encrypted encrypted.
func redirect(to *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("the server redirects more than %d times", maxRedirects)
	case to.URL.Scheme != "https" && to.URL.Scheme != first.Scheme:
		return fmt.Errorf("the server redirects from %s to %s, which is not followed", first.Scheme, to.URL.Scheme)
	case to.URL.Host != first.Host || to.URL.Scheme != first.Scheme:
		to.Header.Del("Authorization")
		to.Header.Del("Cookie")
	}
	to.Header.Del("Referer")
	return nil
}

// statusError is an answer that is not what was asked for.
type statusError struct {
	code int
	host string
}

func (e *statusError) Error() string {
	hint := ""
	switch e.code {
	case http.StatusUnauthorized, http.StatusForbidden:
		hint = "\n  hint: are there credentials for " + e.host + ", and are they still good? See docs/fetch.md"
	case http.StatusNotFound:
		hint = "\n  hint: check the name and the version; some servers say this, too, when they want credentials"
	}
	return fmt.Sprintf("%s answers %d %s%s", e.host, e.code, http.StatusText(e.code), hint)
}

// temporary reports whether it may help to ask again.
func temporary(err error) bool {
	var status *statusError
	if errors.As(err, &status) {
		return status.code == http.StatusTooManyRequests || status.code >= 502 && status.code <= 504
	}
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// again does something up to three times, while it may help.
func again(ctx context.Context, do func() error) error {
	const most = 3
	for i := 1; ; i++ {
		err := do()
		if err == nil || i == most || !temporary(err) || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(time.Duration(i) * 300 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// get asks for a URL: over HTTP, or for a file of the folder that a map has put in place of a server. The credentials are those of the
// server that home is on, and given to no other.
func (n *Network) get(ctx context.Context, address, home string) (io.ReadCloser, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the server names a URL that is none")
	}
	if u.Scheme == "file" {
		return fileOf(u, home)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return nil, errors.New("the server names a URL that is not one of https")
	}
	base, err := url.Parse(home)
	if err != nil {
		return nil, err
	}
	if base.Scheme == "https" && u.Scheme != "https" {
		return nil, errors.New("the server names a URL without https, which is not followed")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	request.Header.Set("User-Agent", "roster")
	if user, password, ok := n.Credentials.web(u, base); ok {
		request.SetBasicAuth(user, password)
	}
	client, err := n.clientFor(u, base)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	answer, err := client.Do(request)
	if err != nil {
		cancel(nil)
		return nil, n.Credentials.distrusted(base, unwrapped(err))
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close()
		cancel(nil)
		return nil, &statusError{answer.StatusCode, u.Host}
	}
	return newSteady(answer.Body, cancel, n.limits().Stall), nil
}

// unwrapped is an error of a client without the URL, which may be that of a redirect, with a signature in it.
func unwrapped(err error) error {
	var unknown *net.DNSError
	if errors.As(err, &unknown) && unknown.IsNotFound {
		return fmt.Errorf("there is no host %s", unknown.Name)
	}
	var at *url.Error
	if errors.As(err, &at) {
		switch {
		case at.Timeout():
			return fmt.Errorf("no answer in time: %w", at.Err)
		case errors.Is(at.Err, io.EOF):
			return broken(io.ErrUnexpectedEOF)
		}
		return at.Err
	}
	return err
}

// steady ends a body that comes to a stop.
type steady struct {
	io.ReadCloser
	timer  *time.Timer
	stall  time.Duration
	cancel context.CancelCauseFunc
}

var errStall = errors.New("the server stopped sending")

func newSteady(body io.ReadCloser, cancel context.CancelCauseFunc, stall time.Duration) *steady {
	s := &steady{body, nil, stall, cancel}
	s.timer = time.AfterFunc(stall, func() { cancel(errStall) })
	return s
}

func (s *steady) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if n > 0 {
		s.timer.Reset(s.stall)
	}
	if errors.Is(err, context.Canceled) {
		err = errStall
	}
	return n, err
}

func (s *steady) Close() error {
	s.timer.Stop()
	defer s.cancel(nil)
	return s.ReadCloser.Close()
}

// fileOf opens a file of the folder home, and none outside of it, whatever an index says.
func fileOf(u *url.URL, home string) (io.ReadCloser, error) {
	base, err := url.Parse(home)
	if err != nil || base.Scheme != "file" {
		return nil, errors.New("the server names a file of this machine, which is not read")
	}
	folder, name := base.Path, ""
	if u.Path == base.Path { // the file itself is mapped
		folder, name = filepath.Split(u.Path)
	} else if name, err = filepath.Rel(folder, u.Path); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(fs.ErrNotExist, f.Close())
	}
	return f, nil
}

// read gets a text of at most so many bytes.
func (n *Network) read(ctx context.Context, address, home string, limit int64) (data []byte, err error) {
	err = again(ctx, func() error {
		body, err := n.get(ctx, address, home)
		if err != nil {
			return err
		}
		defer body.Close()
		if data, err = io.ReadAll(io.LimitReader(body, limit+1)); err != nil {
			return broken(err)
		}
		if int64(len(data)) > limit {
			return fmt.Errorf("the answer is larger than %d MiB", limit>>20)
		}
		return nil
	})
	return data, err
}

// store gets a content of at most so many bytes into the cache. The caller discards it.
func (n *Network) store(ctx context.Context, c *cache.Cache, address, home string, limit int64) (out *cache.Writer, err error) {
	err = again(ctx, func() error {
		body, err := n.get(ctx, address, home)
		if err != nil {
			return err
		}
		defer body.Close()
		out, err = written(c, body, limit)
		return err
	})
	return out, err
}

// written puts a body of at most so many bytes into the cache, without a name yet. The caller discards it.
func written(c *cache.Cache, body io.Reader, limit int64) (*cache.Writer, error) {
	out, err := c.Create(limit)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(out, body); err != nil {
		out.Discard()
		return nil, tooLarge(broken(err), limit)
	}
	return out, nil
}

func tooLarge(err error, limit int64) error {
	if errors.Is(err, cache.ErrTooLarge) {
		return fmt.Errorf("it is larger than %d MiB", limit>>20)
	}
	return err
}

// broken says what it means when a body ends too early.
func broken(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the server ended in the middle: %w", err)
	}
	return err
}

// Map puts other places in the place of URLs: mirrors, and folders of this machine.
type Map []Mapping

// Mapping is for a URL and all below it.
type Mapping struct {
	From string // a URL
	To   string // a URL, or the absolute path of a folder or file
	// Within is the folder out of which no path and no link leads from there; empty when the user of this machine has chosen the place.
	Within string
}

// ParseMapping reads URL=PATH or URL=URL. Paths are seen from the folder.
func ParseMapping(text, folder string) (Mapping, error) {
	at := strings.LastIndex(text, "=http")
	if oci := strings.LastIndex(text, "=oci://"); oci > at {
		at = oci
	}
	if ssh := strings.LastIndex(text, "=ssh://"); ssh > at {
		at = ssh
	}
	if at < 0 {
		at = strings.LastIndex(text, "=")
	}
	if at < 0 {
		return Mapping{}, errors.New("expected URL=PATH or URL=URL, as in https://charts.example=../mirror")
	}
	return NewMapping(text[:at], text[at+1:], folder)
}

// NewMapping checks both sides of a mapping. Paths are seen from the folder.
func NewMapping(from, to, folder string) (Mapping, error) {
	if !strings.Contains(from, "://") && !strings.Contains(from, "@") {
		return Mapping{}, errors.New("expected a URL in front of the =")
	}
	if to == "" {
		return Mapping{}, errors.New("expected a path or a URL behind the =")
	}
	m := Mapping{From: strings.TrimRight(from, "/"), To: strings.TrimRight(to, "/")}
	if !strings.Contains(to, "://") {
		m.To = filepath.Join(folder, to)
		if filepath.IsAbs(to) {
			m.To = filepath.Clean(to)
		}
	} else if u, err := url.Parse(to); err != nil || u.User != nil && u.Scheme != "ssh" || u.Host == "" {
		return Mapping{}, errors.New("expected a path or a URL without user name behind the =")
	}
	return m, nil
}

// of is where a URL is looked for. A folder of this machine becomes a URL of files.
func (m Map) of(address string) (string, error) {
	best := m.best(address)
	if best.From == "" {
		return address, nil
	}
	to := best.To + strings.TrimPrefix(address, best.From)
	if strings.Contains(best.To, "://") {
		return to, nil
	}
	if best.Within != "" {
		if err := contained(best.Within, filepath.FromSlash(to)); err != nil {
			return "", err
		}
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(to)}).String(), nil
}

// best is the mapping for a URL; the zero Mapping when there is none.
func (m Map) best(address string) (best Mapping) {
	for _, c := range m {
		rest, ok := strings.CutPrefix(address, c.From)
		if ok && (rest == "" || rest[0] == '/') && len(c.From) > len(best.From) {
			best = c
		}
	}
	return best
}

// contained reports what is wrong with a place, which may be missing: that it is not within a folder, once links are followed.
func contained(folder, place string) error {
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(place)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("where sources.map leads, there is nothing: %s", filepath.Base(place))
	}
	if err != nil {
		return err
	}
	if inside, err := filepath.Rel(folder, real); err != nil || !filepath.IsLocal(inside) {
		return errors.New("where sources.map leads is not in the repository\n  hint: keep it there, or name it with --map")
	}
	return nil
}
