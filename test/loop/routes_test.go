package loop

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/sandbox"
	"github.com/hippotion/roster/test/loop/tools"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	traefikAPI = "traefik.io/v1alpha1"
	// routesLogin is where logins are asked that are not an example's own.
	routesLogin = "login.example"
	backendPort = 8090
)

// routesHosts are those of servers that middlewares ask.
var routesHosts = []string{routesLogin, "oauth2-proxy.sys-oauth2-gitlab.svc.cluster.local"}

// TestRoutes has a real Traefik with a real API server serve every route of every example, and shapes that are awkward. What
// happens to requests is what the documentation says of routes, and what the judge says of the same objects: so the judge, by which
// thousands of platforms are judged elsewhere, is judged here.
//
// It needs ROUTES=1, as make routes sets it: Traefik takes minutes to build.
func TestRoutes(t *testing.T) {
	if !tools.Routes() {
		t.Skip("make routes runs it")
	}
	r := &routes{T: t, cluster: cluster.Start(t, cluster.Options{})}
	r.cluster.InstallCRDs(t, "traefik.io", gatewayGroup)
	r.apply([]map[string]any{gatewayClass(), ingressClass()})
	r.serve()
	r.startJudge()
	for _, example := range []struct{ dir, cluster string }{
		{"minimal", ""}, {"team", ""}, {"catalog", ""}, {"catalog-full", ""}, {"homelab", ""}, {"clusters", "home"}, {"clusters", "vps"},
	} {
		t.Run("example "+strings.TrimSpace(example.dir+" "+example.cluster), func(t *testing.T) {
			r.on(t).example(example.dir, example.cluster)
		})
	}
	t.Run("shapes", func(t *testing.T) { r.on(t).shapes() })
}

// routes is a cluster with backends and a login, without Traefik.
type routes struct {
	*testing.T
	cluster *cluster.Cluster
	seen    *seen
	judge   struct {
		in  io.Writer
		out *json.Decoder
	}
}

func (r *routes) on(t *testing.T) *routes {
	own := *r
	own.T = t
	return &own
}

func (r *routes) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// seen is what backends and the login have got of one request.
type seen struct {
	mu      sync.Mutex
	allow   bool
	login   string
	backend string
	path    string
	host    string
	headers http.Header
}

// serve starts the backends, all addresses of which are this process, and the login.
func (r *routes) serve() {
	r.seen = &seen{}
	r.must(addressesOnLoopback())
	start := func(address string, h http.HandlerFunc) {
		listener, err := net.Listen("tcp", address)
		r.must(err)
		server := httptest.NewUnstartedServer(h)
		_ = server.Listener.Close()
		server.Listener = listener
		server.Start()
		r.Cleanup(server.Close)
	}
	start(fmt.Sprintf(":%d", backendPort), func(_ http.ResponseWriter, req *http.Request) {
		r.seen.mu.Lock()
		defer r.seen.mu.Unlock()
		s := r.seen
		s.backend = "http://" + req.Context().Value(http.LocalAddrContextKey).(net.Addr).String()
		s.path, s.host, s.headers = req.RequestURI, req.Host, req.Header
	})
	start("127.0.0.1:80", func(w http.ResponseWriter, req *http.Request) {
		r.seen.mu.Lock()
		defer r.seen.mu.Unlock()
		r.seen.login = strings.TrimSpace(r.seen.login + " http://" + req.Host + req.RequestURI)
		if !r.seen.allow {
			w.WriteHeader(http.StatusUnauthorized)
		}
		w.Header().Set("X-Auth-Request-User", "alice")
	})
}

// addressesOnLoopback makes 10.244.0.0/16 addresses of this machine: Kubernetes permits no endpoint in 127.0.0.0/8.
func addressesOnLoopback() error {
	lo, err := unix.NewIfreq("lo:1")
	if err != nil {
		return err
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(socket) }()
	for _, set := range []struct {
		request uint
		value   []byte
	}{{unix.SIOCSIFADDR, []byte{10, 244, 0, 1}}, {unix.SIOCSIFNETMASK, []byte{255, 255, 0, 0}}} {
		if err := lo.SetInet4Addr(set.value); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(socket, set.request, lo); err != nil {
			return err
		}
	}
	return nil
}

