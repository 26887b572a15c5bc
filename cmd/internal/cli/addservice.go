package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/render/object"
	"k8s.io/apimachinery/pkg/util/validation"
)

// backend is a port of a Service that the application deploys.
type backend struct{ service, port, name string }

// findBackend completes --host from what the application deploys, which is in the repository: with the only port that its flags leave.
func (o *addOptions) findBackend(l *listed, stderr io.Writer) error {
	if !o.unsaid() {
		return nil
	}
	without := *o
	without.host, without.service, without.port, without.expose, without.auth = "", "", "", "", ""
	a, err := without.addition(l)
	if err != nil {
		return err
	}
	in := fleet.Input{Place: l.place.With(a.texts(l)), Want: fleet.Want{Application: o.name, Workloads: true}}
	out, mistakes, err := fleet.Build(in)
	if err != nil {
		return err
	}
	if len(mistakes) > 0 || !out.Complete() {
		return errors.Join(mistakes.Print(stderr, out.Frame), errors.New("--host: the application does not render, so it is not known where requests go\n  hint: mend it; or write --service and --port, such as --service notes --port 80"))
	}
	all := backends(out.Applications)
	fit := slices.DeleteFunc(slices.Clone(all), func(b backend) bool {
		return o.service != "" && o.service != b.service || o.port != "" && o.port != b.port && o.port != b.name
	})
	if len(fit) != 1 {
		return o.undecided(all)
	}
	o.service = fit[0].service
	if o.port == "" {
		o.port = fit[0].port
	}
	return nil
}

// undecided lists the ports that requests could go to.
func (o *addOptions) undecided(all []backend) error {
	if len(all) == 0 {
		return errors.New("--host: the application deploys no Service that requests could go to\n  hint: add one to its manifests; or write --service and --port of another one in the namespace")
	}
	var choices []string
	for _, b := range all {
		choices = append(choices, "--service "+b.service+" --port "+b.port)
	}
	return fmt.Errorf("--host: expected one Service with one port, so it is not known where requests go\n  hint: write %s", strings.Join(choices, ", or "))
}

// backends are the ports of all Services, each once.
func backends(applications []fleet.Application) (out []backend) {
	for _, a := range applications {
		for _, y := range a.Yields {
			for _, b := range backendsOf(y.Object) {
				if !slices.Contains(out, b) {
					out = append(out, b)
				}
			}
		}
	}
	return out
}

// backendsOf are the ports of an object, if it is a Service. What is no Service to Kubernetes is left to lint.
func backendsOf(o object.Object) (out []backend) {
	if o.Kind != "Service" || o.APIVersion != "v1" || len(validation.IsDNS1035Label(o.Name)) > 0 {
		return nil
	}
	value, _ := o.Value().(map[string]any)
	spec, _ := value["spec"].(map[string]any)
	ports, _ := spec["ports"].([]any)
	for _, p := range ports {
		port, _ := p.(map[string]any)
		name, _ := port["name"].(string)
		if protocol, is := port["protocol"]; is && protocol != "TCP" {
			continue
		}
		if number := fmt.Sprint(port["port"]); validPort(number) {
			out = append(out, backend{o.Name, number, name})
		}
	}
	return out
}
