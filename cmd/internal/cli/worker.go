package cli

import (
	"encoding/json"

	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/inspection"
	"github.com/hippotion/roster/internal/lint/rules"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/cache"
	"github.com/spf13/cobra"
)

// workerCommand is what a worker runs: a process that renders what applications deploy.
func workerCommand() *cobra.Command {
	return &cobra.Command{
		Use: fleet.WorkerVerb, Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return fleet.Serve(c.InOrStdin(), c.OutOrStdout(), pinned)
		},
	}
}

// pinned is how a worker opens what was fetched.
func pinned(data json.RawMessage) (source.Sources, error) {
	var p cache.Pinned
	err := json.Unmarshal(data, &p)
	return p, err
}

// lintWorkerCommand is what the process of lint runs.
func lintWorkerCommand() *cobra.Command {
	return &cobra.Command{
		Use: inspection.Verb, Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return inspection.Serve(c.InOrStdin(), c.OutOrStdout(), inspection.Serving{Apply: rules.All().Run, Open: pinned})
		},
	}
}
