package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/limited"
	"github.com/hippotion/roster/internal/outfile"
	"github.com/hippotion/roster/internal/rendered"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/cache"
	"github.com/hippotion/roster/internal/source/fetch"
	"github.com/spf13/cobra"
)

// elsewhereOptions are the flags of the verbs that ask servers.
type elsewhereOptions struct {
	repository, netrc string
	maps              []string
	timeout           time.Duration
	copies            bool // whether copies are to be made in the repository
}

func (o *elsewhereOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	f.StringArrayVar(&o.maps, "map", nil, "URL=PATH or URL=URL: look for what is at the first, and below, at the second")
	f.StringVar(&o.netrc, "netrc", "", "a file with credentials in the form of .netrc, - for stdin")
	f.DurationVar(&o.timeout, "timeout", fetchMinutes, "how long the whole run may take")
}

const fetchMinutes = 15 * time.Minute

// elsewhere is a list, and how what it refers to is had.
type elsewhere struct {
	dir, repository string
	in              fleet.Input
	frame           diag.Frame
	lock            source.Lock
	lockText        []byte // of the file; nil when there is none
	network         *fetch.Network
	copies          source.Copies               // of the repository
	copied          map[source.Reference]string // the charts that it has a copy of already
	stderr          io.Writer
}

// open reads the list and its lock, and finds credentials.
func (o *elsewhereOptions) open(c *cobra.Command, dir string) (*elsewhere, error) {
	if o.timeout <= 0 {
		return nil, errNoTime
	}
	limited.Spare(true) // the network takes the time, and what it brings is held in memory
	place, err := fleet.Find(dir, o.repository)
	if err != nil {
		return nil, err
	}
	e := &elsewhere{dir: dir, repository: o.repository, in: fleet.Input{Place: place, Options: catalog.Options{NewCopies: o.copies}}, stderr: c.ErrOrStderr()}
	out, err := build(e.in, e.stderr)
	if err != nil {
		return nil, err
	}
	if out.Clusters == nil {
		return nil, errReported
	}
	e.frame = out.Frame
	if e.lock, e.lockText, err = readLock(place, o.repository, e.stderr); err != nil {
		return nil, err
	}
	e.in.Locked, e.copied = e.lock, out.Copies()
	top := filepath.Join(place.Top, filepath.FromSlash(out.Root))
	if out.Platform().Vendor != "" {
		e.copies = source.Copies{Repository: top, Folder: out.Platform().Vendor}
	}
	e.network, err = o.reach(c.InOrStdin(), out.Platform(), top)
	return e, err
}

// lockFile is the name of the lock on the disk.
func (e *elsewhere) lockFile() string { return filepath.Join(e.dir, source.LockFile) }

// readLock reads the lock beside a list. It may be missing: then the text is nil. What is wrong with it is printed.
func readLock(place fleet.Place, repository string, stderr io.Writer) (source.Lock, []byte, error) {
	data, err := lockText(place, repository)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	var diags diag.List
	lock := source.ReadLock(source.LockFile, data, &diags)
	return lock, data, told(&fleet.Output{Frame: diag.Frame{Folder: place.Shown, Within: "."}}, diags, stderr)
}

func lockText(place fleet.Place, repository string) ([]byte, error) {
	const longest = 16 << 20
	if place.Committed() {
		return place.Beside(source.LockFile, longest)
	}
	return outfile.Read(filepath.Join(place.Shown, source.LockFile), longest, untrusted(place.Shown, repository)...)
}

// fetched is what the lock beside a list names, in the cache of this machine; nil when there is no lock.
func fetched(place fleet.Place, repository string, stderr io.Writer) (source.Sources, error) {
	lock, text, err := readLock(place, repository, stderr)
	if err != nil || text == nil {
		return nil, err
	}
	return sourcesOf(lock)
}

// sourcesOf is what a lock names, in the cache of this machine.
func sourcesOf(lock source.Lock) (source.Sources, error) {
	folder, err := cacheFolder()
	if err != nil {
		return nil, err
	}
	return cache.Pinned{Folder: folder, Lock: lock}, nil
}

// references are what the list, or one application, refers to with what is fetched so far. What is wrong with the list is printed.
func (e *elsewhere) references(application string) func(source.Sources) ([]source.Reference, error) {
	return func(known source.Sources) ([]source.Reference, error) {
		in := e.in
		in.Want.Application = application
		refs, diags, err := references(in, known)
		if err != nil {
			return nil, err
		}
		return refs, told(&fleet.Output{Frame: e.frame}, diags, e.stderr)
	}
}

// reach is how servers are reached: as the user, the environment and the list say it, in this order.
func (o *elsewhereOptions) reach(stdin io.Reader, p *catalog.Platform, top string) (*fetch.Network, error) {
	n := &fetch.Network{Proxy: http.ProxyFromEnvironment, Git: os.Environ(), NoSubmodules: !p.Submodules}
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for _, text := range o.maps {
		m, err := fetch.ParseMapping(text, here)
		if err != nil {
			return nil, fmt.Errorf("--map: %w", err)
		}
		n.Map = append(n.Map, m)
	}
	for _, mirror := range p.Mirrors {
		m, err := fetch.NewMapping(mirror.URL, mirror.To, top)
		if err != nil {
			return nil, fmt.Errorf("sources.map in %s: %w", catalog.PlatformFile, err)
		}
		m.Within = top // who writes the list must not have any file of the machine read that fetches for it
		n.Map = append(n.Map, m)
	}
	n.Credentials, err = o.credentials(stdin)
	return n, err
}

