package catalog

import (
	"cmp"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// guide knows what people mean by what a file of the input does not have: words of the tools that they come from, keys that belong
// elsewhere, and files of something else.
type guide struct {
	file  string
	words map[string]map[string]string
	keys  map[string][]Key // by their names, those of this file before those of the other one; made at the first use
}

// guided reads a file of the input.
func guided(file string) syntax.Guided { return syntax.Guided{Guide: &guide{file: file}} }

// root is what a file is read into.
func root(file string) reflect.Type {
	if file == PlatformFile {
		return reflect.TypeFor[platformInput]()
	}
	return reflect.TypeFor[entryInput]()
}

// named are the keys of that name.
func (g *guide) named(key string) []Key {
	if g.keys == nil {
		g.keys, g.words = map[string][]Key{}, words()
		other := map[string]string{ApplicationsFile: PlatformFile, PlatformFile: ApplicationsFile}[g.file]
		for _, k := range append(documentedKeys(g.file), documentedKeys(other)...) {
			g.keys[k.Name()] = append(g.keys[k.Name()], k)
		}
	}
	return g.keys[key]
}

// Key is the hint for a word of another tool, and for a key that belongs to a mapping below.
func (g *guide) Key(t reflect.Type, key string) string {
	named := g.named(key)
	for _, of := range []string{t.Name(), anyInput} {
		if hint := g.words[of][key]; hint != "" {
			return hint
		}
	}
	for _, k := range named {
		if k.above.of == t {
			return fmt.Sprintf("%q belongs under %q: %s", key, k.above.name, k.nested)
		}
	}
	return ""
}

// Example is a line with the key that a path leads to or, without a path, what a file may begin with.
func (g *guide) Example(path []string) string {
	if len(path) == 0 && g.file == PlatformFile {
		return "domain: home.example"
	} else if len(path) == 0 {
		return "- namespace: web-whoami"
	}
	at, line := "", ""
	for _, name := range path {
		below := strings.TrimPrefix(at+"."+name, ".")
		line = ""
		for _, k := range g.named(name) {
			if k.File == g.file && k.Path == below {
				at, line = below, k.line
			}
		}
	}
	return line
}

// Elsewhere is the hint for a key that belongs to a mapping around this one or, for one of the outermost mapping, to another file.
func (g *guide) Elsewhere(t reflect.Type, key string) string {
	named := g.named(key)
	for _, k := range named {
		above, _, nested := splitPath(k.Path)
		if k.File == g.file && (!nested || g.within(t, above)) {
			return k.belongs(g.file)
		}
	}
	if len(named) == 0 || t != root(g.file) && len(named) > 1 {
		return ""
	}
	slices.SortStableFunc(named, func(a, b Key) int { return cmp.Compare(a.depth(), b.depth()) })
	if len(named) == 1 || named[0].depth() < named[1].depth() {
		return named[0].belongs(g.file)
	}
	return ""
}

// within reports whether a mapping is below the key at a path of this file.
func (g *guide) within(t reflect.Type, path string) bool {
	for _, f := range syntax.Fields(t) {
		for _, k := range g.keys[f.Name] {
			if k.of == t && k.File == g.file && strings.HasPrefix(k.Path, path+".") {
				return true
			}
		}
	}
	return false
}

// belongs says where a key is at home, to a reader of a file.
func (k *Key) belongs(file string) string {
	above, name, nested := splitPath(k.Path)
	var where string
	switch {
	case nested && file != k.File:
		where = fmt.Sprintf("under %q in %s", above, k.File)
	case nested:
		where = fmt.Sprintf("under %q", above)
	case k.File == PlatformFile && file == k.File:
		where = "at the top of " + PlatformFile
	case k.File == PlatformFile:
		where = "in " + PlatformFile
	default:
		where = "to the entry, beside namespace, in " + ApplicationsFile
	}
	return fmt.Sprintf("%q belongs %s: %s", name, where, k.line)
}

func splitPath(path string) (above, name string, nested bool) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

// Scalar is the end of a flow that a word means: an entity, addresses, a host or a namespace.
func (g *guide) Scalar(t reflect.Type, value string) string {
	if t != reflect.TypeFor[peerInput]() {
		return ""
	}
	field, _ := t.FieldByName("Entity")
	if slices.Contains(strings.Split(field.Tag.Get("enum"), ","), value) {
		return "{entity: " + value + "}"
	}
	if ip, err := netip.ParseAddr(value); err == nil && ip.Zone() == "" {
		return fmt.Sprintf("{cidr: %q}", netip.PrefixFrom(ip, ip.BitLen()))
	}
	if prefix, err := netip.ParsePrefix(value); err == nil {
		return fmt.Sprintf("{cidr: %q}", prefix)
	}
	switch labels := validation.IsDNS1123Subdomain(value); {
	case len(labels) > 0:
		return ""
	case strings.Contains(value, "."):
		return "{host: " + value + "}"
	}
	return "{namespace: " + value + "}"
}

// Whole says what a mapping is that is an object of Kubernetes, or a file of another tool or of the other file.
func (g *guide) Whole(t reflect.Type, scalars map[string]string) (message, hint string) {
	has := func(keys ...string) bool {
		for _, key := range keys {
			if _, ok := scalars[key]; !ok {
				return false
			}
		}
		return true
	}
	instead := "an entry of the list"
	if g.file == PlatformFile {
		instead = "the platform's settings"
	}
	is := func(what, hint string) (string, string) {
		return fmt.Sprintf("this is %s, and not %s", what, instead), hint
	}
	kind := scalars["kind"]
	switch {
	case has("apiVersion", "kind") && kind != "":
		return is(withArticle(kind)+" of "+makerOf(scalars["apiVersion"]), manifestHint(kind, scalars["apiVersion"]))
	case has("apiVersion", "name", "version"):
		return is("a Chart.yaml of Helm", "keep the chart in a folder of the repository, and name that: "+byPath)
	case has("services") && !has("namespace"):
		return is("a Compose file", "write an application for each service: - {namespace: web-whoami, applications: [{applicationCode: web-whoami, catalog: app, values: {image: traefik/whoami:v1.11.0, port: 8080}}]}")
	case has("releases") && !has("namespace"):
		return is("a helmfile", "write an application for each release: "+byChart)
	case has("resources") && !has("namespace", "applications") && g.file != PlatformFile:
		return is("a kustomization", "keep it in a folder of the repository, and name that: "+byPath)
	case t == root(g.file) && has("namespace") && g.misplaced(scalars, ApplicationsFile):
		return is("an entry of the list", "write it into "+ApplicationsFile+", with a dash before its first key: - namespace: web-whoami")
	case t == root(g.file) && g.misplaced(scalars, PlatformFile):
		return "these are settings of the platform, and not an entry of the list", "write them into " + PlatformFile + ", a file beside this one; an entry begins with - namespace: web-whoami"
	}
	return "", ""
}

// misplaced reports whether all keys are those that another file begins with, and one at least is none of this file.
func (g *guide) misplaced(scalars map[string]string, other string) bool {
	stray := false
	for key := range scalars {
		of := func(file string) bool {
			return slices.ContainsFunc(g.named(key), func(k Key) bool { return k.File == file && k.Path == key })
		}
		if !of(other) {
			return false
		}
		stray = stray || !of(g.file)
	}
	return stray
}

// withArticle is the name of a kind in a sentence.
func withArticle(kind string) string {
	kind = shownKind(kind)
	if strings.ContainsAny(kind[:1], "AEIO") {
		return "an " + kind
	}
	return "a " + kind
}

// shownKind is a kind as it may be in a sentence; what is none is quoted.
func shownKind(kind string) string {
	if strings.Trim(kind, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" || len(kind) > 63 {
		return syntax.Quote(kind)
	}
	return kind
}

// makers are whose kinds those of a group are.
var makers = [...]struct{ group, maker string }{
	{"argoproj.io", "Argo CD"}, {"cilium.io", "Cilium"}, {"traefik.io", "Traefik"}, {"external-secrets.io", "External Secrets"},
	{"toolkit.fluxcd.io", "Flux"}, {"kustomize.config.k8s.io", "Kustomize"},
}

func makerOf(apiVersion string) string {
	group, _, _ := strings.Cut(apiVersion, "/")
	for _, m := range makers {
		if group == m.group || strings.HasSuffix(group, "."+m.group) {
			return m.maker
		}
	}
	return "Kubernetes"
}

const (
	byPath  = "- {namespace: web-whoami, applications: [{applicationCode: web-whoami, path: deploy/whoami}]}"
	byChart = "- {namespace: web-redis, applications: [{applicationCode: web-redis, chart: redis, repoURL: https://charts.example, version: 1.2.3}]}"
	imports = "; roster import reads it, and writes the list"
)

// manifests are what to write instead of an object of a kind.
var manifests = map[string]string{
	"Application":                    "write an application: " + byPath + imports,
	"ApplicationSet":                 "write an application for each that it makes: " + byPath + imports,
	"AppProject":                     "roster renders one for each entry; what it has besides is the entry's project: {sourceRepos: [https://git.example/shop.git]}" + imports,
	"Namespace":                      "roster renders it: - {namespace: web-whoami, labels: {team: house}}" + imports,
	"CiliumNetworkPolicy":            "write flows on top of a profile, networkPolicies: {profile: web-app, allow: [{to: {namespace: web-ntfy, ports: [8080]}}]}, or a profile of your own in profiles/NAME.yml" + imports,
	"NetworkPolicy":                  "write flows on top of a profile: networkPolicies: {profile: web-app, allow: [{to: {namespace: web-ntfy, ports: [8080]}}]}",
	"IngressRoute":                   "write it as an application's ingress: [{host: whoami, service: web-whoami, port: 80}]" + imports,
	"Ingress":                        "write it as an application's ingress: [{host: whoami, service: web-whoami, port: 80}]",
	"ExternalSecret":                 "write it as an application's secrets: [{name: whoami, data: {PASSWORD: web-whoami#password}}]" + imports,
	"Secret":                         "keep its values in Vault, and name them: secrets: [{name: whoami, data: {PASSWORD: web-whoami#password}}]",
	"RoleBinding":                    "write it as the entry's access: [{group: house, role: view}]",
	"HelmRelease":                    "write an application: " + byChart,
	"List":                           "split it: manifests go into a folder that an application names, " + byPath + imports,
	"HelmRepository":                 "its URL is the repoURL of an application: " + byChart,
	"GitRepository":                  "its URL is repository: {url: https://git.example/homelab.git} in platform.yml, or the repoURL of an application",
	"CiliumClusterwideNetworkPolicy": "put it into a folder of the repository, and name that: " + byPath,
}

// manifestHint is what to write instead of an object.
func manifestHint(kind, apiVersion string) string {
	if kind == "Kustomization" && makerOf(apiVersion) == "Flux" {
		return "name the same folder: " + byPath
	}
	if hint := manifests[kind]; hint != "" {
		return hint
	}
	return "put it into a folder of the repository, and name that: " + byPath
}
