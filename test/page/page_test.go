package page

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/ledongthuc/pdf"
)

// The items of the rich page, as shown names them.
const (
	deletes  = "PersistentVolumeClaim web-shop/shop-data"
	public   = "push.example.org is"
	opens    = "web-claw reaches"
	restarts = "The pods"
	image    = "web-shop/shop gets"
	brings   = "web-push.applications[0].ingress[0]: push.example.org"
	mends    = "web-shop: the"
	config   = "ConfigMap sys-alerting/alertmanager"
	exporter = "DaemonSet sys-alerting/node-exporter"
	route    = "IngressRoute web-push/ntfy"
	shop     = "Deployment web-shop/shop"
	claim    = deletes
	policy   = "CiliumNetworkPolicy web-claw/egress"
)

var everything = lines(deletes, public, opens, restarts, image, brings, mends, config, route, shop, claim, policy)

func TestFilters(t *testing.T) {
	p := open(t, "rich", look{})
	expect(p, shown, everything)
	for _, c := range []struct{ name, set, want string }{
		{"search", `#q = "vault"`, lines(opens, policy)},
		{"search of two words in any case", `#q = "ARGO 20gi"`, lines(deletes)},
		{"search in values", `#q = "group_interval"`, lines(config)},
		{"search in folded noise", `#q = "checksum"`, ""},
		{"search in noise", `#noise; #q = "checksum"`, lines(exporter)},
		{"search for nothing", `#q = "no such text"`, ""},
		{"weight", `[value=wdanger]`, lines(deletes, public, route, shop, claim)},
		{"two weights", `[value=wdanger]; [value=wnotice]`, lines(deletes, public, opens, restarts, route, shop, claim, policy)},
		{"word", `#word = flow-opened`, lines(opens, policy)},
		{"created", `[value=scr]`, lines(opens, policy)},
		{"deleted", `[value=sde]`, lines(deletes, claim)},
		{"cluster", `#cluster = lab`, lines(public, opens, policy)},
		{"entry", `#owner = web-push`, lines(public, brings, route)},
		{"application", `#owner = web-shop, application shop`, lines(deletes, restarts, image, shop, claim)},
		{"noise", `#noise`, strings.Replace(everything, config, lines(config, exporter), 1)},
		{"all together", `#owner = web-shop; [value=sch]; [value=wplain]; #q = "2.4.1"`, lines(image, shop)},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := p.under(t)
			for _, s := range strings.Split(c.set, "; ") {
				control, value, _ := strings.Cut(s, " = ")
				eval[bool](p, fmt.Sprintf(`(() => {
					const e = document.querySelector(%q), value = %q;
					if (e.type === "checkbox") e.click();
					else if (e.type === "search") { e.value = JSON.parse(value); e.dispatchEvent(new Event("input", {bubbles: true})); }
					else { e.value = [...e.options].find(o => o.text === value).value; e.dispatchEvent(new Event("change", {bubbles: true})); }
					return true;
				})()`, control, value))
			}
			expect(p, shown, c.want)
			if n := len(strings.Split(c.want, "; ")); c.want != "" && c.name != "noise" {
				expect(p, `document.getElementById("status").textContent`, fmt.Sprintf("%d of 13 items match", n))
			}
			expect(p, `document.querySelector(".unknown tbody").checkVisibility()`, true)
			expect(p, `[...document.querySelectorAll(".list")].every(l => [...l.querySelectorAll(".item")].every(i => i.checkVisibility()) || l.querySelector(".hidden-hint").checkVisibility())`, true)
			eval[any](p, `document.getElementById("clear").click()`)
			eval[any](p, `document.getElementById("noise").checked && document.getElementById("noise").click()`)
			expect(p, shown, everything)
		})
	}
}

func TestViews(t *testing.T) {
	p := open(t, "rich", look{scheme: "light"})
	const display, ground = `getComputedStyle(document.querySelector(".fields")).display`, `getComputedStyle(document.body).backgroundColor`
	const light, dark = "rgb(255, 255, 255)", "rgb(17, 22, 28)"
	expect(p, display, "table")
	expect(p, ground, light)
	p.shoot("light")
	p.do(chromedp.Click(chromedp.CSS(`[value=unified]`)))
	expect(p, display, "block")
	p.scheme("dark")
	expect(p, ground, dark)
	p.do(chromedp.Click(chromedp.CSS(`[name=theme][value=light]`)))
	expect(p, ground, light)
	p.press("t")
	p.scheme("light")
	expect(p, ground, dark)
	p.do(chromedp.Click(chromedp.CSS(`#expand`)))
	expect(p, `document.querySelectorAll(".object:not([open], .quiet)").length`, 0)
	p.press("n")
	p.shoot("dark-unified")
	p.do(chromedp.Click(chromedp.CSS(`#collapse`)))
	expect(p, `document.querySelectorAll(".object[open]").length`, 0)

	narrow := open(t, "rich", look{width: 360, height: 740, scheme: "light"})
	expect(narrow, display, "block")
	expect(narrow, `document.documentElement.scrollWidth`, 360)
	narrow.shoot("narrow")
}

