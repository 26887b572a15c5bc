package cli

import (
	"encoding/json"
	"errors"

	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/inspection"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/source"
	"github.com/spf13/cobra"
)

// workerCommand is what a worker runs: a process that renders what applications deploy.
func workerCommand() *cobra.Command {
	return &cobra.Command{
		Use: fleet.WorkerVerb, Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return fleet.Serve(c.InOrStdin(), c.OutOrStdout(), noSources)
		},
	}
}

// noSources is how a worker opens what was fetched, where nothing fetches.
func noSources(json.RawMessage) (source.Sources, error) {
	return nil, errors.New("nothing was fetched")
}

// lintWorkerCommand is what the process of lint runs.
func lintWorkerCommand() *cobra.Command {
	return &cobra.Command{
		Use: inspection.Verb, Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return inspection.Serve(c.InOrStdin(), c.OutOrStdout(), lint.Run)
		},
	}
}
