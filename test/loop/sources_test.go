package loop

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/repo"
	"github.com/hippotion/roster/test/loop/sandbox"
	"github.com/hippotion/roster/test/loop/tools"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Where the sources of TestSources lie.
const (
	chartsHost   = "charts.sources.example"   // charts over HTTP
	registryHost = "registry.sources.example" // the registry of the CNCF
	gitHost      = "git.sources.example"
	filesHost    = "files.sources.example"

	sourcesURL = "https://" + gitHost + "/house.git"
)

var sourcesHosts = []string{chartsHost, registryHost, gitHost, filesHost}

// sources is a list with each kind of source that is not in its repository, and the servers that these are of.
type sources struct {
	*loop
	served string // what the servers have
}

// TestSources: what Argo CD generates for each kind of source, with the tools that it fetches with, is what roster renders after a fetch
// from the same servers, object by object. Two of the applications are rendered by the sidecar, from copies in the repository.
func TestSources(t *testing.T) {
	l := &sources{start(t, options{}), filepath.Join("testdata", "sources", "served")}
	for name, value := range map[string]string{"HOME": t.TempDir(), "ROSTER_CACHE": t.TempDir(), "SSL_CERT_FILE": l.ca, "GIT_SSL_CAINFO": l.ca, "GIT_CONFIG_NOSYSTEM": "1"} {
		t.Setenv(name, value)
	}
	l.charts()
	l.files()
	l.repositories()
	l.step("the servers run")
	revision := l.push(l.fetched(), sourcesURL)
	l.must(exec.Command("git", "init", "--quiet", l.dir).Run()) // by which roster knows the repository's root
	l.dir = filepath.Join(l.dir, "home")
	l.step("all is fetched")

	l.bootstrap()
	l.argo.WaitSynced(l, patience, root, revision)
	l.step("the platform is synced")
	objects := l.rendered()
	l.must(l.compare(objects))
	targets := map[string][]unstructured.Unstructured{}
	for _, o := range objects {
		if o.GetKind() == "Application" {
			targets[o.GetName()] = l.targets(o.GetName())
		}
	}
	l.step("Argo CD has generated everything")
	l.uncopied("patched", "home/vendor/queue-3.1.0.tgz")
	l.must(l.remote.Close())
	l.must(os.RemoveAll(os.Getenv("ROSTER_CACHE"))) // the copies are enough
	if len(targets) < 15 {
		t.Errorf("the list has %d applications only", len(targets))
	}
	for name, theirs := range targets {
		ours, err := decode(l.roster("render", "--app", name))
		l.must(err)
		if err := same(ours, theirs); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	l.step("roster renders the same")
}

// charts serves charts over HTTP, and in a registry, which has manifests as well.
func (l *sources) charts() {
	l.Helper()
	packed := l.TempDir()
	for chart, versions := range map[string][]string{"db": {"1.1.0", "1.2.0", "2.0.0"}, "queue": {"3.0.0", "3.1.0", "4.0.0"}} {
		for _, v := range versions {
			l.run("helm", "package", filepath.Join(l.served, chart), "--version", v, "--destination", filepath.Join(packed, chart))
		}
	}
	l.run("helm", "repo", "index", filepath.Join(packed, "db"))
	l.remote.Host(chartsHost, http.FileServer(http.Dir(filepath.Join(packed, "db"))))

	const address = "127.0.0.1:5000"
	p := sandbox.Start(l, "registry", exec.Command(tools.Program("registry"), address))
	cluster.Eventually(l, patience, "the registry answers", func() error {
		if !p.Running() {
			l.Fatal("the registry has ended")
		}
		answer, err := http.Get("http://" + address + "/v2/")
		if err != nil {
			return err
		}
		return answer.Body.Close()
	})
	behind := &url.URL{Scheme: "http", Host: address}
	l.remote.Host(registryHost, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind)
		r.Out.Host = r.In.Host
		r.SetXForwarded() // it tells clients where to go on
	}})
	archives, err := filepath.Glob(filepath.Join(packed, "queue", "*.tgz"))
	l.must(err)
	for _, file := range archives {
		l.run("helm", "push", file, "oci://"+registryHost+"/charts")
	}
	l.pushArtifact("http://"+address+"/v2/manifests/", "1.0.0", filepath.Join(l.served, "manifests"))
}

