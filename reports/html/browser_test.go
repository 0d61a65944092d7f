//go:build e2e

package html

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/loadctl/loadctl/reports/sample"
)

// jenkins is the policy Jenkins serves artifacts with: no scripts, no inline styles.
const jenkins = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"

// everything is the story with everything in it, of a target that tells of its time,
// and a database that is sampled.
func everything() sample.Story {
	s := sample.Troubled()
	s.Timed, s.Monitored = true, true
	return s
}

// serveReport serves the same page open, and under Jenkins' policy at /jenkins.
func serveReport(t *testing.T, s sample.Story) string {
	t.Helper()
	return servePage(t, page(t, s))
}

func servePage(t *testing.T, b []byte) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/favicon.ico" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if r.URL.Path == "/jenkins" {
			w.Header().Set("Content-Security-Policy", jenkins)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(b)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// browser starts Debian's Chromium, or skips and says why; never in CI.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("LOADCTL_E2E_REQUIRED") != "" {
			t.Fatal("chromium is not installed, and CI skips nothing")
		}
		t.Skip("chromium is not installed")
	}
	limited, stop := context.WithTimeout(t.Context(), 90*time.Second)
	ctx, cancel := chromedp.NewContext(limited, chromedp.WithAllocatorOptions(
		chromedp.NoSandbox, chromedp.ExecPath(path), chromedp.Flag("disable-background-networking", true), chromedp.WindowSize(1280, 1000)))
	t.Cleanup(func() { cancel(); stop() })
	return ctx
}

func evaluate[T any](t *testing.T, ctx context.Context, script string, options ...chromedp.EvaluateOption) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, options...))
	if err != nil {
		t.Fatalf("%s: %v", clip(script, 80), err)
	}
	return v
}

// seen counts what a reader finds on the page.
const seen = `(() => {
  const visible = (e) => { const b = e.getBoundingClientRect(); return b.width > 50 && b.height > 20; };
  return JSON.stringify({
    charts: [...document.querySelectorAll("svg.chart[role=img]")].filter(visible).length,
    all: document.querySelectorAll("svg.chart[role=img]").length,
    tables: document.querySelectorAll("table").length,
    text: document.body.innerText,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  });
})()`

type sight struct {
	Charts, All, Tables, Wide int
	Text                      string
}

func look(t *testing.T, ctx context.Context, url string) (s sight) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(evaluate[string](t, ctx, seen)), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

var mustRead = []string{"items", "FAIL", "MEASUREMENT DEGRADED", "Where every request went", "adds up", "p(99)<150ms",
	"GET /items/{id}", "connection reset", "local-3", "loadctl run scenarios/items.yaml", "Load over time", "Percentile spectrum", "Response times over time", "Where the time went", "target: upstream"}

// TestReadableUnderJenkins: with scripts off and the page's own style forbidden,
// everything is there to read.
func TestReadableUnderJenkins(t *testing.T) {
	ctx := browser(t)
	s := look(t, ctx, serveReport(t, everything())+"/jenkins")
	if s.Charts < 9 || s.Charts != s.All {
		t.Errorf("%d of %d charts are visible", s.Charts, s.All)
	}
	for _, words := range mustRead {
		if !strings.Contains(s.Text, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
}

// TestPage: the page as most see it: no message on the console, nothing wider
// than the window, and the comforts work.
func TestPage(t *testing.T) {
	ctx := browser(t)
	url := serveReport(t, everything())
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	heard, stop := context.WithCancel(ctx)
	messages := chromedp.Console(heard)
	s := look(t, ctx, url)
	if s.Charts < 9 || s.Charts != s.All || s.Wide > 0 {
		t.Errorf("%d of %d charts visible, %d pixels too wide", s.Charts, s.All, s.Wide)
	}
	for _, words := range mustRead {
		if !strings.Contains(s.Text, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	t.Run("crosshair by keyboard", func(t *testing.T) { crosshair(t, ctx) })
	t.Run("sorting", func(t *testing.T) { sorting(t, ctx) })
	t.Run("theme", func(t *testing.T) { theme(t, ctx) })
	evaluate[bool](t, ctx, `console.log("done"), true`)
	for m, err := range messages {
		if err != nil {
			t.Fatal(err)
		}
		if m.Text == "done" {
			break
		}
		t.Errorf("console: %s", m)
	}
	stop()
}

func crosshair(t *testing.T, ctx context.Context) {
	text := evaluate[string](t, ctx, `(() => {
	  const fig = document.getElementById("rate-fig");
	  fig.focus();
	  for (let i = 0; i < 20; i++) fig.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
	  return document.getElementById("tip").hidden ? "" : document.getElementById("tip").innerText + " lines:" + document.querySelectorAll(".cross line").length;
	})()`)
	if !strings.Contains(text, "00:19") || !strings.Contains(text, "achieved") || !strings.Contains(text, "lines:") || strings.Contains(text, "lines:0") {
		t.Errorf("after twenty steps to the right: %q", text)
	}
}

func sorting(t *testing.T, ctx context.Context) {
	first := evaluate[string](t, ctx, `(() => {
	  const head = [...document.querySelectorAll("#request-table th button")].find((b) => b.textContent === "count");
	  head.click(); head.click();
	  return document.querySelector("#request-table tbody th").textContent;
	})()`)
	if first != "GET /health" {
		t.Errorf("the rarest request first, got %q", first)
	}
}

func theme(t *testing.T, ctx context.Context) {
	papers := evaluate[[]string](t, ctx, `(() => {
	  const paper = () => getComputedStyle(document.body).backgroundColor, before = paper();
	  document.querySelector("#tools button").click();
	  return [before, paper()];
	})()`)
	if papers[0] == papers[1] {
		t.Errorf("the theme did not change: %v", papers)
	}
}

// TestAccessible holds the page against axe-core, in both themes.
func TestAccessible(t *testing.T) {
	path := os.Getenv("LOADCTL_AXE")
	if path == "" {
		if os.Getenv("LOADCTL_E2E_REQUIRED") != "" {
			t.Fatal("LOADCTL_AXE names no axe-core, and CI skips nothing")
		}
		t.Skip("LOADCTL_AXE names no axe-core")
	}
	axe, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx := browser(t)
	look(t, ctx, serveReport(t, everything()))
	evaluate[bool](t, ctx, string(axe)+";true")
	for _, mode := range []string{"light", "dark"} {
		evaluate[bool](t, ctx, `document.documentElement.dataset.theme = "`+mode+`"; document.querySelectorAll("details").forEach((d) => { d.open = true; }); true`)
		found := evaluate[[]string](t, ctx, `axe.run(document, { resultTypes: ["violations"] }).then((r) =>
		  r.violations.map((v) => v.id + ": " + v.help + " at " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")))`, chromedp.EvalAwaitPromise)
		for _, violation := range found {
			t.Errorf("%s: %s", mode, violation)
		}
	}
}
