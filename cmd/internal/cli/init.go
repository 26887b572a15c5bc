package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/buildversion"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/git"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/outfile"
	"github.com/hippotion/roster/internal/starter"
	"github.com/hippotion/roster/plugin"
	"github.com/spf13/cobra"
)

// initOptions are the flags of the verb.
type initOptions struct {
	starter.Answers
	repository string
	dryRun     bool
}

func initCommand() *cobra.Command {
	var o initOptions
	c := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Begin: write the smallest list, and what belongs beside it",
		Long: `Init writes what a platform begins with into DIR (default: here): applications.yml with one small application, platform.yml, the
manifests of the application, schemas for editors, .gitignore, Renovate's settings, and the CI of the forge. In a Git checkout, what
a forge wants at the top of the repository is written there.

On a terminal it asks for what no flag says. Without one, it takes what is in brackets there, and a missing answer is an error.

No file is changed or replaced: one that is there stays, and is listed. So a run that was interrupted is completed by the next one.
What is written has no finding of roster lint, or nothing is written.`,
		Example: `  roster init                                  in this folder; asks
  roster init --repo-url https://github.com/me/homelab.git --ingress traefik --domain home.example
  roster init --repo-url git@gitlab.example:me/homelab.git --vault https://vault.example:8200 --forge none infra
  roster init --dry-run                        only list the files`,
		Args:              atMostOneFolder,
		ValidArgsFunction: folders,
	}
	f := c.Flags()
	f.StringVar(&o.repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	f.StringVar(&o.URL, "repo-url", "", "the repository's URL, as Argo CD is to read it (default: that of the remote origin)")
	f.StringVar(&o.Revision, "revision", "", "the branch that Argo CD reads (default: the repository's own)")
	f.StringVar(&o.Ingress, "ingress", "", "the namespace that Traefik runs in, or none (default none)")
	f.StringVar(&o.Domain, "domain", "", "what hosts without a dot get, such as home.example")
	f.StringVar(&o.Vault, "vault", "", "the address of the Vault that External Secrets reads, or none (default none)")
	f.StringVar(&o.Role, "vault-role", "", "the role that External Secrets has in Vault (default external-secrets)")
	f.StringVar(&o.Forge, "forge", "", "whose CI to write: "+strings.Join(starter.Forges(), ", ")+" (default: as the URL tells)")
	f.BoolVar(&o.dryRun, "dry-run", false, "list what would be written, and write nothing")
	complete(c, "forge", starter.Forges())
	c.RunE = func(c *cobra.Command, args []string) error { return o.run(c, folderOf(args)) }
	return c
}

// beginning is where a platform begins.
type beginning struct {
	dir    string // as the user names it
	place  fleet.Place
	top    string // of the repository, an absolute path; it is the folder itself when there is no checkout
	exists bool   // whether the folder does
	// listed says that there is a list already, described that there is a platform.yml, and ours that the list is the one to begin with.
	listed, described, ours bool
	files                   []starter.File // that are missing
	kept                    []string       // lines about the others
}

func (o *initOptions) run(c *cobra.Command, dir string) error {
	b, err := o.find(dir)
	if err != nil {
		return err
	}
	if err := o.settle(c, b); err != nil {
		return err
	}
	if version := buildversion.String(); plugin.Image(version) != "" {
		o.Release = version
	}
	if err := b.choose(o.Answers); err != nil {
		return err
	}
	if err := b.check(c.ErrOrStderr(), o.repository); err != nil {
		return err
	}
	if !o.dryRun {
		for _, f := range b.files {
			if err := outfile.Create(b.onDisk(f.Name), []byte(f.Text), dir, b.top); err != nil {
				return err
			}
		}
	}
	return b.tell(c.OutOrStdout(), o.dryRun)
}

// find finds out where the folder is, which may be missing, and what is there.
func (o *initOptions) find(dir string) (*beginning, error) {
	full, err := git.Existing(dir)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(full); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%q is not a folder\n  hint: name the folder that is to hold %s", dir, catalog.ApplicationsFile)
	}
	there := full
	for {
		if _, err := os.Stat(there); err == nil || there == filepath.Dir(there) {
			break
		}
		there = filepath.Dir(there)
	}
	b := &beginning{dir: dir, top: full, exists: there == full}
	around, err := fleet.Find(there, o.repository)
	switch {
	case err != nil:
		return nil, err
	case there == full || o.repository != "" || around.Dir != "." || isCheckout(around.Top):
		b.top = around.Top
	}
	folder, err := filepath.Rel(b.top, full)
	if err != nil {
		return nil, err
	}
	o.Folder = filepath.ToSlash(folder)
	b.place = fleet.Place{Top: b.top, Dir: o.Folder, Shown: filepath.ToSlash(dir)}
	if b.top == full && there != full {
		b.place = fleet.Nowhere(o.Folder)
		b.place.Shown = filepath.ToSlash(dir)
		return b, nil
	}
	_, err = os.Lstat(filepath.Join(full, catalog.PlatformFile))
	b.described = err == nil
	platforms, err := fleet.Platforms(b.place, fleet.Minutes)
	b.listed = err == nil && platforms != nil
	return b, nil
}

func isCheckout(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, ".git"))
	return err == nil
}

