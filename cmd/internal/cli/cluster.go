package cli

import (
	"github.com/hippotion/roster/internal/fleet"
	"github.com/spf13/cobra"
)

// clusterFlag is the flag that names a cluster.
func clusterFlag(c *cobra.Command, into *string, usage string) {
	c.Flags().StringVar(into, "cluster", "", usage)
	if err := c.RegisterFlagCompletionFunc("cluster", clusterNames); err != nil {
		panic(err) // an unknown flag, which the first test finds
	}
}

// clusterNames offers the clusters of the list in the folder that the command line names.
func clusterNames(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	place, err := fleet.Find(folderOf(args), "")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	out, _, _ := fleet.Build(fleet.Input{Place: place}) // without the list, there is nothing to offer
	var names []string
	for _, c := range out.Clusters {
		if name := c.Platform.Cluster.Name; name != "" {
			names = append(names, name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