// credentials are those for this run, and then those that the user has.
func (o *elsewhereOptions) credentials(stdin io.Reader) (*fetch.Credentials, error) {
	files := fetch.Files{Given: os.Getenv("ROSTER_CREDENTIALS")}
	var given []byte
	var err error
	switch o.netrc {
	case "":
	case "-":
		given, err = io.ReadAll(io.LimitReader(stdin, 1<<20))
	default:
		given, err = os.ReadFile(o.netrc)
	}
	if err != nil {
		return nil, fmt.Errorf("--netrc: %w", err)
	}
	if len(given) > 0 {
		files.Given = string(given) + "\n" + files.Given
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return fetch.ReadCredentials(files) // such as in a container without a user
	}
	helm := helmFolder(home)
	files.Netrc = cmp.Or(os.Getenv("NETRC"), filepath.Join(home, ".netrc"))
	files.Repositories = cmp.Or(os.Getenv("HELM_REPOSITORY_CONFIG"), filepath.Join(helm, "repositories.yaml"))
	files.Registries = []string{
		cmp.Or(os.Getenv("HELM_REGISTRY_CONFIG"), filepath.Join(helm, "registry", "config.json")),
		filepath.Join(cmp.Or(os.Getenv("DOCKER_CONFIG"), filepath.Join(home, ".docker")), "config.json"),
	}
	return fetch.ReadCredentials(files)
}

// helmFolder is where Helm keeps its settings (pkg/helmpath).
func helmFolder(home string) string {
	if folder := os.Getenv("HELM_CONFIG_HOME"); folder != "" {
		return folder
	}
	config := os.Getenv("XDG_CONFIG_HOME")
	switch {
	case config != "":
	case runtime.GOOS == "darwin":
		config = filepath.Join(home, "Library", "Preferences")
	case runtime.GOOS == "windows":
		config = os.Getenv("APPDATA")
	default:
		config = filepath.Join(home, ".config")
	}
	return filepath.Join(config, "helm")
}

// cacheFolder is where the cache lies.
func cacheFolder() (string, error) {
	if folder := os.Getenv("ROSTER_CACHE"); folder != "" {
		return folder, nil
	}
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for the cache: %w\n  hint: set ROSTER_CACHE", err)
	}
	return filepath.Join(folder, "roster"), nil
}

// noCache is the flag that turns off what is kept of what was rendered.
func noCache(c *cobra.Command, off *bool) {
	c.Flags().BoolVar(off, "no-cache", false, "render everything, and keep nothing of it in the cache")
}

// keeping is where what was rendered is kept. Without a folder for caches, nothing is.
func keeping(off bool) rendered.Cache {
	folder, err := cacheFolder()
	if off || err != nil {
		return rendered.Cache{}
	}
	return rendered.In(folder)
}

func openCache() (*cache.Cache, error) {
	folder, err := cacheFolder()
	if err != nil {
		return nil, err
	}
	return cache.Open(folder)
}

// limit is the time of a run.
func (o *elsewhereOptions) limit(c *cobra.Command) (context.Context, context.CancelFunc) {
	ctx := c.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	return context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("it took longer than %s\n  hint: what was fetched is kept: run it again, or with a longer --timeout", o.timeout))
}

// progress shows what is being fetched: on a terminal, in one line that changes; elsewhere, a line for each that is done.
type progress struct {
	w     io.Writer
	live  bool
	asked []source.Reference
	done  int
}

// newProgress shows the progress on stderr.
func newProgress(stderr io.Writer) *progress {
	p := &progress{w: stderr}
	if p.live = isTerminal(stderr) && os.Getenv("CI") == ""; p.live {
		p.w = fileBelow(stderr)
	}
	return p
}

// tell is called for each step.
func (p *progress) tell(e fetch.Event) {
	if !e.Done {
		p.asked = append(p.asked, e.Reference)
	} else {
		p.done++
		for i, r := range p.asked {
			if r == e.Reference {
				p.asked = append(p.asked[:i], p.asked[i+1:]...)
				break
			}
		}
	}
	switch {
	case p.live && len(p.asked) > 0:
		const most = 70 // of the columns of a terminal
		text := []rune(diag.Visible(fmt.Sprintf("fetched %d, fetching %s", p.done, p.asked[0])))
		_, _ = fmt.Fprintf(p.w, "\r\x1b[K%s", string(text[:min(len(text), most)]))
	case !p.live && e.Done && e.Err == nil:
		_, _ = fmt.Fprintf(p.w, "fetched %s\n", e.Reference)
	}
}

// end removes the line.
func (p *progress) end() {
	if p.live && p.done > 0 {
		_, _ = io.WriteString(p.w, "\r\x1b[K")
	}
}

// lines prints an error that joins several, each with its hint.
func lines(err error, stderr io.Writer) error {
	_, _ = fmt.Fprintf(stderr, "%s\n", strings.TrimSpace(err.Error()))
	return errReported
}
