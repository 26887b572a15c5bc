package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/listtext"
	"github.com/spf13/cobra"
)

// entryOptions are what an entry and its application say.
type entryOptions struct {
	name, namespace            string
	profile, podSecurity       string
	clusters                   []string
	path, chart, repoURL       string
	version, revision, catalog string
	autoSync                   bool
	dependsOn, secrets         []string
	host, service, port        string
	expose, auth               string
	autoSyncSaid               bool
	imageOptions
}

func (o *entryOptions) flags(c *cobra.Command) {
	o.imageOptions.flags(c)
	f := c.Flags()
	f.StringVarP(&o.namespace, "namespace", "n", "", "the namespace (default: the name)")
	f.StringVar(&o.profile, "profile", "", "the network profile of a new entry, or open")
	f.StringVar(&o.podSecurity, "pod-security", "", "the level that a new entry enforces: privileged, baseline, restricted")
	f.StringSliceVar(&o.clusters, "cluster", nil, "the clusters of a new entry, when the list has several")
	f.StringVar(&o.path, "path", "", "a folder of the repository: a chart, a kustomization, or manifests")
	f.StringVar(&o.chart, "chart", "", "a chart of the Helm or OCI repository at --repo-url, with --version")
	f.StringVar(&o.repoURL, "repo-url", "", "another repository: of charts or, with --path, of Git")
	f.StringVar(&o.version, "version", "", "the chart's version, or a range such as 1.x")
	f.StringVar(&o.revision, "revision", "", "the branch, tag or commit of another Git repository")
	f.StringVar(&o.catalog, "catalog", "", "an application that is built into roster, such as ntfy")
	f.BoolVar(&o.autoSync, "auto-sync", true, "whether Argo CD syncs it by itself (default: as platform.yml says)")
	f.StringSliceVar(&o.dependsOn, "depends-on", nil, "applications that must be healthy before it")
	f.StringVar(&o.host, "host", "", "a host under which it is reached; a name without dots gets the domain")
	f.StringVar(&o.service, "service", "", "the Service that --host leads to (default: the only one of --path)")
	f.StringVar(&o.port, "port", "", "the Service's port: a number or a name (default: its only one); with --image, the number that it listens on")
	f.StringVar(&o.expose, "expose", "", "one of ingress.expose in platform.yml, for --host")
	f.StringVar(&o.auth, "auth", "", "one of ingress.auth in platform.yml, or app or none, for --host")
	f.StringArrayVar(&o.secrets, "secret", nil, "a Secret from Vault: NAME=PATH, or NAME:KEY=PATH#PROPERTY for each of its keys, or NAME with --image, which gets it as variables")
}

// check reports flags that go together, or do not.
func (o *entryOptions) check() error {
	var errs []error
	var sources []string
	for _, s := range [][2]string{{"--path", o.path}, {"--chart", o.chart}, {"--catalog", o.catalog}, {"--image", o.image}} {
		if s[1] != "" && (s != [2]string{"--catalog", smallApp} || o.image == "") { // which is the same twice
			sources = append(sources, s[0])
		}
	}
	if len(sources) > 1 {
		errs = append(errs, errors.New(strings.Join(sources, " and ")+" exclude each other"))
	}
	with := func(flag, value, other, it string) {
		if value != "" && it == "" {
			errs = append(errs, fmt.Errorf("%s goes with %s only", flag, other))
		}
	}
	with("--version", o.version, "--chart", o.chart)
	with("--repo-url", o.repoURL, "--chart or --path", o.chart+o.path)
	with("--revision", o.revision, "--path", o.path)
	if o.chart != "" && (o.repoURL == "" || o.version == "") {
		errs = append(errs, errors.New("--chart needs --repo-url and --version\n  hint: such as --chart vault --repo-url https://helm.releases.hashicorp.com --version 0.31.0"))
	}
	for _, f := range [][2]string{{"--service", o.service}, {"--expose", o.expose}, {"--auth", o.auth}} {
		with(f[0], f[1], "--host", o.host)
	}
	with("--port", o.port, "--host or --image", o.host+o.image)
	if o.unsaid() && o.elsewhere() {
		errs = append(errs, errors.New("--host needs --service and --port: where requests go\n  hint: such as --host notes --service notes --port 80"))
	}
	for _, value := range o.texts() {
		if strings.ContainsFunc(value, func(r rune) bool { return !diag.Printable(r) }) {
			errs = append(errs, errors.New("expected text on one line, found a character that cannot be seen"))
			break
		}
	}
	_, err := o.secretsSaid()
	return errors.Join(append(append(errs, o.checkImage()...), err)...)
}

// unsaid reports whether it is to be found out where the requests to the host go. A catalog application says it itself.
func (o *entryOptions) unsaid() bool {
	return o.host != "" && (o.service == "" || o.port == "") && o.catalog == "" && o.image == ""
}

// texts are all that is written.
func (o *entryOptions) texts() []string {
	return slices.Concat([]string{o.name, o.namespace, o.profile, o.podSecurity, o.path, o.chart, o.repoURL, o.version, o.revision, o.catalog, o.host, o.service, o.port, o.expose, o.auth},
		o.clusters, o.dependsOn, o.secrets, []string{o.image, o.schedule}, o.volumes, o.env, o.arguments)
}

