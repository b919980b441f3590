//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// quickstartPorts are those that the quickstart takes.
var quickstartPorts = []string{"127.0.0.1:8080", "127.0.0.1:7007", "127.0.0.1:7008", "127.0.0.1:8800"}

// quickstart runs it in an empty folder.
func quickstart(t *testing.T, state string) *process {
	t.Helper()
	cmd := exec.Command(built, "up")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+state)
	return spawn(t, cmd)
}

// needPorts skips the test where somebody else has a port of the quickstart.
func needPorts(t *testing.T) {
	t.Helper()
	for _, addr := range quickstartPorts {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			lacking(t, err.Error())
		}
		ln.Close()
	}
}

func TestQuickstart(t *testing.T) {
	needPorts(t)
	state := t.TempDir()
	began := time.Now()
	q := quickstart(t, state)
	for {
		resp, err := http.Get("http://127.0.0.1:8080/hello")
		if err == nil {
			resp.Body.Close()
			break
		}
		if time.Since(began) > wait {
			t.Fatal("it does not answer")
		}
		time.Sleep(time.Millisecond)
	}
	t.Logf("from the start to the first answer: %v", time.Since(began).Round(time.Millisecond))
	q.says("Stop it with ^C.")
	seen := map[string]bool{}
	for range 50 {
		line, _, _ := strings.Cut(get(t, "http://127.0.0.1:8080/demo/"), "\n")
		seen[line] = true
	}
	if len(seen) != 2 {
		t.Errorf("the demo's upstreams are %v", seen)
	}
	conn, err := net.Dial("tcp", "127.0.0.1:7007")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(wait))
	fmt.Fprint(conn, "hello")
	if n, err := conn.Read(make([]byte, 5)); err != nil || n != 5 {
		t.Errorf("the echo: %d, %v", n, err)
	}
	second := quickstart(t, state)
	if status := second.ended(); status != 1 || !strings.Contains(second.log.String(), "a quickstart runs already") {
		t.Errorf("a second quickstart: status %d, %s", status, second.log)
	}
	q.signal(os.Interrupt)
	if status := q.ended(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestQuickstartWithATakenPort(t *testing.T) {
	needPorts(t)
	ln, err := net.Listen("tcp", "127.0.0.1:7007")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	q := quickstart(t, t.TempDir())
	q.says("service echo  left out")
	q.says(fmt.Sprintf("(process %d) has it", os.Getpid()))
	q.says("Stop it with ^C.")
	if strings.Contains(q.log.String(), "connect tcp://127.0.0.1:7007") {
		t.Error("it offers what it left out")
	}
	if body := get(t, "http://127.0.0.1:8080/hello"); body != "hello\n" {
		t.Errorf("%q", body)
	}
	q.signal(syscall.SIGTERM)
	if status := q.ended(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// TestBrowser opens the quickstart's page and the console.
func TestBrowser(t *testing.T) {
	chromium := need(t, "chromium")
	needPorts(t)
	q := quickstart(t, t.TempDir())
	q.says("Stop it with ^C.")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.UserDataDir(t.TempDir()), chromedp.Flag("no-proxy-server", true))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	defer chromedp.Cancel(ctx)
	step := func(what string, do chromedp.Action[chromedp.Void], text string) {
		t.Helper()
		if err := chromedp.Do(ctx, do); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		var seen string
		until(t, what+": the page does not show "+text, func() bool {
			var err error
			if seen, err = chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText")); err != nil && ctx.Err() != nil {
				t.Fatalf("%s: %v", what, err)
			}
			return strings.Contains(seen, text)
		})
	}
	step("the page", chromedp.Navigate("http://127.0.0.1:8080/"), "Netwright is running")
	step("the demo", chromedp.Click(chromedp.CSS(`a[href="/demo/"]`)), "Hello from upstream")
	step("back", chromedp.Navigate("http://127.0.0.1:8080/"), "Netwright is running")
	step("the console", chromedp.Click(chromedp.CSS(`a[href="http://127.0.0.1:8800/"]`)), "Requests per second")
	step("upstreams", chromedp.Evaluate[chromedp.Void](`location.hash = "upstreams"`), "demo")
}