// pushArtifact puts a folder into a registry, as a layer of an artifact.
func (l *sources) pushArtifact(at, tag, dir string) {
	l.Helper()
	layer, err := exec.Command("tar", "--create", "--gzip", "--directory", dir, ".").Output()
	l.must(err)
	const empty = "application/vnd.oci.empty.v1+json"
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": ociManifest, "artifactType": "application/vnd.example.manifests",
		"config": l.pushBlob(at, empty, []byte("{}")),
		"layers": []any{l.pushBlob(at, "application/vnd.oci.image.layer.v1.tar+gzip", layer)},
	})
	l.must(err)
	l.send(http.MethodPut, at+"manifests/"+tag, ociManifest, manifest)
}

const ociManifest = "application/vnd.oci.image.manifest.v1+json"

// pushBlob puts a content into a registry, and returns what a manifest says of it.
func (l *sources) pushBlob(at, mediaType string, data []byte) map[string]any {
	l.Helper()
	upload, err := url.Parse(l.send(http.MethodPost, at+"blobs/uploads/", "", nil).Get("Location"))
	l.must(err)
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256(data))
	query := upload.Query()
	query.Set("digest", digest)
	upload.RawQuery = query.Encode()
	l.send(http.MethodPut, upload.String(), "application/octet-stream", data)
	return map[string]any{"mediaType": mediaType, "digest": digest, "size": len(data)}
}

// send returns the headers of the answer to a request, which must be that something was made.
func (l *sources) send(method, url, mediaType string, data []byte) http.Header {
	l.Helper()
	request, err := http.NewRequestWithContext(l.Context(), method, url, bytes.NewReader(data))
	l.must(err)
	if mediaType != "" {
		request.Header.Set("Content-Type", mediaType)
	}
	answer, err := http.DefaultClient.Do(request)
	l.must(err)
	text, err := io.ReadAll(answer.Body)
	l.must(errors.Join(err, answer.Body.Close()))
	if answer.StatusCode/100 != 2 {
		l.Fatalf("%s %s: %s: %s", method, url, answer.Status, text)
	}
	return answer.Header
}

// files serves files by URL.
func (l *sources) files() {
	l.remote.Host(filesHost, http.FileServer(http.Dir(filepath.Join(l.served, "files"))))
}

// repositories serves a Git repository with a release, after which it went on, and one that is a submodule of it.
func (l *sources) repositories() {
	l.Helper()
	parts, apps := repo.New(l), repo.New(l)
	const partsURL = "https://" + gitHost + "/parts.git"
	part := parts.Replace(l, os.DirFS(filepath.Join(l.served, "parts")))
	apps.Replace(l, os.DirFS(filepath.Join(l.served, "apps")))
	apps.Submodule(l, "folder/part", partsURL, part)
	apps.Tag(l, "v1")
	later := []byte("{apiVersion: v1, kind: ConfigMap, metadata: {name: later}}\n")
	apps.Commit(l, map[string][]byte{"folder/later.yaml": later, "base/cm.yaml": later})
	l.must(l.remote.Git("https://"+gitHost+"/apps.git", apps.Dir))
	l.must(l.remote.Git(partsURL, parts.Dir))
}

