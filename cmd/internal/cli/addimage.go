package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/images"
	"github.com/hippotion/roster/internal/listtext"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
)

// smallApp is the application of the catalog that --image stands for.
const smallApp = "app"

// imageOptions are the values of that application.
type imageOptions struct {
	image, schedule         string
	volumes, env, arguments []string
}

func (o *imageOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.image, "image", "", "an image with its tag, for catalog: app; what comes after -- are its arguments")
	f.StringVar(&o.schedule, "schedule", "", "when the image runs, as in cron: it is a job, such as '0 3 * * *'")
	f.StringArrayVar(&o.volumes, "volume", nil, "a volume that the image keeps data in: PATH:SIZE, such as /data:1Gi")
	f.StringArrayVar(&o.env, "env", nil, "a variable of the image: NAME=VALUE; what is secret is for --secret")
}

// checkImage reports flags that do not go with --image, or with nothing else.
func (o *entryOptions) checkImage() (errs []error) {
	if o.image == "" {
		for _, f := range []struct {
			name  string
			isSet bool
		}{{"--volume", len(o.volumes) > 0}, {"--env", len(o.env) > 0}, {"--schedule", o.schedule != ""}, {"--", len(o.arguments) > 0}} {
			if f.isSet {
				errs = append(errs, errors.New(f.name+" goes with --image only"))
			}
		}
		if o.catalog == smallApp {
			errs = append(errs, errors.New("--catalog app needs --image\n  hint: such as --image traefik/whoami:v1.11.0 --port 8080"))
		}
		return errs
	}
	if i, ok := images.Parse(o.image); !ok || i.Tag == "" && i.Digest == "" {
		errs = append(errs, errors.New("--image: expected an image with its tag or digest\n  hint: such as --image traefik/whoami:v1.11.0"))
	}
	if o.service != "" {
		errs = append(errs, errors.New("--service does not go with --image: the image's Service is known\n  hint: remove it"))
	}
	if o.port != "" && !validPort(o.port) {
		errs = append(errs, errors.New("--port: expected the number that the image listens on\n  hint: such as --port 8080"))
	}
	switch {
	case o.schedule != "" && (o.host != "" || o.port != ""):
		errs = append(errs, errors.New("--schedule does not go with --host and --port: nobody reaches a job\n  hint: remove them; or leave --schedule out"))
	case o.host != "" && o.port == "":
		errs = append(errs, errors.New("--host needs --port: the number that the image listens on\n  hint: such as --host whoami --port 8080"))
	}
	_, err := o.volumesSaid()
	_, other := o.envSaid()
	return append(errs, err, other)
}

// volumesSaid are the volumes, in their order. The size is what comes last: a path may have a colon.
func (o *imageOptions) volumesSaid() (listtext.Map, error) {
	var out listtext.Map
	for _, v := range o.volumes {
		at := strings.LastIndexByte(v, ':')
		size := v[at+1:]
		if _, err := resource.ParseQuantity(size); err != nil || at < 0 || v[0] != '/' {
			return nil, errors.New("--volume: expected the path in the container and a size, PATH:SIZE\n  hint: such as --volume /data:1Gi; " +
				"for a folder of the node or NFS, write volumes: {/data: {hostPath: /srv/data}} into the entry afterwards")
		}
		if has(out, v[:at]) {
			return nil, fmt.Errorf("--volume: %s is there twice\n  hint: remove one", v[:at])
		}
		out = set(out, v[:at], size)
	}
	return out, nil
}

// envSaid are the variables, in their order. What is wrong with one is told without its value: it may be a secret.
func (o *imageOptions) envSaid() (listtext.Map, error) {
	var out listtext.Map
	for _, v := range o.env {
		name, value, ok := strings.Cut(v, "=")
		if !ok || len(validation.IsEnvVarName(name)) > 0 {
			return nil, errors.New("--env: expected NAME=VALUE\n  hint: such as --env TZ=Europe/Berlin")
		}
		if has(out, name) {
			return nil, fmt.Errorf("--env: %s is there twice\n  hint: remove one", name)
		}
		out = append(out, listtext.Field{Key: name, Value: value})
	}
	return out, nil
}

func validPort(text string) bool {
	number, err := strconv.Atoi(text)
	return err == nil && len(validation.IsValidPortNum(number)) == 0
}

func has(m listtext.Map, key string) bool {
	return slices.ContainsFunc(m, func(f listtext.Field) bool { return f.Key == key })
}

// bare reports whether a Secret is only named: then the store has it at the path that is called like the application.
func (o *imageOptions) bare(secret string) bool {
	return o.image != "" && len(validation.IsDNS1123Subdomain(secret)) == 0
}

// values are those of the small application: nil when it is another one.
func (o *entryOptions) values() listtext.Map {
	if o.image == "" {
		return nil
	}
	out := listtext.Map{{Key: "image", Value: o.image}}
	if number, err := strconv.Atoi(o.port); err == nil {
		out = append(out, listtext.Field{Key: "port", Value: number})
	}
	if len(o.arguments) > 0 {
		out = append(out, listtext.Field{Key: "args", Value: o.arguments})
	}
	out = set(out, "schedule", o.schedule)
	if volumes, _ := o.volumesSaid(); len(volumes) > 0 { // check has seen the error
		out = append(out, listtext.Field{Key: "volumes", Value: volumes})
	}
	if env, _ := o.envSaid(); len(env) > 0 { // as above
		out = append(out, listtext.Field{Key: "env", Value: env})
	}
	var secrets []string
	for _, s := range o.secrets {
		name, _, _ := strings.Cut(s, "=")
		name, _, _ = strings.Cut(name, ":")
		if !slices.Contains(secrets, name) {
			secrets = append(secrets, name)
		}
	}
	if len(secrets) > 0 {
		out = append(out, listtext.Field{Key: "secrets", Value: secrets})
	}
	return out
}
