// Command roster renders what the applications of a cluster need around them. See package cli.
package main

import (
	"os"

	"github.com/hippotion/roster/cmd/internal/cli"
	_ "github.com/hippotion/roster/cmd/internal/start"
)

func main() {
	os.Exit(cli.Run(os.Args[1:], os.Stdout, os.Stderr))
}
