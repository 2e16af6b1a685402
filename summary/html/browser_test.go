package html_test

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/document/documenttest"
)

var look = flag.String("look", "", "a folder to leave screenshots in, for the eye")

// browser starts a headless Chromium, or skips.
func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on PATH: apt-get install -y chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// axe is the checker of accessibility that the tests run in the page, or "".
func axe(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Log("axe-core is not installed (make deps), accessibility is not checked: ", err)
		return ""
	}
	return string(b)
}

func TestPageFitsPhoneAndDeskAndAxeFindsNothingSerious(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	ctx := browser(t)
	w := writer(t)
	script := axe(t)
	pages := map[string]string{
		"kk":      page(t, w, documenttest.Oblast(t, "kk")),
		"ru":      page(t, w, documenttest.Oblast(t, "ru")),
		"hostile": page(t, w, hostile()),
	}
	for _, name := range []string{"kk", "ru", "hostile"} {
		file := filepath.Join(t.TempDir(), name+".html")
		if err := os.WriteFile(file, []byte(pages[name]), 0o600); err != nil {
			t.Fatal(err)
		}
		address := (&url.URL{Scheme: "file", Path: file}).String()
		for _, width := range []int64{375, 1280} {
			t.Run(fmt.Sprintf("%s at %d px", name, width), func(t *testing.T) {
				if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 812), chromedp.Navigate(address)); err != nil {
					t.Fatal(err)
				}
				overflow := evaluate[[]string](ctx, t, overflowing)
				scripts := evaluate[int](ctx, t, `document.scripts.length`)
				requests := evaluate[int](ctx, t, `performance.getEntriesByType("resource").length`)
				if len(overflow) > 0 {
					t.Errorf("wider than the page: %s", strings.Join(overflow, "; "))
				}
				if scripts != 0 || requests != 0 {
					t.Errorf("page has %d scripts and fetches %d files, want none", scripts, requests)
				}
				screenshot(ctx, t, fmt.Sprintf("%s-%d.png", name, width))
				if script != "" && name != "hostile" && width == 375 {
					for _, v := range violations(ctx, t, script) {
						t.Error(v)
					}
				}
			})
		}
	}
}

// overflowing lists what makes the page wider than its window.
const overflowing = `(() => {
	const w = document.documentElement.clientWidth, out = [];
	if (document.documentElement.scrollWidth > w) {
		out.push("page " + document.documentElement.scrollWidth + " > " + w);
		for (const e of document.body.querySelectorAll("*")) {
			if (!e.closest(".scroll") && e.getBoundingClientRect().right > w + 1) out.push(e.tagName + "." + e.className);
		}
	}
	return out.slice(0, 5);
})()`

// violations runs axe-core in the page and returns its serious findings.
func violations(ctx context.Context, t *testing.T, script string) []string {
	t.Helper()
	evaluate[chromedp.Void](ctx, t, `document.querySelectorAll("details").forEach(d => d.open = true)`)
	evaluate[chromedp.Void](ctx, t, script)
	n := evaluate[int](ctx, t, `axe.run().then(r => { window.axeResult = r; return r.passes.length })`)
	found := evaluate[[]struct {
		ID, Impact, Help string
		Targets          []string
	}](ctx, t, `axeResult.violations.map(v => ({ID: v.id, Impact: v.impact, Help: v.help, Targets: v.nodes.slice(0, 3).map(n => n.target.join(" ") + ": " + n.failureSummary)}))`)
	if n < 20 {
		t.Errorf("axe-core passed %d rules, want 20 or more: it did not see the page", n)
	}
	var out []string
	for _, v := range found {
		line := fmt.Sprintf("axe-core: %s %s: %s: %v", v.Impact, v.ID, v.Help, v.Targets)
		if v.Impact == "serious" || v.Impact == "critical" {
			out = append(out, line)
		} else {
			t.Log(line)
		}
	}
	return out
}

// evaluate gives the value of an expression, or of what it promises.
func evaluate[T any](ctx context.Context, t *testing.T, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("evaluate %.80s: %v", expression, err)
	}
	return v
}

func screenshot(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	if *look == "" {
		return
	}
	b, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*look, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A page of a document that says nothing is still a page.
func TestEmptyDocumentIsAPage(t *testing.T) {
	if p := page(t, writer(t), &document.Document{Lang: "kk", Title: "Бос"}); !strings.Contains(p, "<h1>Бос</h1>") {
		t.Error("page has no title")
	}
}
