package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/plugin"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/render/workload"
	"github.com/spf13/cobra"
)

func pluginCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "plugin",
		Short: "What Argo CD calls: roster as a config management plugin",
		Long: `Argo CD's sidecar calls these in the folder of the list, with its environment (docs/argocd.md). Stdout is the result and
nothing else; a failure prints nothing there, and exits with 2. What stderr says of it, Argo CD shows.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(pluginGenerateCommand(), pluginParametersCommand())
	return c
}

func pluginGenerateCommand() *cobra.Command {
	var timeout time.Duration
	c := &cobra.Command{
		Use:   "generate",
		Short: "Print the objects that an Argo CD Application asks for",
		Long: `Generate prints the platform's objects or, when the Application's parameter "application" names one of the list, what that
one deploys: the bytes that roster render, or roster render --app, prints.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			in, request, err := requested(c.ErrOrStderr())
			if err != nil {
				return err
			}
			objects, err := generate(in, request, timeout, c.ErrOrStderr())
			if err != nil {
				return err
			}
			return render.Write(c.OutOrStdout(), objects)
		},
	}
	// Argo CD gives up after 60 s, and shows nothing of what was wrong.
	c.Flags().DurationVar(&timeout, "timeout", 40*time.Second, "how long rendering an application may take")
	return c
}

func pluginParametersCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "parameters",
		Short: "Print the parameters that Argo CD's user interface shows",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			in, _, err := requested(c.ErrOrStderr())
			if err != nil {
				return err
			}
			text, err := plugin.Parameters(in.platform)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s\n", text)
			return err
		},
	}
}

// requested reads what Argo CD asks for, and the platform that it sent.
func requested(stderr io.Writer) (*input, plugin.Request, error) {
	request, err := plugin.FromEnvironment(os.LookupEnv)
	if err != nil {
		return nil, request, err
	}
	here, err := folder(".")
	if err != nil {
		return nil, request, err
	}
	top, at := request.Sent(filepath.ToSlash(here))
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, request, err
	}
	defer root.Close()
	platform, diags, err := catalog.Load(plugin.At(root.FS(), at), request.Path, request.Options())
	if err == nil {
		err = reported(diags, stderr, ".")
	}
	if at != "." && slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Code == "missing-path" || d.Code == "path-outside" }) {
		_, _ = fmt.Fprintf(stderr, "Argo CD sent no more than the folder %s of the repository.\n"+
			"  hint: if what is missing is there, apply what roster bootstrap prints again: it says what is to be sent\n", at)
	}
	if err != nil {
		return nil, request, err
	}
	in := &input{platform: platform, repository: filepath.FromSlash(top), at: at, shown: ".", revision: request.Revision,
		cluster: workload.Cluster{KubeVersion: request.KubeVersion, APIVersions: request.APIVersions}}
	return in, request, request.Check(platform)
}

// generate is what the request asks for.
func generate(in *input, request plugin.Request, timeout time.Duration, stderr io.Writer) ([]object.Object, error) {
	if request.Application == "" {
		return render.Build(in.platform), nil
	}
	app, err := one(apps(in.platform), request.Application)
	if err != nil {
		return nil, err
	}
	yields, complete, err := workloads(in, app, timeout, stderr)
	if err != nil {
		return nil, err
	}
	if !complete { // which is said already
		return nil, errReported
	}
	return objects(yields[0]), nil
}
