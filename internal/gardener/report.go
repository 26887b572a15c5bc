package gardener

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

	"github.com/hippotion/roster/internal/bus"
)

// The outcomes of a run.
const (
	reported = "reported" // there was no decider
	nothing  = "nothing"  // the decider changed nothing
	landed   = "landed"
	proposes = "proposed" // a dry run
	refused  = "refused"  // a check failed; nothing landed
	failed   = "failed"
)

// Outcome is the outcome of a run, as the webhook gets it.
type Outcome struct {
	Version int      `json:"version"` // of this schema
	Outcome string   `json:"outcome"`
	Error   string   `json:"error,omitempty"`
	Commit  string   `json:"commit,omitempty"`
	Changed []string `json:"changed"`
	Summary string   `json:"summary,omitempty"` // the decider's line
	Report  *Report  `json:"report"`            // null when the notes could not be read
}

const (
	outcomeVersion = 1
	maxSent        = 1000 // entries of a list that is sent
	maxNamed       = 10   // notes that a push message names
	maxError       = 1000 // characters
)

func (o *Outcome) bad() bool { return o.Outcome == refused || o.Outcome == failed }

// text is the outcome for people.
func (o *Outcome) text() string {
	var lines []string
	if o.Error != "" {
		lines = append(lines, o.Error)
	}
	if len(o.Changed) > 0 {
		line := count(len(o.Changed), "file") + " changed"
		if o.Commit != "" {
			line += fmt.Sprintf(" in commit %.12s", o.Commit)
		}
		lines = append(lines, line)
	}
	if o.Summary != "" {
		lines = append(lines, o.Summary)
	}
	for i, name := range o.Changed {
		if i == maxNamed {
			lines = append(lines, "…")
			break
		}
		lines = append(lines, "- "+clean(name, 100))
	}
	if o.Report != nil {
		lines = append(lines, o.Report.summary())
	}
	return strings.Join(lines, "\n")
}

// reporting is who is notified.
type reporting struct {
	ntfyURL, ntfyTopic, ntfyTokenFile            string
	webhookURL, webhookURLFile, webhookTokenFile string
	always                                       bool
	metricsFile                                  string

	ntfy                  *bus.Client
	webhook, webhookToken string
}

// check reports invalid URLs.
func (r *reporting) check() error {
	if r.ntfyURL != "" {
		if _, err := bus.New(r.ntfyURL, ""); err != nil {
			return fmt.Errorf("--ntfy-url: %w", err)
		}
	}
	if r.webhookURL != "" {
		if err := checkWebhook(r.webhookURL); err != nil {
			return fmt.Errorf("--webhook-url: %w", err)
		}
	}
	return nil
}

func checkWebhook(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return errors.New("expected the webhook as http://HOST/PATH or https://HOST/PATH, without credentials")
	}
	return nil
}

// prepare reads the files, so that what is missing is known before anything is done.
func (r *reporting) prepare() (err error) {
	if r.ntfyURL != "" {
		token := ""
		if r.ntfyTokenFile != "" {
			if token, err = bus.ReadToken(r.ntfyTokenFile); err != nil {
				return err
			}
		}
		if r.ntfy, err = bus.New(r.ntfyURL, token); err != nil {
			return err
		}
	}
	r.webhook = r.webhookURL
	if r.webhookURLFile != "" {
		text, err := os.ReadFile(r.webhookURLFile)
		if err != nil {
			return fmt.Errorf("reading the webhook's URL: %w", err)
		}
		r.webhook = strings.TrimSpace(string(text))
		if r.webhook == "" {
			return errors.New("the file of the webhook's URL is empty")
		}
	}
	if r.webhook != "" {
		if err := checkWebhook(r.webhook); err != nil {
			return err
		}
	}
	if r.webhookTokenFile != "" {
		r.webhookToken, err = bus.ReadToken(r.webhookTokenFile)
	}
	return err
}

// send notifies all receivers.
func (r *reporting) send(ctx context.Context, o Outcome) error {
	return errors.Join(r.push(ctx, &o), r.post(ctx, o))
}

// push sends a message to ntfy: none when there is nothing to report, unless the user wants it always.
func (r *reporting) push(ctx context.Context, o *Outcome) error {
	m := bus.Message{Topic: r.ntfyTopic, Title: "Notes: " + o.Outcome, Text: o.text(), Priority: bus.Default, Tags: []string{"seedling"}}
	switch {
	case r.ntfy == nil:
		return nil
	case o.bad():
		m.Priority, m.Tags = bus.High, []string{"warning"}
	case len(o.Changed) == 0 && !r.always:
		return nil
	case len(o.Changed) == 0:
		m.Priority = bus.Min
	}
	return r.ntfy.Publish(ctx, m)
}

// post sends the outcome to the webhook. Its URL may be a secret, and is in no error.
func (r *reporting) post(ctx context.Context, o Outcome) error {
	if r.webhook == "" {
		return nil
	}
	if o.Report != nil {
		short := *o.Report
		short.cut(maxSent)
		o.Report = &short
	}
	o.Changed = o.Changed[:min(maxSent, len(o.Changed))]
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.webhook, bytes.NewReader(body))
	if err != nil {
		return errors.New("the webhook's URL is not one")
	}
	request.Close = true
	request.Header.Set("Content-Type", "application/json")
	if r.webhookToken != "" {
		request.Header.Set("Authorization", "Bearer "+r.webhookToken)
	}
	client := http.Client{
		Timeout:       15 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		if inner := (*url.Error)(nil); errors.As(err, &inner) {
			err = inner.Err
		}
		return fmt.Errorf("the webhook: %w", err)
	}
	defer response.Body.Close() // nothing can be lost: it is read only
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the webhook answered %d %s", response.StatusCode, http.StatusText(response.StatusCode))
	}
	return nil
}
