// Command write writes an input of N entries into a folder, and, for the Helm chart of test/bench, the same list as values:
// go run ./internal/gen/write -plain -entries 3000 -values FILE DIR.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/hippotion/roster/internal/gen"
)

func main() {
	var o gen.Options
	flag.IntVar(&o.Entries, "entries", 30, "number of entries")
	values := flag.String("values", "", "also write the list into this file, under the key entries")
	flag.BoolVar(&o.Plain, "plain", false, "a profile and one application each, nothing else")
	flag.BoolVar(&o.Workloads, "workloads", false, "give the chart objects that each application deploys")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "write: name one folder")
		os.Exit(2)
	}
	err := gen.Write(flag.Arg(0), o)
	if err == nil && *values != "" {
		err = os.WriteFile(*values, []byte("entries:\n"+gen.Applications(o)), 0o644)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "write: %v\n", err)
		os.Exit(2)
	}
}
