package cli

import "github.com/spf13/cobra"

// clusterFlag is the flag that names a cluster.
func clusterFlag(c *cobra.Command, into *string, usage string) {
	c.Flags().StringVar(into, "cluster", "", usage)
}
