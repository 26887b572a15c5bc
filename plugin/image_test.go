//go:build linux

package plugin_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/test/examples"
	"sigs.k8s.io/yaml"
)

// What the image sets for the process: TestDockerfile compares the Dockerfile with it.
const (
	imagePath = "/usr/local/bin"
	imageUser = 999
)

// makeImage builds roster, and assembles the root filesystem of the image.
func makeImage(t *testing.T) (roster, root string) {
	t.Helper()
	// See examples.Roster: the test runs again when one of these changes.
	for _, source := range []string{"Makefile", "catalog", "cmd", "examples", "go.mod", "internal", "plugin", "profiles", "render"} {
		if err := filepath.WalkDir(filepath.Join(examples.Root(), source), func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
			t.Fatal(err)
		}
	}
	bin := t.TempDir() // the user's stays as it is
	c := exec.Command("make", "image-root", "BIN="+bin)
	c.Dir = examples.Root()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("make image-root: %v\n%s", err, out)
	}
	return filepath.Join(bin, "roster"), filepath.Join(bin, "image")
}

func TestImage(t *testing.T) {
	roster, root := makeImage(t)

	// All that is in it: no shell, no libc, nothing that anybody but root may write to.
	want := `drwxr-xr-x .
drwxr-xr-x etc
-rw-r--r-- etc/passwd
drwxr-xr-x home
drwxr-xr-x home/argocd
drwxr-xr-x home/argocd/cmp-server
drwxr-xr-x home/argocd/cmp-server/config
-rw-r--r-- home/argocd/cmp-server/config/plugin.yaml
drwxr-xr-x usr
drwxr-xr-x usr/local
drwxr-xr-x usr/local/bin
-rwxr-xr-x usr/local/bin/roster
`
	var got strings.Builder
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			fmt.Fprintln(&got, info.Mode(), name)
		}
		return err
	})
	if diff := cmp.Diff(want, got.String()); err != nil || diff != "" {
		t.Errorf("files of the image: %v (-want +got):\n%s", err, diff)
	}

	config, err := os.ReadFile(filepath.Join(root, "home", "argocd", "cmp-server", "config", "plugin.yaml"))
	source, err2 := os.ReadFile(filepath.Join(examples.Root(), "plugin", "plugin.yaml"))
	if err := errors.Join(err, err2); err != nil || !bytes.Equal(config, source) {
		t.Errorf("plugin.yaml of the image is not plugin/plugin.yaml: %v", err)
	}

	binary, err := elf.Open(filepath.Join(root, imagePath, "roster"))
	if err != nil {
		t.Fatal(err)
	}
	defer binary.Close()
	for _, p := range binary.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("roster is not static: it has %v", p.Type)
		}
	}

	// It runs there as it does here. The repository and mount points are added, as at a container's start, for any user to read.
	defer syscall.Umask(syscall.Umask(0o022))
	if err := os.CopyFS(filepath.Join(root, "repository"), os.DirFS(filepath.Join(examples.Root(), "examples", "homelab"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out := contained(t, root, "version"); !bytes.HasPrefix(out, []byte("roster ")) {
		t.Errorf("roster version: %s", out)
	}
	for _, args := range [][]string{
		{"render", "."},
		{"render", "--app", "web-vaultwarden", "."}, // a worker renders it
	} {
		c := exec.Command(roster, args...)
		c.Dir = filepath.Join(root, "repository")
		want, err := c.Output()
		if err != nil || len(want) == 0 {
			t.Fatalf("roster %s: %v", args, err)
		}
		if got := contained(t, root, args...); !bytes.Equal(got, want) {
			t.Errorf("roster %s: other output in the image: %s", args, cmp.Diff(string(want), string(got)))
		}
	}
}

// TestPluginConfig: the configuration has these fields of Argo CD's type PluginConfig, and no others. Argo CD does not tell of a
// field that it does not know.
func TestPluginConfig(t *testing.T) {
	type command struct {
		Command []string `json:"command"`
	}
	var config struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Name string `json:"name"`
		} `json:"metadata"`
		Spec struct {
			Version    string  `json:"version"`
			Generate   command `json:"generate"`
			Parameters struct {
				Dynamic command `json:"dynamic"`
			} `json:"parameters"`
			PreserveFileMode bool `json:"preserveFileMode"`
			ProvideGitCreds  bool `json:"provideGitCreds"`
		} `json:"spec"`
	}
	data, err := os.ReadFile(filepath.Join(examples.Root(), "plugin", "plugin.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(data, &config); err != nil {
		t.Fatal(err)
	}
	want := "{argoproj.io/v1alpha1 ConfigManagementPlugin {roster} {v1 {[roster plugin generate]} {{[roster plugin parameters]}} false false}}"
	if got := fmt.Sprint(config); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestDockerfile: the last stage is the root filesystem that TestImage checks, and TestImage runs it as the stage sets.
func TestDockerfile(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(examples.Root(), "plugin", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("FROM scratch\nCOPY --from=build /src/bin/image/ /\nENV PATH=%s\nUSER %d:%[2]d\n", imagePath, imageUser)
	if _, last, _ := strings.Cut(string(data), "\nFROM scratch\n"); "FROM scratch\n"+last != want {
		t.Errorf("the last stage is not\n%s", want)
	}
}

// contained runs roster as a container does, as far as roster sees it: with the root filesystem, which cannot be written to,
// /proc, and the user of the image. Mounts need a process in a mount namespace: this program is started again for it.
func contained(t *testing.T, root string, args ...string) []byte {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, args...)
	c.Env = []string{containerRoot + "=" + root, containerOwner + "=" + strconv.Itoa(os.Getuid())}
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		become(c.SysProcAttr, 0)
	}
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	exit := (*exec.ExitError)(nil)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOSPC) || errors.As(err, &exit) && exit.ExitCode() == exitNotPermitted {
		t.Skipf("this system does not permit namespaces: %v %s", err, &stderr)
	}
	if err != nil {
		t.Fatalf("roster %s in the image: %v\n%s", args, err, &stderr)
	}
	return out
}

