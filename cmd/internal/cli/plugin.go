package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/cache"
	"github.com/hippotion/roster/plugin"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/workload"
	"github.com/spf13/cobra"
)

func pluginCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "plugin",
		Short: "The verbs that Argo CD calls: roster as a config management plugin",
		Long: `Argo CD's sidecar calls these in the folder of the list, with its environment (docs/argocd.md). Stdout is the result and
nothing else; a failure prints nothing there, and exits with 2. Argo CD shows what is on stderr.`,
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
one deploys: the same bytes as roster render, or roster render --app.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			out, err := requested(timeout, c.ErrOrStderr())
			switch {
			case err != nil:
				return err
			case len(out.Applications) == 0: // an Application of objects that roster renders
				return render.Write(c.OutOrStdout(), out.Clusters[0].Objects)
			case !out.Complete(): // reported
				return errReported
			case empty(out.Applications[0]):
				return nil
			}
			return render.Write(c.OutOrStdout(), deployed(out.Applications[0]))
		},
	}
	// Argo CD gives up after 60 s, and shows no reason.
	c.Flags().DurationVar(&timeout, "timeout", 40*time.Second, "how long the whole call may take")
	return c
}

func pluginParametersCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "parameters",
		Short: "Print the parameters that Argo CD's user interface shows",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			out, err := requested(0, c.ErrOrStderr())
			if err != nil {
				return err
			}
			text, err := plugin.Parameters(out.Platform())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s\n", text)
			return err
		},
	}
}

// requested reads what Argo CD asks for, and builds what is wanted of the platform that it sent.
func requested(timeout time.Duration, stderr io.Writer) (fleet.Output, error) {
	request, err := plugin.FromEnvironment(os.LookupEnv)
	if err != nil {
		return fleet.Output{}, err
	}
	here, err := fleet.Find(".", ".")
	if err != nil {
		return fleet.Output{}, err
	}
	here.Top, here.At = request.Sent(filepath.ToSlash(here.Top))
	here.Dir = request.Path
	in := fleet.Input{Place: here, Options: request.Options(), Revision: request.Revision, Timeout: timeout, Want: fleet.Want{Asked: true, Cluster: request.Cluster, Application: request.Application},
		Cluster: workload.Cluster{KubeVersion: request.KubeVersion, APIVersions: request.APIVersions}}
	if in.Want.Application != "" {
		lock, _, err := readLock(here, "", stderr)
		if err != nil {
			return fleet.Output{}, err
		}
		in.Sources = cache.Pinned{Folder: os.Getenv("ROSTER_CACHE"), Lock: lock}
	}
	out, diags, err := fleet.Build(in)
	if unclear := (*catalog.AmbiguousError)(nil); errors.As(err, &unclear) {
		return out, fmt.Errorf("several clusters of %s have an Argo CD of their own, and the Application %q does not say which one this is\n  hint: apply the output of roster bootstrap --cluster NAME to it",
			catalog.PlatformFile, request.AppName)
	}
	if err != nil {
		return out, err
	}
	if out.Clusters != nil {
		if err := request.Check(out.Platform(), out.Number); err != nil {
			return out, err
		}
	}
	err = told(&out, diags, stderr)
	_, _ = io.WriteString(stderr, unsent(here.At, out.Platform(), diags))
	return out, err
}

// unsent explains what is missing although it may exist; empty when nothing is.
func unsent(at string, p *catalog.Platform, diags diag.List) string {
	has := func(code string) bool {
		return slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Code == code })
	}
	sent := ""
	if at != "." {
		sent = fmt.Sprintf("Argo CD sent only the folder %s of the repository.\n", at)
	}
	switch {
	case sent != "" && (has("missing-path") || has("path-outside")):
		return sent + "  hint: if what is missing exists, apply the output of roster bootstrap again: it sets what is sent\n"
	case !has(lint.NotFetched):
		return ""
	case p.Vendor == "":
		return "Nothing is fetched in Argo CD: what comes from elsewhere must be in the repository.\n" +
			"  hint: add vendor: vendor to " + catalog.PlatformFile + ", run roster fetch --vendor, and commit " + source.LockFile + " and the folder vendor\n"
	}
	if _, there := (source.Copies{At: at}).Inside(p.Vendor + "/"); !there {
		return sent + "  hint: sync the root Application: it sets what is sent, with the folder " + p.Vendor + "\n"
	}
	return "Nothing is fetched in Argo CD: what comes from elsewhere must be in the repository.\n" +
		"  hint: run roster fetch --vendor, and commit " + source.LockFile + " and the folder " + p.Vendor + "\n"
}
