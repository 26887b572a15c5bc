package remote

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// source is where an Application gets something from.
type source struct {
	RepoURL        string `json:"repoURL"`
	Chart          string `json:"chart"`
	Path           string `json:"path"`
	TargetRevision string `json:"targetRevision"`
}

// sources are those of the Applications among the objects, each once.
func sources(objects []unstructured.Unstructured) ([]source, error) {
	var out []source
	for _, o := range objects {
		if o.GroupVersionKind().Group != "argoproj.io" || o.GetKind() != "Application" {
			continue
		}
		var application struct {
			Spec struct {
				Source  *source  `json:"source"`
				Sources []source `json:"sources"`
			} `json:"spec"`
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &application); err != nil {
			return nil, fmt.Errorf("the Application %s: %w", o.GetName(), err)
		}
		if application.Spec.Source != nil {
			out = append(out, *application.Spec.Source)
		}
		out = append(out, application.Spec.Sources...)
	}
	slices.SortFunc(out, func(a, b source) int {
		return cmp.Or(cmp.Compare(a.RepoURL, b.RepoURL), cmp.Compare(a.Chart, b.Chart), cmp.Compare(a.TargetRevision, b.TargetRevision), cmp.Compare(a.Path, b.Path))
	})
	return slices.Compact(out), nil
}

// Hosts are the names of the hosts that the Applications among the objects get something from.
func Hosts(objects []unstructured.Unstructured) ([]string, error) {
	all, err := sources(objects)
	if err != nil {
		return nil, err
	}
	var hosts []string
	for _, s := range all {
		host, _, _ := strings.Cut(address(s.RepoURL), "/")
		hosts = append(hosts, host)
	}
	slices.Sort(hosts)
	return slices.Compact(hosts), nil
}
