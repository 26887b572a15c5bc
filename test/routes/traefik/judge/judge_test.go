package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// the is the judge of all tests: it redirects the log of the process.
var the = newJudge()

func TestMain(m *testing.M) {
	code := m.Run()
	the.close()
	os.Exit(code)
}

var args = []string{
	"--entryPoints.web.address=:8000/tcp",
	"--entryPoints.websecure.address=:8443/tcp",
	"--entryPoints.websecure.http.tls=true",
	"--entryPoints.dns.address=:5353/udp",
	"--providers.kubernetescrd",
}

const app = `
apiVersion: v1
kind: Service
metadata: {name: app, namespace: default}
spec: {selector: {app: app}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: login, namespace: default}
spec: {forwardAuth: {address: "http://auth.default/verify", authResponseHeaders: [X-User]}}
`

// appAt is where the judge puts the endpoint of the first Service.
const appAt = "http://10.244.0.1:8080"

// route is an IngressRoute of one route.
func route(name, entryPoints, rest string) string {
	return fmt.Sprintf(`
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: %s, namespace: default}
spec:
  entryPoints: [%s]
  routes: [{kind: Rule, %s}]
`, name, entryPoints, rest)
}

const toApp = "services: [{name: app, port: 80}]"

func platform(t testing.TB, objects string, requests ...Request) *Platform {
	t.Helper()
	p := &Platform{ID: t.Name(), Args: args, Requests: requests}
	for _, doc := range strings.Split(objects, "\n---\n") {
		if strings.TrimSpace(doc) == "" {
			continue
		}
		data, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			t.Fatalf("%v in:\n%s", err, doc)
		}
		p.Objects = append(p.Objects, data)
	}
	return p
}

func judged(t testing.TB, p *Platform) *Verdict {
	t.Helper()
	v := the.judge(p)
	if v.Error != "" {
		t.Fatal(v.Error)
	}
	return v
}

func web(host, target string) Request { return Request{EntryPoint: "web", Host: host, Target: target} }
func secure(host, target string) Request {
	return Request{EntryPoint: "websecure", TLS: true, Host: host, Target: target}
}

// brief is what a test says of an answer.
func brief(a Answer) string {
	words := []string{fmt.Sprint(a.Status)}
	for _, w := range []struct{ name, value string }{{"", a.Error}, {"", a.Backend}, {"login ", a.Login}, {"to ", a.Location}, {"tcp ", a.TCP}} {
		if w.value != "" {
			words = append(words, w.name+w.value)
		}
	}
	if a.Closed {
		words = append(words, "closed")
	}
	return strings.Join(words, " ")
}

