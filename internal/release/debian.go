package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// What the helpers run: git, with ssh and TLS, and a shell. It comes from Debian, as packages that a file names with their
// checksums: whoever makes the release again has the same, as long as Debian keeps them, and is told otherwise.
const (
	suite    = "trixie"
	lockFile = "internal/release/debian.lock"
)

var wanted = []string{"busybox-static", "ca-certificates", "git", "openssh-client"}

// leftOut is what those packages ask for and the image does without: dpkg's own, what scripts of packages run at their installation, and
// Perl, in which git has commands for mail and other version control. Every library that a program needs is there: complete checks it.
var leftOut = []string{
	"adduser", "base-passwd", "debconf", "dpkg", "git-man", "libdb5.3t64", "liberror-perl", "libgdbm-compat4t64", "libgdbm6t64", "libperl5.40", "openssl", "openssl-provider-legacy",
	"init-system-helpers", "libacl1", "libattr1", "libaudit-common", "libaudit1", "libbz2-1.0", "libcap-ng0", "libcrypt1", "libdebconfclient0",
	"liblzma5", "libpam-modules", "libpam-modules-bin", "libpam0g", "libsemanage-common", "libsemanage2", "libsepol2", "libsasl2-modules-db", "libsystemd0", "login.defs", "libtirpc3t64", "sensible-utils",
	"passwd", "perl", "perl-base", "perl-modules-5.40", "tar", "gcc-14-base",
}

// debianPackage is a package in the lock.
type debianPackage struct{ arch, name, version, sum string }

// apt runs one of apt's programs with files of its own, for any architecture: nothing of this machine's packages counts or changes.
func apt(dir, arch string, args ...string) ([]byte, error) {
	for _, d := range []string{"state/lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	const keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
	sources := ""
	for _, s := range [][2]string{{"debian", suite}, {"debian", suite + "-updates"}, {"debian-security", suite + "-security"}} {
		sources += fmt.Sprintf("Types: deb\nURIs: http://deb.debian.org/%s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n", s[0], s[1], keys)
	}
	config := fmt.Sprintf(`Dir::State "%[1]s/state"; Dir::State::status "%[1]s/status"; Dir::Cache "%[1]s/cache"; Dir::Etc::sourcelist "%[1]s/debian.sources";
Dir::Etc::sourceparts "/dev/null"; Dir::Etc::preferencesparts "/dev/null"; APT::Architecture "%[2]s"; APT::Architectures {"%[2]s";}; APT::Sandbox::User ""; Acquire::Languages "none";
`, dir, arch)
	for name, text := range map[string]string{"status": "", "debian.sources": sources, "apt.conf": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	return command(dir, []string{"APT_CONFIG=" + filepath.Join(dir, "apt.conf"), "LC_ALL=C"}, args[0], args[1:]...)
}

// writeLock asks Debian for the newest packages, and writes down which they are.
func writeLock(to string) error {
	var out strings.Builder
	fmt.Fprintf(&out, "# What the helpers' image has of Debian %s: architecture, package, version and SHA-256. make helpers-lock writes it.\n", suite)
	for _, arch := range []string{"amd64", "arm64"} {
		packages, err := newest(arch)
		if err != nil {
			return err
		}
		for _, p := range packages {
			fmt.Fprintln(&out, p.arch, p.name, p.version, p.sum)
		}
	}
	return os.WriteFile(to, []byte(out.String()), 0o644)
}

func newest(arch string) ([]debianPackage, error) {
	dir, err := os.MkdirTemp("", "roster-release-apt-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if _, err := apt(dir, arch, "apt-get", "--quiet", "update"); err != nil {
		return nil, err
	}
	plan, err := apt(dir, arch, append([]string{"apt-get", "--quiet", "--simulate", "--no-install-recommends", "install"}, wanted...)...)
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(plan)) {
		if words := strings.Fields(line); len(words) > 2 && words[0] == "Inst" && !slices.Contains(leftOut, words[1]) {
			names = append(names, words[1]+"="+strings.TrimPrefix(words[2], "("))
		}
	}
	shown, err := apt(dir, arch, append([]string{"apt-cache", "show"}, names...)...)
	if err != nil {
		return nil, err
	}
	var out []debianPackage
	for paragraph := range strings.SplitSeq(strings.TrimSpace(string(shown)), "\n\n") {
		p := debianPackage{arch: arch}
		for line := range strings.Lines(paragraph) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			switch key {
			case "Package":
				p.name = value
			case "Version":
				p.version = value
			case "SHA256":
				p.sum = value
			}
		}
		out = append(out, p)
	}
	if len(out) != len(names) {
		return nil, fmt.Errorf("apt knows %d packages of the %d that it would install", len(out), len(names))
	}
	slices.SortFunc(out, func(a, b debianPackage) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

// locked are the packages in the lock for an architecture.
func locked(file, arch string) ([]debianPackage, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []debianPackage
	for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
		words := strings.Fields(s.Text())
		if len(words) == 4 && words[0] == arch {
			out = append(out, debianPackage{words[0], words[1], words[2], words[3]})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no package for %s", file, arch)
	}
	return out, nil
}

// fetched returns the folder with the packages, by their checksums, in the user's cache.
func fetched(packages []debianPackage) (string, error) {
	caches, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache := filepath.Join(caches, "roster-release", "debian")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	var missing []string
	for _, p := range packages {
		if checked(cache, p) != nil { // not there, or half of it
			missing = append(missing, p.name+"="+p.version)
		}
	}
	if len(missing) == 0 {
		return cache, nil
	}
	return cache, download(cache, packages, missing)
}

// checked makes sure that the cache has a package, and that it is the one in the lock.
func checked(cache string, p debianPackage) error {
	data, err := os.ReadFile(filepath.Join(cache, p.sum+".deb"))
	if err != nil {
		return err
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(data)); got != p.sum {
		return fmt.Errorf("%s %s for %s has the checksum %s, and %s in %s", p.name, p.version, p.arch, got, p.sum, lockFile)
	}
	return nil
}

func download(cache string, packages []debianPackage, missing []string) error {
	dir, err := os.MkdirTemp("", "roster-release-apt-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	arch := packages[0].arch
	if _, err := apt(dir, arch, "apt-get", "--quiet", "update"); err != nil {
		return err
	}
	if _, err := apt(dir, arch, append([]string{"apt-get", "--quiet", "download"}, missing...)...); err != nil {
		return fmt.Errorf("%s may name packages that Debian has replaced: make helpers-lock writes down the newest: %w", lockFile, err)
	}
	for _, p := range packages {
		if !slices.Contains(missing, p.name+"="+p.version) {
			continue
		}
		found, err := filepath.Glob(filepath.Join(dir, p.name+"_*.deb"))
		if err != nil || len(found) != 1 {
			return fmt.Errorf("apt brought %q for %s", found, p.name)
		}
		data, err := os.ReadFile(found[0])
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(cache, p.sum+".deb"), data, 0o644); err != nil {
			return err
		}
		if err := checked(cache, p); err != nil {
			return errors.Join(err, os.Remove(filepath.Join(cache, p.sum+".deb")))
		}
	}
	return nil
}
