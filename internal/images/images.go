// Package images knows the images of containers by their names: which a manifest names, and which tags of a repository are newer than
// one that is deployed.
//
// It asks nobody, and does not guess: a tag that does not say which version it is has no newer one.
package images

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
)

// Image is an image as a manifest names it.
type Image struct {
	Repository  string // with the registry, and what Docker leaves out: docker.io/library/nginx
	Tag, Digest string // either may be empty
}

const (
	longest   = 512 // characters of a name
	dockerHub = "docker.io"
)

// form is that of github.com/distribution/reference.
var form = lazy.Regexp(`^((?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::[0-9]{1,5})?/)?` +
	`([a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(sha(?:256|512):[0-9a-f]{64,128}))?$`)

// Parse reads the name of an image.
func Parse(text string) (Image, bool) {
	parts := form().FindStringSubmatch(text)
	if len(text) > longest || parts == nil {
		return Image{}, false
	}
	registry, repository := strings.TrimSuffix(parts[1], "/"), parts[2]
	switch {
	case registry == "":
		registry = dockerHub
	case registry == "index."+dockerHub:
		registry = dockerHub
	case !strings.ContainsAny(registry, ".:") && registry != "localhost" && strings.ToLower(registry) == registry: // a user of Docker's
		registry, repository = dockerHub, registry+"/"+repository
	}
	if registry == dockerHub && !strings.Contains(repository, "/") {
		repository = "library/" + repository
	}
	return Image{registry + "/" + repository, parts[3], parts[4]}, true
}

// Name is the last part of an image's name, without tag and digest; also of one that Parse cannot read, such as that of a template.
func Name(image string) string {
	image, _, _ = strings.Cut(image, "@")
	image = image[strings.LastIndex(image, "/")+1:]
	image, _, _ = strings.Cut(image, ":")
	return image
}

// Registry is the host of an image's repository.
func (i Image) Registry() string {
	host, _, _ := strings.Cut(i.Repository, "/")
	return host
}

// custom are the fields of kinds besides Kubernetes' own that name an image, by group and kind.
var custom = map[string][]string{
	"k8s.mariadb.com/MariaDB":                 {"spec", "image"},
	"kafka.strimzi.io/Kafka":                  {"spec", "kafka", "image"},
	"monitoring.coreos.com/Alertmanager":      {"spec", "image"},
	"monitoring.coreos.com/Prometheus":        {"spec", "image"},
	"monitoring.coreos.com/PrometheusAgent":   {"spec", "image"},
	"monitoring.coreos.com/ThanosRuler":       {"spec", "image"},
	"opentelemetry.io/OpenTelemetryCollector": {"spec", "image"},
	"postgresql.cnpg.io/Cluster":              {"spec", "imageName"},
}

// silent are groups of kinds that look like pods, but say what is permitted in others.
var silent = lazy.Regexp(`(^|\.)(kyverno\.io|gatekeeper\.sh)$`)

// Of are the names of images in an object, each once and in order: those of all containers of pods, and of templates of pods, whatever the
// kind that holds them, and those of a few kinds that have a field for it.
func Of(object map[string]any) []string {
	group, _, _ := strings.Cut(textOf(object["apiVersion"]), "/")
	kind := textOf(object["kind"])
	if silent().MatchString(group) || kind == "CustomResourceDefinition" {
		return nil
	}
	var out []string
	if fields := custom[group+"/"+kind]; fields != nil {
		var at any = object
		for _, f := range fields {
			of, _ := at.(map[string]any)
			at = of[f]
		}
		out = add(out, at)
	}
	out = below(out, object, group == "argoproj.io")
	slices.Sort(out)
	return slices.Compact(out)
}

func textOf(value any) string {
	text, _ := value.(string)
	return text
}

func add(to []string, value any) []string {
	if text := textOf(value); text != "" {
		return append(to, text)
	}
	return to
}

// below adds the images of all containers in a value. Workflows have single ones, too.
func below(out []string, value any, workflow bool) []string {
	switch of := value.(type) {
	case []any:
		for _, v := range of {
			out = below(out, v, workflow)
		}
	case map[string]any:
		for key, v := range of {
			list, _ := v.([]any)
			one, _ := v.(map[string]any)
			switch {
			case key == "containers", key == "initContainers", key == "ephemeralContainers":
				for _, c := range list {
					c, _ := c.(map[string]any)
					out = add(out, c["image"])
				}
			case key == "volumes":
				for _, c := range list {
					c, _ := c.(map[string]any)
					image, _ := c["image"].(map[string]any)
					out = add(out, image["reference"])
				}
			case workflow && (key == "container" || key == "script"):
				out = add(out, one["image"])
			}
			out = below(out, v, workflow)
		}
	}
	return out
}
