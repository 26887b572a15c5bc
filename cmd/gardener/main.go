// Command gardener tends a Git repository of Markdown notes. See package gardener.
package main

import (
	"os"

	"github.com/hippotion/roster/internal/gardener"
)

func main() {
	os.Exit(gardener.Main(os.Args[1:], os.Stdout, os.Stderr))
}