func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		name    string
		objects string
		ask     Request
		want    string
	}{
		{"backend", route("a", "web", "match: Host(`a.example`), "+toApp), web("a.example", "/x"), "200 " + appAt},
		{"other host", route("a", "web", "match: Host(`a.example`), "+toApp), web("b.example", "/x"), "404"},
		{"case and final dot", route("a", "web", "match: Host(`a.example`), "+toApp), web("A.Example.", "/x"), "200 " + appAt},
		{"other entry point", route("a", "web", "match: Host(`a.example`), "+toApp), secure("a.example", "/x"), "404"},
		{"TLS of the entry point", route("a", "websecure", "match: Host(`a.example`), "+toApp), secure("a.example", "/x"), "200 " + appAt},
		{"plain where TLS is", route("a", "websecure", "match: Host(`a.example`), "+toApp), Request{EntryPoint: "websecure", Host: "a.example"}, "404"},
		{"TLS where plain is", route("a", "web", "match: Host(`a.example`), "+toApp), Request{EntryPoint: "web", TLS: true, Host: "a.example"}, "404"},
		{"no entry point named: all", strings.Replace(route("a", "", "match: Host(`a.example`), "+toApp), "entryPoints: []", "", 1), secure("a.example", "/"), "200 " + appAt},
		{"login", route("a", "web", "match: Host(`a.example`), middlewares: [{name: login}], "+toApp), web("a.example", "/"), "401 login http://auth.default/verify"},
		{"login by TLS", `
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: by-tls, namespace: default}
spec: {forwardAuth: {address: "https://auth.default/verify?x=1", tls: {insecureSkipVerify: true}}}
` + route("a", "web", "match: Host(`a.example`), middlewares: [{name: by-tls}], "+toApp), web("a.example", "/"), "401 login https://auth.default/verify?x=1"},
		{"password", `
---
apiVersion: v1
kind: Secret
metadata: {name: users, namespace: default}
stringData: {users: "a:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/"}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: password, namespace: default}
spec: {basicAuth: {secret: users}}
` + route("a", "web", "match: Host(`a.example`), middlewares: [{name: password}], "+toApp), web("a.example", "/"), "401 login default-password@kubernetescrd"},
		{"redirect", `
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: https, namespace: default}
spec: {redirectScheme: {scheme: https, permanent: true}}
` + route("a", "web", "match: Host(`a.example`), middlewares: [{name: https}], "+toApp), web("a.example", "/x"), "301 to https://a.example/x"},
		{"missing middleware opens", route("a", "web", "match: Host(`a.example`), "+toApp) +
			route("b", "web", "match: Host(`a.example`) && PathPrefix(`/admin`), middlewares: [{name: gone}], "+toApp), web("a.example", "/admin"), "200 " + appAt},
		{"missing Service", route("a", "web", "match: Host(`a.example`), services: [{name: gone, port: 80}]"), web("a.example", "/"), "404"},
		{"Service without endpoints", `
---
apiVersion: v1
kind: Service
metadata: {name: empty, namespace: default}
spec: {ports: [{port: 80}]}
` + route("a", "web", "match: Host(`a.example`), services: [{name: empty, port: 80}]"), web("a.example", "/"), "404"},
		{"no such entry point here", "", Request{EntryPoint: "dns"}, `0 the platform has no entry point for TCP named "dns"`},
		{"host that HTTP does not allow", route("a", "web", "match: PathPrefix(`/`), "+toApp), web("a b", "/"), "400"},
		{"encoded slash", route("a", "web", "match: Path(`/a/b`), "+toApp), web("a.example", "/a%2Fb"), "404"},
		{"path is cleaned", route("a", "web", "match: PathPrefix(`/b`), "+toApp), web("a.example", "/a/../b"), "200 " + appAt},
		{"TCP takes HTTP", route("a", "web", "match: Host(`a.example`), "+toApp) + tcpRoute("web", "HostSNI(`*`)", ""), web("a.example", "/"),
			"0 tcp default-tcp-" + keyOf("HostSNI(`*`)") + "@kubernetescrd closed"},
		{"TCP elsewhere", route("a", "web", "match: Host(`a.example`), "+toApp) + tcpRoute("websecure", "HostSNI(`*`)", ""), web("a.example", "/"), "200 " + appAt},
		{"TCP with TLS by name", route("a", "websecure", "match: PathPrefix(`/`), "+toApp) + tcpRoute("websecure", "HostSNI(`a.example`)", "tls: {passthrough: true}"), secure("a.example", "/"),
			"0 tcp default-tcp-" + keyOf("HostSNI(`a.example`)") + "@kubernetescrd closed"},
		{"HTTP before TCP for all names", route("a", "websecure", "match: PathPrefix(`/`), "+toApp) + tcpRoute("websecure", "HostSNI(`*`)", "tls: {}"), secure("a.example", "/"), "200 " + appAt},
		{"names of certificates only", `
---
apiVersion: traefik.io/v1alpha1
kind: TLSOption
metadata: {name: default, namespace: default}
spec: {sniStrict: true}
` + route("a", "websecure", "match: Host(`a.example`), "+toApp), secure("a.example", "/"), "0 closed"},
		{"TLS option that is not there", route("a", "websecure", "match: Host(`a.example`), "+toApp) + "\n  tls: {options: {name: gone}}", secure("a.example", "/"), "0 closed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := judged(t, platform(t, app+test.objects, test.ask))
			if got := brief(v.Answers[0]); got != test.want {
				t.Errorf("answer %s, want %s\n%s", got, test.want, text(v))
			}
		})
	}
}

func tcpRoute(entryPoint, rule, tls string) string {
	return fmt.Sprintf(`
---
apiVersion: traefik.io/v1alpha1
kind: IngressRouteTCP
metadata: {name: tcp, namespace: default}
spec:
  entryPoints: [%s]
  routes: [{match: %s, services: [{name: app, port: 80}]}]
  %s
`, entryPoint, rule, tls)
}

