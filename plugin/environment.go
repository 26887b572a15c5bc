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
	Application    string // the name of the Application whose objects are to be rendered; empty for the root's
	Cluster        string // whose Argo CD asks; empty where that is clear
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
	if r.Application, r.Cluster, err = asked(get("ARGOCD_APP_PARAMETERS")); err != nil {
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

// Check reports an Application of the list that asks for the whole platform, as it does when its parameter is removed, and one that names a
// cluster whose Argo CD does not deploy what it asks for. Clusters is how many the
// list has: of several, each has a root, and only one of these is asked for without a parameter.
func (r Request) Check(p *catalog.Platform, clusters int) error {
	name := r.code()
	if r.Cluster != "" && r.Cluster != p.Cluster.Manager { // a code of another cluster would do as its name there
		return fmt.Errorf("the Application %q asks for what the Argo CD of %q deploys, as if that were %q: that would replace its own objects\n  hint: apply the output of roster bootstrap again",
			r.AppName, p.Cluster.Manager, r.Cluster)
	}
	if r.Application != "" || name == p.RootName() {
		return nil
	}
	if clusters > 1 {
		return r.unnamed()
	}
	for _, n := range p.Namespaces {
		for _, a := range n.Applications {
			if a.Name == name {
				return r.unnamed()
			}
		}
	}
	return nil
}

func (r Request) unnamed() error {
	return fmt.Errorf("the Application %q asks for the whole platform: that would replace its own objects\n  hint: set the parameter %q to its name",
		r.AppName, render.PluginParameter)
}

// Options are what the request tells about the files, for catalog.Load.
func (r Request) Options() catalog.Options {
	return catalog.Options{RepoURL: r.RepoURL, Revision: r.TargetRevision, TopIsRoot: true}
}

// asked are the application and the cluster that the parameters name; empty when there are none.
func asked(text string) (application, cluster string, err error) {
	if text == "" {
		return "", "", nil
	}
	var list []struct {
		Name   string
		String *string
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return "", "", fmt.Errorf("expected a list as Argo CD writes it: %w", err)
	}
	for _, p := range list {
		into, what, without := &application, "the code of an application", "remove the parameter to render the platform"
		switch p.Name {
		case render.ContentParameter: // it is for Argo CD alone
			continue
		case render.ClusterParameter:
			into, what, without = &cluster, "the name of a cluster", "apply the output of roster bootstrap again"
		}
		switch {
		case p.Name != render.PluginParameter && p.Name != render.ClusterParameter:
			return "", "", fmt.Errorf("expected %q and %q alone, found %q\n  hint: remove it: other parameters are only shown", render.PluginParameter, render.ClusterParameter, p.Name)
		case p.String == nil || *p.String == "":
			return "", "", fmt.Errorf("expected %s as %q, found none\n  hint: %s", what, p.Name, without)
		}
		*into = *p.String
	}
	return application, cluster, nil
}
