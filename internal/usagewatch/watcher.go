package usagewatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/hippotion/roster/internal/bus"
)

const (
	maxDocument = 1 << 20         // bytes of the endpoint's answer
	publishing  = 2 * time.Minute // for all messages of one poll, so that a slow ntfy does not stop the polls
)

// watcher polls one endpoint.
type watcher struct {
	options
	log      io.Writer
	now      func() time.Time
	endpoint *http.Client
	close    func() // releases the state file, as the end of the process does
	told     map[string]told
	unsaved  bool // told has what the state file does not have
}

// problem is what went wrong in a poll. What names the condition in the same words each time; detail may differ.
type problem struct{ what, detail string }

func (p problem) String() string {
	if p.detail == "" {
		return p.what
	}
	return p.what + ": " + p.detail
}

// open makes a watcher that has the state file to itself until close.
func open(o options, log io.Writer, now func() time.Time) (*watcher, error) {
	unlock, err := lock(o.state)
	if err != nil {
		return nil, err
	}
	w := &watcher{options: o, log: log, now: now, close: unlock}
	var corrupt string
	if w.told, corrupt, err = load(o.state); err != nil {
		unlock()
		return nil, err
	}
	if corrupt != "" {
		w.logf("%s", corrupt)
	}
	w.endpoint = &http.Client{
		// A redirect could lead the token, and us, to any other place. The endpoint is near: no proxy, and no connection
		// that is kept until the next poll.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: 1 << 16},
	}
	return w, nil
}

func (w *watcher) logf(format string, args ...any) {
	_, _ = fmt.Fprintf(w.log, "usagewatch: "+format+"\n", args...)
}

