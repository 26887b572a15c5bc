// Command argocd is the components of Argo CD that the loop runs. As with its own binary, the name that it is called by says
// which: linked once, they share all that they have in common.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	sets "github.com/argoproj/argo-cd/v3/cmd/argocd-applicationset-controller/commands"
	cmpserver "github.com/argoproj/argo-cd/v3/cmd/argocd-cmp-server/commands"
	reposerver "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
)

func main() {
	var c *cobra.Command
	switch name := filepath.Base(os.Args[0]); name {
	case "argocd-repo-server":
		c = reposerver.NewCommand()
	case "argocd-cmp-server":
		c = cmpserver.NewCommand()
	case "argocd-application-controller":
		c = controller.NewCommand()
	case "argocd-applicationset-controller":
		c = sets.NewCommand()
	default:
		fmt.Fprintln(os.Stderr, "unknown component", name)
		os.Exit(2)
	}
	if err := c.Execute(); err != nil {
		os.Exit(1)
	}
}
