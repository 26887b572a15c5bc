package reach

import (
	"fmt"
	"html"
	"strings"
)

// HTML is the matrix as one page: a table of namespaces, and below it a list of the flows between pods that can be searched. It loads nothing from
// anywhere.
func (m *Matrix) HTML() string {
	var b strings.Builder
	b.WriteString(pageHead)
	all := m.byGroup()
	cells := map[[2]int]*grouped{}
	for i := range all {
		cells[[2]int{all[i].from, all[i].to}] = &all[i]
	}
	b.WriteString("<table class=grid><caption>From the row to the column: <b>#</b> all ports, <b>+</b> some ports, <b>?</b> perhaps</caption>\n<thead><tr><td></td>")
	for _, g := range m.groups {
		fmt.Fprintf(&b, "<th scope=col><span>%s</span></th>", html.EscapeString(g))
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for i, g := range m.groups {
		fmt.Fprintf(&b, "<tr><th scope=row>%s</th>", html.EscapeString(g))
		for k, other := range m.groups {
			c := cells[[2]int{i, k}]
			if c == nil {
				b.WriteString("<td></td>")
				continue
			}
			title := html.EscapeString(fmt.Sprintf("%s → %s: %s", g, other, c.text()))
			fmt.Fprintf(&b, "<td class=%s title=\"%s\" aria-label=\"%s\">%s</td>", classes[c.symbol()], title, title, c.symbol())
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table>\n<p><label>Search <input id=search type=search></label> <output id=count></output></p>\n" +
		"<table id=flows><thead><tr><th>from</th><th>to</th><th>ports</th><th>perhaps</th></tr></thead>\n<tbody>\n")
	for _, c := range m.Cells {
		fmt.Fprintf(&b, "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n", html.EscapeString(m.Ends[c.From].Name), html.EscapeString(m.Ends[c.To].Name),
			html.EscapeString(c.Ports), html.EscapeString(c.Perhaps))
	}
	b.WriteString("</tbody></table>\n")
	b.WriteString(pageScript)
	b.WriteString("</body></html>\n")
	return b.String()
}

var classes = map[string]string{"#": "all", "+": "some", "?": "perhaps"}

const pageHead = `<!doctype html>
<html lang=en><head><meta charset=utf-8><meta name=viewport content="width=device-width">
<meta http-equiv=Content-Security-Policy content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Who reaches whom</title>
<style>
:root { color-scheme: light dark; --all: light-dark(#b3450b, #f0955e); --some: light-dark(#0b6b3a, #6fd19b); --line: light-dark(#ccc, #444); }
body { font: 14px/1.4 system-ui, sans-serif; margin: 1rem; }
table { border-collapse: collapse; }
td, th { border: 1px solid var(--line); padding: .1rem .4rem; text-align: left; font-weight: normal; }
.grid td { text-align: center; min-width: 1.2rem; }
.grid thead th { vertical-align: bottom; }
.grid thead span { writing-mode: vertical-rl; transform: rotate(180deg); }
.grid th[scope=row] { position: sticky; left: 0; background: Canvas; }
.all { color: var(--all); font-weight: bold; } .some { color: var(--some); font-weight: bold; } .perhaps { font-style: italic; }
</style></head><body>
<h1>Who reaches whom</h1>
`

const pageScript = `<script>
const rows = [...document.querySelectorAll('#flows tbody tr')], field = document.getElementById('search'), count = document.getElementById('count');
const show = () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let n = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every(w => text.includes(w));
    if (!row.hidden) n++;
  }
  count.textContent = n + ' of ' + rows.length + ' flows';
};
field.addEventListener('input', show);
show();
</script>
`