// fetched is the repository with the lock, and with copies of what is elsewhere.
func (l *sources) fetched() fs.FS {
	l.Helper()
	top := l.TempDir()
	l.must(os.CopyFS(top, os.DirFS(filepath.Join("testdata", "sources", "house"))))
	home := filepath.Join(top, "home")
	edit := func(name string, change func(string) string) {
		name = filepath.Join(home, name)
		text, err := os.ReadFile(name)
		l.must(err)
		l.must(os.WriteFile(name, []byte(change(string(text))), 0o644))
	}
	if os.Getenv("ARGOCD") == "v2" {
		edit("platform.yml", func(text string) string { return strings.Replace(text, `version: "3.2"`, `version: "2.14"`, 1) })
	} else {
		artifact, err := os.ReadFile(filepath.Join("testdata", "sources", "artifact.yml"))
		l.must(err)
		edit("applications.yml", func(text string) string { return text + string(artifact) })
	}
	l.run("roster", "fetch", "--vendor", "--repository", top, home)
	return os.DirFS(top)
}

// run runs a program of the tools.
func (l *sources) run(program string, args ...string) {
	l.Helper()
	if out, err := exec.Command(tools.Program(program), args...).CombinedOutput(); err != nil {
		l.Fatalf("%s %s: %v\n%s", program, args, err, out)
	}
}

// targets waits for what the repo-server generates for an Application.
func (l *sources) targets(name string) (out []unstructured.Unstructured) {
	l.Helper()
	cluster.Eventually(l, patience, "Argo CD has compared "+name, func() error {
		s, err := l.argo.Status(l.Context(), name)
		if err != nil {
			return err
		}
		if message := s.Condition("ComparisonError"); message != "" || s.Sync.Status != "OutOfSync" { // nobody syncs it
			return fmt.Errorf("it is %q: %s", s.Sync.Status, message)
		}
		out, err = l.argo.Targets(name)
		return err
	})
	return out
}

// uncopied removes a copy that an application needs, which the sidecar then reports: it asks no server, and prints no half of an output.
func (l *sources) uncopied(name, copied string) {
	l.Helper()
	if _, err := os.Stat(filepath.Join(filepath.Dir(l.dir), copied)); err != nil {
		l.Fatal(err)
	}
	l.repo.Commit(l, map[string][]byte{copied: nil})
	l.argo.Refresh(l, name, true)
	s, err := l.argo.Status(l.Context(), name)
	l.must(err)
	for _, want := range []string{"oci://registry.sources.example/charts/queue ^3.0.0 was not fetched", "run roster fetch --vendor, and commit roster.lock and the folder home/vendor"} {
		if message := s.Condition("ComparisonError"); !strings.Contains(message, want) {
			l.Errorf("without a copy, %s is %q: %q, want %q", name, s.Sync.Status, message, want)
		}
	}
	l.step("a copy is missing, and the sidecar says so")
}

// same reports where two lists of objects differ, whatever their order is. The mark by which Argo CD tracks an object does not count.
func same(ours, theirs []unstructured.Unstructured) error {
	name := func(o unstructured.Unstructured) string {
		return fmt.Sprintf("%s %s %s/%s", o.GetAPIVersion(), o.GetKind(), o.GetNamespace(), o.GetName())
	}
	generated := map[string]map[string]any{}
	for _, o := range theirs {
		unmark(o)
		generated[name(o)] = o.Object
	}
	var problems []error
	for _, o := range ours {
		their := generated[name(o)]
		if !reflect.DeepEqual(o.Object, their) {
			problems = append(problems, fmt.Errorf("%s:\nroster has  %v\nArgo CD has %v", name(o), o.Object, their))
		}
		delete(generated, name(o))
	}
	for missing := range generated {
		problems = append(problems, fmt.Errorf("%s: only Argo CD has it", missing))
	}
	if len(ours) == 0 {
		problems = append(problems, errors.New("there is nothing"))
	}
	return errors.Join(problems...)
}

// unmark removes the annotation, or of Argo CD 2.14 the label, by which Argo CD tracks an object.
func unmark(o unstructured.Unstructured) {
	for field, key := range map[string]string{"annotations": "argocd.argoproj.io/tracking-id", "labels": "app.kubernetes.io/instance"} {
		unstructured.RemoveNestedField(o.Object, "metadata", field, key)
		if left, found, _ := unstructured.NestedMap(o.Object, "metadata", field); found && len(left) == 0 {
			unstructured.RemoveNestedField(o.Object, "metadata", field)
		}
	}
}
