package main

import (
	"bufio"
	"bytes"
	"context"
	stdtls "crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/traefik/traefik/v3/pkg/middlewares/accesslog"
	"github.com/traefik/traefik/v3/pkg/tcp"
	"golang.org/x/net/http/httpguts"
)

// forwarded stands for the listeners of an entry point's two servers: it keeps the connection that would come out of one.
type forwarded struct {
	conn   net.Conn
	secure bool
}

func (f *forwarded) plain(conn tcp.WriteCloser) { f.conn = conn }
func (f *forwarded) tls(conn tcp.WriteCloser)   { f.conn, f.secure = conn, true }

// ask opens a connection to an entry point, and sends a request when Traefik takes it as HTTP.
func (b *built) ask(q *Request, login string, headers http.Header) Answer {
	router, ok := b.routers[q.EntryPoint]
	if !ok {
		return Answer{Error: fmt.Sprintf("the platform has no entry point for TCP named %q", q.EntryPoint)}
	}
	text := q.text()
	clientIP := q.ClientIP
	if clientIP == "" {
		clientIP = "192.0.2.1"
	}
	ip := net.ParseIP(clientIP)
	if ip == nil {
		return Answer{Error: fmt.Sprintf("clientIP %q is no address", clientIP)}
	}
	c := &conn{remote: &net.TCPAddr{IP: ip, Port: 40000}}
	state := stdtls.ConnectionState{Version: stdtls.VersionTLS13, HandshakeComplete: true, ServerName: q.sni(), NegotiatedProtocol: "http/1.1"}
	switch {
	case !q.TLS:
		c.in = bytes.NewReader(text)
	case b.handshake:
		var end func()
		c.pipe, end = client(q.sni())
		defer end()
	default:
		c.in = bytes.NewReader(b.instance.hellos.of(q.sni()))
	}

	b.instance.book.listen(zerolog.DebugLevel)
	*b.forward = forwarded{}
	router.ServeTCP(c)
	if b.forward.conn == nil {
		return Answer{Closed: true, TCP: b.taker()}
	}
	if b.forward.secure && b.handshake {
		spoken := b.forward.conn.(*stdtls.Conn)
		if err := spoken.Handshake(); err != nil {
			return Answer{Closed: true}
		}
		state = spoken.ConnectionState()
	}

	// From here on as net/http's server does it.
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
	if err != nil || !valid(req) {
		return Answer{Status: http.StatusBadRequest}
	}
	req.RemoteAddr = c.remote.String()
	ep := b.instance.entryPoints[q.EntryPoint]
	server := ep.plain.server()
	if b.forward.secure {
		server, req.TLS = ep.tls.server(), &state
	}
	record := &recorder{allow: login == "allow", headers: headers}
	data := &accesslog.LogData{Core: accesslog.CoreLogData{}}
	ctx := context.WithValue(context.Background(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 443}))
	ctx = server.ConnContext(ctx, b.forward.conn)
	ctx = context.WithValue(ctx, recorderKey{}, record)
	ctx = context.WithValue(ctx, accesslog.DataTableKey, data)
	rw := httptest.NewRecorder()
	if serve(server.Handler, rw, req.WithContext(ctx)) {
		return Answer{Closed: true}
	}
	return answer(rw, record, data, b.instance.book.take())
}

// serve says whether the handler gave the connection up.
func serve(h http.Handler, rw http.ResponseWriter, req *http.Request) (aborted bool) {
	defer func() {
		if r := recover(); r != nil {
			if err, ok := r.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(r)
			}
			aborted = true
		}
	}()
	h.ServeHTTP(rw, req)
	return false
}

func answer(rw *httptest.ResponseRecorder, record *recorder, data *accesslog.LogData, lines []string) Answer {
	a := Answer{Status: rw.Code, Location: rw.Header().Get("Location"), Login: strings.Join(record.logins, " ")}
	a.Router, _ = data.Core[accesslog.RouterName].(string)
	a.Service, _ = data.Core[accesslog.ServiceName].(string)
	if req := record.backend; req != nil {
		a.Backend, a.Path, a.Host, a.Headers = req.URL.Scheme+"://"+req.URL.Host, req.URL.RequestURI(), req.Host, received(req.Header)
		return a
	}
	for _, line := range lines {
		if !strings.Contains(line, "uthentication failed") {
			continue
		}
		var e entry
		if json.Unmarshal([]byte(line), &e) == nil && e.text("middlewareName") != "" {
			a.Login = strings.TrimSpace(a.Login + " " + e.text("middlewareName"))
			break
		}
	}
	return a
}

