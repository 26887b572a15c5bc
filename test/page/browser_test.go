package page

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// root is the repository's.
const root = "../.."

var shots = flag.String("shots", "", "the folder for screenshots; none are left without it")

// prepared is what all tests share.
var prepared struct {
	pages   string // the folder of the pages
	axe     string // the source of axe-core
	browser context.Context
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "page-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		err = prepare(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "preparing the browser:", err)
		return 1
	}
	stop, err := browse(dir)
	defer stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "starting the browser:", err)
		return 1
	}
	return m.Run()
}

// prepare writes the pages, and brings axe-core.
func prepare(dir string) error {
	prepared.pages = filepath.Join(dir, "pages")
	if err := os.Mkdir(prepared.pages, 0o755); err != nil {
		return err
	}
	write := exec.Command("go", "test", "./internal/diff/formats", "-count=1", "-run", "^TestPages$", "-pages", prepared.pages)
	write.Dir = root
	pack := exec.Command("npm", "pack", "--silent", "axe-core@4.14.1")
	pack.Dir = dir
	unpack := exec.Command("tar", "-xzf", "axe-core-4.14.1.tgz", "package/axe.min.js")
	unpack.Dir = dir
	for _, c := range []*exec.Cmd{write, pack, unpack} {
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", c, err, out)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "package/axe.min.js"))
	prepared.axe = string(text)
	return err
}

// browse starts the browser: a new one, that asks nothing of anybody by itself.
func browse(dir string) (stop func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium()), chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
	)
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	browser, cancel := chromedp.NewContext(allocator)
	prepared.browser = browser
	return func() {
		cancel()
		end()
	}, chromedp.Do(browser, chromedp.Navigate("about:blank"))
}

func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return "chromium" // the error of starting it names it
}

// tab is a page in the browser.
type tab struct {
	*testing.T
	ctx context.Context
	url string
	*heard
}

// heard is what a page did by itself.
type heard struct {
	lock   sync.Mutex
	errors []string // of its console
	asked  []string // requests
}

// under is the same page in a part of the test.
func (p *tab) under(t *testing.T) *tab { return &tab{t, p.ctx, p.url, p.heard} }

// look is how a page is opened.
type look struct {
	width, height int64
	scheme        string // that the system prefers: light or dark
	noScript      bool
}

// open opens a page. When the test ends, it must have asked for nothing but its file, and have left no error.
func open(t *testing.T, name string, l look) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(prepared.browser)
	t.Cleanup(cancel)
	ctx, end := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(end)
	p := &tab{t, ctx, (&url.URL{Scheme: "file", Path: filepath.Join(prepared.pages, name+".html")}).String(), &heard{}}
	if l.width == 0 {
		l.width, l.height = 1400, 1000
	}
	p.must(chromedp.Listen(ctx, p.hear))
	call(p, network.Enable, network.EnableParams{})
	call(p, log.Enable, cdp.Empty{})
	call(p, runtime.Enable, cdp.Empty{})
	call(p, performance.Enable, performance.EnableParams{TimeDomain: "threadTicks"})
	p.scheme(l.scheme)
	if l.noScript {
		call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	p.do(chromedp.EmulateViewport(l.width, l.height), chromedp.Navigate(p.url))
	t.Cleanup(p.check)
	return p
}

// scheme is what the system prefers.
func (p *tab) scheme(name string) {
	p.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

func (p *tab) hear(event any) {
	p.lock.Lock()
	defer p.lock.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.asked = append(p.asked, e.Request.URL)
	case *log.EventEntryAdded:
		p.errors = append(p.errors, string(e.Entry.Level)+": "+e.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		p.errors = append(p.errors, "console."+string(e.Type))
	case *runtime.EventExceptionThrown:
		p.errors = append(p.errors, e.ExceptionDetails.Text)
	}
}

func (p *tab) check() {
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, e := range p.errors {
		p.Errorf("the console has %s", e)
	}
	for i, u := range p.asked {
		if i > 0 || u != p.url {
			p.Errorf("the page asks for %s", u)
		}
	}
	if len(p.asked) == 0 {
		p.Error("nobody heard the request for the page")
	}
}

func (p *tab) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	p.must(chromedp.Do(p.ctx, steps...))
}

// press presses keys, one after the other. A key that types something does both in one event: what the page prevents is not typed.
func (p *tab) press(keys string) {
	p.Helper()
	for _, key := range keys {
		if key < ' ' || key > '~' {
			p.do(chromedp.KeyEvent(string(key)))
			continue
		}
		down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Text: string(key), Key: string(key)}
		call(p, input.DispatchKeyEvent, down)
		call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: string(key)})
	}
}

// busy is how many seconds of a processor's time the page has used: whatever else the machine does.
func (p *tab) busy() float64 {
	p.Helper()
	for _, m := range call(p, performance.GetMetrics, cdp.Empty{}).Metrics {
		if m.Name == "TaskDuration" {
			return m.Value
		}
	}
	p.Fatal("the browser does not measure TaskDuration")
	return 0
}

// eval is what an expression of JavaScript yields.
func eval[T any](p *tab, expression string) T {
	p.Helper()
	out, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return out
}

// expect waits until an expression yields a value: what is typed is searched a moment later, and a link that was clicked is followed a moment later. Until
// then the expression may have no value at all.
func expect[T comparable](p *tab, expression string, want T) {
	p.Helper()
	var got T
	var err error
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if got, err = chromedp.Run(p.ctx, chromedp.Evaluate[T](expression)); err == nil && got == want {
			return
		}
		p.do(chromedp.Sleep(50 * time.Millisecond))
	}
	p.Errorf("%s is %v (%v), want %v", expression, got, err, want)
}

// shoot leaves screenshots: of the page, and of the differences in it.
func (p *tab) shoot(name string) {
	p.Helper()
	if *shots == "" {
		return
	}
	p.do(chromedp.EmulateViewport(eval[int64](p, `innerWidth`), min(8000, eval[int64](p, `document.documentElement.scrollHeight`))))
	for of, take := range map[string]chromedp.Action[[]byte]{"": chromedp.CaptureScreenshot(), "-differences": chromedp.Screenshot(chromedp.CSS("section:has(> #differences)"))} {
		png, err := chromedp.Run(p.ctx, take)
		p.must(errors.Join(err, os.MkdirAll(*shots, 0o755)))
		p.must(os.WriteFile(filepath.Join(*shots, name+of+".png"), png, 0o644))
	}
}

// shown are the items that can be seen, by the beginning of what they say, in one line.
const shown = `[...document.querySelectorAll('.list .item')].filter(e => e.checkVisibility()).map(e => e.querySelector('h3, h4, .name').textContent.trim().split(/[ \n]+/).slice(0, 2).join(' ')).join('; ')`

func lines(texts ...string) string { return strings.Join(texts, "; ") }
