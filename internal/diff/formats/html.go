package formats

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"sync"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
)

// pageFiles are what the page is made of: its markup, and the style and the script that become parts of it.
//
//go:embed page
var pageFiles embed.FS

// pageParts are those files, made ready at their first use.
var pageParts = sync.OnceValues(func() (*pageFixed, error) {
	style, err := pageFiles.ReadFile("page/page.css")
	if err != nil {
		return nil, err
	}
	script, err := pageFiles.ReadFile("page/page.js")
	if err != nil {
		return nil, err
	}
	markup, err := template.New("page.html").Funcs(template.FuncMap{"thousands": diag.Thousands, "number": number}).ParseFS(pageFiles, "page/page.html")
	if err != nil {
		return nil, err
	}
	return &pageFixed{
		Style: template.CSS(style), Script: template.JS(script), markup: markup,
		Policy: "default-src 'none'; style-src " + sourceHash(style) + "; script-src " + sourceHash(script) + "; base-uri 'none'; form-action 'none'",
	}, nil
})

// pageFixed is what is the same in all pages.
type pageFixed struct {
	Style  template.CSS
	Script template.JS
	// Policy permits the page its own style and script, and nothing else: no request, and no script that somebody got into it.
	Policy string
	markup *template.Template
}

// sourceHash is how a policy names a style or a script.
func sourceHash(text []byte) string {
	sum := sha256.Sum256(text)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// writeHTML is one page that needs nothing else, for a browser: what a job keeps of its run.
func writeHTML(w io.Writer, r *Report) error {
	fixed, err := pageParts()
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	if err := fixed.markup.Execute(b, newPage(r, fixed)); err != nil {
		return err
	}
	return b.Flush()
}

// tile is a number of the totals, and where to read more.
type tile struct {
	To, Class string
	N         int
	Text      string
}

// Tiles are the totals.
func (p *page) Tiles() []tile {
	t := p.Totals
	out := []tile{}
	add := func(to, class string, n int, one, many string) {
		if n > 0 {
			out = append(out, tile{to, class, n, plural(n, one, many)})
		}
	}
	for _, w := range diff.Weights() {
		names := map[diff.Weight][2]string{diff.Danger: {"danger", "dangers"}, diff.Notice: {"notice", "notices"}, diff.Plain: {"plain consequence", "plain consequences"}}[w]
		add("consequences", string(w), t.Consequences[w], names[0], names[1])
	}
	add("differences", "created", t.Created, "object created", "objects created")
	add("differences", "changed", t.Changed, "object changed", "objects changed")
	add("differences", "deleted", t.Deleted, "object deleted", "objects deleted")
	add("differences", "", t.Folded, "object with noise only", "objects with noise only")
	add("findings", "notice", t.Brought, "finding brought", "findings brought")
	add("findings", "created", t.Mended, "finding mended", "findings mended")
	add("unknown", "unknown", t.NotCompared, "not compared", "not compared")
	add("unknown", "unknown", t.NotJudged, "not judged", "not judged")
	return out
}

// Title is what a browser shows of the page among others.
func (p *page) Title() string {
	return p.Before + " → " + p.After + ": " + p.Totals.String()
}
