package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/spf13/cobra"
)

// renderOptions are the flags of the verb.
type renderOptions struct {
	repository, outputDir, namespace string
}

func renderCommand() *cobra.Command {
	var o renderOptions
	c := &cobra.Command{
		Use:   "render [DIR]",
		Short: "Print the objects of the platform",
		Long: `Render prints every object that the applications.yml in DIR (default: here) asks for, as YAML, in the order in which
Argo CD applies them. If anything is wrong with the input, it prints nothing but messages, to stderr, and exits with 2.`,
		Example: `  roster render                          the platform in this folder
  roster render examples/homelab         the one in another folder
  roster render --namespace web-ntfy     one entry's objects
  roster render --output-dir out         one file per object`,
		Args: atMostOneFolder,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	c.Flags().StringVar(&o.repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	c.Flags().StringVarP(&o.outputDir, "output-dir", "o", "", "write one file per object into this folder, and remove stale ones")
	c.Flags().StringVarP(&o.namespace, "namespace", "n", "", "only this entry's objects")
	c.RunE = func(c *cobra.Command, args []string) error {
		if o.outputDir != "" && o.namespace != "" { // the other namespaces' files would be stale
			return errors.New("--output-dir and --namespace exclude each other")
		}
		dir := "."
		if len(args) == 1 {
			dir = args[0]
		}
		platform, err := load(dir, o.repository, c.ErrOrStderr())
		if err != nil {
			return err
		}
		objects, err := build(platform, o.namespace)
		if err != nil {
			return err
		}
		if o.outputDir != "" {
			return writeFolder(o.outputDir, objects)
		}
		return write(c.OutOrStdout(), objects)
	}
	return c
}

// build renders the platform, or one namespace of it.
func build(p *catalog.Platform, namespace string) ([]object.Object, error) {
	objects := []object.Object(nil)
	if namespace == "" {
		objects = render.Build(p)
	} else {
		i := slices.IndexFunc(p.Namespaces, func(n catalog.Namespace) bool { return n.Name == namespace })
		if i < 0 {
			var names []string
			for _, n := range p.Namespaces {
				names = append(names, n.Name)
			}
			return nil, fmt.Errorf("there is no namespace %q in %s\n  hint: %s", namespace, catalog.ApplicationsFile, diag.DidYouMean(namespace, names))
		}
		objects = render.For(p, &p.Namespaces[i])
		object.Sort(objects)
	}
	if len(objects) == 0 { // Argo CD would prune the cluster
		return nil, errors.New("nothing to render")
	}
	return objects, nil
}

// write prints the objects as YAML documents.
func write(w io.Writer, objects []object.Object) error {
	out := bufio.NewWriterSize(w, 1<<16)
	var e object.Encoder
	var buf []byte
	for _, o := range objects {
		buf = e.Encode(append(buf[:0], "---\n"...), o.Value)
		if _, err := out.Write(buf); err != nil {
			return fmt.Errorf("writing the output: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	return nil
}
