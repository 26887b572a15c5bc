package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/buildversion"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/plugin"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/spf13/cobra"
)

// bootstrapFormats are what the verb can print; the last of them are for the API server.
var (
	bootstrapFormats = append([]string{"apply", "root", "kustomize", "helm"}, apiServerFormats...)
	apiServerFormats = []string{"authentication", "k3s", "kubeadm"}
)

func bootstrapCommand() *cobra.Command {
	var repository, image, format, cluster string
	c := &cobra.Command{
		Use:   "bootstrap [DIR]",
		Short: "Print what is applied once, by hand: the root Application and the sidecar",
		Long: `Bootstrap prints what makes an installed Argo CD deploy the list in DIR (default: here), for kubectl apply --server-side
--field-manager roster:

  the root AppProject and Application, which deploy the list through the sidecar;
  the sidecar of the repo-server that runs roster;
  the settings of Argo CD without which sync waves do not wait.

It adds to Argo CD's own objects and removes nothing, and may be applied again at any time. On stderr it lists what is left
to do by hand: credentials, and the values of secrets. docs/argocd.md explains it all.

Where that Argo CD also deploys to other clusters, each of them has a root of its own, in the cluster with Argo CD; apply the output again
when one is added.

With --format, it prints a part, or the same in another form:
  root         the AppProject and the Application alone
  kustomize    sidecar and settings as a Kustomize component, for an Argo CD installed with Kustomize
  helm         sidecar and settings as values of the chart argo-cd

or what the API server of the cluster of --cluster must be told about the CI jobs of ciIssuers in platform.yml (docs/access.md):
  authentication    the file, which its flag --authentication-config names
  k3s               a file for /etc/rancher/k3s/config.yaml.d that sets this flag
  kubeadm           a part of kubeadm's ClusterConfiguration that sets this flag`,
		Example: `  roster bootstrap | kubectl apply --server-side --field-manager roster -f -
  roster bootstrap --format helm > argocd-roster.yml`,
		Args:              atMostOneFolder,
		ValidArgsFunction: folders,
	}
	c.Flags().StringVar(&repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	clusterFlag(c, &cluster, "the cluster with the Argo CD, when several have one")
	c.Flags().StringVar(&image, "image", plugin.Image(buildversion.String()), "the sidecar's image")
	c.Flags().StringVar(&format, "format", bootstrapFormats[0], "one of "+strings.Join(bootstrapFormats, ", "))
	complete(c, "format", bootstrapFormats)
	c.RunE = func(c *cobra.Command, args []string) error {
		toAPIServer := slices.Contains(apiServerFormats, format)
		switch {
		case !slices.Contains(bootstrapFormats, format):
			return fmt.Errorf("expected one of %s as --format, found %q", strings.Join(bootstrapFormats, ", "), format)
		case image == "" && format != "root" && !toAPIServer:
			return errors.New("this roster is a build, not a release: there is no image of it\n  hint: make image writes one; push it, and name it with --image REPOSITORY@sha256:…")
		}
		out, err := platform(folderOf(args), repository, c.ErrOrStderr())
		if err != nil {
			return err
		}
		if toAPIServer {
			return writeAPIServer(c, &out, cluster, format)
		}
		argocd, err := out.ArgoCD(cluster)
		if err != nil {
			return err
		}
		if out.Platform().Repository.URL == "" {
			return fmt.Errorf("%s does not set where the list is: Argo CD must know the URL of its repository\n  hint: add repository: {url: https://…}", catalog.PlatformFile)
		}
		if _, err := c.OutOrStdout().Write(bootstrap(argocd, image, format)); err != nil {
			return fmt.Errorf("writing the output: %w", err)
		}
		if format == "apply" || format == "root" {
			_, err = fmt.Fprint(c.ErrOrStderr(), plugin.ByHand(argocd))
		}
		return err
	}
	return c
}

// bootstrap is the text in one of the formats.
func bootstrap(platforms []*catalog.Platform, image, format string) []byte {
	var e object.Encoder
	p := platforms[0]
	var objects []object.Object
	switch format {
	case "kustomize":
		return e.Encode(nil, plugin.Component(p, image))
	case "helm":
		return e.Encode(nil, plugin.HelmValues(p, image))
	case "apply":
		objects = plugin.Installation(p, image)
	}
	var out []byte
	for _, p := range platforms {
		objects = append(objects, render.Root(p)...)
	}
	for _, o := range objects {
		out = e.Encode(append(out, "---\n"...), o.Value())
	}
	return out
}

// writeAPIServer prints what the API server of a cluster is told.
func writeAPIServer(c *cobra.Command, out *fleet.Output, cluster, format string) error {
	p, err := out.Of(cluster)
	if err != nil {
		return err
	}
	if len(p.CI) == 0 {
		return fmt.Errorf("%s names no issuer of tokens: there is nothing to tell the API server\n  hint: add ciIssuers: {gitlab: {url: https://gitlab.example, audience: https://kube.home.example}}", catalog.PlatformFile)
	}
	value, place := plugin.Authentication(p), plugin.AuthenticationPlaces
	switch format {
	case "k3s":
		value, place = plugin.K3s(), plugin.K3sPlace
	case "kubeadm":
		value, place = plugin.Kubeadm(), plugin.KubeadmPlace
	}
	var e object.Encoder
	if _, err := c.OutOrStdout().Write(e.Encode(nil, value)); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	_, err = fmt.Fprintln(c.ErrOrStderr(), place)
	return err
}
