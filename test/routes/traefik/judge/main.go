// Program judge says what Traefik makes of Kubernetes objects: which routers it has, which of them are broken, and what it answers
// to requests. It is Traefik's own code, from the arguments of its command line to the handler of an entry point, in one process
// and without a network. README.md beside it says what it reads and writes.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

func main() {
	debug.SetGCPercent(400) // what a platform needs is gone with it
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	j := newJudge()
	defer j.close()
	w := bufio.NewWriter(out)
	encode := json.NewEncoder(w)
	encode.SetEscapeHTML(false)
	for decode := json.NewDecoder(bufio.NewReaderSize(in, 1<<20)); ; {
		var p Platform
		if err := decode.Decode(&p); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading a platform: %w", err)
		}
		if err := encode.Encode(j.judge(&p)); err != nil {
			return err
		}
		if err := w.Flush(); err != nil { // whoever asks may wait for it
			return err
		}
	}
}