// startJudge starts the judge, which answers a line with a line.
func (r *routes) startJudge() {
	c := exec.Command(tools.Program("judge"))
	in, err := c.StdinPipe()
	r.must(err)
	out, err := c.StdoutPipe()
	r.must(err)
	r.must(c.Start())
	r.judge.in, r.judge.out = in, json.NewDecoder(out)
	r.Cleanup(func() {
		_ = in.Close()
		if err := c.Wait(); err != nil {
			r.Errorf("the judge: %v", err)
		}
	})
}

// The judge's input and output, as far as they are looked at: see test/routes/traefik/README.md.
type (
	question struct {
		Args     []string         `json:"args"`
		Objects  []map[string]any `json:"objects"`
		Requests []visit          `json:"requests"`
		Login    string           `json:"login"`
		Headers  http.Header      `json:"loginHeaders"`
		Repeat   int              `json:"repeat"`
	}
	visit struct {
		EntryPoint string              `json:"entryPoint"`
		TLS        bool                `json:"tls"`
		Host       string              `json:"host"`
		Method     string              `json:"method,omitempty"`
		Target     string              `json:"target"`
		Headers    map[string][]string `json:"headers,omitempty"`
		ClientIP   string              `json:"clientIP"`
	}
	verdict struct {
		Error   string   `json:"error"`
		Answers []answer `json:"answers"`
	}
	answer struct {
		Status   int         `json:"status"`
		Backend  string      `json:"backend"`
		Path     string      `json:"path"`
		Host     string      `json:"host"`
		Headers  http.Header `json:"headers"`
		Login    string      `json:"login"`
		Location string      `json:"location"`
		TCP      string      `json:"tcp"`
		Closed   bool        `json:"closed"`
		Others   []answer    `json:"others"`
	}
)

