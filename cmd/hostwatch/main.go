// Command hostwatch tells Prometheus who logs in to a node by SSH. See package hostwatch.
package main

import (
	"os"

	"github.com/hippotion/roster/internal/hostwatch"
)

func main() {
	os.Exit(hostwatch.Run(os.Args[1:], os.Stdout, os.Stderr))
}
