package chain

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// tokens are of the users in examples/catalog-full, and of one that no list knows.
const (
	producer = "tk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	phone    = "tk_bbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	stranger = "tk_ccccccccccccccccccccccccccccc"
	tokens   = "alerting-files:" + producer + ",phone:" + phone + ",stranger:" + stranger
)

// bus is a stand-in with the access list that roster renders for a server of examples/catalog-full.
func bus(t *testing.T) *Ntfy {
	t.Helper()
	deployment := rendered(t, example("catalog-full"), "web-push", "Deployment", "ntfy")
	env := map[string]string{}
	containers, _ := deployment.at("spec", "template", "spec", "containers").([]any)
	for _, c := range containers {
		variables, _ := object(c.(map[string]any))["env"].([]any)
		for _, v := range variables {
			entry := object(v.(map[string]any))
			env[entry["name"].(string)], _ = entry["value"].(string)
		}
	}
	if env["NTFY_AUTH_DEFAULT_ACCESS"] != "deny-all" || env["NTFY_AUTH_FILE"] == "" {
		t.Fatalf("the server would let everybody in: %q", env)
	}
	n, err := ListenNtfy(env["NTFY_AUTH_ACCESS"], tokens)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

func request(t *testing.T, method, url, token, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

// TestAccess checks who may do what on the bus that roster renders: producers write, phones read, and nobody else does
// anything.
func TestAccess(t *testing.T) {
	n := bus(t)
	for _, c := range []struct {
		name, method, path, token, body string
		status                          int
	}{
		{"a producer writes", "POST", "/team-page?priority=5", producer, "text", 200},
		{"by PUT", "PUT", "/team-note?priority=high", producer, "text", 200},
		{"as JSON", "POST", "/", producer, `{"topic":"team-page","message":"text","priority":5}`, 200},
		{"it does not read", "GET", "/team-page/json?poll=1", producer, "", 403},
		{"a phone reads", "GET", "/team-page/json?poll=1", phone, "", 200},
		{"it does not write", "POST", "/team-page", phone, "text", 403},
		{"nor as JSON", "POST", "/", phone, `{"topic":"team-page","message":"text"}`, 403},
		{"a topic that is not listed", "POST", "/team-other", producer, "text", 403},
		{"nor is it read", "GET", "/team-other/json?poll=1", phone, "", 403},
		{"a user that is not listed", "POST", "/team-page", stranger, "text", 403},
		{"who cannot read either", "GET", "/team-page/json?poll=1", stranger, "", 403},
		{"no token", "POST", "/team-page", "", "text", 403},
		{"a wrong token", "POST", "/team-page", "tk_ddddddddddddddddddddddddddddd", "text", 401},
		{"no such priority", "POST", "/team-page?priority=6", producer, "text", 400},
		{"a misspelt parameter", "POST", "/team-page?prority=5", producer, "text", 400},
		{"no webhook", "POST", "/team-page?template=alertmanager", producer, "text", 400},
		{"a webhook without alerts", "POST", "/team-page?template=alertmanager", producer, `{"version":"4","status":"firing","alerts":[]}`, 400},
		{"a long text", "POST", "/team-page", producer, strings.Repeat("a", maxMessage+1), 400},
		{"a longer one", "POST", "/team-page", producer, strings.Repeat("a", maxBody+1), 413},
	} {
		if status, body := request(t, c.method, n.URL+c.path, c.token, c.body); status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, status, body, c.status)
		}
	}
	_, body := request(t, "GET", n.URL+"/team-page/json?poll=1", phone, "")
	var texts []string
	for line := range strings.Lines(body) {
		var m Message
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		if m.Event != "message" || m.Text != "text" || m.Priority != 5 {
			t.Errorf("read %+v", m)
		}
		texts = append(texts, m.Text)
	}
	if len(texts) != 2 {
		t.Errorf("read %d messages of team-page, want the 2 that were accepted", len(texts))
	}
}

// TestTemplate checks what becomes of Alertmanager's webhook.
func TestTemplate(t *testing.T) {
	hook := webhook{Version: "4", Status: "firing", Receiver: "severity-critical", Alerts: []alert{{
		Status: "firing", Labels: map[string]string{"alertname": "A", "severity": "critical"}, Annotations: map[string]string{"summary": `s\n1`},
		StartsAt: "2026-01-02T03:04:05Z", EndsAt: "0001-01-01T00:00:00Z", GeneratorURL: "http://prometheus/graph",
	}}}
	body, err := json.Marshal(hook)
	if err != nil {
		t.Fatal(err)
	}
	title, text, err := alertmanager(body)
	want := "Status: Firing\nReceiver: severity-critical\nAlert: A\nInstance: <no value>\nSeverity: critical\nStarts at: 2026-01-02T03:04:05Z\n" +
		"\nSummary: s\n1\nSource: http://prometheus/graph"
	if err != nil || title != "🚨 Alert: A" || text != want {
		t.Errorf("%v, %q, %q", err, title, text)
	}
	hook.Status = "pending"
	if body, err = json.Marshal(hook); err != nil {
		t.Fatal(err)
	}
	if _, _, err := alertmanager(body); err == nil {
		t.Error("there is a message for the status pending")
	}
}
