package main

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// helpersImage is what cmd/helpers.Dockerfile says, which a test compares, on Debian instead of Alpine.
var helpersImage = image{
	title: "roster-helpers", description: "gardener, hostwatch and usagewatch, with git and ssh", licences: "Apache-2.0 AND GPL-2.0-only",
	user: "65532:65532", path: "/usr/local/bin:/usr/bin",
}

// kept is what of a package is in the image: programs, libraries, certificates, templates of git, and the licence.
var kept = regexp.MustCompile(`^(usr/s?bin/.|usr/lib(64)?/.|etc/ssl/openssl\.cnf|usr/share/ca-certificates/.|usr/share/git-core/.|usr/share/doc/[^/]+/copyright$)`)

// dropped is what of that nobody needs: character sets, and what runs at installation.
var dropped = regexp.MustCompile(`/gconv/|^usr/lib/(systemd|tmpfiles\.d|sysusers\.d|mime)/|^usr/lib/openssh/ssh-keysign$|/(update-ca-certificates|c_rehash)$`)

// applets are what busybox is called, beside sh: what a script for the option decide may use.
var applets = strings.Fields("sh awk basename cat chmod cp cut date dirname env expr false find grep head id ln ls mkdir mktemp mv printf pwd rm rmdir sed sleep sort tail tee test touch tr true uname uniq wc xargs")

// helpers makes the helpers' image.
func (m *making) helpers() error {
	if len(m.linux()) == 0 {
		return nil
	}
	on := map[platform]v1.Image{}
	for _, p := range m.linux() {
		m.say("building the helpers for %s", p)
		packages, err := locked(filepath.Join(m.dir, lockFile), p.arch)
		if err != nil {
			return err
		}
		base, err := debianFiles(packages)
		if err != nil {
			return err
		}
		all, text, err := m.notices(p, helperPrograms)
		if err != nil {
			return err
		}
		own := append(documents("roster-helpers", m.licence, text),
			file{name: "usr/share/doc/roster-helpers/DEBIAN-PACKAGES.txt", mode: 0o644, data: debianNotice(packages)})
		var programs []program
		for _, name := range helperPrograms {
			at := filepath.Join(m.work, "helpers-"+p.arch, name)
			if err := m.build(p, name, at, ""); err != nil {
				return err
			}
			one, err := readProgram(name, at)
			if err != nil {
				return err
			}
			programs, own = append(programs, one), append(own, executable("usr/local/bin/"+name, one.data))
		}
		if on[p], err = helpersImage.on(p, m.checkout, base, own); err != nil {
			return err
		}
		if err := m.bom("roster-helpers_"+m.checkout.version+"_image_"+p.arch, programs, all, debianParts(packages)...); err != nil {
			return err
		}
	}
	return m.image(helpersImage, helpersRepository, on)
}

// debianNotice says what of Debian is in the image, and where its licences and sources are, which several of these ask for.
func debianNotice(packages []debianPackage) []byte {
	var out strings.Builder
	fmt.Fprintf(&out, `The programs in this image other than those of roster are from packages of Debian %s, unchanged and not linked with roster's. The licence of
each is in /usr/share/doc/PACKAGE/copyright. Their sources are on https://snapshot.debian.org/package/ under the same names and versions.

`, suite)
	for _, p := range packages {
		fmt.Fprintln(&out, p.name, p.version)
	}
	return []byte(out.String())
}

// debianParts are packages as parts of a list.
func debianParts(packages []debianPackage) []cdx.Component {
	var out []cdx.Component
	for _, p := range packages {
		url := fmt.Sprintf("pkg:deb/debian/%s@%s?arch=%s&distro=%s", p.name, strings.ReplaceAll(p.version, "+", "%2B"), p.arch, suite)
		out = append(out, cdx.Component{
			BOMRef: url, Type: cdx.ComponentTypeLibrary, Name: p.name, Version: p.version, PackageURL: url,
			Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: p.sum}},
		})
	}
	return out
}

