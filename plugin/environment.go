// Package plugin is roster in Argo CD. It turns the environment that Argo CD gives its config management plugins into what is
// to be rendered, announces the parameters, and holds what installs the sidecar: plugin.yaml, the image, and the settings of
// Argo CD.
//
// It does not render; see render. The verbs that call it are in the command line.
package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render"
)

// Request is what Argo CD asks for.
type Request struct {
	Application    string // the code of the application whose workloads are to be rendered; empty for the platform
	AppName        string // of the Argo CD Application that asks
	RepoURL        string
	TargetRevision string // a branch, tag or commit, as the Application names it
	Revision       string // the commit
	Path           string // the folder of the list, relative to the root of the Git repository
	KubeVersion    string // of the cluster that is deployed to
	APIVersions    []string
}

// FromEnvironment reads the request. The variables are those of Argo CD's docs/user-guide/build-environment.md and
// docs/operator-manual/config-management-plugins.md; lookup is os.LookupEnv.
func FromEnvironment(lookup func(string) (string, bool)) (Request, error) {
	get := func(name string) string { value, _ := lookup(name); return value }
	dir, there := lookup("ARGOCD_APP_SOURCE_PATH")
	if !there {
		return Request{}, errors.New("only Argo CD calls this: ARGOCD_APP_SOURCE_PATH is not set\n  hint: elsewhere, use roster render")
	}
	r := Request{
		AppName:        get("ARGOCD_APP_NAME"),
		RepoURL:        get("ARGOCD_APP_SOURCE_REPO_URL"),
		TargetRevision: get("ARGOCD_APP_SOURCE_TARGET_REVISION"),
		Revision:       get("ARGOCD_APP_REVISION"),
		Path:           path.Clean(dir),
		KubeVersion:    get("KUBE_VERSION"),
	}
	if versions := get("KUBE_API_VERSIONS"); versions != "" {
		r.APIVersions = strings.Split(versions, ",")
	}
	var err error
	if r.Application, err = application(get("ARGOCD_APP_PARAMETERS")); err != nil {
		return Request{}, fmt.Errorf("source.plugin.parameters of the Application: %w", err)
	}
	if r.Application != "" && r.Application != r.code() {
		return Request{}, fmt.Errorf("the Application %q asks for what %q deploys: that would replace its own objects\n  hint: remove the parameter %q",
			r.AppName, r.Application, render.PluginParameter)
	}
	return r, nil
}

// code is the name of the Application that asks. In namespaces other than its own, Argo CD calls it NAMESPACE_NAME.
func (r Request) code() string { return r.AppName[strings.LastIndexByte(r.AppName, '_')+1:] }

// Check reports an Application of the list that asks for the whole platform, as it does when its parameter is removed.
func (r Request) Check(p *catalog.Platform) error {
	for _, n := range p.Namespaces {
		for _, a := range n.Applications {
			if r.Application == "" && a.Code == r.code() {
				return fmt.Errorf("the Application %q asks for the whole platform: that would replace its own objects\n  hint: set the parameter %q to its name",
					r.AppName, render.PluginParameter)
			}
		}
	}
	return nil
}

// Options are what the request tells about the files, for catalog.Load.
func (r Request) Options() catalog.Options {
	return catalog.Options{RepoURL: r.RepoURL, Revision: r.TargetRevision, TopIsRoot: true, Application: r.Application}
}

// application is the code that the parameters name; empty when there are none.
func application(parameters string) (string, error) {
	if parameters == "" {
		return "", nil
	}
	var list []struct {
		Name   string
		String *string
	}
	if err := json.Unmarshal([]byte(parameters), &list); err != nil {
		return "", fmt.Errorf("expected a list as Argo CD writes it: %w", err)
	}
	code := ""
	for _, p := range list {
		switch {
		case p.Name != render.PluginParameter:
			return "", fmt.Errorf("expected %q alone, found %q\n  hint: remove it: other parameters are only shown", render.PluginParameter, p.Name)
		case p.String == nil || *p.String == "":
			return "", fmt.Errorf("expected the code of an application as %q, found none\n  hint: remove the parameter to render the platform", p.Name)
		}
		code = *p.String
	}
	return code, nil
}
