// Package tools builds the programs that the loop consists of, from the versions that the go.mod files below it name, and
// finds the modules of which only files are read. It is the part that needs a network, or what an earlier run has left.
package tools

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// folder is the variable of the environment through which Prepare tells the tests where everything is.
const folder = "LOOP_TOOLS"

// Program is the path of a program that Prepare has made.
func Program(name string) string { return filepath.Join(Bin(), name) }

// Bin is the folder with all programs that Prepare has made.
func Bin() string { return filepath.Join(os.Getenv(folder), "bin") }

// Module is the folder of a module that Prepare has found.
func Module(path string) string { return filepath.Join(os.Getenv(folder), "modules", path) }

// ArgoCD is the module of the Argo CD under test: the newest, or version 2 when the environment says ARGOCD=v2.
func ArgoCD() (string, error) {
	switch version := os.Getenv("ARGOCD"); version {
	case "", "v3":
		return "github.com/argoproj/argo-cd/v3", nil
	case "v2":
		return "github.com/argoproj/argo-cd/v2", nil
	default:
		return "", fmt.Errorf("ARGOCD is %q, not v2 or v3", version)
	}
}

// Routes is whether the environment asks, with ROUTES=1, for Traefik and its judge, which take minutes to build.
func Routes() bool { return os.Getenv("ROUTES") == "1" }

// tool is a program, of a module (dir) that holds or names its package. Links are names that it is called by. Sources are the files
// in dir that it is built from, beside those that every tool has; overlay is the package of the program that prints what -overlay needs.
type tool struct {
	name, dir, pkg string
	ldflags        string
	links          []string
	sources        []string
	overlay        string
}

// Prepare builds the programs that are not built yet, and roster, and sets the environment so that tests find them.
func Prepare() error {
	argo, err := ArgoCD()
	if err != nil {
		return err
	}
	gomod, err := output(".", "go", "env", "GOMOD")
	if err != nil {
		return err
	}
	loop := filepath.Dir(strings.TrimSpace(string(gomod)))
	root := filepath.Join(loop, "..", "..")
	own := func(name string) string { return filepath.Join(loop, "tools", name) }
	crds := filepath.Join(root, "internal", "schema", "crds")

	to, err := os.MkdirTemp("", "tools-")
	if err != nil {
		return err
	}
	if err := os.Setenv(folder, to); err != nil {
		return err
	}
	versions, err := requirements(crds)
	if err != nil {
		return err
	}
	for module := range versions {
		if !strings.HasPrefix(module, "github.com/argoproj/argo-cd/") { // the one under test counts
			if err := download(crds, module); err != nil {
				return err
			}
		}
	}
	argoDir := own("argocd3")
	if strings.HasSuffix(argo, "/v2") {
		argoDir = own("argocd2")
	}
	if err := download(argoDir, argo); err != nil {
		return err
	}
	kube, err := requirements(own("kube"))
	if err != nil {
		return err
	}
	// What the apiserver serves, and who may talk to it, depends on the version that it thinks it has.
	kubeVersion := versionFlags(kube["k8s.io/kubernetes"])
	others := filepath.Join(root, "test", "engines", "tools")
	all := []tool{
		{name: "etcd", dir: own("etcd"), pkg: "."},
		{name: "registry", dir: own("registry"), pkg: "."},
		{name: "kube-apiserver", dir: own("kube"), pkg: "k8s.io/kubernetes/cmd/kube-apiserver", ldflags: kubeVersion},
		{name: "kube-controller-manager", dir: own("kube"), pkg: "k8s.io/kubernetes/cmd/kube-controller-manager", ldflags: kubeVersion},
		{name: "kubectl", dir: own("kube"), pkg: "k8s.io/kubernetes/cmd/kubectl", ldflags: kubeVersion},
		{name: "argocd", dir: argoDir, pkg: ".", links: []string{"argocd-repo-server", "argocd-cmp-server", "argocd-application-controller", "argocd-applicationset-controller"}},
		{name: "helm", dir: others, pkg: "helm.sh/helm/v3/cmd/helm"},
		{name: "kustomize", dir: others, pkg: "sigs.k8s.io/kustomize/kustomize/v5"},
	}
	if Routes() {
		traefik := filepath.Join(root, "test", "routes", "traefik")
		stubs := []string{"overlay/*.go", "ext/ext.go", "ext/go.mod", "lego/go.mod", "lego/providers/dns/*.go"}
		all = append(all,
			tool{name: "traefik", dir: traefik, pkg: "github.com/traefik/traefik/v3/cmd/traefik", sources: stubs, overlay: "./overlay"},
			tool{name: "judge", dir: traefik, pkg: "./judge", sources: append(stubs, "judge/*.go", "judge/*.s"), overlay: "./overlay"})
	}
	for _, t := range all {
		program, err := t.cached()
		if err != nil {
			return err
		}
		for _, name := range append(t.links, t.name) {
			if err := link(program, Program(name)); err != nil {
				return err
			}
		}
	}
	// Beside roster, the program that prints its table of guardrails.
	c := exec.Command("go", "build", "-o", Bin()+string(filepath.Separator), "./cmd/roster", "./test/guardrails")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	return run(root, c)
}

