package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// programs are what is compared: two binaries built alike, and the benchmark of encoding alone. All are paths.
type programs struct {
	roster, helm string
	encode       string // the test binary of internal/gen
	write        string // the generator
}

// build builds the programs into bin. The flags are those of a release: static, without debug information.
func build() (programs, error) {
	bin, err := filepath.Abs("bin")
	if err != nil {
		return programs{}, err
	}
	p := programs{filepath.Join(bin, "roster"), filepath.Join(bin, "helm"), filepath.Join(bin, "encode"), filepath.Join(bin, "write")}
	const root = "../.."
	for _, b := range []struct {
		dir  string
		args []string
	}{
		{".", []string{"build", "-ldflags=-s -w", "-o", p.helm, "helm.sh/helm/v3/cmd/helm"}},
		{root, []string{"build", "-ldflags=-s -w", "-o", p.roster, "./cmd/roster"}},
		{root, []string{"build", "-o", p.write, "./internal/gen/write"}},
		{root, []string{"test", "-c", "-o", p.encode, "./internal/gen"}},
	} {
		c := exec.Command("go", b.args...)
		c.Dir, c.Stderr = b.dir, os.Stderr
		c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
		if err := c.Run(); err != nil {
			return p, fmt.Errorf("go %s: %w", b.args[0], err)
		}
	}
	return p, nil
}

// input is a folder for roster and, when the mix is plain, the values that make the chart print the same.
type input struct {
	entries int
	mix     string
	dir     string
	values  string
}

func (p programs) input(work string, entries int, mix string) (input, error) {
	in := input{entries: entries, mix: mix, dir: filepath.Join(work, mix+strconv.Itoa(entries))}
	in.values = in.dir + ".yaml"
	c := exec.Command(p.write, "-entries", strconv.Itoa(entries), "-plain="+strconv.FormatBool(mix == plain), "-values", in.values, in.dir)
	if out, err := c.CombinedOutput(); err != nil {
		return in, fmt.Errorf("writing %d entries: %w\n%s", entries, err, out)
	}
	return in, nil
}

// The mixes of the generator.
const (
	plain = "plain"
	mixed = "mixed"
)

func (p programs) render(in input) *exec.Cmd { return exec.Command(p.roster, "render", in.dir) }

// template is Helm without anything of the user's: no plugins, repositories or cluster.
func (p programs) template(in input) *exec.Cmd {
	c := exec.Command(p.helm, "template", "root", "chart", "--values", in.values)
	home := filepath.Dir(in.dir)
	c.Env = []string{"HOME=" + home, "HELM_CACHE_HOME=" + home, "HELM_CONFIG_HOME=" + home, "HELM_DATA_HOME=" + home, "KUBECONFIG=" + os.DevNull}
	return c
}

func (p programs) encodeAlone(in input) *exec.Cmd {
	return exec.Command(p.encode, "-test.run=^$", "-test.benchtime=5x", fmt.Sprintf("-test.bench=^BenchmarkEncode$/^%s$/^%d$", in.mix, in.entries))
}