const (
	containerRoot  = "ROSTER_TEST_CONTAINER" // the variable that makes this program the process in the mount namespace
	containerOwner = "ROSTER_TEST_OWNER"     // the variable with the user who runs the test

	exitNotPermitted = 125
)

func init() {
	if root := os.Getenv(containerRoot); root != "" {
		os.Exit(container(root))
	}
}

// container is the process in the mount namespace, whose user is root of the system or of a user namespace.
func container(root string) int {
	var s syscall.Statfs_t
	err := syscall.Statfs(root, &s)
	// A user namespace must keep these flags. Their numbers are the same in both calls.
	keep := uintptr(s.Flags) & (syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC)
	for _, mount := range []struct {
		source, target string
		flags          uintptr
	}{
		{"", "/", syscall.MS_REC | syscall.MS_PRIVATE}, // nothing of what follows is seen outside
		{root, root, syscall.MS_BIND},
		{"", root, syscall.MS_BIND | syscall.MS_REMOUNT | syscall.MS_RDONLY | keep},
		{"/proc", filepath.Join(root, "proc"), syscall.MS_BIND | syscall.MS_REC}, // a worker is started as /proc/self/exe
	} {
		if err == nil {
			err = syscall.Mount(mount.source, mount.target, "", mount.flags, "")
		}
	}
	if errors.Is(err, fs.ErrPermission) {
		fmt.Fprintln(os.Stderr, "mounting:", err)
		return exitNotPermitted
	}

	c := exec.Command(filepath.Join(imagePath, "roster"), os.Args[1:]...)
	c.Dir, c.Env, c.Stdout, c.Stderr = "/repository", []string{"PATH=" + imagePath}, os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	if os.Getenv(containerOwner) == "0" {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: imageUser, Gid: imageUser}
	} else {
		become(c.SysProcAttr, imageUser)
	}
	if err == nil {
		err = c.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// become makes the user who starts a process another one in it, with a user namespace.
func become(attr *syscall.SysProcAttr, user int) {
	attr.Cloneflags |= syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: user, HostID: os.Getuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: user, HostID: os.Getgid(), Size: 1}}
}
