// Program overlay prints what `go build -overlay` needs to build Traefik without lego's clients of DNS providers: lego, which
// ../go.mod replaces by the folder ../lego, is there all of lego but them. Go does not read an overlay of the module cache itself.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const lego = "github.com/go-acme/lego/v5"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "overlay:", err)
		os.Exit(1)
	}
}

func run() error {
	gomod, err := output(".", "go", "env", "GOMOD")
	if err != nil {
		return err
	}
	root := filepath.Dir(strings.TrimSpace(string(gomod)))
	out, err := output(root, "go", "mod", "edit", "-json")
	if err != nil {
		return err
	}
	var mod struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		return fmt.Errorf("reading go.mod: %w", err)
	}
	var version string
	for _, r := range mod.Require {
		if r.Path == lego {
			version = r.Version
		}
	}
	// In a folder without go.mod: there the module is not replaced.
	if out, err = output(os.TempDir(), "go", "mod", "download", "-json", lego+"@"+version); err != nil {
		return err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return fmt.Errorf("reading where lego is: %w", err)
	}
	replace := map[string]string{}
	err = filepath.WalkDir(module.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(module.Dir, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && (name == "cmd" || name == "e2e" || name == filepath.Join("providers", "dns")):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && name != "main.go":
			to := filepath.Join(root, "lego", name)
			replace[to] = path
			return os.MkdirAll(filepath.Dir(to), 0o755) // go vet starts its program there; git keeps no empty folder
		}
		return nil
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"Replace": replace})
}

func output(dir string, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	c := exec.Command(args[0], args[1:]...)
	c.Dir, c.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false")
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("%s in %s: %w\n%s", c, dir, err, &stderr)
	}
	return stdout.Bytes(), nil
}
