// Command usagewatch sends a message when a quota is nearly used up. See package usagewatch.
package main

import (
	"os"

	"github.com/hippotion/roster/internal/usagewatch"
)

func main() {
	os.Exit(usagewatch.Run(os.Args[1:], os.Stdout, os.Stderr))
}
