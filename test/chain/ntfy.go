package chain

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Ntfy stands in for an ntfy server that denies everything by default. The real one cannot be had from the registries of Go,
// Debian or npm: heckel.io/ntfy is no module of Go's proxy, and none of the others has the server.
//
// It follows docs.ntfy.sh/publish, docs.ntfy.sh/subscribe/api and docs.ntfy.sh/config for what alerting uses: publishing by
// POST or PUT to a topic, and as JSON; the template for Alertmanager; polling; bearer tokens and the access list. It is
// stricter than the real one, which ignores parameters that it does not know.
type Ntfy struct {
	URL string

	access map[string]string // by user and topic: ro, wo or rw
	users  map[string]string // by token
	server *http.Server

	mu       sync.Mutex
	messages []Message
	refused  []string
}

// Message is a message as subscribers see it.
type Message struct {
	ID       string   `json:"id"`
	Time     int64    `json:"time"`
	Event    string   `json:"event"`
	Topic    string   `json:"topic"`
	Title    string   `json:"title,omitempty"`
	Text     string   `json:"message"`
	Priority int      `json:"priority,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	Click    string   `json:"click,omitempty"`

	User string `json:"-"` // who published it; subscribers do not see that
}

// What the server accepts: server/config.go and server/server.go of ntfy 2.14.
const (
	maxMessage = 4096
	maxBody    = 32768
)

var topicName = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)

// ListenNtfy starts a server on a port of the loopback interface. The lists are those of NTFY_AUTH_ACCESS, with
// USER:TOPIC:PERMISSION, and of NTFY_AUTH_TOKENS, with USER:TOKEN.
func ListenNtfy(access, tokens string) (*Ntfy, error) {
	n := &Ntfy{access: map[string]string{}, users: map[string]string{}}
	for entry := range strings.SplitSeq(access, ",") {
		parts := strings.Split(entry, ":")
		if len(parts) != 3 || !topicName.MatchString(parts[1]) || !slices.Contains([]string{"ro", "wo", "rw"}, parts[2]) {
			return nil, fmt.Errorf("access: %q is not USER:TOPIC:PERMISSION", entry)
		}
		n.access[parts[0]+":"+parts[1]] = parts[2]
	}
	for entry := range strings.SplitSeq(tokens, ",") {
		user, token, ok := strings.Cut(entry, ":")
		if !ok || !regexp.MustCompile(`^tk_[a-z0-9]{29}$`).MatchString(token) {
			return nil, fmt.Errorf("tokens: %q is not USER:TOKEN", entry)
		}
		n.users[token] = user
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n.URL, n.server = "http://"+l.Addr().String(), &http.Server{Handler: n}
	go func() { _ = n.server.Serve(l) }() // until Close
	return n, nil
}

// Close ends the server.
func (n *Ntfy) Close() error { return n.server.Close() }

// Messages are all messages so far.
func (n *Ntfy) Messages() []Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.messages)
}

// Refused lists what was refused so far, and why.
func (n *Ntfy) Refused() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.refused)
}

// problem is an answer with one of ntfy's codes, whose first three digits are the status.
type problem struct {
	code int
	text string
}

func (p *problem) Error() string { return fmt.Sprintf("%d %s", p.code, p.text) }

func (n *Ntfy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var answer []any
	if long := (*http.MaxBytesError)(nil); errors.As(err, &long) {
		err = &problem{41303, "JSON body too large"}
	} else if err == nil {
		answer, err = n.answer(r, body)
	}
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		p := &problem{40000, err.Error()}
		_ = errors.As(err, &p)
		n.mu.Lock()
		n.refused = append(n.refused, fmt.Sprintf("%s %s: %v", r.Method, r.URL, p))
		n.mu.Unlock()
		w.WriteHeader(p.code / 100)
		answer = []any{map[string]any{"code": p.code, "http": p.code / 100, "error": p.text}}
	}
	for _, line := range answer {
		_ = json.NewEncoder(w).Encode(line) // a client that went away does not miss it
	}
}

func (n *Ntfy) answer(r *http.Request, body []byte) ([]any, error) {
	topic, what, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	publish := r.Method == http.MethodPost || r.Method == http.MethodPut
	user, err := n.authenticate(r)
	switch {
	case err != nil:
		return nil, err
	case r.Method == http.MethodPost && r.URL.Path == "/":
		return n.publishJSON(user, body)
	case publish && what == "" && topicName.MatchString(topic):
		return n.publish(user, topic, r, body)
	case r.Method == http.MethodGet && what == "json" && topicName.MatchString(topic):
		return n.poll(user, topic, r.URL.Query())
	}
	return nil, &problem{40401, "page not found"}
}

// authenticate is the user, or nobody when there is no header: then the default access counts.
func (n *Ntfy) authenticate(r *http.Request) (string, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return "", nil
	}
	token, ok := strings.CutPrefix(header, "Bearer ")
	user, known := n.users[token]
	if !ok || !known {
		return "", &problem{40101, "unauthorized"}
	}
	return user, nil
}

// authorize allows what the access list does, and nothing else.
func (n *Ntfy) authorize(user, topic string, permission byte) error {
	if rights := n.access[user+":"+topic]; rights == "rw" || rights != "" && rights[0] == permission {
		return nil
	}
	return &problem{40301, "forbidden"}
}

func (n *Ntfy) poll(user, topic string, query url.Values) ([]any, error) {
	if err := n.authorize(user, topic, 'r'); err != nil {
		return nil, err
	}
	if query.Encode() != "poll=1" {
		return nil, errors.New("the stand-in supports no other subscription than ?poll=1")
	}
	var lines []any
	for _, m := range n.Messages() {
		if m.Topic == topic {
			lines = append(lines, m)
		}
	}
	return lines, nil
}

func (n *Ntfy) publishJSON(user string, body []byte) ([]any, error) {
	var m Message
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return nil, &problem{40024, "invalid request: request body must be valid JSON: " + err.Error()}
	}
	if !topicName.MatchString(m.Topic) {
		return nil, &problem{40009, "invalid request: topic invalid"}
	}
	if m.Priority < 0 || m.Priority > 5 {
		return nil, &problem{40007, "invalid priority parameter"}
	}
	if err := n.authorize(user, m.Topic, 'w'); err != nil {
		return nil, err
	}
	m.User = user
	return n.keep(m)
}

func (n *Ntfy) publish(user, topic string, r *http.Request, body []byte) ([]any, error) {
	if err := n.authorize(user, topic, 'w'); err != nil {
		return nil, err
	}
	m := Message{Topic: topic, User: user, Text: string(body)}
	for name, values := range r.URL.Query() {
		var err error
		switch value := values[0]; strings.ToLower(name) {
		case "title", "t":
			m.Title = value
		case "priority", "prio", "p":
			m.Priority, err = priority(value)
		case "template", "tpl":
			if value != "alertmanager" {
				return nil, fmt.Errorf("the stand-in does not know the template %q", value)
			}
			m.Title, m.Text, err = alertmanager(body)
		default:
			return nil, fmt.Errorf("the stand-in does not know the parameter %q", name)
		}
		if err != nil {
			return nil, err
		}
	}
	return n.keep(m)
}

func (n *Ntfy) keep(m Message) ([]any, error) {
	if len(m.Text) > maxMessage || len(m.Title) > maxMessage {
		// The real one makes an attachment of a text, if it has a place for it. With a template it does not.
		return nil, &problem{40041, fmt.Sprintf("message or title is too large: %d bytes", max(len(m.Text), len(m.Title)))}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	m.ID, m.Time, m.Event = fmt.Sprintf("%012d", len(n.messages)+1), time.Now().Unix(), "message"
	n.messages = append(n.messages, m)
	return []any{m}, nil
}

func priority(text string) (int, error) {
	for i, names := range [][]string{{"1", "min"}, {"2", "low"}, {"3", "default"}, {"4", "high"}, {"5", "max", "urgent"}} {
		if slices.Contains(names, strings.ToLower(text)) {
			return i + 1, nil
		}
	}
	return 0, &problem{40007, "invalid priority parameter"}
}

// webhook is what Alertmanager sends (prometheus.io/docs/alerting/latest/configuration, "webhook_config").
type webhook struct {
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   int               `json:"truncatedAlerts"`
	Status            string            `json:"status"`
	Receiver          string            `json:"receiver"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	Alerts            []alert           `json:"alerts"`
}

