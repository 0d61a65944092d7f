//go:build e2e

package html

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestBriefInABrowser: as most see it, under Jenkins' policy, in a narrow window, and by
// axe-core where it is there.
func TestBriefInABrowser(t *testing.T) {
	ctx := browser(t)
	url := servePage(t, drawn(t, whole()))
	for _, path := range []string{"/", "/jenkins"} {
		s := look(t, ctx, url+path)
		if s.Charts != 5 || s.All != 5 {
			t.Errorf("%s: %d of %d charts are visible", path, s.Charts, s.All)
		}
		if path == "/" && s.Wide > 0 {
			t.Errorf("%d pixels too wide", s.Wide)
		}
		for _, words := range []string{"WORSE", "line", "cloud", "two"} {
			if !strings.Contains(s.Text, words) {
				t.Errorf("%s does not say %q", path, words)
			}
		}
	}
	if path := os.Getenv("LOADCTL_AXE"); path != "" {
		briefAccessible(t, ctx, url, path)
	}
}

func briefAccessible(t *testing.T, ctx context.Context, url, path string) {
	t.Helper()
	axe, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	look(t, ctx, url)
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
