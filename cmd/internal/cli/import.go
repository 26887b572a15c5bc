package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/checkout"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/importing"
	"github.com/hippotion/roster/internal/outfile"
	"github.com/hippotion/roster/render/object"
	"github.com/spf13/cobra"
)

// importOptions are the flags of the verb.
type importOptions struct {
	outputDir, format string
	keepGoing, plan   bool
}

func importCommand() *cobra.Command {
	var o importOptions
	c := &cobra.Command{
		Use:   "import FOLDER|-",
		Short: "Make a list of what runs today, and say what of it the list renders",
		Long: `Import reads the manifests in FOLDER and below it, or on standard input with -: Applications, ApplicationSets and AppProjects of
Argo CD, Namespaces, CiliumNetworkPolicies, IngressRoutes, ExternalSecrets, RoleBindings. It makes applications.yml, platform.yml and
profiles of them, renders these, and compares the result with what it has read, object by object. The report says how many objects are
identical, equal in meaning, different, or not expressed, and why, with their places.

With --output-dir it also writes the files, and overwrites none. It invents nothing: what is in the files stands in something that was read.
The values of Secrets are not read.

With --plan it prints, in place of the report, the order in which a cluster moves to the list without losing anything, as commands with the
names of what was read. docs/migrate.md explains them. Read it from the cluster for that: files do not say who has what there.

It exits with 0 when all is expressed, with 3 when not: what is written is right then, but it is not all. A document that cannot be read
makes all of it fail with 2; with --keep-going it is listed, and the exit code is 3.`,
		Example: `  roster import infrastructure                      what would a list of this folder express?
  roster import infrastructure -o new               write it into new
  roster import - --plan < today.yaml                how does this cluster move to the list?
  kubectl get applications,applicationsets,appprojects,namespaces,ciliumnetworkpolicies,ingressroutes,externalsecrets -A -o yaml \
    | roster import - -o new                        from the cluster`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("expected a folder, or - for standard input, found %d arguments", len(args))
			}
			return nil
		},
		ValidArgsFunction: folders,
	}
	c.Flags().StringVarP(&o.outputDir, "output-dir", "o", "", "write the list into this folder; no file in it is overwritten")
	c.Flags().StringVar(&o.format, "format", "text", "of the report: text or json")
	complete(c, "format", answerFormats)
	c.Flags().BoolVar(&o.plan, "plan", false, "print the order in which a cluster moves to the list without losing anything, in place of the report")
	c.Flags().BoolVar(&o.keepGoing, "keep-going", false, "go on without documents that cannot be read, and exit with 3")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := oneOf("--format", o.format, answerFormats); err != nil {
			return err
		}
		imported, err := readAndImport(args[0], o.keepGoing, c)
		if err != nil {
			return err
		}
		if o.outputDir != "" && len(imported.Files) > 0 {
			if err := writeList(o.outputDir, imported.Files, args[0]); err != nil {
				return err
			}
		}
		var answer answer = imported.Result
		if o.plan {
			answer = imported.Plan()
		}
		text := []byte(answer.Text())
		if o.format == "json" {
			if text, err = answer.JSON(); err != nil {
				return err
			}
		}
		if _, err := c.OutOrStdout().Write(text); err != nil {
			return err
		}
		if !imported.Complete() || imported.unread {
			return errIncomplete
		}
		return nil
	}
	return c
}

// answer is what is printed: the report, or the plan.
type answer interface {
	Text() string
	JSON() ([]byte, error)
}

// imported is a list, and whether something was not read for it.
type imported struct {
	*importing.Result
	unread bool
}

// nothingRead says what to do when there is no object.
func nothingRead(from string) error {
	if from == "-" {
		return errors.New("there is no object of Kubernetes in standard input\n" +
			"  hint: kubectl get prints no object when the cluster lacks one of the kinds: leave that kind out")
	}
	return fmt.Errorf("there is no object of Kubernetes in %s\n  hint: name the folder with the manifests of Argo CD's Applications", from)
}

