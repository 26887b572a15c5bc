package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/reach"
	"github.com/spf13/cobra"
)

// observing gives the verb its flag --observed, with which it has no ends as arguments.
func observing(c *cobra.Command, o *reachOptions) *cobra.Command {
	var log string
	c.Flags().StringVar(&log, "observed", "", "a log of Hubble in JSON, or - for stdin: say what the list has to permit for its dropped flows")
	c.Long += `

With --observed, it reads what hubble observe -o json prints, and says of each dropped flow what it means: a flow of the list would permit it, and which;
the list permits it already; a deny rule decides; or it is not known. If the log has forwarded flows, it also names the rules that none of them has
used. It exits with 0 when policies have dropped nothing, with 1 when they have, with 2 when the log or the list is wrong, and with 3 when of nothing
that was dropped it is known what it means.`
	c.Example += `
  hubble observe -o json --verdict DROPPED --last 10000 | roster reach --observed -`
	args, run := c.Args, c.RunE
	c.Args = func(c *cobra.Command, list []string) error {
		switch {
		case !c.Flags().Changed("observed"):
			return args(c, list)
		case o.many():
			return errors.New("--observed excludes --from, --to and --matrix")
		}
		return atMostOneFolder(c, list)
	}
	c.RunE = func(c *cobra.Command, list []string) error {
		if !c.Flags().Changed("observed") {
			return run(c, list)
		}
		return o.observe(c, log, folderOf(list))
	}
	return c
}

// observe answers what a log says about the list.
func (o *reachOptions) observe(c *cobra.Command, log, dir string) error {
	if err := oneOf("--format", o.format, answerFormats); err != nil {
		return err
	}
	if o.timeout <= 0 {
		return errNoTime
	}
	in, name := c.InOrStdin(), "stdin"
	if log != "-" {
		file, err := os.Open(log)
		if err != nil {
			return fmt.Errorf("--observed: %w", err)
		}
		defer func() { _ = file.Close() }()
		in, name = file, log
	}
	r, closer, err := o.open(dir, c.ErrOrStderr())
	if err != nil {
		return err
	}
	defer func() { _ = closer() }()
	answer, err := r.Observe(in)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return o.printObserved(answer, c.OutOrStdout())
}

// printObserved prints an answer, and is the end of the verb.
func (o *reachOptions) printObserved(answer *reach.Observed, w io.Writer) error {
	var err error
	if o.format == "json" {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		err = e.Encode(answer)
	} else {
		_, err = io.WriteString(diag.Terminal(w), answer.Text())
	}
	switch {
	case err != nil:
		return err
	case answer.Answer() == reach.No:
		return errFindings
	case answer.Answer() == reach.Unknown:
		return errIncomplete
	}
	return nil
}
