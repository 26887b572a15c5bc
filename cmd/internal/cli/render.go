package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/render"
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
		if o.namespace != "" {
			if platform, err = only(platform, o.namespace); err != nil {
				return err
			}
		}
		if o.outputDir != "" {
			return writeFolder(o.outputDir, render.Build(platform))
		}
		return render.Write(c.OutOrStdout(), platform)
	}
	return c
}

// only is the platform with one namespace alone, and without what belongs to none.
func only(p *catalog.Platform, namespace string) (*catalog.Platform, error) {
	i := slices.IndexFunc(p.Namespaces, func(n catalog.Namespace) bool { return n.Name == namespace })
	if i < 0 {
		var names []string
		for _, n := range p.Namespaces {
			names = append(names, n.Name)
		}
		return nil, fmt.Errorf("there is no namespace %q in %s\n  hint: %s", namespace, catalog.ApplicationsFile, diag.DidYouMean(namespace, names))
	}
	one := *p
	one.Store, one.Namespaces = nil, p.Namespaces[i:i+1]
	return &one, nil
}
