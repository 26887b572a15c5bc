// Command release makes what a release of roster consists of: archives with the programs for each platform, a list of what is linked
// and its licences for each archive, images as OCI layouts, and the checksums of all that. It publishes nothing, and needs no container engine.
//
// Everything is made of one commit, in a clone of it. The same commit, with the same Go, gives the same bytes anywhere.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// repositories are where the images are going to be: what bootstrap names, and the values of the charts.
const (
	sidecarRepository = "ghcr.io/hippotion/roster"
	helpersRepository = "ghcr.io/hippotion/roster-helpers"
)

// everywhere are the platforms of a release.
const everywhere = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64"

type options struct {
	source, out, version string
	platforms            []platform
	registry             string // of both images, when it is not ghcr.io/hippotion
}

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string, stderr io.Writer) error {
	f := flag.NewFlagSet("release", flag.ContinueOnError)
	f.SetOutput(stderr)
	var o options
	var on, only string
	f.StringVar(&o.source, "source", ".", "the checkout of roster")
	f.StringVar(&o.out, "out", "dist", "the folder to make")
	f.StringVar(&o.version, "version", "", "such as v1.2.3; empty: the tag of the commit")
	f.StringVar(&on, "platforms", everywhere, "the platforms")
	f.StringVar(&o.registry, "registry", "", "where the images are going to be, such as registry.example/infra; empty: ghcr.io/hippotion")
	f.StringVar(&only, "only", "", "image: the sidecar's image alone, of the files as they are; lock: write down the packages of the helpers' image")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	var err error
	if o.platforms, err = platforms(on); err != nil {
		return err
	}
	if _, err := name.NewRepository(o.repository(sidecarRepository)); err != nil {
		return fmt.Errorf("expected a place for images as -registry, such as registry.example/infra: %w", err)
	}
	if _, err := os.Lstat(o.out); err == nil && only != "lock" {
		return fmt.Errorf("%s is there already: remove it, or name another folder with -out", o.out)
	}
	switch only {
	case "":
		return release(o, stderr)
	case "image":
		return imageOfBuild(o, stderr)
	case "lock":
		return writeLock(filepath.Join(o.source, lockFile))
	default:
		return fmt.Errorf("expected image or lock as -only, found %q", only)
	}
}

// linux are the platforms of the images.
func (o options) linux() []platform {
	return slices.DeleteFunc(slices.Clone(o.platforms), func(p platform) bool { return p.os != "linux" })
}

// repository is where an image is going to be.
func (o options) repository(of string) string {
	if o.registry == "" {
		return of
	}
	return strings.TrimSuffix(o.registry, "/") + of[strings.LastIndex(of, "/"):]
}