func TestKeyboard(t *testing.T) {
	p := open(t, "rich", look{})
	const here = `(document.activeElement.querySelector("h3, h4, .name") || document.activeElement).textContent.trim().split(/[ \n]+/).slice(0, 2).join(" ")`
	p.press(kb.Tab)
	expect(p, here, "Skip to")
	p.press(kb.Enter)
	expect(p, `document.activeElement.id`, "main")
	for _, c := range []struct{ key, want string }{
		{"j", deletes}, {"j", public}, {kb.ArrowDown, opens}, {"k", public}, {kb.ArrowUp, deletes}, {"k", deletes},
		{"]", "Not compared,"}, {"]", "Findings of"}, {"j", brings}, {"]", "Differences"}, {"j", config}, {"j", route}, {"[", "Differences"}, {"[", "Findings of"},
	} {
		p.press(c.key)
		expect(p, here, c.want)
	}
	expect(p, `getComputedStyle(document.activeElement).outlineStyle`, "solid")
	p.press("jjjj")
	expect(p, here, route)
	p.press(kb.Enter)
	expect(p, `document.activeElement.parentElement.open`, false)
	p.press("/")
	p.press("vault?")
	expect(p, `document.getElementById("q").value`, "vault?")
	p.press(kb.Backspace)
	expect(p, shown, lines(opens, policy))
	expect(p, `CSS.highlights.get("found").size > 0`, true)
	p.press(kb.Escape)
	p.press("x")
	expect(p, shown, everything)
	p.press("?")
	expect(p, `document.getElementById("help").open`, true)
	p.shoot("help")
	p.do(chromedp.Click(chromedp.CSS(`#keys`)))
	p.press(kb.Escape)
	expect(p, `document.getElementById("help").open`, false)
	p.press("v")
	expect(p, `document.documentElement.dataset.view`, "split")
}

// TestLinks follows a link to an object that filters hide.
func TestLinks(t *testing.T) {
	p := open(t, "rich", look{})
	p.press("/")
	p.press("Retain")
	expect(p, shown, lines(deletes))
	p.press(kb.Escape)
	p.do(chromedp.Click(chromedp.CSS(`.consequence a`)))
	expect(p, `document.activeElement.matches("summary") && document.activeElement.textContent.includes("shop-data")`, true)
	expect(p, `document.activeElement.parentElement.open`, true)
	expect(p, shown, everything)
	if broken := eval[string](p, `[...document.querySelectorAll("a")].map(a => a.getAttribute("href")).filter(h => h[0] !== "#" || !document.getElementById(h.slice(1))).join()`); broken != "" {
		t.Errorf("links to %s lead nowhere", broken)
	}
}

func TestWithoutScript(t *testing.T) {
	p := open(t, "rich", look{noScript: true})
	expect(p, shown, strings.Replace(everything, config, lines(config, exporter), 1))
	expect(p, `document.getElementById("controls").checkVisibility()`, false)
	p.shoot("without-script")
}

// TestPrint reads what is printed: all of it, also what is folded.
func TestPrint(t *testing.T) {
	for _, noScript := range []bool{false, true} {
		t.Run(fmt.Sprintf("noScript=%t", noScript), func(t *testing.T) {
			p := open(t, "rich", look{scheme: "dark", noScript: noScript})
			data, err := chromedp.Run(p.ctx, chromedp.PrintToPDF())
			p.must(err)
			r, err := pdf.NewReader(bytes.NewReader(data), int64(len(data)))
			p.must(err)
			var text strings.Builder
			for i := range r.NumPage() {
				page, err := r.Page(i + 1).GetPlainText(nil)
				p.must(err)
				text.WriteString(page)
			}
			got := strings.Join(strings.Fields(text.String()), "")
			for _, want := range []string{"The gate fails", "20Gi are lost", "its chart was not fetched", "has no login", "group_interval: 20s", "storageClassName: local-path", "8200", "alertmanager-1.2.1"} {
				if !strings.Contains(got, strings.ReplaceAll(want, " ", "")) {
					t.Errorf("%q is not printed in\n%s", want, got)
				}
			}
			if strings.Contains(got, "Clearfilters") {
				t.Error("controls are printed")
			}
		})
	}
}