// debianFiles is what packages put into the image: without scripts of theirs running, and with what these would make.
func debianFiles(packages []debianPackage) ([]file, error) {
	cache, err := fetched(packages)
	if err != nil {
		return nil, err
	}
	files := map[string]file{}
	for _, p := range packages {
		if err := checked(cache, p); err != nil {
			return nil, err
		}
		text, err := command(cache, nil, "dpkg-deb", "--fsys-tarfile", p.sum+".deb")
		if err != nil {
			return nil, err
		}
		if err := unpack(tar.NewReader(bytes.NewReader(text)), files); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	for _, name := range []string{"bin", "lib", "lib64", "sbin"} { // as Debian's base-files has them
		files[name] = file{name: name, link: "usr/" + name}
	}
	files["usr/lib64"] = file{name: "usr/lib64", mode: fs.ModeDir | 0o755}
	for _, name := range applets {
		if _, own := files["usr/bin/"+name]; !own {
			files["usr/bin/"+name] = file{name: "usr/bin/" + name, link: "busybox"}
		}
	}
	var certificates []byte
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasPrefix(name, "usr/share/ca-certificates/") {
			certificates = append(certificates, files[name].data...)
		}
	}
	for name, text := range map[string]string{
		"etc/ssl/certs/ca-certificates.crt": string(certificates),
		"etc/passwd":                        "root:x:0:0::/root:/sbin/nologin\nhelpers:x:65532:65532::/home/helpers:/sbin/nologin\n", // ssh refuses a user without a name
		"etc/group":                         "root:x:0:\nhelpers:x:65532:\n",
	} {
		files[name] = file{name: name, mode: 0o644, data: []byte(text)}
	}
	files["tmp"] = file{name: "tmp", mode: fs.ModeDir | fs.ModeSticky | 0o777}
	var out []file
	for _, name := range slices.Sorted(maps.Keys(files)) {
		out = append(out, files[name])
	}
	return out, complete(files)
}

// unpack adds what is kept of a package. No program gets another user's rights.
func unpack(t *tar.Reader, files map[string]file) error {
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		name := path.Clean(h.Name)
		for _, top := range []string{"bin/", "lib/", "lib64/", "sbin/"} { // a package that does not know yet that they are links
			if strings.HasPrefix(name, top) {
				name = "usr/" + name
			}
		}
		if !kept.MatchString(name) || dropped.MatchString(name) {
			continue
		}
		f := file{name: name, mode: fs.FileMode(h.Mode).Perm()}
		switch h.Typeflag {
		case tar.TypeReg:
			if f.data, err = io.ReadAll(t); err != nil {
				return err
			}
			if bytes.HasPrefix(f.data, []byte("#!/usr/bin/perl")) {
				continue
			}
		case tar.TypeSymlink:
			f.link = h.Linkname
		case tar.TypeLink:
			f.link = "/" + path.Clean(h.Linkname)
		default:
			continue // folders follow from what is in them
		}
		files[name] = f
	}
}

// complete makes sure that each program and library finds the libraries that it needs.
func complete(files map[string]file) error {
	have := map[string]bool{}
	for name := range files {
		have[path.Base(name)] = true
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !bytes.HasPrefix(files[name].data, []byte(elf.ELFMAG)) {
			continue
		}
		binary, err := elf.NewFile(bytes.NewReader(files[name].data))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		needed, err := binary.ImportedLibraries()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if section := binary.Section(".interp"); section != nil { // the program that loads the libraries
			loader, err := section.Data()
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			needed = append(needed, path.Base(strings.TrimRight(string(loader), "\x00")))
		}
		for _, library := range needed {
			if !have[library] {
				problems = append(problems, fmt.Errorf("%s needs %s, which is in no package of %s", name, library, lockFile))
			}
		}
	}
	return errors.Join(problems...)
}
