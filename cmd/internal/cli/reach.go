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
	from, to                    string
	matrix, noCache             bool
	timeout                     time.Duration
}

func reachCommand() *cobra.Command {
	var o reachOptions
	c := &cobra.Command{
		Use:   "reach FROM TO[:PORT] [DIR]",
		Short: "Answer who reaches whom, and which lines decide",
		Long: `Reach judges a flow under all network policies: those that roster renders, and those that applications deploy. It prints the answer, both halves of
each flow with what decides, and when the answer is no, what to write.

An end is a namespace, an application, NAMESPACE/WORKLOAD, NAMESPACE/key=value for pods with labels, a Service by its name in the cluster
(web.shop.svc), an address, a host of the list, a name outside of the cluster, or one of Cilium's entities: internet (world), host, remote-node, kube-apiserver,
ingress, health, init, unmanaged. Where a name means two things, entity:, namespace: and app: before it tell them apart. A port is that of the
pods, except for a Service: 8080, 53/UDP, http. Without one, all ports that the pods declare are meant.

To a host of the list, it is the way of a request, as HOST, HOST/PATH or a URL, with a method before it if it is not GET: entry points, the ingress
controller, the router that answers, middlewares, the Service and its pods, and where it ends.

--from END prints all that an end reaches, --to END all that reaches it, and --matrix both of everything: of all pods, the nodes, the world, and what of
the world policies name. Flows that no port limits are "all".

It exits with 0 when some flow is permitted, with 1 when none is, with 2 when the question or the list is wrong, and with 3 when the answer depends on
what is not known.`,
		Example: `  roster reach web-n8n web-ai-engine:8080
  roster reach web-n8n api.example:443
  roster reach internet https://n8n.home.example/webhook
  roster reach sys-monitoring web-ntfy/ntfy:metrics
  roster reach --from web-n8n
  roster reach --to sys-vault
  roster reach --matrix --format html > matrix.html`,
		Args: o.arguments,
	}
	f := c.Flags()
	f.StringVar(&o.repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	f.StringVar(&o.cluster, "cluster", "", "the cluster, when the list has several")
	f.StringVar(&o.from, "from", "", "print all that this end reaches")
	f.StringVar(&o.to, "to", "", "print all that reaches this end")
	f.BoolVar(&o.matrix, "matrix", false, "print who reaches whom, of everything")
	f.StringVar(&o.format, "format", "text", "text or json; with --matrix, --from and --to also csv, html, mermaid")
	f.DurationVar(&o.timeout, "timeout", fleet.Minutes, "how long the whole run may take")
	noCache(c, &o.noCache)
	complete(c, "format", matrixFormats)
	c.ValidArgsFunction = o.offered
	c.RunE = func(c *cobra.Command, args []string) error {
		formats := matrixFormats
		if !o.many() {
			formats = answerFormats
		}
		if err := oneOf("--format", o.format, formats); err != nil {
			return err
		}
		if o.timeout <= 0 {
			return errNoTime
		}
		dir := args
		if !o.many() {
			dir = args[2:]
		}
		r, closer, err := o.open(folderOf(dir), c.ErrOrStderr())
		if err != nil {
			return err
		}
		defer func() { _ = closer() }()
		if o.many() {
			return o.printMatrix(r, c.OutOrStdout())
		}
		answer, err := r.Ask(args[0], args[1])
		if err != nil {
			return err
		}
		return o.print(answer, c.OutOrStdout())
	}
	return observing(c, &o)
}

// The formats of an answer, and of a matrix.
var (
	answerFormats = []string{"text", "json"}
	matrixFormats = []string{"text", "json", "csv", "html", "mermaid"}
)

// many reports whether more than one question is asked.
func (o *reachOptions) many() bool { return o.matrix || o.from != "" || o.to != "" }

// arguments are two ends and a folder, or the folder alone.
func (o *reachOptions) arguments(c *cobra.Command, args []string) error {
	asked := 0
	for _, given := range []bool{o.matrix, o.from != "", o.to != ""} {
		if given {
			asked++
		}
	}
	switch {
	case asked > 1:
		return errors.New("--matrix, --from and --to exclude each other\n  hint: roster reach FROM TO asks about both ends")
	case asked == 1:
		return atMostOneFolder(c, args)
	case len(args) < 2 || len(args) > 3:
		return errors.New("expected two ends, and perhaps the folder of the list\n  hint: roster reach FROM TO[:PORT] [DIR], or one of --from, --to and --matrix")
	}
	return nil
}

// offered completes the arguments: FROM, TO and DIR, or DIR alone.
func (o *reachOptions) offered(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	switch {
	case o.many() || c.Flags().Changed("observed"):
		return folders(c, args, word)
	case len(args) == 0:
		return names(origins)(c, args, word)
	case len(args) == 1:
		return names(targets)(c, args, word)
	}
	return folders(c, args[2:], word)
}

// printMatrix prints who reaches whom.
func (o *reachOptions) printMatrix(r *reach.Reach, w io.Writer) error {
	var m *reach.Matrix
	var err error
	switch {
	case o.from != "":
		m, err = r.From(o.from)
	case o.to != "":
		m, err = r.To(o.to)
	default:
		m, err = r.Matrix()
	}
	if err != nil {
		return err
	}
	switch o.format {
	case "json":
		return asJSON(w, m)
	case "csv":
		_, err = io.WriteString(w, m.CSV())
	case "html":
		_, err = io.WriteString(w, m.HTML())
	case "mermaid":
		_, err = io.WriteString(w, m.Mermaid())
	default:
		_, err = io.WriteString(diag.Terminal(w), m.Text())
	}
	return err
}

func asJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// open reads the platform, with what its applications deploy.
func (o *reachOptions) open(dir string, stderr io.Writer) (*reach.Reach, func() error, error) {
	begun := time.Now()
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
	r := reach.New(lint.NewContext(in), opened.Frame)
	r.StopWhen(func() error {
		if time.Since(begun) > o.timeout {
			return errors.New("the answer took more time than --timeout permits")
		}
		return nil
	})
	return r, opened.Close, nil
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
		err = asJSON(w, answer)
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
