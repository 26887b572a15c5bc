package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
)

// recorder is what the network of the judge knows of one request. It travels with the request's context.
type recorder struct {
	allow   bool        // what a login answers
	headers http.Header // that an allowing login gives
	logins  []string    // that were asked
	backend *http.Request
}

type recorderKey struct{}

func recorderOf(ctx context.Context) *recorder {
	if r, ok := ctx.Value(recorderKey{}).(*recorder); ok {
		return r
	}
	return &recorder{} // a health check's
}

// backends answers for every backend.
type backends struct{}

func (backends) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	recorderOf(req.Context()).backend = req
	return response(req, http.StatusOK), nil
}

// logins answers for every server that a login asks.
type logins struct{}

func (logins) RoundTrip(req *http.Request) (*http.Response, error) {
	r := recorderOf(req.Context())
	r.logins = append(r.logins, req.URL.String())
	if !r.allow {
		return response(req, http.StatusUnauthorized), nil
	}
	answer := response(req, http.StatusOK)
	answer.Header = r.headers.Clone()
	return answer, nil
}

func response(req *http.Request, status int) *http.Response {
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: req,
	}
}

// noNetwork is the transport of the process, which forwardAuth uses as it is, or, with options for TLS, a copy of it. A copy
// keeps how connections are made, so that is where those end.
func noNetwork() *http.Transport {
	t := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			return serveLogin(ctx, "http://"+strings.TrimSuffix(address, ":80")), nil
		},
		DialTLSContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			return serveLogin(ctx, "https://"+strings.TrimSuffix(address, ":443")), nil
		},
	}
	t.RegisterProtocol("http", logins{})
	t.RegisterProtocol("https", logins{})
	return t
}

// serveLogin is a connection to a login, which takes one request.
func serveLogin(ctx context.Context, origin string) net.Conn {
	client, server := net.Pipe()
	go func() {
		defer func() { _ = server.Close() }()
		req, err := http.ReadRequest(bufio.NewReader(server))
		if err != nil {
			return
		}
		if req.URL, err = req.URL.Parse(origin + req.RequestURI); err != nil {
			return
		}
		answer, _ := logins{}.RoundTrip(req.WithContext(ctx))
		_ = answer.Write(server)
	}()
	return client
}
