package cli

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/source"
)

// references are what the list refers to elsewhere: charts, and folders of other repositories. With an application that is wanted, they
// are those of that one.
func references(in fleet.Input, _ source.Sources) ([]source.Reference, diag.List, error) {
	wanted := in.Want.Application
	in.Want = fleet.Want{}
	out, diags, err := fleet.Build(in)
	if err != nil || out.Platform == nil {
		return nil, diags, err
	}
	var refs []source.Reference
	var codes []string
	for _, n := range out.Platform.Namespaces {
		for _, a := range n.Applications {
			codes = append(codes, a.Code)
			if a.Workload == nil && len(a.Sources) > 0 && (wanted == "" || wanted == a.Code) {
				refs = append(refs, referenceTo(a.Sources[0]))
			}
		}
	}
	if wanted != "" && !slices.Contains(codes, wanted) {
		return nil, nil, unknown("application", wanted, codes)
	}
	return refs, diags, nil
}

// referenceTo is the reference to a source that is elsewhere. Argo CD knows a repository of charts in a registry by its URL without a
// scheme.
func referenceTo(s catalog.Source) source.Reference {
	r := source.Reference{URL: s.RepoURL, Version: s.Revision}
	switch web := strings.HasPrefix(s.RepoURL, "https://") || strings.HasPrefix(s.RepoURL, "http://"); {
	case s.Chart != "" && web:
		r.Kind, r.Name = source.Chart, s.Chart
	case s.Chart != "":
		r.Kind, r.URL = source.OCI, "oci://"+strings.TrimRight(s.RepoURL, "/")+"/"+s.Chart
	case strings.HasPrefix(s.RepoURL, "oci://"):
		r.Kind = source.OCI
	default:
		r.Kind = source.Git
	}
	if r.Version == "HEAD" {
		r.Version = ""
	}
	return r
}
