package cli

import (
	_ "embed" // of the scripts
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// The scripts of the shells. Those of cobra evaluate what was typed, names of folders among it, and the one of bash needs a package.
// These ask the same hidden verb of cobra, and do neither.
var (
	//go:embed completion.bash
	bashScript string
	//go:embed completion.zsh
	zshScript string
	//go:embed completion.fish
	fishScript string
)

func completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print the completion script of a shell",
		Long: `Completion prints a script for a shell. With it, the shell completes verbs, flags, folders, and the names that the list has: codes,
namespaces, hosts, clusters; of the list in the folder that is typed already, or else in this one.`,
		Example: `  source <(roster completion bash)              for this shell; in ~/.bashrc for all
  source <(roster completion zsh)               in ~/.zshrc, after compinit
  roster completion fish | source               in ~/.config/fish/config.fish`,
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells, args[0]) {
				return fmt.Errorf("expected one of %s, found %q", strings.Join(shells, ", "), args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			_, err := io.WriteString(c.OutOrStdout(), map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}[args[0]])
			return err
		},
	}
}