type alert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     string            `json:"startsAt"`
	EndsAt       string            `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// alertmanager makes a title and a message of Alertmanager's webhook: the same lines as those of ntfy's own template.
func alertmanager(body []byte) (title, text string, err error) {
	var hook webhook
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&hook); err != nil {
		return "", "", &problem{40042, "invalid request: message body must be JSON if templating is enabled: " + err.Error()}
	}
	begin := map[string]string{"firing": "🚨 Alert: ", "resolved": "✅ Resolved: "}[hook.Status]
	if hook.Version != "4" || begin == "" || len(hook.Alerts) == 0 {
		what := fmt.Sprintf("version %q, status %q, %d alerts", hook.Version, hook.Status, len(hook.Alerts))
		return "", "", &problem{40045, "template execution failed: " + what}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Status: %s\nReceiver: %s", strings.ToUpper(hook.Status[:1])+hook.Status[1:], hook.Receiver)
	for _, a := range hook.Alerts {
		fmt.Fprintf(&b, "\nAlert: %s\nInstance: %s\nSeverity: %s\nStarts at: %s\n",
			a.Labels["alertname"], value(a.Labels, "instance"), value(a.Labels, "severity"), a.StartsAt)
		if a.EndsAt != "" && a.EndsAt != "0001-01-01T00:00:00Z" {
			fmt.Fprintf(&b, "Ends at: %s", a.EndsAt)
		}
		if summary := a.Annotations["summary"]; summary != "" {
			fmt.Fprintf(&b, "\nSummary: %s", summary)
		}
		if description := a.Annotations["description"]; description != "" {
			fmt.Fprintf(&b, "\nDescription: %s", description)
		}
		fmt.Fprintf(&b, "\nSource: %s\n\n", a.GeneratorURL)
	}
	// After the template, ntfy treats a backslash and an n as the end of a line.
	clean := func(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, `\n`, "\n")) }
	return clean(begin + hook.Alerts[0].Labels["alertname"]), clean(b.String()), nil
}

// value is a label, or what a template prints for a missing one.
func value(labels map[string]string, name string) string {
	if v, ok := labels[name]; ok {
		return v
	}
	return "<no value>"
}
