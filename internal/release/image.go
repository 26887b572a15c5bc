package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// image is what is the same for all platforms of an image.
type image struct {
	title, description, licences string
	user                         string
	path                         string // the variable PATH
}

// sidecarImage is what plugin/Dockerfile says, which a test compares.
var sidecarImage = image{
	title: "roster", description: "roster as a plugin of Argo CD: a sidecar of argocd-repo-server", licences: "Apache-2.0",
	user: "999:999", path: "/usr/local/bin",
}

// sidecarRoot has make image-root assemble the sidecar's root filesystem, so that there is one place that says what is in it, in a
// folder, and returns it and the roster in it.
func (c checkout) sidecarRoot(p platform, dir string) ([]file, program, error) {
	env := append(c.environment(p), "MAKEFLAGS=")
	if _, err := command(c.dir, env, "make", "--silent", "image-root", "BIN="+dir); err != nil {
		return nil, program{}, err
	}
	files, err := tree(filepath.Join(dir, "image"), "")
	if err != nil {
		return nil, program{}, err
	}
	roster, err := readProgram("roster", filepath.Join(dir, "image", "usr", "local", "bin", "roster"))
	return files, roster, err
}

// documents are the licences as an image has them.
func documents(name string, licence, notice []byte) []file {
	below := "usr/share/doc/" + name + "/"
	return []file{{name: below + "LICENSE", mode: 0o644, data: licence}, {name: below + noticeName, mode: 0o644, data: notice}}
}

// layer is a layer with files.
func layer(files []file, at time.Time) (v1.Layer, error) {
	var text bytes.Buffer
	if err := writeTar(&text, withFolders(files), at); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(9), tarball.WithCompressedCaching)
}

// labels are those of the OCI image specification that are known.
func (i image) labels(c checkout) map[string]string {
	all := map[string]string{
		ocispec.AnnotationTitle:       i.title,
		ocispec.AnnotationDescription: i.description,
		ocispec.AnnotationLicenses:    i.licences,
		ocispec.AnnotationVersion:     c.version,
		ocispec.AnnotationRevision:    c.revision,
		ocispec.AnnotationCreated:     c.time.Format(time.RFC3339),
		ocispec.AnnotationSource:      website,
		ocispec.AnnotationURL:         website,
	}
	maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
	return all
}

// on is the image for a platform.
func (i image) on(p platform, c checkout, layers ...[]file) (v1.Image, error) {
	out := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	out, err := mutate.ConfigFile(out, &v1.ConfigFile{
		Architecture: p.arch, OS: p.os, Created: v1.Time{Time: c.time}, RootFS: v1.RootFS{Type: "layers"},
		Config: v1.Config{User: i.user, Env: []string{"PATH=" + i.path}, Labels: i.labels(c)},
	})
	if err != nil {
		return nil, err
	}
	for _, files := range layers {
		l, err := layer(files, c.time)
		if err != nil {
			return nil, err
		}
		out, err = mutate.Append(out, mutate.Addendum{Layer: l, History: v1.History{Created: v1.Time{Time: c.time}, CreatedBy: "roster's internal/release"}})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// write writes an OCI layout with one index of the image for several platforms, and returns the digest of the index, which is that of
// the image once it is pushed.
func (i image) write(dir string, c checkout, on map[platform]v1.Image, order []platform) (string, error) {
	index := v1.ImageIndex(empty.Index)
	for _, p := range order {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: on[p], Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: p.os, Architecture: p.arch}}})
	}
	index = mutate.Annotations(index, i.labels(c)).(v1.ImageIndex)
	digest, err := index.Digest()
	if err != nil {
		return "", err
	}
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return "", err
	}
	named := map[string]string{ocispec.AnnotationRefName: c.version} // by which oras and skopeo find it
	return digest.String(), path.AppendIndex(index, layout.WithAnnotations(named))
}

// executable is a program in an image or an archive.
func executable(name string, data []byte) file {
	return file{name: name, mode: fs.FileMode(0o755), data: data}
}

// imageOfBuild writes the sidecar's image of the files as they are, for those who have no release: bootstrap of a build leads here.
func imageOfBuild(o options, log io.Writer) error {
	if len(o.linux()) == 0 {
		return errors.New("expected linux/amd64 or linux/arm64 as -platforms: the image is for these")
	}
	dir, err := filepath.Abs(o.source)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "roster-image-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	c := checkout{dir: dir, version: "build", flags: os.Getenv("GOFLAGS"), time: time.Unix(0, 0).UTC()}
	on := map[platform]v1.Image{}
	for _, p := range o.linux() {
		files, _, err := c.sidecarRoot(p, filepath.Join(work, p.arch))
		if err != nil {
			return err
		}
		if on[p], err = sidecarImage.on(p, c, files); err != nil {
			return err
		}
	}
	digest, err := sidecarImage.write(o.out, c, on, o.linux())
	if err == nil {
		_, err = fmt.Fprintf(log, "%s is an OCI layout of the image %s.\nTo push it: crane push %[1]s REPOSITORY:TAG; then: roster bootstrap --image REPOSITORY@%[2]s\n", o.out, digest)
	}
	return err
}