func (a visit) String() string {
	scheme := "http"
	if a.TLS {
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s%s on %s", scheme, a.Host, a.Target, a.EntryPoint)
}

// brief is an answer for people: a backend that answered is "open", after a login "login open".
func (a answer) brief() string {
	var words []string
	if a.Login != "" {
		words = append(words, "login")
	}
	switch {
	case a.Closed:
		words = append(words, "closed")
	case a.Status == http.StatusOK:
		words = append(words, "open")
	case a.Status != http.StatusUnauthorized || a.Login == "":
		words = append(words, fmt.Sprint(a.Status))
	}
	return strings.Join(words, " ")
}

// firstPort is that of the first entry point; each other one has the next.
const firstPort = 18000

// platform is objects in the cluster, a Traefik that reads them, and what the judge says of both.
type platform struct {
	*routes
	args    []string
	ports   map[string]int
	objects []map[string]any
	repeat  int
}

// entryPoint of a Traefik: tls is whether it takes off TLS for all its routes, and to where it redirects.
type entryPoint struct {
	name string
	tls  bool
	to   string
}

// probe is the entry point on which Traefik answers once it has the configuration.
const probe = "probe"

// platform starts Traefik for the objects in these namespaces, which are in the cluster.
func (r *routes) platform(objects []map[string]any, namespaces []string, entryPoints []entryPoint, args ...string) *platform {
	r.Helper()
	p := &platform{routes: r, ports: map[string]int{}, repeat: 1}
	for i, ep := range append(entryPoints, entryPoint{name: probe}) {
		port := firstPort + i
		p.ports[ep.name] = port
		p.args = append(p.args, fmt.Sprintf("--entryPoints.%s.address=127.0.0.1:%d/tcp", ep.name, port))
		if ep.tls {
			p.args = append(p.args, fmt.Sprintf("--entryPoints.%s.http.tls=true", ep.name))
		}
		if ep.to != "" {
			p.args = append(p.args, fmt.Sprintf("--entryPoints.%s.http.redirections.entryPoint.to=%s", ep.name, ep.to))
		}
	}
	p.args = append(p.args, "--ping=true", "--ping.manualRouting=true", "--global.checkNewVersion=false")
	used := providers(objects)
	for _, provider := range used {
		p.args = append(p.args, "--providers."+provider+"=true", "--providers."+provider+".namespaces="+strings.Join(namespaces, ","))
	}
	p.args = append(p.args, args...)
	objects = append(slices.Clone(objects), gatewayClass(), ingressClass())
	for _, n := range namespaces {
		objects = append(objects, object("v1", "Namespace", "", n, nil))
	}
	for _, o := range objects { // as they are in the cluster
		u := unstructured.Unstructured{Object: o}
		live, err := r.cluster.Get(r.Context(), u.GetAPIVersion(), u.GetKind(), u.GetNamespace(), u.GetName())
		r.must(err)
		p.objects = append(p.objects, live.Object)
	}
	c := exec.Command(tools.Program("traefik"), p.args...)
	c.Env = []string{"KUBECONFIG=" + r.cluster.Kubeconfig, "HOME=" + r.TempDir()}
	c.Dir = r.TempDir()
	process := sandbox.Start(r, "traefik", c)
	r.Cleanup(process.Kill)
	for _, provider := range used {
		cluster.Eventually(r, 3*time.Minute, "Traefik has what "+provider+" reads", func() error {
			if !process.Running() {
				r.Fatalf("Traefik has ended:\n%s", process.Tail(4096))
			}
			a, err := p.send(visit{EntryPoint: probe, Host: provider + ".example", Target: "/"}, false)
			if err == nil && a.Status != http.StatusOK {
				err = fmt.Errorf("%d", a.Status)
			}
			return err
		})
	}
	return p
}

func object(apiVersion, kind, namespace, name string, spec map[string]any) map[string]any {
	o := map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name}}
	if namespace != "" {
		o["metadata"].(map[string]any)["namespace"] = namespace
	}
	if spec != nil {
		o["spec"] = spec
	}
	return o
}

// backend is a Service with its EndpointSlice. Its address tells which it is; its ports are all one.
func backend(namespace, name string, number int, ports ...any) []map[string]any {
	address := fmt.Sprintf("10.244.%d.%d", 1+(number>>8), number&255)
	var of, at []any
	for _, port := range ports {
		named, p := fmt.Sprint("p", port), port
		if s, ok := port.(string); ok {
			named, p = s, int64(1000+len(of))
		}
		of = append(of, map[string]any{"name": named, "port": p, "targetPort": int64(backendPort)})
		at = append(at, map[string]any{"name": named, "port": int64(backendPort), "protocol": "TCP"})
	}
	slice := object("discovery.k8s.io/v1", "EndpointSlice", namespace, name+"-1", nil)
	slice["metadata"].(map[string]any)["labels"] = map[string]any{"kubernetes.io/service-name": name}
	slice["addressType"], slice["ports"] = "IPv4", at
	slice["endpoints"] = []any{map[string]any{"addresses": []any{address}, "conditions": map[string]any{"ready": true}}}
	return []map[string]any{object("v1", "Service", namespace, name, map[string]any{"ports": of, "selector": map[string]any{"app": name}}), slice}
}

// apply makes the objects, in namespaces that it makes too.
func (r *routes) apply(objects []map[string]any) {
	r.Helper()
	namespaces := map[string]bool{}
	for _, o := range objects {
		namespaces[(&unstructured.Unstructured{Object: o}).GetNamespace()] = true
	}
	delete(namespaces, "")
	var all []any
	for _, name := range slices.Sorted(maps.Keys(namespaces)) {
		all = append(all, object("v1", "Namespace", "", name, nil))
	}
	list := func(items []any) []byte {
		data, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
		r.must(err)
		return data
	}
	if len(all) > 0 {
		_, err := r.cluster.Apply(r.Context(), list(all))
		r.must(err)
	}
	all = nil
	for _, o := range objects {
		all = append(all, o)
	}
	_, err := r.cluster.Apply(r.Context(), list(all), "--validate=strict")
	r.must(err)
}