// TestAccessible asks axe-core.
func TestAccessible(t *testing.T) {
	for _, scheme := range []string{"light", "dark"} {
		for _, name := range []string{"rich", "empty", "broken"} {
			for _, width := range []int64{1400, 360} {
				t.Run(fmt.Sprint(name, " ", scheme, " ", width), func(t *testing.T) {
					p := open(t, name, look{scheme: scheme, width: width, height: 900})
					p.press("en")
					for _, v := range violations(p) {
						t.Error(v)
					}
				})
			}
		}
	}
	t.Run("pale", func(t *testing.T) { // or it would be silent whatever the page is
		p := open(t, "empty", look{scheme: "light"})
		eval[any](p, `document.querySelector(".brand").style.color = "#ddd"`)
		if got := violations(p); len(got) != 1 || !strings.HasPrefix(got[0], "color-contrast (serious)") {
			t.Errorf("axe-core finds %q", got)
		}
	})
}

// violations are what axe-core finds, of any weight.
func violations(p *tab) []string {
	p.Helper()
	eval[any](p, prepared.axe+"; undefined")
	out, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](`axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => v.id + " (" + v.impact + "): " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html + " " + n.failureSummary).join(" | ")))`, chromedp.EvalAwaitPromise))
	p.must(err)
	return out
}

// TestHostile opens a page whose names and values try to become a part of it.
func TestHostile(t *testing.T) {
	p := open(t, "hostile", look{scheme: "light"})
	p.press("en")
	p.press("v")
	expect(p, `window.hacked === undefined`, true)
	expect(p, `document.querySelectorAll("script").length + document.querySelectorAll("style").length`, 2)
	expect(p, `document.querySelectorAll("img, svg, iframe, template, object, embed, link, base, [onclick], [onerror], [style]").length`, 0)
	expect(p, `document.querySelector(".skip").checkVisibility()`, true)
	p.press("/")
	p.press("hacked")
	expect(p, `document.querySelectorAll(".object:not([hidden])").length > 0`, true)
	eval[any](p, `document.querySelectorAll("a").forEach(a => a.click())`)
	expect(p, `window.hacked === undefined`, true)
}

// TestPolicy fails when the page's policy lets a script in, or a request out, that somebody got into it; and when nobody would hear of that.
func TestPolicy(t *testing.T) {
	p := open(t, "rich", look{})
	eval[any](p, `document.body.insertAdjacentHTML("beforeend", "<p id=in onclick='window.hacked=1'>x</p><img src='http://127.0.0.1:9/x.png'>")`)
	eval[any](p, `document.body.append(Object.assign(document.createElement("script"), {textContent: "window.hacked = 1"}))`)
	eval[any](p, `document.getElementById("in").click()`)
	expect(p, `window.hacked === undefined`, true)
	p.lock.Lock()
	defer p.lock.Unlock()
	if len(p.errors) < 3 {
		t.Errorf("the console has only %q", p.errors)
	}
	p.errors, p.asked = nil, p.asked[:1]
}

// TestBig opens ten thousand objects that changed.
func TestBig(t *testing.T) {
	p := open(t, "big", look{})
	took := p.busy()
	t.Logf("%d elements, opened in %.2f s", eval[int](p, `document.getElementsByTagName("*").length`), took)
	if took > 15 {
		t.Errorf("it takes %.2f s to open", took)
	}
	for _, c := range []struct {
		what, act string
		want      int
	}{
		{"a filter", `document.querySelector("[value=wplain]").click()`, 100},
		{"no filter", `document.getElementById("clear").click()`, 10000},
		{"the first search", `document.getElementById("q").value = "value 7 of 7777"; document.querySelector("[value=sch]").click()`, 1},
		{"another search", `document.getElementById("q").value = "web-123"; document.querySelector("[value=sch]").click()`, 10},
		{"no search", `document.getElementById("clear").click()`, 10000},
		{"unified", `document.querySelector("[value=unified]").click()`, 10000},
		{"expand all", `document.getElementById("expand").click()`, 10000},
		{"to the end", `scrollTo(0, 1e9)`, 10000},
		{"collapse all", `document.getElementById("collapse").click()`, 10000},
	} {
		begin := p.busy()
		_, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](`new Promise(done => { `+c.act+`; requestAnimationFrame(() => setTimeout(() => done(true))); })`, chromedp.EvalAwaitPromise))
		p.must(err)
		took := p.busy() - begin
		expect(p, `document.querySelectorAll(".object:not([hidden])").length`, c.want)
		t.Logf("%s: %.2f s", c.what, took)
		if took > 3 {
			t.Errorf("%s takes %.2f s", c.what, took)
		}
	}
}