// received is what of the headers arrives at a backend, on whatever machine the judge runs.
func received(h http.Header) http.Header {
	h = h.Clone()
	if h.Get("User-Agent") == "" { // for http.Transport: send none
		h.Del("User-Agent")
	}
	if h.Get("X-Forwarded-Server") != "" {
		h.Set("X-Forwarded-Server", "traefik")
	}
	return h
}

// taker is the TCP router that the connection went to: what it could not dial tells.
func (b *built) taker() string {
	for _, line := range b.instance.book.take() {
		var e entry
		if !strings.Contains(line, "Error while dialing backend") || json.Unmarshal([]byte(line), &e) != nil {
			continue
		}
		for _, word := range strings.Fields(e.text("error")) {
			if name, ok := b.markers[strings.TrimSuffix(word, ":")]; ok {
				return name
			}
		}
	}
	return ""
}

func (q *Request) text() []byte {
	method, target := q.Method, q.Target
	if method == "" {
		method = http.MethodGet
	}
	if target == "" {
		target = "/"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, target, q.Host)
	for _, name := range slices.Sorted(maps.Keys(q.Headers)) {
		for _, value := range q.Headers[name] {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// sni is the name that a client asks for in TLS: none for an address.
func (q *Request) sni() string {
	host := q.Host
	if q.SNI != nil {
		host = *q.SNI
	} else if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(host, ".")
	if net.ParseIP(strings.Trim(host, "[]")) != nil {
		return ""
	}
	return host
}

// valid is what net/http's server looks at before a handler sees the request.
func valid(req *http.Request) bool {
	if !httpguts.ValidHostHeader(req.Host) {
		return false
	}
	for name, values := range req.Header {
		if !httpguts.ValidHeaderFieldName(name) || slices.ContainsFunc(values, func(v string) bool { return !httpguts.ValidHeaderFieldValue(v) }) {
			return false
		}
	}
	return true
}

// conn is a connection to Traefik that is there in memory only: bytes that were sent, or the end of a pipe.
type conn struct {
	in     io.Reader
	pipe   net.Conn
	remote *net.TCPAddr
}

func (c *conn) Read(p []byte) (int, error) {
	if c.pipe != nil {
		return c.pipe.Read(p)
	}
	return c.in.Read(p)
}

func (c *conn) Write(p []byte) (int, error) {
	if c.pipe != nil {
		return c.pipe.Write(p)
	}
	return len(p), nil
}

func (c *conn) Close() error {
	if c.pipe != nil {
		return c.pipe.Close()
	}
	return nil
}

func (c *conn) CloseWrite() error                { return nil }
func (c *conn) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 443} }
func (c *conn) RemoteAddr() net.Addr             { return c.remote }
func (c *conn) SetDeadline(time.Time) error      { return nil }
func (c *conn) SetReadDeadline(time.Time) error  { return nil }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

func clientConfig(sni string) *stdtls.Config {
	return &stdtls.Config{ServerName: sni, InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}, CurvePreferences: []stdtls.CurveID{stdtls.X25519}}
}

// client speaks TLS at the other end of the pipe that it returns, until end.
func client(sni string) (server net.Conn, end func()) {
	near, far := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c := stdtls.Client(near, clientConfig(sni))
		if c.Handshake() == nil {
			_, _ = io.Copy(io.Discard, c)
		}
		_ = near.Close()
	}()
	return far, func() {
		_ = far.Close()
		<-done
	}
}

// hellos are how clients began to speak TLS, by the names that they asked for.
type hellos map[string][]byte

func (h hellos) of(sni string) []byte {
	if _, ok := h[sni]; !ok {
		if len(h) == 1000 {
			clear(h)
		}
		h[sni] = hello(sni)
	}
	return h[sni]
}

func hello(sni string) []byte {
	var w first
	_ = stdtls.Client(&w, clientConfig(sni)).Handshake()
	return w.data
}

// first keeps what is written first, and fails.
type first struct {
	conn
	data []byte
}

func (f *first) Write(p []byte) (int, error) {
	f.data = append(f.data, p...)
	return 0, io.ErrClosedPipe
}
