package console

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/netwright/netwright/flow"
)

// browser runs Chromium for a test and fails it for whatever the page's own
// console complains about, which includes violations of the policy. The server
// must have been started before: it ends behind the browser, whose page asks it
// every second.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is not installed")
		}
		t.Skip("chromium is not installed")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("no-proxy-server", true))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		chromedp.Cancel(ctx) // in peace, so that it clears up behind itself
		cancel()
	})
	var mu sync.Mutex
	var complaints []string
	err = chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, fmt.Sprintf("%s line %d: %s %+v", e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber+1, e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
		case *log.EventEntryAdded:
			complaints = append(complaints, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	})
	if err != nil {
		t.Fatal("chromium does not start: ", err)
	}
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range complaints {
			if !strings.Contains(c, "status of 4") { // what a test provokes
				t.Error("the page complains: ", c)
			}
		}
	})
	return ctx
}

// listen serves a console on loopback and returns its address.
func listen(t *testing.T, c *Console) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { c.Serve(ctx) })
	done.Go(func() {
		if err := ListenAndAnswer(ctx, ln, c.Handler("http://127.0.0.1:8800", nil)); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		done.Wait()
	})
	return "http://" + ln.Addr().String()
}

type step = chromedp.Action[chromedp.Void]

// until waits for an expression to be true.
func until(expression string) step {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		for {
			if is, err := chromedp.Evaluate[bool](expression)(ctx, target); is || ctx.Err() != nil {
				return chromedp.Void{}, errors.Join(err, ctx.Err())
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// has waits for a text on the page.
func has(text string) step {
	return until(fmt.Sprintf("document.querySelector('main').innerText.includes(%q)", text))
}

func open(page string) step {
	return chromedp.Evaluate[chromedp.Void](fmt.Sprintf("location.hash = %q", page))
}

// TestPage uses the page as a person does.
func TestPage(t *testing.T) {
	node := newFakeNode()
	c := New(node, flow.NewJournal(0))
	withHistory(c)
	address := listen(t, c)
	ctx := browser(t)
	do := func(what string, steps ...step) {
		t.Helper()
		limited, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		for i, step := range steps {
			if err := chromedp.Do(limited, step); err != nil {
				text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
				t.Fatalf("%s, step %d: %v; the page says:\n%s", what, i+1, err, text[:min(len(text), 1500)])
			}
		}
	}
	do("start", chromedp.EmulateViewport(1280, 900), chromedp.Navigate(address+"/"))

	do("overview", has("Requests per second"), has("api"), has("address already in use"), has("4711"),
		until(`document.querySelectorAll('.chart').length === 4 && [...document.querySelectorAll('.chart')].every(c => c.querySelector('path.line'))`),
		until(`document.querySelector('.tile strong').textContent !== '0/s'`),
		until(`document.getElementById('state').textContent === '1 of 4 services failed'`),
		chromedp.Click(`//div[@class="chips"]/button[text()="api"]`),
		until(`document.querySelector('.chart .legend').innerText.includes('api') && !document.querySelector('.chart .legend').innerText.includes('web')`))
	do("hover", chromedp.MouseEvent("mouseMoved", 400, 460), until(`document.querySelectorAll('.tip.show').length === 4`))

	do("drain", open("upstreams"), has("GET /healthz: status 503"),
		chromedp.Click(`//li[.//code="http://10.0.0.5:8080"]//button`), has("draining"),
		until(`document.getElementById('toast').textContent.includes('no new requests')`))
	if !node.Pools()[0].Targets[0].Draining {
		t.Error("the node was not asked to drain")
	}
	do("undrain", chromedp.Click(`//li[.//code="http://10.0.0.5:8080"]//button[text()="Undrain"]`),
		until(`![...document.querySelectorAll('button')].some(b => b.textContent === 'Undrain')`))

	do("records", open("records"), until(`document.querySelectorAll('.rows article').length === 100`))
	hostile := flow.Record{}
	hostile.Begin(flow.Request, time.Now())
	hostile.SetString(flow.Service, "web")
	hostile.SetString(flow.Method, "GET")
	hostile.SetString(flow.Path, `/<img src=x onerror="window.pwned=1">`)
	hostile.SetString(flow.Error, "</script><script>window.pwned=1</script>")
	c.journal.Write(&hostile)
	do("a record that comes", has(`/<img src=x onerror="window.pwned=1">`), until(`window.pwned === undefined`),
		chromedp.SendKeys(`input[placeholder^="Contains"]`, "onerror"), until(`document.querySelectorAll('.rows article').length === 1`),
		chromedp.Click(`.rows .row`), has("request"), has(hostile.ID.String()), until(`window.pwned === undefined`))
	do("a filter that is wrong", chromedp.SendKeys(`input[placeholder^="Status"]`, "9z"), has(`"9z" is not a status`))

	do("config", open("config"), has("least-requests"), chromedp.Click(`button.primary`), has("2 routes added"))
	node.mu.Lock()
	node.reload = func() ([]string, error) { return nil, errors.New(`netwright.yaml:12:9: unknown key "pathh"`) }
	node.mu.Unlock()
	do("a config that is wrong", chromedp.Click(`button.primary`), has(`unknown key "pathh"`))
	do("certs", open("certs"), has("shop.example.com"), has("no certificate in it"))

	do("theme", chromedp.Click("#theme"), until(`getComputedStyle(document.body).backgroundColor === 'rgb(14, 17, 23)'`),
		chromedp.Reload(), until(`getComputedStyle(document.body).backgroundColor === 'rgb(14, 17, 23)'`))
	do("phone", chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	for _, page := range []string{"overview", "upstreams", "records", "config", "certs"} {
		do("no page is wider than a phone", open(page), until(`document.querySelector('main .card') !== null`),
			until(`document.documentElement.scrollWidth <= 390`))
	}
}