// onDisk is the name of a file as the user would write it.
func (b *beginning) onDisk(name string) string {
	if inside, err := filepath.Rel(b.place.Dir, filepath.FromSlash(name)); err == nil && filepath.IsLocal(inside) {
		return filepath.Join(b.dir, inside)
	}
	full := filepath.Join(b.top, filepath.FromSlash(name)) // at the top of the repository
	if here, err := git.Existing("."); err == nil && !filepath.IsAbs(b.dir) {
		if rel, err := filepath.Rel(here, full); err == nil {
			return rel
		}
	}
	return full
}

// choose finds the files that are missing, and says of the others that they stay.
func (b *beginning) choose(a starter.Answers) error {
	ours := map[string]bool{} // files that have, or get, the text that they begin with
	all := starter.Files(a)
	for _, f := range all {
		taken, err := b.taken(f)
		if err != nil {
			return err
		}
		ours[f.Name] = taken == "" || b.has(f)
		if b.listed && taken == "" && path.Base(f.Name) == catalog.ApplicationsFile { // platform.yml names other files
			ours[f.Name] = false
		}
	}
	for _, f := range all {
		if path.Base(f.Name) == catalog.ApplicationsFile {
			b.ours = ours[f.Name]
		}
		taken, err := b.taken(f)
		switch {
		case err != nil:
			return err
		case f.Of != "" && !ours[f.Of], taken == "" && !ours[f.Name]: // the list is somebody else's
		case taken == "":
			b.files = append(b.files, f)
		case ours[f.Name]:
			b.kept = append(b.kept, b.onDisk(taken))
		case f.Advice != "":
			b.kept = append(b.kept, b.onDisk(taken)+": "+f.Advice)
		default:
			b.kept = append(b.kept, b.onDisk(taken)+": it says something else")
		}
	}
	return nil
}

// has reports whether a file is there with the text that it begins with. What is no file, such as a pipe, might never end.
func (b *beginning) has(f starter.File) bool {
	name := filepath.Join(b.top, filepath.FromSlash(f.Name))
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return false
	}
	text, err := outfile.Read(name, int64(len(f.Text))+1<<20, b.top)
	return err == nil && string(text) == f.Text
}

// taken is the name under which a file is there already; empty when it is not. A link on the way there is an error: none is followed.
func (b *beginning) taken(f starter.File) (string, error) {
	for _, name := range append([]string{f.Name}, f.Or...) {
		if _, err := os.Lstat(filepath.Join(b.top, filepath.FromSlash(name))); err == nil {
			return name, nil
		}
	}
	for folder := path.Dir(f.Name); folder != "."; folder = path.Dir(folder) {
		full := filepath.Join(b.top, filepath.FromSlash(folder))
		info, err := os.Lstat(full)
		switch {
		case err != nil || info.IsDir():
		case info.Mode()&fs.ModeSymlink != 0:
			target, _ := os.Readlink(full)
			return "", fmt.Errorf("writing %s: %w", b.onDisk(f.Name), &outfile.LinkError{Name: b.onDisk(folder), Target: target, What: "folder"})
		default:
			return "", fmt.Errorf("writing %s: %s is not a folder", b.onDisk(f.Name), b.onDisk(folder))
		}
	}
	return "", nil
}

// check looks at the platform as it will be, if it will be another one.
func (b *beginning) check(stderr io.Writer, repository string) error {
	p := proposal{place: b.place, texts: map[string]string{}, least: lint.Info, expected: func(lint.Finding) bool { return false }}
	platform := false
	for _, f := range b.files {
		p.texts[f.Name] = f.Text
		platform = platform || slices.Contains([]string{catalog.ApplicationsFile, catalog.PlatformFile}, path.Base(f.Name)) || f.Of != ""
	}
	switch {
	case !platform:
		return nil
	case b.exists && !b.ours: // what is unwise in somebody else's list was so before
		out, mistakes, err := fleet.Build(fleet.Input{Place: b.place.With(p.texts)})
		if err != nil || len(mistakes) == 0 {
			return err
		}
		_ = mistakes.Print(stderr, out.Frame)
		return errors.New("nothing was written: the list would have mistakes")
	case b.exists:
		var err error
		if p.sources, err = fetched(b.place, repository, stderr); err != nil {
			return err
		}
	}
	return p.check(b.listed, stderr)
}

// tell says what was done, and what comes next.
func (b *beginning) tell(stdout io.Writer, dry bool) error {
	var out strings.Builder
	did := "wrote"
	if dry {
		did = "would write"
	}
	for _, f := range b.files {
		fmt.Fprintf(&out, "%s %s\n", did, b.onDisk(f.Name))
	}
	for _, line := range b.kept {
		fmt.Fprintf(&out, "kept  %s\n", line)
	}
	at := ""
	if b.dir != "." {
		at = " " + diag.Word(b.dir)
	}
	out.WriteString("\nNext:\n")
	for _, next := range [][2]string{{"render --all", "what Argo CD will apply"}, {"lint", "what is wrong, before anything reaches a cluster"}, {"add --help", "the next application"}} {
		command := "roster " + next[0]
		if next[0] != "add --help" {
			command += at
		}
		fmt.Fprintf(&out, "  %-*s  %s\n", len("roster render --all")+len(at), command, next[1])
	}
	_, err := io.WriteString(stdout, out.String())
	return err
}

// errEnded reports that the answers ended before all questions were answered.
var errEnded = errors.New("the answers ended before the last question: nothing was written\n  hint: roster help init lists the flags that answer them")
