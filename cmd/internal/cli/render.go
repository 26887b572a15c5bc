package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/spf13/cobra"
)

// renderOptions are the flags of the verb.
type renderOptions struct {
	repository, outputDir, namespace string

	app     string
	all     bool
	timeout time.Duration
}

func renderCommand() *cobra.Command {
	var o renderOptions
	c := &cobra.Command{
		Use:   "render [DIR]",
		Short: "Print the objects of the platform, or what its applications deploy",
		Long: `Render prints every object that the applications.yml in DIR (default: here) asks for, as YAML, in the order in which
Argo CD applies them. If anything is wrong with the input, it prints nothing but messages, to stderr, and exits with 2.

With --app it prints what one application deploys instead, and with --all both: each wave of the platform, followed by what
the Applications of that wave deploy. Charts, kustomizations, manifests and Jsonnet are rendered with the libraries of their
tools, and nothing is downloaded. A chart or a folder that is not in this repository is listed on stderr as "not rendered
here", and the exit code is then 3: what is printed is right, but it is not all.`,
		Example: `  roster render                          the platform in this folder
  roster render examples/homelab         the one in another folder
  roster render --namespace web-ntfy     one entry's objects
  roster render --app web-vaultwarden    what one application deploys
  roster render --all                    the platform, and what its applications deploy
  roster render --output-dir out         one file per object`,
		Args:              atMostOneFolder,
		ValidArgsFunction: folders,
	}
	c.Flags().StringVar(&o.repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	c.Flags().StringVarP(&o.outputDir, "output-dir", "o", "", "write one file per object into this folder, and remove stale ones")
	c.Flags().StringVarP(&o.namespace, "namespace", "n", "", "only this entry's objects")
	c.Flags().StringVar(&o.app, "app", "", "only what this application deploys")
	c.Flags().BoolVar(&o.all, "all", false, "the platform, and what its applications deploy")
	c.Flags().DurationVar(&o.timeout, "timeout", time.Minute, "how long rendering one application may take")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		in, err := load(folderOf(args), o.repository, c.ErrOrStderr())
		if err != nil {
			return err
		}
		objects, complete, err := o.objects(in, c.ErrOrStderr())
		switch {
		case err != nil:
			return err
		case o.outputDir != "":
			err = writeFolder(o.outputDir, objects)
		case len(objects) > 0 || complete:
			err = render.Write(c.OutOrStdout(), objects)
		}
		if err == nil && !complete {
			return errIncomplete
		}
		return err
	}
	return c
}

// check reports flags that exclude each other.
func (o *renderOptions) check() error {
	switch {
	case o.outputDir != "" && o.namespace != "": // the other namespaces' files would be stale
		return errors.New("--output-dir and --namespace exclude each other")
	case o.outputDir != "" && o.app != "":
		return errors.New("--output-dir and --app exclude each other")
	case o.app != "" && o.all:
		return errors.New("--app and --all exclude each other")
	case o.app != "" && o.namespace != "":
		return errors.New("--app and --namespace exclude each other")
	case o.timeout <= 0:
		return errors.New("--timeout must be longer than nothing")
	}
	return nil
}

// objects are what is to be printed; complete is false when some of it is not in the repository.
func (o *renderOptions) objects(in *input, stderr io.Writer) (out []object.Object, complete bool, err error) {
	if o.namespace != "" {
		if in.platform, err = only(in.platform, o.namespace); err != nil {
			return nil, false, err
		}
	}
	all := apps(in.platform)
	if o.app != "" {
		if all, err = one(all, o.app); err != nil {
			return nil, false, err
		}
	} else if !o.all {
		return render.Build(in.platform), true, nil
	}
	yields, complete, err := workloads(in, all, o.timeout, stderr)
	switch {
	case err != nil:
		return nil, false, err
	case o.app != "":
		return objects(yields[0]), complete, nil
	}
	return withWorkloads(in.platform, all, yields), complete, nil
}

// one is the application of that code alone.
func one(all []app, code string) ([]app, error) {
	var codes []string
	for _, a := range all {
		if a.Code == code {
			return []app{a}, nil
		}
		codes = append(codes, a.Code)
	}
	return nil, fmt.Errorf("there is no application %q in %s\n  hint: %s", code, catalog.ApplicationsFile, diag.DidYouMean(code, codes))
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