// loop polls until ctx ends. It logs a problem when it comes and when it goes, not at each poll between.
func (w *watcher) loop(ctx context.Context) {
	ticker := time.NewTicker(w.interval)
	defer ticker.Stop()
	lasting := map[string]bool{}
	for {
		problems := w.poll(ctx)
		if ctx.Err() != nil {
			return // the problems are due to the end
		}
		lasting = w.report(problems, lasting)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// report logs how the problems of a poll differ from those of the poll before, and returns what they are.
func (w *watcher) report(problems []problem, before map[string]bool) map[string]bool {
	lasting := map[string]bool{}
	for _, p := range problems {
		if !before[p.what] && !lasting[p.what] {
			w.logf("%s", p)
		}
		lasting[p.what] = true
	}
	for _, what := range slices.Sorted(maps.Keys(before)) {
		if !lasting[what] {
			w.logf("no longer: %s", what)
		}
	}
	return lasting
}

// poll reads the endpoint once, and publishes what is due.
func (w *watcher) poll(ctx context.Context) []problem {
	// Tokens are read each time, since those that Kubernetes mounts change.
	token, err := bus.ReadToken(w.ntfyToken)
	if err != nil {
		return []problem{{"no token for ntfy", err.Error()}}
	}
	ntfy, err := bus.New(w.ntfyURL, token)
	if err != nil {
		return []problem{{"no ntfy", err.Error()}}
	}
	document, failed := w.fetch(ctx)
	if failed.what != "" {
		return []problem{failed}
	}
	readings, problems, err := w.read(document)
	if err != nil {
		return []problem{{"the endpoint's answer cannot be used", err.Error()}}
	}

	problems = append(problems, w.publish(ctx, ntfy, w.due(readings))...)
	if prune(w.told, readings, w.now()) {
		w.unsaved = true
	}
	if err := w.save(); err != nil {
		problems = append(problems, problem{"the state cannot be written", err.Error()})
	}
	return problems
}

// fetch gets the endpoint's document.
func (w *watcher) fetch(ctx context.Context) ([]byte, problem) {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url, nil)
	if err != nil {
		return nil, problem{"the endpoint cannot be reached", err.Error()}
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "usagewatch")
	if w.tokenFile != "" {
		token, err := bus.ReadToken(w.tokenFile)
		if err != nil {
			return nil, problem{"no token for the endpoint", err.Error()}
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := w.endpoint.Do(request)
	if err != nil {
		return nil, problem{"the endpoint does not answer", cause(err)}
	}
	defer response.Body.Close() // nothing can be lost: it is read only
	if code := response.StatusCode; code/100 == 3 {
		return nil, problem{fmt.Sprintf("the endpoint answers %d %s, and redirects are not followed", code, http.StatusText(code)), ""}
	} else if code/100 != 2 {
		return nil, problem{fmt.Sprintf("the endpoint answers %d %s", code, http.StatusText(code)), ""}
	}
	document, err := io.ReadAll(io.LimitReader(response.Body, maxDocument+1))
	if err != nil {
		return nil, problem{"the endpoint does not answer", cause(err)}
	}
	if len(document) > maxDocument {
		return nil, problem{fmt.Sprintf("the endpoint's answer is longer than %d bytes", maxDocument), ""}
	}
	return document, problem{}
}

// cause is an error of the HTTP client without the address, whose query may hold a secret, and without what a peer made
// long.
func cause(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var n net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout() {
		return "it took too long"
	}
	return fmt.Sprintf("%.300s", err)
}

// news is a reading that is to be published.
type news struct {
	reading
	threshold
}

// due is the readings that were not published yet, the highest threshold first. It ends the cycles that are over.
func (w *watcher) due(readings []reading) []news {
	var out []news
	for _, r := range readings {
		t, known := w.told[r.window]
		if known && w.over(t, r, w.now()) {
			delete(w.told, r.window)
			t, known, w.unsaved = told{}, false, true
		}
		if known {
			if corrected := w.correct(t, r, w.now()); corrected != t {
				w.told[r.window], w.unsaved = corrected, true
			}
		}
		if reached, ok := w.reached(r.percent); ok && reached.percent > t.Percent {
			out = append(out, news{r, reached})
		}
	}
	slices.SortStableFunc(out, func(a, b news) int { return cmp.Compare(b.threshold.percent, a.threshold.percent) })
	return out
}

// publish sends what is due, and remembers what ntfy accepted. The rest is due again at the next poll.
func (w *watcher) publish(ctx context.Context, ntfy *bus.Client, due []news) []problem {
	ctx, cancel := context.WithTimeout(ctx, publishing)
	defer cancel()
	var problems []problem
	for _, n := range due {
		m := w.message(n)
		if err := ntfy.Publish(ctx, m); err != nil {
			problems = append(problems, problem{"ntfy did not accept a message for " + n.topic, err.Error()})
			continue
		}
		w.logf("published to %s: %s", n.topic, m.Title)
		t, known := w.told[n.window]
		if !known {
			t.Reset = n.reset
		}
		t.Percent, t.At = n.threshold.percent, w.now().UTC()
		w.told[n.window], w.unsaved = t, true
		_ = w.save() // at once, for a crash; poll tries again and reports
	}
	return problems
}

// message is the message about a window.
func (w *watcher) message(n news) bus.Message {
	title := fmt.Sprintf("%s at %s", clean(n.window), percent(n.reading.percent))
	if w.name != "" {
		title = w.name + ": " + title
	}
	text := fmt.Sprintf("The threshold is %s. ", percent(n.threshold.percent))
	if n.reset.IsZero() {
		text += "The endpoint names no reset."
	} else {
		text += "Reset at " + n.reset.Format("2006-01-02 15:04 MST")
		if left := n.reset.Sub(w.now()).Round(time.Minute); left > 0 {
			text += fmt.Sprintf(", in %s", span(left))
		}
		text += "."
	}
	return bus.Message{Topic: n.topic, Title: title, Text: text, Priority: n.priority}
}

// span shows a duration of whole minutes in its two greatest units.
func span(d time.Duration) string {
	minutes := int(d.Minutes())
	days, hours, minutes := minutes/(24*60), minutes/60%24, minutes%60
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	}
	return fmt.Sprintf("%d min", minutes)
}

// save writes the state file if it is not up to date.
func (w *watcher) save() error {
	if !w.unsaved {
		return nil
	}
	if err := save(w.state, w.told); err != nil {
		return err
	}
	w.unsaved = false
	return nil
}
