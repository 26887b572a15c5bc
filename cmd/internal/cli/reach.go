package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/inspection"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/reach"
	"github.com/spf13/cobra"
)

// reachOptions are the flags of the verb.
type reachOptions struct {
	repository, cluster, format string
	noCache                     bool
	timeout                     time.Duration
}

func reachCommand() *cobra.Command {
	var o reachOptions
	formats := []string{"text", "json"}
	c := &cobra.Command{
		Use:   "reach FROM TO[:PORT] [DIR]",
		Short: "Answer who reaches whom, and which lines decide",
		Long: `Reach judges a flow under all network policies: those that roster renders, and those that applications deploy. It prints the answer, both halves of
each flow with what decides, and when the answer is no, what to write.

An end is a namespace, an application, NAMESPACE/WORKLOAD, NAMESPACE/key=value for pods with labels, a Service by its name in the cluster
(web.shop.svc), an address, a name outside of the cluster, or one of Cilium's entities: internet (world), host, remote-node, kube-apiserver,
ingress, health, init, unmanaged. Where a name means two things, entity:, namespace: and app: before it tell them apart. A port is that of the
pods, except for a Service: 8080, 53/UDP, http. Without one, all ports that the pods declare are meant.

It exits with 0 when some flow is permitted, with 1 when none is, with 2 when the question or the list is wrong, and with 3 when the answer depends on
what is not known.`,
		Example: `  roster reach web-n8n web-ai-engine:8080
  roster reach web-n8n api.example:443
  roster reach sys-monitoring web-ntfy/ntfy:metrics
  roster reach lan.example media/jellyfin:8096 --format json`,
		Args: cobra.RangeArgs(2, 3),
	}
	f := c.Flags()
	f.StringVar(&o.repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	f.StringVar(&o.cluster, "cluster", "", "the cluster, when the list has several")
	f.StringVar(&o.format, "format", "text", strings.Join(formats, ", "))
	f.DurationVar(&o.timeout, "timeout", fleet.Minutes, "how long the whole run may take")
	noCache(c, &o.noCache)
	complete(c, "format", formats)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := oneOf("--format", o.format, formats); err != nil {
			return err
		}
		if o.timeout <= 0 {
			return errNoTime
		}
		r, closer, err := o.open(folderOf(args[2:]), c.ErrOrStderr())
		if err != nil {
			return err
		}
		defer func() { _ = closer() }()
		answer, err := r.Ask(args[0], args[1])
		if err != nil {
			return err
		}
		return o.print(answer, c.OutOrStdout())
	}
	return c
}

// open reads the platform, with what its applications deploy.
func (o *reachOptions) open(dir string, stderr io.Writer) (*reach.Reach, func() error, error) {
	place, err := fleet.Find(dir, o.repository)
	if err != nil {
		return nil, nil, err
	}
	sources, err := fetched(place, o.repository, stderr)
	if err != nil {
		return nil, nil, err
	}
	opened, err := inspection.Open(inspection.Input{Place: place, Sources: sources, Rendered: keeping(o.noCache), Timeout: o.timeout})
	if err != nil {
		return nil, nil, err
	}
	in, err := o.chosen(opened, stderr)
	if err != nil {
		return nil, nil, errors.Join(err, opened.Close())
	}
	return reach.New(lint.NewContext(in), opened.Frame), opened.Close, nil
}

// chosen is the cluster that is asked about.
func (o *reachOptions) chosen(opened *inspection.Opened, stderr io.Writer) (*lint.Input, error) {
	if opened.Inputs == nil {
		var mistakes diag.List
		for _, f := range opened.Findings {
			mistakes.Add(f.Diagnostic)
		}
		if err := mistakes.Print(stderr, opened.Frame); err != nil {
			return nil, err
		}
		return nil, errReported
	}
	var names []string
	for _, in := range opened.Inputs {
		if in.Platform.Cluster.Name == o.cluster || o.cluster == "" && len(opened.Inputs) == 1 {
			return in, nil
		}
		names = append(names, in.Platform.Cluster.Name)
	}
	slices.Sort(names)
	switch {
	case o.cluster == "":
		return nil, fmt.Errorf("the list has several clusters\n  hint: set --cluster to one of %s", strings.Join(names, ", "))
	case len(names) == 1 && names[0] == "":
		return nil, errors.New("--cluster: the list names no clusters")
	}
	return nil, oneOf("--cluster", o.cluster, names)
}

// print prints an answer, and is the end of the verb.
func (o *reachOptions) print(answer *reach.Result, w io.Writer) error {
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
	case answer.Answer == reach.No:
		return errFindings
	case answer.Answer == reach.Unknown:
		return errIncomplete
	}
	return nil
}
