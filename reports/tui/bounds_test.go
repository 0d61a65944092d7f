package tui

import (
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/stats"
)

// anyStory draws runs nobody planned for: no windows, no agents, no rows, huge
// rates, names no terminal can show.
func anyStory(t *rapid.T) story {
	return story{
		seconds: rapid.SampledFrom([]int{0, 1, 2, 9, 31}).Draw(t, "seconds"),
		planned: rapid.SampledFrom([]int{0, 1, 45, 100_000}).Draw(t, "planned"),
		rate:    rapid.SampledFrom([]float64{0, 1, 50, 1e12}).Draw(t, "rate"),
		holds:   rapid.SampledFrom([]int{0, 1, 50_000, 1 << 40}).Draw(t, "holds"),
		agents:  rapid.SampledFrom([]int{0, 1, 3, 40}).Draw(t, "agents"),
		names: rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"", "GET /items/{id}", "GET /商品/{番号}", "a\x1b[31mb\nc\td", "👩‍👩‍👧‍👦 family", "e\u0301\u0301", strings.Repeat("x", 300)})), 1, 12).Draw(t, "names"),
		faults: rapid.Bool().Draw(t, "faults"), ended: rapid.Bool().Draw(t, "ended"), seed: 1,
	}
}

func TestNoLineIsEverTooLong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := told(anyStory(t), rapid.IntRange(0, 220).Draw(t, "w"), rapid.IntRange(0, 70).Draw(t, "h"))
		m.sym = symbols(rapid.IntRange(0, symbolSets-1).Draw(t, "symbols"))
		m.zoom = panel(rapid.IntRange(0, int(panelErrors)).Draw(t, "zoom"))
		m.help, m.asking = rapid.Bool().Draw(t, "help"), rapid.Bool().Draw(t, "asking")
		m.editing, m.typed = rapid.Bool().Draw(t, "editing"), rapid.String().Draw(t, "typed")
		m.setFilter(rapid.SampledFrom([]string{"", "items", "!items", "(", "["}).Draw(t, "filter"))
		m.window = rapid.IntRange(0, len(windows())-1).Draw(t, "window")
		m.now, m.heard = time.Unix(100, 0), time.Unix(90, 0)
		m.offset = rapid.IntRange(0, 50).Draw(t, "offset")
		m.refresh()
		fits(t, m)
	})
}

// fits checks what a terminal would see.
func fits(t interface{ Fatalf(string, ...any) }, m *model) {
	for _, picture := range []string{m.draw().plain(), m.draw().ansi()} {
		lines := strings.Split(picture, "\n")
		if len(lines) > max(m.h, 1) {
			t.Fatalf("%d lines on a terminal of %d", len(lines), m.h)
		}
		for i, line := range lines {
			if w := lipgloss.Width(line); w > m.w {
				t.Fatalf("line %d is %d cells wide on a terminal of %d: %q", i, w, m.w, line)
			}
		}
	}
	for _, r := range m.draw().plain() {
		if m.sym == ascii && r > 0x7e || r < ' ' && r != '\n' {
			t.Fatalf("%q drawn", r)
		}
	}
}

func TestEmptyRuns(t *testing.T) {
	for name, updates := range map[string][]stats.Update{
		"nothing":      nil,
		"events only":  {event(0, stats.Warning, "agent local-1 is slow to start")},
		"empty layout": {{Started: &stats.Started{}}},
		"ended at once": {{Started: &stats.Started{}}, {Ended: &stats.Ended{
			Result: stats.Result{Verdict: "aborted", ExitCode: 1, Reason: "no agent joined"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			m := told(story{names: []string{"x"}}, 80, 24)
			m.run = &stats.Run{}
			for _, u := range updates {
				m.run.Apply(u)
			}
			m.refresh()
			fits(t, m)
		})
	}
}

func BenchmarkFrame(b *testing.B) {
	m := told(troubled(), 160, 50)
	b.ReportAllocs()
	for b.Loop() {
		m.draw().ansi()
	}
}

// BenchmarkSecond is what one more second of a long run costs: the numbers and
// the frame.
func BenchmarkSecond(b *testing.B) {
	s := demo()
	s.seconds, s.planned = 900, 900
	m := told(s, 160, 50)
	for b.Loop() {
		m.refresh()
		m.draw().ansi()
	}
}
