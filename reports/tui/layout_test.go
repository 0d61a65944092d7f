package tui

import (
	"testing"

	"pgregory.net/rapid"
)

// Panels never overlap, never leave the room between header and events, and
// leave none of it empty.
func TestPanelsTileTheScreen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(leastWidth, 300).Draw(t, "w"), rapid.IntRange(leastHeight, 120).Draw(t, "h")
		p := arrange(w, h, rapid.IntRange(0, 300).Draw(t, "rows"), rapid.Bool().Draw(t, "hold"))
		covered := make([]int, w*h)
		for _, at := range p.places {
			for y := at.y; y < at.y+at.h; y++ {
				for x := at.x; x < at.x+at.w; x++ {
					if x >= w || y >= h {
						t.Fatalf("panel %d leaves the screen: %+v", at.panel, at)
					}
					covered[y*w+x]++
				}
			}
		}
		for y := range h {
			inside := y >= p.header && y < h-1-p.events
			for x := range w {
				if n := covered[y*w+x]; inside && n != 1 || !inside && n != 0 {
					t.Fatalf("cell %d,%d of %d×%d is covered %d times: %+v", x, y, w, h, n, p)
				}
			}
		}
	})
}

func TestRequestsGetTheirRowsFirst(t *testing.T) {
	for _, at := range arrange(80, 24, 4, false).places {
		if at.panel == panelRequests && at.h != 7 {
			t.Errorf("four rows have %d lines, want 7", at.h)
		}
	}
}
