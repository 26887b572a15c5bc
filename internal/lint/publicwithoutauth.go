package lint

import (
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

var publicWithoutAuth = Rule{
	Name:     "public-without-auth",
	Severity: Error,
	Summary:  "a host is open to everybody outside, and no comment says why",
	Doc: `With ` + "`auth: none`" + ` on an exposure that reaches further than ` + "`lan`" + `, anyone who finds the host may use it: names of
hosts are in the public certificate logs and are found within minutes. There are good reasons for it, such as a webhook
that checks a token of its own. Write the reason in a comment after the route or above it, so that later readers can
tell it from a mistake. If the application has its own login, write ` + "`auth: app`" + `.`,
	Bad: `
-- platform.yml --
domain: home.example
ingress:
  expose: {public: [tunnel, websecure], lan: [websecure]}
-- applications.yml --
- namespace: web-status
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-status
      repoURL: https://git.example/status.git
      path: deploy
      ingress:
        - {host: status, service: status, port: 80, expose: public, auth: none}
`,
	Mend: []string{`        - {host: status, service: status, port: 80, expose: public, auth: none}`, `        - {host: status, service: status, port: 80, expose: public, auth: none} # static pages, and nothing to change`},
	Check: func(in *Input, report Report) {
		for _, r := range in.routers() {
			if r.own == nil || r.own.Auth.Name != "none" || !in.public(r.own) || in.explained(r.at(in)) {
				continue
			}
			report(r.at(in), "write the reason in a comment after it, or set auth", "everybody has access to %s (%s)", r.own.Host+r.own.Path, r.own.Exposure.Name)
		}
	},
}

// public reports whether a route has an entry point that the exposure lan does not have.
func (in *Input) public(r *catalog.Route) bool {
	lan := in.Platform.Expose["lan"]
	return slices.ContainsFunc(r.Exposure.EntryPoints, func(e string) bool { return !slices.Contains(lan, e) })
}

// explained reports whether there is a comment above what begins at a place, or on one of its lines.
func (in *Input) explained(at catalog.Place) bool {
	f := in.file(at.Pos.File)
	if f == nil {
		return false
	}
	last := max(at.Pos.Line, f.lastLine(at.Pos))
	for line := at.Pos.Line; line <= last; line++ {
		pos := at.Pos
		if pos.Line = line; in.comment(pos) != "" {
			return true
		}
	}
	return false
}

// lastLine is the last line with a key of the mapping that begins at a place, or of one in it; 0 when none begins there.
func (f *sourceFile) lastLine(at diag.Position) int {
	if f.ends == nil {
		f.ends = map[diag.Position]int{}
		for _, document := range f.documents {
			f.noteEnds(document)
		}
	}
	return f.ends[diag.Position{Line: at.Line, Column: at.Column}]
}

func (f *sourceFile) noteEnds(n *yaml.Node) (last int) {
	for _, c := range n.Content {
		switch {
		case len(c.Content) == 0:
			last = max(last, c.Line)
		case c.Kind == yaml.MappingNode:
			last = max(last, f.noteEnds(c))
		default:
			f.noteEnds(c)
		}
	}
	if at := (diag.Position{Line: n.Line, Column: n.Column}); n.Kind == yaml.MappingNode {
		f.ends[at] = max(f.ends[at], last)
	}
	return last
}
