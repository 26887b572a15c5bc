package main

import (
	"bytes"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"go.yaml.in/yaml/v3"
)

// workflow are the scripts of the workflow that publishes a release.
func workflow(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", ".github", "workflows", "release.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Jobs map[string]struct {
			Steps []struct {
				Name, Run string
				Env       map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	scripts := map[string]string{}
	for _, s := range file.Jobs["release"].Steps {
		scripts[s.Name] = s.Run
		if s.Name == "Make" && (!strings.HasSuffix(s.Run, "\nmake release\n") || s.Env["VERSION"] != "${{ github.ref_name }}") {
			t.Errorf("it makes %q of %q", s.Run, s.Env)
		}
	}
	return scripts
}

// TestTag: no part of a tag becomes a command, of make or of the shell.
func TestTag(t *testing.T) {
	made := filepath.Join(t.TempDir(), "made")
	tag := "v1.0.0\"$(shell touch " + made + ")`touch " + made + "`"
	printed, err := command(filepath.Join("..", ".."), []string{"VERSION=" + tag, "MAKEFLAGS="}, "make", "--dry-run", "release")
	if err != nil || !strings.Contains(string(printed), `-version "${VERSION:-}"`) || strings.Contains(string(printed), "touch") {
		t.Errorf("make release runs %s: %v", printed, err)
	}
	if _, err := os.Lstat(made); err == nil {
		t.Error("make runs a part of the tag")
	}
}

// published: the workflow publishes all files of a release, and its images under their digests: with a registry of ours in the place of
// GitHub's, and a program of ours in the place of gh.
func published(t *testing.T, out string) {
	scripts := workflow(t)
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	dir, bin := t.TempDir(), t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "dist"), os.DirFS(out)); err != nil {
		t.Fatal(err)
	}
	named, err := os.ReadFile(filepath.Join(dir, "dist", imagesName))
	if err != nil {
		t.Fatal(err)
	}
	here := strings.TrimPrefix(server.URL, "http://")
	named = bytes.ReplaceAll(named, []byte("ghcr.io/hippotion"), []byte(here))
	for name, text := range map[string]string{
		filepath.Join(dir, "dist", imagesName): string(named),
		filepath.Join(bin, "gh"):               "#!/bin/sh\nfor file; do echo \"$file\"; done > gh\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	top, err := filepath.Abs(filepath.Join("..", ".."))
	if err == nil {
		err = os.Symlink(filepath.Join(top, "internal"), filepath.Join(dir, "internal"))
	}
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "DOCKER_CONFIG=" + dir, "TOKEN=secret", "GITHUB_ACTOR=me", "GITHUB_REPOSITORY=hippotion/roster", "GITHUB_REF_NAME=" + version}
	for _, name := range []string{"Push the images", "Publish"} {
		if _, err := command(dir, env, "bash", "-e", "-o", "pipefail", "-c", scripts[name]); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadFile(filepath.Join(dir, "gh"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() && !strings.Contains(string(files), "\ndist/"+e.Name()+"\n") {
			t.Errorf("%s is not published: %s", e.Name(), files)
		}
	}
}
