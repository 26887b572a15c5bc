// Package starter has the files that a platform begins with: the smallest list, what is true of the cluster, an application, and what
// editors, forges and Renovate want beside them.
//
// It makes texts of answers, and does not check these: catalog does, when the texts are read.
package starter

import (
	_ "embed" // the example
	"path"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/docs/ci"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/listtext"
)

// Answers are what is known of a platform that begins.
type Answers struct {
	Folder        string // of the list, below the top of the repository; "." for the top
	URL, Revision string // of the repository; no revision is the default branch
	Domain        string
	Ingress       string // Traefik's namespace; empty when there is none
	Vault, Role   string // its address, and the role that External Secrets has there; both empty when there is none
	Forge         string // one of Forges
	Release       string // the version of roster that CI takes; empty when this roster is a build, so that nobody knows of one
}

// Forges are those whose CI is known, and none.
func Forges() []string { return []string{gitHub, gitLab, none} }

const (
	gitHub = "github"
	gitLab = "gitlab"
	none   = "none"
)

// ForgeOf is the forge of a repository as its URL tells it, or none.
func ForgeOf(url string) string {
	switch host := hostOf(url); {
	case host == "github.com":
		return gitHub
	case strings.HasPrefix(host, "gitlab."):
		return gitLab
	}
	return none
}

// hostOf is the host in a URL, or in what SSH takes for one.
func hostOf(url string) string {
	_, rest, is := strings.Cut(url, "://")
	if !is {
		rest, _, _ = strings.Cut(url, ":")
	}
	rest, _, _ = strings.Cut(rest, "/")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	host, _, _ := strings.Cut(rest, ":")
	return strings.ToLower(host)
}

// File is a file to begin with.
type File struct {
	Name string // relative to the top of the repository
	Text string
	// Or are other names under which it may be there already, relative to the top.
	Or []string
	// Advice is what to do with it where there is another one.
	Advice string
	// Of is the file that refers to it, and without which nobody needs it.
	Of string
}

// Files are those to begin with. The list and what is true of the cluster come last: as long as they are missing, nothing has begun.
func Files(a Answers) []File {
	beside := func(name string) string { return path.Join(a.Folder, name) }
	list := beside(catalog.ApplicationsFile)
	out := []File{
		{Name: beside("schema/applications.json"), Text: string(catalog.ApplicationsSchema())},
		{Name: beside("schema/platform.json"), Text: string(catalog.PlatformSchema())},
		{Name: beside(example + "/whoami.yaml"), Text: whoami, Of: list},
		{Name: beside(".gitignore"), Text: ignored, Advice: "add the lines /out/ and /.roster-cache/ to it"},
		a.renovate(),
	}
	out = append(out, a.pieces()...)
	return append(out,
		File{Name: list, Text: a.list(), Or: []string{beside("applications.yaml"), beside(catalog.ApplicationsDir)}},
		File{Name: beside(catalog.PlatformFile), Text: a.platform(), Or: []string{beside("platform.yaml")}})
}

// example is the folder of the application that a list begins with, below that of the list.
const example = "deploy/web-whoami"

//go:embed whoami.yaml
var whoami string

const ignored = `# What roster writes and Git need not keep.
/out/
/.roster-cache/
`

// list is the smallest list.
func (a Answers) list() string {
	profile := "isolated"
	application := listtext.Map{{Key: "applicationCode", Value: "web-whoami"}, {Key: "path", Value: path.Join(a.Folder, example)}}
	if a.Ingress != "" {
		profile = "web-app-internal"
		host := listtext.Map{{Key: "host", Value: "whoami"}, {Key: "service", Value: "whoami"}, {Key: "port", Value: 80}, {Key: "auth", Value: none}}
		application = append(application, listtext.Field{Key: "ingress", Value: []listtext.Map{host}})
	}
	return "# yaml-language-server: $schema=schema/applications.json\n# What runs in the cluster: an entry for each namespace. roster add appends one.\n\n" +
		string(listtext.Entry(listtext.Map{
			{Key: "namespace", Value: "web-whoami", Comment: "An example, which shows the request that it gets. Remove it when you have something better."},
			{Key: "podSecurity", Value: "restricted"},
			{Key: "networkPolicies", Value: profile},
			{Key: "applications", Value: []listtext.Map{application}},
		}))
}

