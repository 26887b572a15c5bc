package gardener

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	program "github.com/hippotion/roster/internal/git"
)

// git runs the program of that name, as internal/git does, with access to a remote repository and as an author.
type git struct {
	home    string // an empty folder
	timeout time.Duration
	access  access
	who     author
}

// access is what opens a remote repository. All but the user's name are files: their contents are neither in arguments, nor in an
// environment, nor in this process.
type access struct {
	user, tokenFile, caFile, keyFile, knownHostsFile string
}

// check reports file names that git and ssh would misread, and makes them absolute: git has other current folders.
func (a *access) check() error {
	if strings.ContainsAny(a.user, "'\n\r\x00") {
		return errors.New("the user's name must not have quotes or ends of lines")
	}
	for _, f := range []*string{&a.tokenFile, &a.caFile, &a.keyFile, &a.knownHostsFile} {
		if *f == "" {
			continue
		}
		absolute, err := filepath.Abs(*f)
		if err != nil {
			return err
		}
		if *f = absolute; !regexp.MustCompile(`^[A-Za-z0-9_./+@:,=-]+$`).MatchString(*f) {
			return fmt.Errorf("%q: names of files for git must be of letters, digits and _./+@:,=-", *f)
		}
	}
	return nil
}

// enough reports whether it opens the repository at a checked address.
func (a access) enough(address string) error {
	if isSSH(address) && (a.keyFile == "" || a.knownHostsFile == "") {
		return errors.New("a repository over ssh needs --ssh-key-file and --known-hosts-file")
	}
	return nil
}

var errURL = errors.New("expected https://HOST/PATH without credentials, http:// only to SERVICE.NAMESPACE.svc.cluster.local, ssh://USER@HOST/PATH, USER@HOST:PATH, or the absolute path of a repository")

// service is the host of a Service of the cluster. Plain http carries the token as it is: it is for what does not leave the
// cluster.
var service = regexp.MustCompile(`^[a-z0-9-]+\.[a-z0-9-]+\.svc(\.cluster\.local)?$`)

// checkURL refuses what git would run as a program, and URLs with passwords. It never shows one.
func checkURL(address string) error {
	if strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7f }) || strings.Contains(address, "::") {
		return errURL
	}
	u, err := url.Parse(address)
	switch {
	case filepath.IsAbs(address):
		return nil
	case regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:[^/-]`).MatchString(address):
		return nil
	case err != nil || u.RawQuery != "" || u.Fragment != "":
		return errURL
	case u.Scheme == "file" && u.Host == "" && filepath.IsAbs(u.Path):
		return nil
	case u.User == nil && (u.Scheme == "https" && u.Hostname() != "" || u.Scheme == "http" && service.MatchString(u.Hostname())):
		return nil
	case u.Scheme == "ssh" && u.Host != "" && !strings.HasPrefix(u.Host, "-"):
		if _, password := u.User.Password(); !password {
			return nil
		}
	}
	return errURL
}

// isSSH reports whether a checked address needs a key.
func isSSH(address string) bool {
	return strings.HasPrefix(address, "ssh:") || !strings.Contains(address, "://") && !filepath.IsAbs(address)
}

// config is what git is told beyond the repository's own configuration, and what it is always told.
func (g *git) config() []string {
	a := g.access
	all := []string{
		"commit.gpgSign=false", "push.gpgSign=false", "push.followTags=false", "fetch.recurseSubmodules=false", "merge.verifySignatures=false",
		"http.followRedirects=false",
	}
	if a.tokenFile != "" {
		// A shell function: printf is part of the shell, so that the token is in no arguments. Redirects are not followed, so
		// that no other host gets it.
		all = append(all, fmt.Sprintf(`credential.helper=!f() { test "$1" = get && printf 'username=%%s\npassword=%%s\n' '%s' "$(tr -d ' \t\r\n' <'%s')"; }; f`, a.user, a.tokenFile))
	}
	if a.caFile != "" {
		all = append(all, "http.sslCAInfo="+a.caFile)
	}
	return all
}

func (g *git) environment() []string {
	ssh := "ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=no -o ConnectTimeout=30 -o IdentitiesOnly=yes -o ForwardAgent=no"
	if g.access.keyFile != "" {
		ssh += " -i '" + g.access.keyFile + "'"
	}
	if g.access.knownHostsFile != "" {
		ssh += " -o UserKnownHostsFile='" + g.access.knownHostsFile + "' -o GlobalKnownHostsFile=/dev/null"
	}
	return []string{
		"PATH=" + os.Getenv("PATH"), "GIT_ALLOW_PROTOCOL=http:https:ssh:file", // checkURL decides the hosts
		"GIT_CEILING_DIRECTORIES=" + filepath.Dir(g.home), "GIT_SSH_VARIANT=ssh", "GIT_SSH_COMMAND=" + ssh,
		"GIT_AUTHOR_NAME=" + g.who.name, "GIT_AUTHOR_EMAIL=" + g.who.email, "GIT_COMMITTER_NAME=" + g.who.name, "GIT_COMMITTER_EMAIL=" + g.who.email,
	}
}

// run returns what git prints.
func (g *git) run(ctx context.Context, in program.Place, stdin io.Reader, args ...string) (string, error) {
	var out bytes.Buffer
	err := g.pipe(ctx, in, stdin, &out, args...)
	return out.String(), err
}

// at is a checkout, bare a Git directory.
func at(dir string) program.Place { return program.Place{Dir: dir} }

func bare(dir string) program.Place {
	return program.Place{Dir: dir, Flags: []string{"--git-dir=" + dir}}
}

// pipe runs git and writes what it prints to out, as program.Program does.
func (g *git) pipe(ctx context.Context, in program.Place, stdin io.Reader, out io.Writer, args ...string) error {
	p := program.Program{Path: "git", Home: g.home, Config: g.config(), Environment: g.environment(), Timeout: g.timeout}
	err := p.Pipe(ctx, in, stdin, out, args...)
	if failed := (*program.Failure)(nil); errors.As(err, &failed) {
		failed.Said = clean(failed.Said, 600)
	}
	return err
}

// head keeps the start of what is written to it.
type head struct {
	most int
	text []byte
}

func (h *head) Write(p []byte) (int, error) {
	h.text = append(h.text, p[:min(len(p), h.most-len(h.text))]...)
	return len(p), nil
}
