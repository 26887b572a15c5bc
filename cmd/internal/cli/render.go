package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/limited"
	"github.com/hippotion/roster/internal/outdir"
	"github.com/hippotion/roster/render"
	"github.com/spf13/cobra"
)

// renderOptions are the flags of the verb.
type renderOptions struct {
	repository, outputDir, namespace, cluster string

	app       string
	all       bool
	keepGoing bool
	debug     bool
	noCache   bool
	timeout   time.Duration
}

// errNoTime reports that a run would end before it begins.
var errNoTime = errors.New("--timeout must be longer than 0s")

func renderCommand() *cobra.Command {
	var o renderOptions
	c := &cobra.Command{
		Use:   "render [DIR]",
		Short: "Print the objects of the platform, or what its applications deploy",
		Long: `Render prints every object that the applications.yml in DIR (default: here) asks for, as YAML, in the order in which
Argo CD applies them. If anything is wrong with the input, it prints nothing but messages, to stderr, and exits with 2.

With --app it prints what one application deploys instead, and with --all both: each wave of the platform, followed by what
the Applications of that wave deploy. Charts, kustomizations, manifests and Jsonnet are rendered with the libraries of their
tools, and nothing is downloaded: what lies elsewhere comes from roster.lock and the cache, see roster help fetch. Without
roster.lock, a chart or a folder that is not in this repository is listed on stderr as "not rendered here", and the exit code
is then 3: what is printed is right, but it is not all. An application that cannot be rendered makes all of it fail; with
--keep-going the others are printed, and the exit code is 3 as well.`,
		Example: `  roster render                          the platform in this folder
  roster render examples/homelab         the one in another folder
  roster render --namespace web-ntfy     one entry's objects
  roster render --app web-vaultwarden    what one application deploys
  roster render --all                    the platform, and what its applications deploy
  roster render --all --keep-going       the same, without applications that cannot be rendered
  roster render --cluster vps            one of several clusters
  roster render --output-dir out         one file per object; a folder for each cluster, if there are several`,
		Args:              atMostOneFolder,
		ValidArgsFunction: folders,
	}
	c.Flags().StringVar(&o.repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	c.Flags().StringVarP(&o.outputDir, "output-dir", "o", "", "write one file per object into this folder, and remove stale ones")
	c.Flags().StringVarP(&o.namespace, "namespace", "n", "", "only this entry's objects")
	clusterFlag(c, &o.cluster, "only this cluster of the list; with --app, the one that has the application")
	c.Flags().StringVar(&o.app, "app", "", "only what this Application deploys: a code, or a name in Argo CD")
	c.Flags().BoolVar(&o.all, "all", false, "the platform, and what its applications deploy")
	c.Flags().BoolVar(&o.keepGoing, "keep-going", false, "with --all: leave out applications that cannot be rendered, and exit with 3")
	c.Flags().BoolVar(&o.debug, "debug", false, "when what a chart prints is not YAML: show all of it, also the values in it, which may be secret")
	c.Flags().DurationVar(&o.timeout, "timeout", fleet.Minutes, "how long the whole run may take")
	noCache(c, &o.noCache)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		place, err := fleet.Find(folderOf(args), o.repository)
		if err != nil {
			return noSuchFolder(err, folderOf(args))
		}
		in := fleet.Input{Place: place, Options: catalog.Options{AllSources: true}, Want: fleet.Want{Cluster: o.cluster, Namespace: o.namespace, Application: o.app, Asked: o.app != "", Workloads: o.all}, Debug: o.debug, Timeout: o.timeout}
		if o.all || o.app != "" {
			limited.Spare(true)                         // this process waits for others most of the time
			in.Rendered = keeping(o.noCache || o.debug) // what --debug shows is not kept
			if in.Sources, err = fetched(place, o.repository, c.ErrOrStderr()); err != nil {
				return err
			}
		}
		out, diags, err := fleet.Build(in)
		if err != nil {
			return err
		}
		switch err := told(&out, diags, c.ErrOrStderr()); {
		case errors.Is(err, errReported) && o.keepGoing && out.Clusters != nil:
			missing(&out, c.ErrOrStderr())
		case err != nil:
			return err
		}
		complete := out.Complete()
		switch {
		case o.outputDir != "":
			err = writeFolder(o.outputDir, folderObjects(&out), len(out.Clusters) < out.Number, folderOf(args), o.repository)
		case len(out.Clusters) > 1:
			return severalClusters(&out)
		case len(out.Applications) > 0 && o.app != "" && empty(out.Applications[0]):
		default:
			objects := out.All(out.Clusters[0])
			if len(out.Applications) > 0 && o.app != "" {
				objects = deployed(out.Applications[0])
			}
			if len(objects) > 0 || complete {
				err = render.Write(c.OutOrStdout(), objects)
			}
		}
		if err == nil && !complete {
			return errIncomplete
		}
		return err
	}
	return c
}

// noSuchFolder is the error about a folder, with how one names a part of the list when that may be meant.
func noSuchFolder(err error, name string) error {
	if _, missing := os.Stat(name); !errors.Is(missing, fs.ErrNotExist) || strings.ContainsAny(name, "./") || !typeable(name) {
		return err
	}
	return fmt.Errorf("%w\n  hint: of an entry or an application, write roster render --namespace %s or roster render --app %s", err, name, name)
}

// folderObjects are the objects of all clusters, by the folder of each; with one cluster, there are no such folders.
func folderObjects(out *fleet.Output) []outdir.Group {
	groups := make([]outdir.Group, 0, len(out.Clusters))
	for _, c := range out.Clusters {
		g := outdir.Group{Objects: out.All(c)}
		if out.Number > 1 {
			g.Folder = c.Platform.Cluster.Name
		}
		groups = append(groups, g)
	}
	return groups
}

// severalClusters reports that the objects of several clusters cannot be in one stream: whoever applied it would apply all of them to one.
func severalClusters(out *fleet.Output) error {
	var names []string
	for _, c := range out.Clusters {
		names = append(names, c.Platform.Cluster.Name)
	}
	return fmt.Errorf("the list has several clusters\n  hint: %s; or --output-dir, for a folder with each", diag.OneOf("name one with --cluster: ", names))
}

// missing names what is left out because it cannot be rendered.
func missing(out *fleet.Output, stderr io.Writer) {
	for _, a := range out.Applications {
		if a.Failed() {
			_, _ = fmt.Fprintf(stderr, "%s: left out: it cannot be rendered\n", a.Name)
		}
	}
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
	case o.keepGoing && !o.all:
		return errors.New("--keep-going goes with --all only")
	case o.keepGoing && o.outputDir != "": // the files of what cannot be rendered would be stale
		return errors.New("--output-dir and --keep-going exclude each other")
	case o.app != "" && o.namespace != "":
		return errors.New("--app and --namespace exclude each other")
	case o.debug && !o.all && o.app == "":
		return errors.New("--debug goes with --app or --all only")
	case o.timeout <= 0:
		return errNoTime
	}
	return nil
}