// platform is what is true of the whole cluster.
func (a Answers) platform() string {
	repository := listtext.Map{{Key: "url", Value: a.URL}}
	if a.Revision != "" {
		repository = append(repository, listtext.Field{Key: "revision", Value: a.Revision})
	}
	if a.Folder != "." {
		up := strings.Repeat("/..", 1+strings.Count(a.Folder, "/"))[1:]
		repository = append(repository, listtext.Field{Key: "root", Value: up})
	}
	out := listtext.Map{{Key: "repository", Value: repository}}
	if a.Domain != "" {
		out = append(out, listtext.Field{Key: "domain", Value: a.Domain, Comment: "What hosts without a dot get."})
	}
	if a.Ingress != "" {
		out = append(out, listtext.Field{Key: "ingress", Value: listtext.Map{{Key: "controller", Value: listtext.Map{{Key: "namespace", Value: a.Ingress}}}}, Comment: "Where Traefik's pods are."})
	}
	if a.Vault != "" {
		vault := listtext.Map{{Key: "server", Value: a.Vault}, {Key: "role", Value: a.Role}}
		out = append(out, listtext.Field{Key: "secrets", Value: listtext.Map{{Key: "store", Value: listtext.Map{{Key: "vault", Value: vault}}}}, Comment: "Where External Secrets reads what applications need."})
	}
	out = append(out, listtext.Field{Key: "defaults", Value: listtext.Map{{Key: "autoSync", Value: true}}, Comment: "What applications get that say nothing else."})
	return "# yaml-language-server: $schema=schema/platform.json\n# What is true of the whole cluster.\n" + string(listtext.File(out))
}

// pieces are the CI of the forge.
func (a Answers) pieces() []File {
	var pieces []ci.Piece
	switch a.Forge {
	case gitHub:
		pieces = ci.GitHub()
	case gitLab:
		pieces = ci.GitLab()
	default:
		return nil
	}
	var out []File
	include := "include:\n"
	for _, p := range pieces {
		text := a.piece(p.Text)
		out = append(out, File{Name: p.Name, Text: text})
		include += "  - local: " + p.Name + "\n"
	}
	if a.Forge == gitLab {
		out = append(out, File{Name: ".gitlab-ci.yml", Text: include, Advice: "add to its include: " + pieces[0].Name + " and " + pieces[1].Name})
	}
	return out
}

// piece is a piece with the answers in it.
func (a Answers) piece(text string) string {
	if a.Folder != "." {
		text = theFolder().ReplaceAllStringFunc(text, func(line string) string {
			return strings.TrimSuffix(line, ".") + listtext.Flow(a.Folder)
		})
	}
	if a.Revision != "" {
		text = strings.Replace(text, "branches: [main]", "branches: "+listtext.Flow([]string{a.Revision}), 1)
	}
	return theVersion().ReplaceAllStringFunc(text, func(line string) string {
		key, version, _ := strings.Cut(line, ": ")
		if a.Release != "" {
			return key + ": " + a.Release
		}
		margin := key[:len(key)-len("ROSTER_VERSION")]
		return margin + "# The roster that wrote this is a build, and no release. Set the release that you want. If there is none yet, run\n" +
			margin + "# make release VERSION=" + version + " in a clone of roster, put dist/ on a web server as .../" + version + "/, and name that in ROSTER_RELEASES.\n" + line
	})
}

// theFolder is the line of a piece that names the folder of the list, and theVersion that with the release of roster.
var (
	theFolder  = lazy.Regexp(`(?m)^ *ROSTER_DIR: \.`)
	theVersion = lazy.Regexp(`(?m)^ *ROSTER_VERSION: v[0-9.]+`)
)