// send sends a request to Traefik, and says what became of it.
func (p *platform) send(q visit, allow bool) (answer, error) {
	p.seen.mu.Lock()
	p.seen.allow = allow
	p.seen.login, p.seen.backend, p.seen.path, p.seen.host, p.seen.headers = "", "", "", "", nil
	p.seen.mu.Unlock()
	dialer := net.Dialer{Timeout: 5 * time.Second}
	c, err := dialer.DialContext(p.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", p.ports[q.EntryPoint]))
	if err != nil {
		return answer{}, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return answer{}, err
	}
	a := answer{Closed: true}
	if q.TLS {
		secure := tls.Client(c, &tls.Config{ServerName: q.Host, InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
		if secure.Handshake() != nil {
			return a, nil
		}
		c = secure
	}
	if _, err := c.Write(q.text()); err != nil {
		return a, nil //nolint:nilerr // it was closed
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return a, err
	case err != nil:
		return a, nil
	}
	_ = response.Body.Close()
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	s := p.seen
	return answer{
		Status: response.StatusCode, Location: response.Header.Get("Location"), Login: s.login,
		Backend: s.backend, Path: s.path, Host: s.host, Headers: s.headers,
	}, nil
}

// text is the request as it is sent.
func (a visit) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", cmp.Or(a.Method, http.MethodGet), a.Target, a.Host)
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		for _, value := range a.Headers[name] {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// compare sends requests to Traefik and puts them to the judge, and returns what both say of each.
func (p *platform) compare(requests []visit, allow bool) []answer {
	p.Helper()
	q := question{Args: p.args, Objects: p.objects, Login: "deny", Repeat: p.repeat}
	if allow {
		q.Login, q.Headers = "allow", http.Header{"X-Auth-Request-User": {"alice"}}
	}
	for _, r := range requests {
		r.ClientIP = "127.0.0.1"
		q.Requests = append(q.Requests, r)
	}
	p.must(json.NewEncoder(p.judge.in).Encode(q))
	var v verdict
	p.must(p.judge.out.Decode(&v))
	if v.Error != "" {
		p.Fatalf("the judge: %s", v.Error)
	}
	var out []answer
	for i, request := range requests {
		got, err := p.send(request, allow)
		if err != nil {
			p.Errorf("%s: %v", request, err)
		}
		possible := append([]answer{v.Answers[i]}, v.Answers[i].Others...)
		if !slices.ContainsFunc(possible, func(a answer) bool { return agree(got, a) }) {
			p.Errorf("%s:\nTraefik %s\njudge   %s", request, text(got), text(possible))
		}
		out = append(out, got)
	}
	return out
}

func text(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return strings.TrimSpace(b.String())
}

// agree is whether Traefik did what the judge says. To a TCP router's backend, the judge does not speak.
func agree(got, judged answer) bool {
	if judged.TCP != "" {
		return got.Closed || got.Headers.Get("X-Forwarded-Server") == "" && (got.Backend != "" || got.Status == http.StatusBadRequest)
	}
	judged.Others = nil
	got.Headers, judged.Headers = comparable(got.Headers), comparable(judged.Headers)
	return reflect.DeepEqual(got, judged)
}

func comparable(h http.Header) http.Header {
	h = h.Clone()
	h.Del("Accept-Encoding") // net/http's transport adds it
	if h.Get("X-Forwarded-Server") != "" {
		h.Set("X-Forwarded-Server", "traefik")
	}
	if len(h) == 0 {
		return nil
	}
	return h
}

// served is a route as roster renders it, and what is behind it.
type served struct {
	host, path  string
	entryPoints []string
	login       string // what is asked, or ""
	backend     string
}

// example serves all routes of an example, and checks what docs/traefik.md says of them: on the entry points of a route, its
// path and what is below it goes to its Service, after its login if it has one, and what has no route is 404.
func (r *routes) example(dir, of string) {
	rendered := r.render(dir, of)
	objects, all := r.around(rendered)
	if len(all) == 0 {
		r.Skip("no routes")
	}
	names := map[string]bool{"websecure": true, "web": true}
	for _, s := range all {
		for _, ep := range s.entryPoints {
			names[ep] = true
		}
	}
	var entryPoints []entryPoint
	for _, name := range slices.Sorted(maps.Keys(names)) {
		ep := entryPoint{name: name, tls: name == "websecure"}
		if name == "web" {
			ep.to = "websecure"
		}
		entryPoints = append(entryPoints, ep)
	}
	objects = append(objects, probes(namespacesOf(objects)[0], objects, firstPort+len(entryPoints))...)
	r.apply(objects)
	p := r.platform(objects, namespacesOf(objects), entryPoints, "--providers.kubernetescrd.allowCrossNamespace=true")

	var requests []visit
	for _, s := range all {
		targets := []string{"/", "/x/y?z=1"}
		if s.path != "" {
			targets = []string{s.path, s.path + "/", s.path + "/x", s.path + "x"}
		}
		for _, ep := range entryPoints {
			for _, target := range targets {
				for _, secure := range []bool{false, true} {
					requests = append(requests, visit{EntryPoint: ep.name, TLS: secure, Host: s.host, Target: target})
				}
			}
		}
	}
	requests = append(requests, visit{EntryPoint: "websecure", TLS: true, Host: "nobody.example", Target: "/"})
	for _, allow := range []bool{false, true} {
		for i, got := range p.compare(requests, allow) {
			want := documented(all, requests[i], allow, p.ports["websecure"])
			if got.Status != want.Status || got.Backend != want.Backend || got.Login != want.Login || got.Location != want.Location {
				r.Errorf("%s: %s, and the documentation says %s", requests[i], text(got), text(want))
			}
			if want.Backend != "" && want.Login != "" && got.Headers.Get("X-Auth-Request-User") != "alice" {
				r.Errorf("%s: the backend does not get the user: %v", requests[i], got.Headers)
			}
		}
	}
	r.Logf("%d routes, %d requests on %d entry points", len(all), 2*len(requests), len(entryPoints))
}

// documented is what docs/traefik.md says that happens to a request.
func documented(all []served, q visit, allow bool, websecure int) answer {
	path, _, _ := strings.Cut(q.Target, "?")
	if q.EntryPoint == "web" && !q.TLS { // it redirects all
		return answer{Status: http.StatusMovedPermanently, Location: fmt.Sprintf("https://%s:%d%s", q.Host, websecure, q.Target)}
	}
	var best *served
	for i, s := range all {
		if s.host != q.Host || !slices.Contains(s.entryPoints, q.EntryPoint) || q.TLS != (q.EntryPoint == "websecure") {
			continue
		}
		if s.path != "" && path != s.path && !strings.HasPrefix(path, s.path+"/") {
			continue
		}
		if best == nil || len(s.path) > len(best.path) {
			best = &all[i]
		}
	}
	switch {
	case best == nil:
		return answer{Status: http.StatusNotFound}
	case best.login != "" && !allow:
		return answer{Status: http.StatusUnauthorized, Login: best.login}
	default:
		return answer{Status: http.StatusOK, Login: best.login, Backend: best.backend}
	}
}

// render is what an example, and what its applications deploy, consists of, without what is not there.
func (r *routes) render(dir, of string) []unstructured.Unstructured {
	r.Helper()
	args := []string{"render", "--all", "--keep-going", filepath.Join("..", "..", "examples", dir)}
	if of != "" {
		args = append(args, "--cluster", of)
	}
	c := exec.CommandContext(r.Context(), tools.Program("roster"), args...)
	c.Env = append(os.Environ(), "HOME="+r.TempDir())
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := c.Run(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 3) {
		r.Fatalf("%v\n%s", err, &stderr)
	}
	objects, err := decode(stdout.Bytes())
	r.must(err)
	return objects
}

// rule is what roster renders: see docs/traefik.md.
var rule = regexp.MustCompile("^Host\\(`([^`]+)`\\)(?: && \\(Path\\(`([^`]+)`\\) \\|\\| PathPrefix\\(`([^`]+)/`\\)\\))?$")

// around is roster's IngressRoutes with all that they refer to. Services of charts that are not here are made up, all with one port,
// and so are logins that nothing in the example brings.
func (r *routes) around(rendered []unstructured.Unstructured) (objects []map[string]any, all []served) {
	r.Helper()
	logins := map[string]string{} // what middlewares ask, by namespace and name; nothing when they are no logins
	chains := map[string][]string{}
	for _, o := range rendered {
		if o.GetKind() != "Middleware" {
			continue
		}
		objects = append(objects, bare(o))
		key := o.GetNamespace() + "/" + o.GetName()
		logins[key], _, _ = unstructured.NestedString(o.Object, "spec", "forwardAuth", "address")
		links, _, _ := unstructured.NestedSlice(o.Object, "spec", "chain", "middlewares")
		for _, link := range links {
			chains[key] = append(chains[key], o.GetNamespace()+"/"+link.(map[string]any)["name"].(string))
		}
	}
	for key, links := range chains {
		for _, link := range links {
			logins[key] += logins[link]
		}
	}
	type service struct{ namespace, name string }
	ports := map[service][]any{}
	var order []service
	for _, o := range rendered {
		if o.GetKind() != "IngressRoute" || o.GetLabels()["app.kubernetes.io/managed-by"] != "roster" {
			continue
		}
		objects = append(objects, bare(o))
		entryPoints, _, _ := unstructured.NestedStringSlice(o.Object, "spec", "entryPoints")
		routes, _, _ := unstructured.NestedSlice(o.Object, "spec", "routes")
		for _, route := range routes {
			of := route.(map[string]any)
			match := rule.FindStringSubmatch(of["match"].(string))
			if match == nil || match[2] != match[3] {
				r.Fatalf("docs/traefik.md does not speak of the rule %s", of["match"])
			}
			s := served{host: match[1], path: match[2], entryPoints: entryPoints}
			middlewares, _ := of["middlewares"].([]any)
			for _, m := range middlewares {
				namespace, _ := m.(map[string]any)["namespace"].(string)
				if namespace == "" {
					namespace = o.GetNamespace()
				}
				name := m.(map[string]any)["name"].(string)
				if _, ok := logins[namespace+"/"+name]; !ok {
					logins[namespace+"/"+name] = fmt.Sprintf("http://%s/%s/%s", routesLogin, namespace, name)
					objects = append(objects, object(traefikAPI, "Middleware", namespace, name, map[string]any{"forwardAuth": map[string]any{
						"address": logins[namespace+"/"+name], "authResponseHeaders": []any{"X-Auth-Request-User"},
					}}))
				}
				if login := logins[namespace+"/"+name]; login != "" {
					s.login = login
				}
			}
			to := of["services"].([]any)[0].(map[string]any)
			at := service{o.GetNamespace(), to["name"].(string)}
			if _, ok := ports[at]; !ok {
				order = append(order, at)
			}
			if !slices.Contains(ports[at], to["port"]) {
				ports[at] = append(ports[at], to["port"])
			}
			s.backend = fmt.Sprintf("http://10.244.1.%d:%d", slices.Index(order, at), backendPort)
			all = append(all, s)
		}
	}
	for i, at := range order {
		objects = append(objects, backend(at.namespace, at.name, i, ports[at]...)...)
	}
	return objects, all
}

// bare is an object without what others say of it.
func bare(o unstructured.Unstructured) map[string]any {
	spec, _, _ := unstructured.NestedMap(o.Object, "spec")
	return object(o.GetAPIVersion(), o.GetKind(), o.GetNamespace(), o.GetName(), spec)
}