// keyOf is what Traefik makes of a rule in the name of its router.
func keyOf(rule string) string {
	name, err := tcpRouterName(naming{}, "default", "tcp", 0, rule)
	if err != nil {
		panic(err)
	}
	return strings.TrimPrefix(name, "default-tcp-")
}

func TestRouters(t *testing.T) {
	for _, test := range []struct{ name, objects, status, err string }{
		{"works", route("a", "web", "match: Host(`a.example`), "+toApp), "enabled", ""},
		{"rule", route("a", "web", `match: "Host(`+"`a.example`"+`", `+toApp), "disabled", "error while parsing rule Host(`a.example`: parsing rule Host(`a.example`: 1:17: missing ',' before newline in argument list"},
		{"middleware", route("a", "web", "match: Host(`a.example`), middlewares: [{name: gone}], "+toApp), "disabled", `middleware "default-gone@kubernetescrd" does not exist`},
		{"other namespace", route("a", "web", "match: Host(`a.example`), middlewares: [{name: login, namespace: other}], "+toApp), "dropped", "Failed to create middleware keys: invalid reference to middleware login: "},
		{"Service", route("a", "web", "match: Host(`a.example`), services: [{name: gone, port: 80}]"), "dropped", "kubernetes service not found: default/gone"},
		{"entry point", route("a", "webscure", "match: Host(`a.example`), "+toApp), "disabled", `entryPoint "webscure" doesn't exist`},
		{"one of two entry points", route("a", "web, webscure", "match: Host(`a.example`), "+toApp), "warning", `entryPoint "webscure" doesn't exist`},
		{"TCP", tcpRoute("web", "HostSNI(`a.example`)", ""), "disabled", "invalid rule: \"HostSNI(`a.example`)\" , has HostSNI matcher, but no TLS on router"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := judged(t, platform(t, app+test.objects))
			if len(v.Routers) != 1 || v.Routers[0].Status != test.status {
				t.Fatalf("want one router, %s:\n%s", test.status, text(v))
			}
			if r := v.Routers[0]; test.err == "" && len(r.Errors) > 0 || test.err != "" && !slices.ContainsFunc(r.Errors, func(e string) bool { return strings.HasPrefix(e, test.err) }) {
				t.Errorf("errors %q, want %q", r.Errors, test.err)
			}
		})
	}
	t.Run("several entry points", func(t *testing.T) {
		v := judged(t, platform(t, app+route("a", "web, websecure", "match: Host(`a.example`), "+toApp)))
		if len(v.Routers) != 2 || v.Routers[0].Rule != "Host(`a.example`)" || v.Routers[1].Name != "a" {
			t.Errorf("want two routers of the one route:\n%s", text(v))
		}
	})
}

