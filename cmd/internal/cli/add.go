package cli

import (
	"bytes"
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
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/listadd"
	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/internal/outfile"
	"github.com/spf13/cobra"
)

// addOptions are the flags of the verb.
type addOptions struct {
	repository string
	entryOptions
	file   string
	dryRun bool
}

func addCommand() *cobra.Command {
	var o addOptions
	c := &cobra.Command{
		Use:   "add NAME [DIR] [-- ARGUMENT...]",
		Short: "Add an application to the list",
		Long: `Add adds an application to the applications.yml in DIR (default: here): in an entry of its own, at the end, or to the entry of its
namespace, if there is one. It only inserts: comments, order, quotes and ends of lines stay.

Most of what runs at home is an image with a port and a volume: --image needs no Kubernetes YAML, and becomes the catalog application app.

An entry that gets no --profile has isolated, with --schedule isolated-job or, with --host, web-app-internal: as little as there is. A
catalog application brings its own. Everything else that the list has to say about it may be edited afterwards.

With --host, requests go to the only port of the only Service that the folder at --path deploys, unless --service and --port say more.

What it would write is read and linted before. When something is found that was not there before, nothing is written.`,
		Example: `  roster add web-ntfy --catalog ntfy
  roster add web-whoami --image traefik/whoami:v1.11.0 --port 8080 --env TZ=Europe/Berlin --host whoami --auth none -- --port 8080
  roster add web-recipes --image registry.example/recipes:1.7.0 --port 8080 --volume /data:1Gi --secret recipes --host recipes
  roster add sys-backup --image restic/restic:0.18.0 --schedule '40 5 * * *' --secret restic -- check
  roster add web-notes --path deploy/notes --profile web-app --host notes --auth none
  roster add sys-vault --chart vault --repo-url https://helm.releases.hashicorp.com --version 0.31.0
  roster add web-notes-jobs --namespace web-notes --path deploy/notes-jobs
  roster add web-notes --path deploy/notes --secret notes:PASSWORD=web-notes#password
  roster add web-ntfy --catalog ntfy --file applications/web.yml`,
		Args: func(c *cobra.Command, args []string) error {
			args, _ = argumentsOf(c, args)
			if len(args) == 0 || len(args) > 2 {
				return fmt.Errorf("expected the name of an application and at most one folder, found %d arguments\n  hint: such as roster add web-whoami --image traefik/whoami:v1.11.0", len(args))
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 { // a new name
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	f := c.Flags()
	f.StringVar(&o.repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	f.StringVar(&o.file, "file", "", "the file of the list that gets a new entry, relative to DIR; it may be a new one")
	f.BoolVar(&o.dryRun, "dry-run", false, "print what would be inserted, and write nothing")
	o.flags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		args, o.arguments = argumentsOf(c, args)
		o.name, o.autoSyncSaid = args[0], c.Flags().Changed("auto-sync")
		if err := o.check(); err != nil {
			return err
		}
		return o.run(c, folderOf(args[1:]))
	}
	return c
}

// argumentsOf are the verb's own arguments, and those after --.
func argumentsOf(c *cobra.Command, args []string) (own, after []string) {
	if at := c.ArgsLenAtDash(); at >= 0 {
		return args[:at], args[at:]
	}
	return args, nil
}

// addition is what is to be done to a file of the list.
type addition struct {
	file          string // relative to the repository's root
	entry         *catalog.Namespace
	before, after []byte
	isNew         bool // whether the file is
}

func (o *addOptions) run(c *cobra.Command, dir string) error {
	l, err := o.list(dir, c.ErrOrStderr())
	if err != nil {
		return err
	}
	if err := o.findBackend(l, c.ErrOrStderr()); err != nil {
		return err
	}
	a, err := o.addition(l)
	if err != nil {
		return err
	}
	if err := o.proposed(l, a, c.ErrOrStderr()); err != nil {
		return err
	}
	if !o.dryRun {
		if err := a.write(l, dir, o.repository); err != nil {
			return err
		}
	}
	return o.tell(l, a, c.OutOrStdout())
}

// addition is what is to be inserted, and where.
func (o *addOptions) addition(l *listed) (*addition, error) {
	a := &addition{}
	for _, c := range l.out.Clusters {
		for i := range c.Platform.Namespaces {
			n := &c.Platform.Namespaces[i]
			for j := range n.Applications {
				if n.Applications[j].Code == o.name {
					return nil, fmt.Errorf("%s: the application %q is there already, in the namespace %s\n  hint: change it there, or add one with another code: it is the name in Argo CD, once per cluster", l.shown(n.Applications[j].Place), o.name, n.Name)
				}
			}
			if n.Name == o.namespaceName() {
				a.entry = n
			}
		}
	}
	flag := o.ofEntry()
	if flag == "" && o.file != "" {
		flag = "file"
	}
	if a.entry != nil && flag != "" {
		return nil, fmt.Errorf("%s: the namespace %q is there already: --%s is for a new entry\n  hint: leave it out, or change the entry in the file", l.shown(a.entry.Place), a.entry.Name, flag)
	}
	err := o.choose(l, a)
	if err != nil {
		return nil, err
	}
	if a.entry != nil {
		a.after, err = listadd.Application(a.before, a.entry.Place.Pos, o.application())
	} else {
		a.after, err = listadd.Entry(a.before, o.entry())
	}
	if errors.Is(err, listadd.ErrShape) {
		text := strings.TrimSuffix(string(listtext.Entry(o.entry())), "\n")
		return nil, fmt.Errorf("%s: %w, so nothing was added\n  hint: write it yourself:\n%s", l.name(a.file), listadd.ErrShape, text)
	}
	return a, err
}

// choose finds the file, and reads it.
func (o *addOptions) choose(l *listed, a *addition) error {
	switch {
	case a.entry != nil:
		a.file = a.entry.Place.Pos.File
	case o.file != "":
		a.file = path.Join(l.out.Frame.Within, filepath.ToSlash(o.file))
		if !fs.ValidPath(a.file) {
			return fmt.Errorf("--file: %q is not in the repository", o.file)
		}
	case l.empty != "":
		a.file = l.empty
	default:
		files := l.out.Platform().Repository.ListFiles
		a.file = path.Join(l.out.Frame.Within, catalog.ApplicationsFile)
		if len(files) == 1 {
			a.file = files[0]
		} else if !slices.Contains(files, a.file) {
			return fmt.Errorf("the list has %d files: say which one gets the entry\n  hint: %s", len(files), diag.OneOf("write --file with ", l.beside(files)))
		}
	}
	var err error
	a.before, err = outfile.Read(l.onDisk(a.file), longestList, l.dir, l.root())
	if a.isNew = errors.Is(err, fs.ErrNotExist) && a.entry == nil && o.file != ""; a.isNew {
		a.before = nil
		return nil
	}
	return err
}

// proposed looks at the list as it will be.
func (o *addOptions) proposed(l *listed, a *addition, stderr io.Writer) error {
	sources, err := fetched(l.place, o.repository, stderr)
	if err != nil {
		return err
	}
	p := proposal{place: l.place, sources: sources, texts: a.texts(l), least: lint.Warning,
		// What is new and elsewhere cannot be there yet.
		expected: func(f lint.Finding) bool {
			return f.Code == lint.NotFetched && (f.Path == o.name || f.Path == a.path(o.namespaceName()))
		}}
	if err := p.check(l.out.Clusters != nil, stderr); err != nil {
		return err
	}
	platforms, err := fleet.Platforms(l.place.With(p.texts), fleet.Minutes)
	if err != nil {
		return err
	}
	for _, platform := range platforms {
		for _, n := range platform.Namespaces {
			if slices.ContainsFunc(n.Applications, func(a catalog.Application) bool { return a.Code == o.name }) {
				return nil
			}
		}
	}
	return fmt.Errorf("--file: %s is no file of the list\n  hint: %s", l.name(a.file), "the list is "+catalog.ApplicationsFile+" and "+catalog.ApplicationsDir+"/*.yml, unless applications in "+catalog.PlatformFile+" names others")
}

// texts are the files as they will be, by names relative to the top of the place.
func (a *addition) texts(l *listed) map[string]string {
	return map[string]string{path.Join(l.out.Root, a.file): string(a.after)}
}

// path is how messages name the new application.
func (a *addition) path(namespace string) string {
	number := 0
	if a.entry != nil {
		number = len(a.entry.Applications)
	}
	return fmt.Sprintf("%s.applications[%d]", namespace, number)
}

// errChanged reports that somebody else has written the file meanwhile.
var errChanged = errors.New("the file has changed meanwhile: nothing was added")

// write changes the file.
func (a *addition) write(l *listed, dir, repository string) error {
	if a.isNew {
		return outfile.Create(l.onDisk(a.file), a.after, append(untrusted(dir, repository), l.root())...)
	}
	root, err := os.OpenRoot(l.root())
	if err != nil {
		return err
	}
	defer root.Close()
	changed, err := outfile.Edit(root, a.file, func(now []byte) ([]byte, bool) { return a.after, bytes.Equal(now, a.before) })
	if err == nil && !changed {
		err = errChanged
	}
	return err
}

// tell says what was done, and what comes next.
func (o *addOptions) tell(l *listed, a *addition, stdout io.Writer) error {
	from := 0
	for from < len(a.before) && a.before[from] == a.after[from] {
		from++
	}
	from += len(a.after[from:]) - len(bytes.TrimLeft(a.after[from:], " \r\n"))
	line := 1 + bytes.Count(a.after[:from], []byte("\n"))
	var out strings.Builder
	what := "the entry " + o.namespaceName()
	if a.entry != nil {
		what = "the application " + o.name
	}
	if o.dryRun {
		fmt.Fprintf(&out, "%s:%d: would add %s:\n%s", l.name(a.file), line, what, inserted(a.before, a.after))
	} else {
		fmt.Fprintf(&out, "%s:%d: added %s\n", l.name(a.file), line, what)
	}
	if o.elsewhere() {
		out.WriteString("\nNext: roster fetch, which brings what it deploys\n")
	}
	if p := l.out.Platform(); len(o.secrets) > 0 && p.StoreOf(p.SecretsIn) == nil {
		fmt.Fprintf(&out, "\nIts Secrets are read from the %s %s, which has to exist: roster renders it when secrets.store.vault in %s says where Vault is\n", p.SecretsIn.Kind, p.SecretsIn.Name, catalog.PlatformFile)
	}
	_, err := io.WriteString(stdout, out.String())
	return err
}

// inserted are the lines that are new or different, without the empty ones.
func inserted(before, after []byte) string {
	known := map[string]int{}
	for line := range bytes.Lines(before) {
		known[string(line)]++
	}
	var out strings.Builder
	for line := range bytes.Lines(after) {
		if known[string(line)]--; known[string(line)] < 0 && len(bytes.TrimSpace(line)) > 0 {
			out.Write(bytes.TrimRight(line, "\r\n"))
			out.WriteByte('\n')
		}
	}
	return out.String()
}