// cached is the path of the program in the user's cache, where it is built if need be.
func (t *tool) cached() (string, error) {
	// No -trimpath: test/engines compiles the same Argo CD, Helm and Kustomize without it, and so they are compiled once.
	build := []string{"go", "build", "-p", "2", "-ldflags", strings.TrimSpace("-s -w " + t.ldflags)}
	key := fmt.Appendln(nil, runtime.Version(), runtime.GOARCH, build, t.pkg)
	files := []string{"go.mod", "go.sum", "main.go"}
	for _, pattern := range t.sources {
		more, err := fs.Glob(os.DirFS(t.dir), pattern)
		if err != nil {
			return "", err
		}
		files = append(files, more...)
	}
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(t.dir, file))
		if err != nil && !(file == "main.go" && errors.Is(err, fs.ErrNotExist)) {
			return "", fmt.Errorf("what %s is built from: %w", t.name, err)
		}
		key = fmt.Appendf(key, "%d\n%s", len(data), data)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "roster-loop", fmt.Sprintf("%s-%.8x", t.name, sha256.Sum256(key)))
	program := filepath.Join(dir, t.name)
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// Renamed when complete: another run may build the same, and this one may be interrupted.
	half, err := os.MkdirTemp(dir, "half-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(half) }()
	start := time.Now()
	if t.overlay != "" {
		data, err := output(t.dir, "go", "run", t.overlay)
		if err != nil {
			return "", err
		}
		overlay := filepath.Join(half, "overlay.json")
		if err := os.WriteFile(overlay, data, 0o644); err != nil {
			return "", err
		}
		build = append(build, "-overlay", overlay)
	}
	built := filepath.Join(half, t.name)
	if err := run(t.dir, exec.Command(build[0], slices.Concat(build[1:], []string{"-o", built, t.pkg})...)); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "built %s in %s\n", t.name, time.Since(start).Round(time.Second))
	return program, os.Rename(built, program)
}

func versionFlags(version string) string {
	const pkg = "k8s.io/component-base/version."
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	return fmt.Sprintf("-X %sgitVersion=%s -X %sgitMajor=%s -X %sgitMinor=%s", pkg, version, pkg, parts[0], pkg, parts[1])
}

// requirements are the versions that dir/go.mod names, by module.
func requirements(dir string) (map[string]string, error) {
	out, err := output(dir, "go", "mod", "edit", "-json")
	if err != nil {
		return nil, err
	}
	var mod struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		return nil, fmt.Errorf("reading %s/go.mod: %w", dir, err)
	}
	versions := map[string]string{}
	for _, r := range mod.Require {
		versions[r.Path] = r.Version
	}
	return versions, nil
}

// download makes Module(module) the folder of the module at the version that dir/go.mod names. With the version, Go does not
// read the module's own requirements.
func download(dir, module string) error {
	versions, err := requirements(dir)
	if err != nil {
		return err
	}
	version, ok := versions[module]
	if !ok {
		return fmt.Errorf("%s/go.mod does not require %s", dir, module)
	}
	out, err := output(dir, "go", "mod", "download", "-json", module+"@"+version)
	if err != nil {
		return err
	}
	var answer struct{ Dir string }
	if err := json.Unmarshal(out, &answer); err != nil {
		return fmt.Errorf("reading the answer for %s: %w", module, err)
	}
	return link(answer.Dir, Module(module))
}

func link(target, name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.Symlink(target, name)
}

func output(dir string, args ...string) ([]byte, error) {
	var stdout bytes.Buffer
	c := exec.Command(args[0], args[1:]...)
	c.Stdout = &stdout
	err := run(dir, c)
	return stdout.Bytes(), err
}

// run runs a command of Go's, on which a workspace, or flags for another module, must have no influence.
func run(dir string, c *exec.Cmd) error {
	if c.Env == nil {
		c.Env = os.Environ()
	}
	c.Dir, c.Env = dir, append(c.Env, "GOWORK=off", "GOFLAGS=-buildvcs=false")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s in %s: %w\n%s", c, dir, err, &stderr)
	}
	return nil
}
