// Command registry is the registry of the CNCF on an address, without TLS. It keeps everything in its memory.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
)

func main() {
	config := &configuration.Configuration{Storage: configuration.Storage{"inmemory": configuration.Parameters{}}}
	config.HTTP.Secret = "test"
	config.Catalog.MaxEntries = 1000
	fmt.Fprintln(os.Stderr, http.ListenAndServe(os.Args[1], handlers.NewApp(context.Background(), config)))
	os.Exit(1)
}
