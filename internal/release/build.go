package main

import (
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// helperPrograms are the folders of cmd beside roster's, which are linked with nothing but the standard library.
var helperPrograms = []string{"gardener", "hostwatch", "usagewatch"}

type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "/" + p.arch }

var host = platform{runtime.GOOS, runtime.GOARCH}

func platforms(list string) ([]platform, error) {
	var out []platform
	for name := range strings.SplitSeq(list, ",") {
		system, arch, ok := strings.Cut(name, "/")
		if !ok || !slices.Contains(strings.Split(everywhere, ","), name) {
			return nil, fmt.Errorf("expected some of %s as -platforms, found %q", everywhere, name)
		}
		out = append(out, platform{system, arch})
	}
	return out, nil
}

// releasable reports whether a version is one that the Go toolchain records for a module without a suffix such as /v2.
func releasable(version string) bool {
	return version != "" && version == semver.Canonical(version) && slices.Contains([]string{"v0", "v1"}, semver.Major(version))
}

// checkout is a clone of the commit that is released. The Go toolchain takes the version from its tag, and records it with the commit: no
// program has to be told, and one that was built from anything else cannot claim to be the release.
type checkout struct {
	dir, version, revision string
	flags                  string    // for the go command, instead of the user's
	time                   time.Time // of the commit: nothing in a release depends on the clock
}

// clone makes the checkout in a folder. A version that is no tag yet is one in the clone only.
func clone(source, version, dir string) (checkout, error) {
	c := checkout{dir: dir, version: version, flags: "-buildvcs=true -mod=readonly"}
	if version == "" {
		tag, err := c.git(source, "describe", "--tags", "--exact-match", "HEAD")
		if err != nil {
			return c, errors.New("the commit has no tag: set one, or say the version, as in make release VERSION=v1.2.3")
		}
		c.version = tag
	}
	if !releasable(c.version) {
		return c, fmt.Errorf("expected a version such as v1.2.3, v0 or v1, found %q", c.version)
	}
	top, err := c.git(source, "rev-parse", "--show-toplevel")
	if err != nil {
		return c, err
	}
	if _, err := c.git(".", "clone", "--quiet", "--no-tags", "--config", "core.autocrlf=false", top, dir); err != nil {
		return c, err
	}
	if _, err := c.git(dir, "tag", "--no-sign", c.version); err != nil {
		return c, err
	}
	if c.revision, err = c.git(dir, "rev-parse", "HEAD"); err != nil {
		return c, err
	}
	at, err := c.git(dir, "show", "--no-patch", "--format=%cI", "HEAD")
	if err != nil {
		return c, err
	}
	c.time, err = time.Parse(time.RFC3339, at)
	c.time = c.time.UTC()
	return c, err
}

// git returns what git prints. In a hook of Git, variables would name another repository.
func (c checkout) git(dir string, args ...string) (string, error) {
	out, err := command(dir, nil, "git", args...)
	return strings.TrimSpace(string(out)), err
}

// command runs a program, and returns its output.
func command(dir string, env []string, name string, args ...string) ([]byte, error) {
	p := exec.Command(name, args...)
	p.Dir = dir
	p.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	p.Env = append(p.Env, env...)
	var stderr bytes.Buffer
	p.Stderr = &stderr
	out, err := p.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return out, nil
}

// environment is what decides about the bytes of a program, whatever the user has set.
func (c checkout) environment(p platform) []string {
	return []string{
		"GOOS=" + p.os, "GOARCH=" + p.arch, "GOAMD64=v1", "GOARM64=v8.0", "CGO_ENABLED=0", "GOEXPERIMENT=", "GOFIPS140=off", "GOWORK=off",
		"GOFLAGS=" + c.flags,
	}
}

// build builds a program, and makes sure of its version. Image is the sidecar's, by digest, for a roster that people run.
func (c checkout) build(p platform, program, to, image string) error {
	flags := "-s -w"
	if image != "" {
		flags += " -X github.com/hippotion/roster/plugin.released=" + image
	}
	if _, err := command(c.dir, c.environment(p), "go", "build", "-trimpath", "-ldflags", flags, "-o", to, "./cmd/"+program); err != nil {
		return err
	}
	return c.stamped(p, to)
}

// stamped makes sure that a program is one of this release, for a platform, and static.
func (c checkout) stamped(p platform, binary string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	if info.Main.Version != c.version {
		return fmt.Errorf("%s says that it is %s, not %s: has the commit another tag?", filepath.Base(binary), info.Main.Version, c.version)
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if settings["GOOS"] != p.os || settings["GOARCH"] != p.arch || settings["CGO_ENABLED"] != "0" {
		return fmt.Errorf("%s is not a static program for %s", filepath.Base(binary), p)
	}
	return nil
}
