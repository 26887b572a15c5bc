package main

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"debug/elf"
	"errors"
	"io"
	"io/fs"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// index is the image in a layout, by whose digest it is known.
func index(t *testing.T, out, title string) (v1.ImageIndex, string) {
	t.Helper()
	all, err := layout.ImageIndexFromPath(filepath.Join(out, imagesDir, title))
	if err != nil {
		t.Fatal(err)
	}
	m, err := all.IndexManifest()
	if err != nil || len(m.Manifests) != 1 {
		t.Fatalf("%+v: %v", m, err)
	}
	if ref := m.Manifests[0].Annotations["org.opencontainers.image.ref.name"]; ref != version {
		t.Errorf("it is named %q", ref)
	}
	i, err := all.ImageIndex(m.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return i, m.Manifests[0].Digest.String()
}

// one is the image for this machine's architecture, with its configuration.
func one(t *testing.T, i v1.ImageIndex) (v1.Image, *v1.ConfigFile) {
	t.Helper()
	m, err := i.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(m.Manifests, func(d v1.Descriptor) bool {
		return d.Platform.OS == "linux" && d.Platform.Architecture == runtime.GOARCH
	})
	if at < 0 {
		t.Fatalf("not for this architecture: %+v", m)
	}
	img, err := i.Image(m.Manifests[at].Digest)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return img, config
}

// images: each layout is valid, says what it is, and has, pushed to a registry, the digest by which it is named.
func images(t *testing.T, out string) {
	named, err := os.ReadFile(filepath.Join(out, imagesName))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	for _, want := range []image{sidecarImage, helpersImage} {
		i, digest := index(t, out, want.title)
		if err := validate.Index(i); err != nil {
			t.Errorf("%s: %v", want.title, err)
		}
		if !strings.Contains(string(named), "/"+want.title+":"+version+"@"+digest+"\n") {
			t.Errorf("%s is not in %s: %s", digest, imagesName, named)
		}
		_, config := one(t, i)
		if config.Config.User != want.user || !slices.Equal(config.Config.Env, []string{"PATH=" + want.path}) || len(config.Config.Entrypoint)+len(config.Config.Cmd) > 0 {
			t.Errorf("%s runs as %+v", want.title, config.Config)
		}
		for key, value := range map[string]string{"title": want.title, "version": version, "created": "2026-01-02T03:04:05Z", "source": website, "licenses": want.licences} {
			if got := config.Config.Labels["org.opencontainers.image."+key]; got != value {
				t.Errorf("%s: %s is %q", want.title, key, got)
			}
		}
		tag, err := name.NewTag(strings.TrimPrefix(server.URL, "http://") + "/" + want.title + ":" + version)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.WriteIndex(tag, i); err != nil {
			t.Fatal(err)
		}
		if got, err := remote.Get(tag); err != nil || got.Digest.String() != digest {
			t.Errorf("the registry has %v: %v", got, err)
		}
	}
}

// TestDockerfiles: who builds an image with a container engine gets one that runs the same way.
func TestDockerfiles(t *testing.T) {
	for file, i := range map[string]image{"plugin/Dockerfile": sidecarImage, "cmd/helpers.Dockerfile": helpersImage} {
		data, err := os.ReadFile(filepath.Join("..", "..", file))
		if err != nil || !strings.Contains(string(data), "\nUSER "+i.user+"\n") {
			t.Errorf("%s has not the user %s: %v", file, i.user, err)
		}
	}
}

// TestComplete: a program whose library is missing is found out, before a user does.
func TestComplete(t *testing.T) {
	program, err := os.ReadFile("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	needed, err := binary.ImportedLibraries()
	if err != nil || len(needed) == 0 {
		t.Fatalf("/bin/sh needs %q: %v", needed, err)
	}
	files := map[string]file{"bin/sh": {name: "bin/sh", data: program}}
	if err := complete(files); err == nil || !strings.Contains(err.Error(), "bin/sh needs "+needed[0]+", which is in no package") {
		t.Errorf("got %v", err)
	}
	for _, library := range needed {
		files["usr/lib/"+library] = file{}
	}
	loader, err := binary.Section(".interp").Data()
	if err != nil {
		t.Fatal(err)
	}
	interpreter := strings.TrimRight(filepath.Base(string(loader)), "\x00")
	if err := complete(files); err == nil || !strings.Contains(err.Error(), "bin/sh needs "+interpreter) {
		t.Errorf("without what loads libraries: %v", err)
	}
	files["usr/lib/"+interpreter] = file{}
	if err := complete(files); err != nil {
		t.Error(err)
	}
}

// extract writes an image's files to a folder, and returns it.
func extract(t *testing.T, img v1.Image) string {
	t.Helper()
	root := t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	text := mutate.Extract(img)
	defer text.Close()
	for r := tar.NewReader(text); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return root
		} else if err != nil {
			t.Fatal(err)
		}
		if h.Mode&0o6000 != 0 || h.Uid != 0 || h.Typeflag == tar.TypeReg && h.Mode&0o022 != 0 {
			t.Errorf("%s: mode %o of user %d", h.Name, h.Mode, h.Uid)
		}
		to := filepath.Join(root, h.Name)
		switch h.Typeflag {
		case tar.TypeDir:
			err = os.MkdirAll(to, 0o755)
		case tar.TypeSymlink:
			err = os.Symlink(h.Linkname, to)
		default:
			var data []byte
			if data, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(to, data, 0o644)
			}
			err = errors.Join(err, os.Chmod(to, fs.FileMode(h.Mode)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// container is an image's files with what a container gets at its start.
type container struct {
	root, user string
	env        []string
}

func start(t *testing.T, out, title string) container {
	t.Helper()
	i, _ := index(t, out, title)
	img, config := one(t, i)
	c := container{root: extract(t, img), user: config.Config.User, env: config.Config.Env}
	for _, dir := range []string{"dev", "proc", "tmp", "repository"} {
		if err := os.MkdirAll(filepath.Join(c.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(c.root, "repository"), os.DirFS(filepath.Join("..", "..", "examples", "minimal"))); err != nil {
		t.Fatal(err)
	}
	return c
}

// run runs a program as the image's user, with a root filesystem that cannot be written to, and a /tmp that can.
func (c container) run(t *testing.T, env []string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	user, group, _ := strings.Cut(c.user, ":")
	// The test is root's, or a user's who may make namespaces.
	outer, inner := []string{"--mount"}, "--setgid="+group+" --setuid="+user
	if os.Getuid() != 0 {
		outer, inner = []string{"--map-root-user", "--mount"}, "--user --map-user="+user+" --map-group="+group
	}
	script := `set -e
mount --bind "$ROOT" "$ROOT"
mount --rbind /proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
mount -o remount,bind,ro "$ROOT"
exec unshare ` + inner + ` --root="$ROOT" --wd=/repository "$@"`
	p := exec.Command("unshare", append(append(outer, "sh", "-c", script, "sh"), args...)...)
	p.Env = append(slices.Concat(c.env, env), "ROOT="+c.root)
	for i, v := range p.Env { // unshare and mount are this machine's
		if strings.HasPrefix(v, "PATH=") {
			p.Env[i] = v + ":" + os.Getenv("PATH")
		}
	}
	var one, two bytes.Buffer
	p.Stdout, p.Stderr = &one, &two
	err = p.Run()
	return one.String(), two.String(), err
}

// runSidecar: what Argo CD calls works as the image's user, who may write to /tmp and nowhere else.
func runSidecar(t *testing.T, out string) {
	sidecar := start(t, out, "roster")
	argo := []string{"ARGOCD_APP_NAME=roster", "ARGOCD_APP_SOURCE_PATH=.", "ARGOCD_APP_SOURCE_REPO_URL=https://git.example/homelab.git", "ARGOCD_APP_REVISION=0123456789", "ARGOCD_APP_SOURCE_TARGET_REVISION=main"}
	generated, stderr, err := sidecar.run(t, argo, "/usr/local/bin/roster", "plugin", "generate")
	rendered, _, err2 := sidecar.run(t, nil, "/usr/local/bin/roster", "render")
	if err != nil || err2 != nil || generated == "" || !strings.Contains(generated, "kind: Namespace") {
		t.Errorf("roster plugin generate: %v, %v\n%s%s", err, err2, generated, stderr)
	}
	if !strings.Contains(rendered, "kind: Namespace") {
		t.Errorf("roster render: %s", rendered)
	}
	if parameters, stderr, err := sidecar.run(t, argo, "/usr/local/bin/roster", "plugin", "parameters"); err != nil || !strings.HasPrefix(parameters, "[") {
		t.Errorf("roster plugin parameters: %v\n%s%s", err, parameters, stderr)
	}
	if _, stderr, err := sidecar.run(t, nil, "/usr/local/bin/roster", "render", "--output-dir", "/repository/out"); err == nil || !strings.Contains(stderr, "read-only file system") {
		t.Errorf("the root filesystem can be written to: %v\n%s", err, stderr)
	}
	if _, stderr, err := sidecar.run(t, nil, "/usr/local/bin/roster", "render", "--output-dir", "/tmp/out"); err != nil {
		t.Errorf("/tmp cannot be written to: %v\n%s", err, stderr)
	}
}

// runHelpers: the helpers and what they call work as the image's user.
func runHelpers(t *testing.T, out string) {
	h := start(t, out, "roster-helpers")
	certificates, err := os.ReadFile(filepath.Join(h.root, "etc", "ssl", "certs", "ca-certificates.crt"))
	if pool := x509.NewCertPool(); err != nil || !pool.AppendCertsFromPEM(certificates) || bytes.Count(certificates, []byte("BEGIN CERTIFICATE")) < 100 {
		t.Errorf("there are no certificates of authorities: %v", err)
	}
	tls := httptest.NewTLSServer(nil)
	defer tls.Close()
	for _, c := range []struct{ script, want string }{
		{"id -u; id -g", "65532\n65532\n"},
		{"gardener version", "gardener " + version + " "},
		{"hostwatch --version", "hostwatch " + version + "\n"},
		{"usagewatch --version", "usagewatch " + version + "\n"},
		{"cd /tmp; git init --quiet x; cd x; echo a > a; git add a; git -c user.name=a -c user.email=a@example.org commit --quiet --message a; git clone --quiet /tmp/x /tmp/y; cat /tmp/y/a", "a\n"},
		{"git ls-remote " + tls.URL + "/x 2>&1 || true", "certificate"}, // it speaks TLS, and does not trust everybody
		{"ssh -V 2>&1", "OpenSSH_"},
		{"ssh -o BatchMode=yes -o ConnectTimeout=5 -p 1 127.0.0.1 2>&1 || true", "Connection refused"}, // it knows who it is
		{`printf 'a b\n' | tr -d ' \t\r\n'`, "ab"},
	} {
		got, stderr, err := h.run(t, nil, "/bin/sh", "-ec", "PATH="+helpersImage.path+"; "+c.script)
		if err != nil || !strings.Contains(got, c.want) {
			t.Errorf("%s: %v\n%s%s", c.script, err, got, stderr)
		}
	}
}
