// Package bus publishes messages to an ntfy server: the push bus of the catalog.
//
// It knows ntfy's API for publishing as JSON (docs.ntfy.sh/publish, "Publish as JSON") and nothing about who sends what. The
// token is never part of an error, and never sent to a place that the server names (a redirect is an error).
package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// The names of ntfy's priorities (docs.ntfy.sh/publish, "Message priority").
const (
	Min = iota + 1
	Low
	Default
	High
	Max
)

// maxText is how long a message may be, in bytes: ntfy makes an attachment of a longer one, and refuses it without a cache
// for attachments.
const maxText = 4096

// Message is one push message.
type Message struct {
	Topic    string   `json:"topic"`
	Title    string   `json:"title,omitempty"`
	Text     string   `json:"message"`
	Priority int      `json:"priority,omitempty"` // Min to Max; 0 for Default
	Tags     []string `json:"tags,omitempty"`
	Click    string   `json:"click,omitempty"` // a URL to open
}

// Client publishes to one server.
type Client struct {
	url, token string
	http       *http.Client
	pause      time.Duration // before the second attempt; twice as long before the third
}

// New makes a client for the server at address, such as http://ntfy.web-ntfy.svc.cluster.local. The token may be empty. An
// error means that the address is not one.
func New(address, token string) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("expected the address of ntfy as http://HOST or https://HOST, without credentials")
	}
	return &Client{url: address, token: token, pause: time.Second, http: &http.Client{
		Timeout:       15 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// ReadToken reads a token from a file, without the white space around it.
func ReadToken(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading the token: %w", err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" || len(token) > 4096 || strings.ContainsAny(token, " \t\r\n") {
		return "", fmt.Errorf("reading the token: %s does not hold one token", file)
	}
	return token, nil
}

// Publish sends m, cut to what ntfy accepts. It tries three times when the server cannot be reached, is busy, or fails; an
// error is the last attempt's.
func (c *Client) Publish(ctx context.Context, m Message) error {
	m.Text = cut(m.Text)
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	for attempt := range 3 {
		if attempt > 0 {
			select {
			case <-ctx.Done():
				return errors.Join(err, ctx.Err())
			case <-time.After(c.pause << (attempt - 1)):
			}
		}
		var again bool
		if again, err = c.post(ctx, body); err == nil || !again {
			return err
		}
	}
	return err
}

// post sends a message once, and reports whether another attempt may succeed.
func (c *Client) post(ctx context.Context, body []byte) (again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return ctx.Err() == nil, fmt.Errorf("publishing: %w", err)
	}
	defer response.Body.Close() // nothing can be lost: it is read only
	if response.StatusCode/100 == 2 {
		_, err := io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
		return false, err
	}
	var answer struct{ Error string }
	if data, err := io.ReadAll(io.LimitReader(response.Body, 1<<16)); err == nil {
		_ = json.Unmarshal(data, &answer) // another body has nothing to show
	}
	again = response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= 500
	return again, fmt.Errorf("publishing: ntfy answered %d %s %.200q", response.StatusCode, http.StatusText(response.StatusCode), answer.Error)
}

// cut shortens text to what ntfy accepts, between two characters. What is not UTF-8 becomes U+FFFD, as in JSON.
func cut(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= maxText {
		return text
	}
	const more = " …"
	end := maxText - len(more)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + more
}