// readAndImport reads a folder or standard input, and makes a list of it.
func readAndImport(from string, keepGoing bool, c *cobra.Command) (*imported, error) {
	reading, files, err := readManifests(from, c.InOrStdin())
	if err != nil {
		return nil, err
	}
	if files != nil {
		defer files.Close()
	}
	if err := reading.Broken.Print(c.ErrOrStderr(), diag.Frame{Folder: shownFolder(from)}); err != nil {
		return nil, err
	}
	switch {
	case len(reading.Broken) > 0 && !keepGoing:
		_, _ = fmt.Fprintln(c.ErrOrStderr(), "  hint: --keep-going goes on without them")
		return nil, errReported
	case len(reading.Objects) == 0:
		return nil, nothingRead(from)
	}
	in := importing.Input{Objects: reading.Objects, Build: buildInMemory}
	if files != nil {
		in.Files = checkout.FS(files)
	}
	result, err := importing.Import(in)
	if err != nil {
		return nil, err
	}
	result.Notes = append(result.Notes, reading.Skipped...)
	return &imported{result, len(reading.Broken) > 0}, nil
}

func shownFolder(from string) string {
	if from == "-" {
		return ""
	}
	return from
}

// readManifests reads them. The folder that is returned is to be closed; nil for standard input.
func readManifests(from string, stdin io.Reader) (*importing.Reading, *os.Root, error) {
	if from == "-" {
		reading := &importing.Reading{}
		data, err := io.ReadAll(io.LimitReader(stdin, importing.MostStream+1))
		if err == nil && len(data) > importing.MostStream {
			err = fmt.Errorf("standard input has more than %d MiB\n  hint: write a file for each namespace, and import the folder: kubectl get KINDS -n NAMESPACE -o yaml > today/NAMESPACE.yaml; docs/import.md has the loop", importing.MostStream>>20)
		}
		if err == nil {
			err = reading.Read("stdin", data)
		}
		return reading, nil, err
	}
	info, err := os.Stat(from)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("there is no folder %q", from)
	case err != nil:
		return nil, nil, err
	case !info.IsDir():
		return nil, nil, fmt.Errorf("%q is not a folder\n  hint: name the folder, or give a file to standard input: roster import - < FILE", from)
	}
	root, err := os.OpenRoot(from)
	if err != nil {
		return nil, nil, err
	}
	reading, err := importing.ReadFolder(checkout.FS(root))
	if err != nil {
		return nil, nil, errors.Join(err, root.Close())
	}
	return reading, root, nil
}

// buildInMemory renders a list that is on no disk.
func buildInMemory(files []importing.File) ([]object.Object, diag.List, error) {
	texts := map[string]string{}
	for _, f := range files {
		texts[f.Name] = string(f.Text)
	}
	out, diags, err := fleet.Build(fleet.Input{Place: fleet.Nowhere(".").With(texts)})
	if err != nil || len(diags) > 0 {
		return nil, diags, err
	}
	return out.Clusters[0].Objects, nil, nil
}

// writeList writes the files of a list into a folder, and nothing at all when one of them is there already.
func writeList(name string, files []importing.File, read string) error {
	dir, err := outfile.Folder(name, read)
	if err != nil {
		return err
	}
	defer dir.Close()
	var there []string
	for _, f := range files {
		if _, err := dir.Lstat(f.Name); !errors.Is(err, fs.ErrNotExist) {
			there = append(there, f.Name)
		}
	}
	if len(there) > 0 {
		return fmt.Errorf("%s has %s already, and nothing is overwritten\n  hint: name an empty folder", name, strings.Join(there, ", "))
	}
	for i, f := range slices.Backward(files) { // the list itself last: without it, nothing has begun
		if err := outfile.Create(filepath.Join(name, filepath.FromSlash(f.Name)), f.Text, read, name); err != nil {
			for _, written := range files[i+1:] {
				err = errors.Join(err, dir.Remove(written.Name))
			}
			return err
		}
	}
	return nil
}