func (o *entryOptions) namespaceName() string { return cmp.Or(o.namespace, o.name) }

// ofEntry is a flag that is for the entry, and not for the application; empty when none is set.
func (o *entryOptions) ofEntry() string {
	switch {
	case o.profile != "":
		return "profile"
	case o.podSecurity != "":
		return "pod-security"
	case len(o.clusters) > 0:
		return "cluster"
	}
	return ""
}

// elsewhere reports whether the application's source is not in the repository.
func (o *entryOptions) elsewhere() bool { return o.chart != "" || o.repoURL != "" }

// entry is what is written for a new namespace.
func (o *entryOptions) entry() listtext.Map {
	out := listtext.Map{{Key: "namespace", Value: o.namespaceName()}}
	switch len(o.clusters) {
	case 0:
	case 1:
		out = append(out, listtext.Field{Key: "cluster", Value: o.clusters[0]})
	default:
		out = append(out, listtext.Field{Key: "clusters", Value: o.clusters})
	}
	out = set(out, "podSecurity", o.podSecurity)
	out = set(out, "networkPolicies", o.leastProfile())
	return append(out, listtext.Field{Key: "applications", Value: []any{o.application()}})
}

// leastProfile is the profile of a new entry: as little as there is. It is empty for what brings its own.
func (o *entryOptions) leastProfile() string {
	switch {
	case o.profile != "" || o.catalog != "" && o.image == "":
		return o.profile
	case o.schedule != "":
		return "isolated-job"
	case o.host == "":
		return "isolated"
	case o.image != "":
		return ""
	}
	return "web-app-internal"
}

// application is what is written for the application: its code, if there is nothing else to say.
func (o *entryOptions) application() any {
	kind := o.catalog
	if o.image != "" {
		kind = smallApp
	}
	out := listtext.Map{{Key: "applicationCode", Value: o.name}}
	for _, f := range [][2]string{{"path", o.path}, {"chart", o.chart}, {"catalog", kind}, {"repoURL", o.repoURL}, {"version", o.version}, {"revision", o.revision}} {
		out = set(out, f[0], f[1])
	}
	if values := o.values(); values != nil {
		out = append(out, listtext.Field{Key: "values", Value: values})
	}
	if o.autoSyncSaid {
		out = append(out, listtext.Field{Key: "autoSync", Value: o.autoSync})
	}
	if len(o.dependsOn) > 0 {
		out = append(out, listtext.Field{Key: "dependsOn", Value: o.dependsOn})
	}
	if o.host != "" {
		host := set(listtext.Map{{Key: "host", Value: o.host}}, "service", o.service)
		if number, err := strconv.Atoi(o.port); o.image != "" {
			// Its Service is known.
		} else if err == nil {
			host = append(host, listtext.Field{Key: "port", Value: number})
		} else {
			host = set(host, "port", o.port)
		}
		out = append(out, listtext.Field{Key: "ingress", Value: []listtext.Map{set(set(host, "expose", o.expose), "auth", o.auth)}})
	}
	if secrets, _ := o.secretsSaid(); len(secrets) > 0 { // check has seen the error
		out = append(out, listtext.Field{Key: "secrets", Value: secrets})
	}
	if len(out) == 1 {
		return o.name
	}
	return out
}

// set is a mapping with one more key, if there is a value.
func set(m listtext.Map, key, value string) listtext.Map {
	if value == "" {
		return m
	}
	return append(m, listtext.Field{Key: key, Value: value})
}

// secretsSaid are the Secrets of --secret with what is in them, in the order in which they are named. What is wrong with one is told without it: it may be a secret.
func (o *entryOptions) secretsSaid() ([]listtext.Map, error) {
	type secret struct {
		data map[string]string
		from []string
	}
	var names []string
	all := map[string]*secret{}
	for _, f := range o.secrets {
		if o.bare(f) {
			continue
		}
		left, where, ok := strings.Cut(f, "=")
		name, key, keyed := strings.Cut(left, ":")
		if !ok || name == "" || where == "" || keyed && (key == "" || !strings.Contains(where, "#")) {
			return nil, errors.New("--secret: expected NAME=PATH, NAME:KEY=PATH#PROPERTY or, with --image, NAME\n  hint: such as --secret notes:PASSWORD=web-notes#password")
		}
		if all[name] == nil {
			names, all[name] = append(names, name), &secret{data: map[string]string{}}
		}
		if s := all[name]; keyed {
			s.data[key] = where
		} else {
			s.from = append(s.from, where)
		}
	}
	var out []listtext.Map
	for _, name := range names {
		m := listtext.Map{{Key: "name", Value: name}}
		if s := all[name]; len(s.data) > 0 {
			m = append(m, listtext.Field{Key: "data", Value: s.data})
		}
		if s := all[name]; len(s.from) > 0 {
			m = append(m, listtext.Field{Key: "dataFrom", Value: s.from})
		}
		out = append(out, m)
	}
	return out, nil
}