// What backends get: a login's headers, and what Traefik says of the client, whatever the client says.
func TestHeaders(t *testing.T) {
	p := platform(t, app+route("a", "web", "match: Host(`a.example`), middlewares: [{name: login}], "+toApp),
		Request{EntryPoint: "web", Host: "a.example", ClientIP: "198.51.100.7", Headers: map[string][]string{"X-User": {"root"}, "X-Forwarded-For": {"10.0.0.1"}, "X-Mine": {"1"}}})
	p.Login, p.LoginHeaders = "allow", http.Header{"X-User": {"alice"}, "X-Other": {"2"}}
	a := judged(t, p).Answers[0]
	if got, want := brief(a), "200 "+appAt+" login http://auth.default/verify"; got != want {
		t.Fatalf("answer %s, want %s", got, want)
	}
	want := map[string]string{
		"X-User": "alice", "X-Other": "", "X-Mine": "1", "X-Forwarded-For": "198.51.100.7", "X-Forwarded-Host": "a.example",
		"X-Forwarded-Proto": "http", "X-Forwarded-Server": "traefik", "X-Real-Ip": "198.51.100.7",
	}
	for name, value := range want {
		if got := http.Header(a.Headers).Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
}

// Of two routers that are alike in priority, chance has one win each time that they are built.
func TestChance(t *testing.T) {
	p := platform(t, app+route("a", "web", "match: Host(`a.example`), "+toApp)+
		route("b", "web", "match: Host(`a.example`), middlewares: [{name: login}], "+toApp), web("a.example", "/"), web("b.example", "/"))
	p.Repeat = 40
	v := judged(t, p)
	if a := v.Answers[0]; brief(a) != "200 "+appAt || len(a.Others) != 1 || brief(a.Others[0]) != "401 login http://auth.default/verify" {
		t.Errorf("want the backend, and the login by chance:\n%s", text(v))
	}
	if a := v.Answers[1]; brief(a) != "404" || len(a.Others) > 0 {
		t.Errorf("chance where there is none:\n%s", text(v))
	}
	if first, second := text(v), text(judged(t, p)); first != second {
		t.Errorf("the same input gives\n%s\nand\n%s", first, second)
	}
}

func TestArguments(t *testing.T) {
	for _, test := range []struct{ arg, want string }{
		{"--entryPoints.web.adress=:8000", "failed to decode configuration from flags"},
		{"--entryPoints.web.address=:8000/sctp", "invalid protocol"},
		{"--providers.kubernetescrd.labelselector=a=b=c", "invalid label selector"},
	} {
		if v := the.judge(&Platform{Args: append(slices.Clone(args), test.arg)}); !strings.Contains(v.Error, test.want) {
			t.Errorf("%s: error %q, want %q", test.arg, v.Error, test.want)
		}
	}
	p := platform(t, app+route("a", "web", "match: Host(`a.example`), "+toApp), web("a.example", "/x?y=1"))
	for _, test := range []struct{ arg, want string }{
		{"--entryPoints.web.http.redirections.entryPoint.to=websecure", "301 to https://a.example:8443/x?y=1"},
		{"--entryPoints.websecure.asDefault=true", "200 " + appAt},
		{"--providers.kubernetescrd.ingressclass=other", "404"},
		{"--providers.kubernetescrd.namespaces=other", "404"},
		{"--providers.kubernetescrd.labelselector=app=other", "404"},
	} {
		p.Args = append(slices.Clone(args), test.arg)
		if got := brief(judged(t, p).Answers[0]); got != test.want {
			t.Errorf("%s: answer %s, want %s", test.arg, got, test.want)
		}
	}
}

// The next platform finds nothing of the one before.
func TestNothingStays(t *testing.T) {
	ask := web("a.example", "/")
	with := platform(t, app+route("a", "web", "match: Host(`a.example`), "+toApp), ask)
	without := platform(t, app, ask)
	for range 2 {
		if got := brief(judged(t, with).Answers[0]); got != "200 "+appAt {
			t.Errorf("with a route: %s", got)
		}
		if got := brief(judged(t, without).Answers[0]); got != "404" {
			t.Errorf("without: %s", got)
		}
	}
}

// usual is a platform of six routes with 30 requests.
func usual(t testing.TB, i int) *Platform {
	host := fmt.Sprintf("a%d.example", i)
	var requests []Request
	for _, target := range []string{"/", "/admin", "/x?y=1"} {
		for _, h := range []string{host, "b.example", "c.example", "d.example", "e.example"} {
			requests = append(requests, web(h, target), secure(h, target))
		}
	}
	return platform(t, app+
		route("a", "websecure", "match: Host(`"+host+"`), "+toApp)+
		route("b", "websecure", "match: Host(`"+host+"`) && PathPrefix(`/admin`), middlewares: [{name: login}], "+toApp)+
		route("c", "web", "match: HostRegexp(`^(a|b)`), "+toApp)+
		route("d", "web, websecure", "match: Host(`c.example`), middlewares: [{name: gone}], "+toApp)+
		route("e", "websecure", "match: Host(`d.example`) || Host(`e.example`), "+toApp)+
		tcpRoute("websecure", "HostSNI(`e.example`)", "tls: {passthrough: true}"), requests...)
}

func TestNoLeak(t *testing.T) {
	state := func() (int, uint64) {
		time.Sleep(100 * time.Millisecond)
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return runtime.NumGoroutine(), m.HeapAlloc
	}
	some := func(n int) {
		for i := range n {
			judged(t, usual(t, i))
		}
	}
	some(50)
	goroutines, heap := state()
	some(500)
	if g, h := state(); g > goroutines || h > heap+heap/10+1<<20 {
		t.Errorf("after 500 platforms: %d goroutines, %d bytes; before: %d, %d", g, h, goroutines, heap)
	}
}

func BenchmarkPlatform(b *testing.B) {
	p := usual(b, 1)
	for b.Loop() {
		judged(b, p)
	}
}

func text(v *Verdict) string {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(data)
}
