//go:build pictures

package console

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/netwright/netwright/flow"
)

// scheme makes the system light or dark.
func scheme(name string) step {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
		})
		return chromedp.Void{}, err
	}
}

// TestPictures draws each page in light, in dark and on a phone into the folder
// that NETWRIGHT_PICTURES names, for people to look at:
//
//	NETWRIGHT_PICTURES=/tmp go test -tags pictures -run TestPictures ./console
func TestPictures(t *testing.T) {
	dir := os.Getenv("NETWRIGHT_PICTURES")
	if dir == "" {
		t.Fatal("NETWRIGHT_PICTURES does not name a folder")
	}
	c := New(newFakeNode(), flow.NewJournal(0))
	withHistory(c)
	address := listen(t, c)
	ctx := browser(t)
	go func() { // traffic goes on
		for ctx.Err() == nil {
			now := time.Now().Truncate(time.Second)
			for _, r := range traffic(9, now, now.Add(time.Second)) {
				c.journal.Write(&r)
			}
			time.Sleep(time.Until(now.Add(time.Second)))
		}
	}()
	for _, look := range []struct {
		name, scheme  string
		width, height int64
		mobile        bool
	}{{"light", "light", 1280, 860, false}, {"dark", "dark", 1280, 1340, false}, {"phone", "light", 390, 844, true}} {
		for _, page := range []string{"overview", "upstreams", "records", "config", "certs"} {
			size := []chromedp.EmulateViewportOption{chromedp.EmulateScale(1)}
			if look.mobile {
				size = []chromedp.EmulateViewportOption{chromedp.EmulateScale(2), chromedp.EmulateMobile}
			}
			steps := []step{
				chromedp.EmulateViewport(look.width, look.height, size...),
				scheme(look.scheme),
				chromedp.Navigate(address + "/?" + look.name + page + "#" + page), chromedp.WaitVisible("main .card"), chromedp.Sleep(1500 * time.Millisecond),
			}
			if page == "records" {
				steps = append(steps, chromedp.Click(".rows article:nth-child(3) .row"))
			}
			if err := chromedp.Do(ctx, append(steps, chromedp.Sleep(200*time.Millisecond))...); err != nil {
				t.Fatal(err)
			}
			picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, look.name+"-"+page+".png"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
