package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	cdx "github.com/CycloneDX/cyclonedx-go"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	noticeName = "THIRD-PARTY-LICENSES.txt"
	sumsName   = "SHA256SUMS"
	imagesName = "images.txt"
	imagesDir  = "images"
)

// making is a release that is being made.
type making struct {
	checkout
	options
	work     string // a folder for what is not shipped
	roster   string // one that runs here
	licence  []byte
	embedded []component
	images   []string // by digest
	log      io.Writer
	stopped  func() error // why, once it was interrupted
}

// release makes a release in a folder, which is not there: nothing of another one can be left in it. The folder appears when all of it is
// made, and nothing is left of a release that was interrupted.
func release(o options, log io.Writer) error {
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	work, err := os.MkdirTemp("", "roster-release-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	m := making{options: o, work: work, log: log, stopped: interrupted.Err}
	if m.checkout, err = clone(o.source, o.version, filepath.Join(work, "source")); err != nil {
		return err
	}
	m.say("roster %s, of the commit %s: what is not committed is not in it", m.checkout.version, m.revision)
	if m.licence, err = os.ReadFile(filepath.Join(m.dir, "LICENSE")); err != nil {
		return err
	}
	if m.embedded, err = m.checkout.embedded(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(o.out), 0o755); err != nil {
		return err
	}
	if m.out, err = os.MkdirTemp(filepath.Dir(o.out), ".release-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(m.out) }()
	for _, step := range []func() error{m.sidecar, m.helpers, m.archives, m.sums} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := os.Chmod(m.out, 0o755); err != nil {
		return err
	}
	return os.Rename(m.out, o.out)
}

func (m *making) say(format string, args ...any) {
	_, _ = fmt.Fprintf(m.log, format+"\n", args...) // nothing depends on it
}

// write writes a file of the release, unless it was interrupted.
func (m *making) write(name string, data []byte) error {
	if m.stopped() != nil {
		return errors.New("interrupted")
	}
	m.say("%s (%.1f MB)", name, float64(len(data))/1e6)
	return os.WriteFile(filepath.Join(m.out, name), data, 0o644)
}

// notices returns what is linked in programs for a platform, and the text that is shipped with them.
func (m *making) notices(p platform, programs []string) ([]component, []byte, error) {
	all, err := m.linked(p, programs)
	if err != nil {
		return nil, nil, err
	}
	about := fmt.Sprintf("%s %s is licensed under the Apache License 2.0: see LICENSE.", strings.Join(programs, ", "), m.checkout.version)
	if slices.Contains(programs, "roster") {
		all = append(all, m.embedded...)
	}
	text, err := notice(about, all)
	return all, text, err
}

// sidecar makes the sidecar's image. It comes first: the roster of the archives names it.
func (m *making) sidecar() error {
	if len(m.linux()) == 0 {
		return nil
	}
	on := map[platform]v1.Image{}
	for _, p := range m.linux() {
		m.say("building the sidecar for %s", p)
		files, roster, err := m.sidecarRoot(p, filepath.Join(m.work, "sidecar-"+p.arch))
		if err != nil {
			return err
		}
		if err := m.stamped(p, roster.path); err != nil {
			return err
		}
		if p == host {
			m.roster = roster.path
		}
		all, text, err := m.notices(p, []string{"roster"})
		if err != nil {
			return err
		}
		if on[p], err = sidecarImage.on(p, m.checkout, append(files, documents("roster", m.licence, text)...)); err != nil {
			return err
		}
		if err := m.bom("roster_"+m.checkout.version+"_image_"+p.arch, []program{roster}, all); err != nil {
			return err
		}
	}
	return m.image(sidecarImage, sidecarRepository, on)
}

// image writes an image, and remembers its name.
func (m *making) image(i image, repository string, on map[platform]v1.Image) error {
	digest, err := i.write(filepath.Join(m.out, imagesDir, i.title), m.checkout, on, m.linux())
	if err != nil {
		return err
	}
	name := m.repository(repository) + ":" + m.checkout.version + "@" + digest
	m.say("%s", name)
	m.images = append(m.images, name)
	return nil
}

// bom writes the list of what is in programs.
func (m *making) bom(name string, of []program, all []component, others ...cdx.Component) error {
	var b bom
	for _, c := range others {
		b.add(c)
	}
	if err := b.programs(of, all); err != nil {
		return err
	}
	if of[0].name == "roster" {
		for _, c := range m.embedded {
			b.add(library(c.path, c.version, c.licences))
		}
	}
	text, err := b.encode(name, m.checkout)
	if err != nil {
		return err
	}
	return m.write(bomName(name), text)
}

// archives makes the archives: roster, and the helpers, for each platform.
func (m *making) archives() error {
	documents, err := m.terminal()
	if err != nil {
		return err
	}
	sidecar := ""
	if len(m.images) > 0 {
		sidecar = m.images[0]
	}
	for _, p := range m.platforms {
		m.say("building for %s", p)
		if err := m.archive("roster", p, []string{"roster"}, sidecar, documents); err != nil {
			return err
		}
		if err := m.archive("roster-helpers", p, helperPrograms, "", nil); err != nil {
			return err
		}
	}
	return nil
}

// archive makes an archive with programs, and the list of what is in them.
func (m *making) archive(name string, p platform, of []string, sidecar string, files []file) error {
	all, text, err := m.notices(p, of)
	if err != nil {
		return err
	}
	files = append(slices.Clone(files), file{name: "LICENSE", mode: 0o644, data: m.licence}, file{name: noticeName, mode: 0o644, data: text})
	var programs []program
	for _, one := range of {
		path := filepath.Join(m.work, p.os+"-"+p.arch, one)
		if err := m.build(p, one, path, sidecar); err != nil {
			return err
		}
		read, err := readProgram(one, path)
		if err != nil {
			return err
		}
		programs, files = append(programs, read), append(files, executable(one, read.data))
	}
	packed, err := archive(files, m.time)
	if err != nil {
		return err
	}
	full := fmt.Sprintf("%s_%s_%s_%s.tar.gz", name, m.checkout.version, p.os, p.arch)
	if err := m.write(full, packed); err != nil {
		return err
	}
	return m.bom(strings.TrimSuffix(full, ".tar.gz"), programs, all)
}

// terminal are the files for shells and for man, as roster prints them: they are the same on all platforms.
func (m *making) terminal() ([]file, error) {
	if m.roster == "" {
		m.roster = filepath.Join(m.work, "host", "roster")
		if err := m.build(host, "roster", m.roster, ""); err != nil {
			return nil, err
		}
	}
	var out []file
	for shell, name := range map[string]string{"bash": "roster.bash", "fish": "roster.fish", "zsh": "_roster"} {
		text, err := command(m.work, nil, m.roster, "completion", shell)
		if err != nil {
			return nil, err
		}
		out = append(out, file{name: "completions/" + name, mode: 0o644, data: text})
	}
	pages := filepath.Join(m.work, "man1")
	if _, err := command(m.work, nil, m.roster, "man", "--output-dir", pages); err != nil {
		return nil, err
	}
	manual, err := tree(pages, "man/man1")
	return append(out, manual...), err // sorted where they are written
}

// sums writes the names of the images, and the checksums of all files, as sha256sum does.
func (m *making) sums() error {
	if err := m.write(imagesName, []byte(strings.Join(m.images, "\n")+"\n")); err != nil {
		return err
	}
	entries, err := os.ReadDir(m.out)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(m.out, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%x  %s\n", sha256.Sum256(data), e.Name())
	}
	return m.write(sumsName, []byte(text.String()))
}
