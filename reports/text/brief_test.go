package text

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/reports/brief"
)

// TestWrapLosesNothing: lines are no longer than asked, and hold every word.
func TestWrapLosesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[a-z%é \-0-9]{0,200}`).Draw(rt, "text")
		width := rapid.IntRange(4, 60).Draw(rt, "width")
		lines := wrap(text, width)
		for _, line := range lines {
			if utf8.RuneCountInString(line) > width {
				rt.Fatalf("%q is longer than %d", line, width)
			}
		}
		if got, want := strings.ReplaceAll(strings.Join(lines, ""), " ", ""), strings.ReplaceAll(text, " ", ""); got != want {
			rt.Fatalf("%q became %q", want, got)
		}
	})
}

// TestPerCentStaysWithItsNumber: a line does not end between them.
func TestPerCentStaysWithItsNumber(t *testing.T) {
	for _, line := range wrap("of all requests 12.5 % were late", 20) {
		if strings.HasPrefix(line, "%") {
			t.Errorf("a line begins with %q", line)
		}
	}
}

// TestColours are where they were asked for, and stand for tones.
func TestColours(t *testing.T) {
	b := &brief.Brief{Verdict: brief.Verdict{Tone: brief.Good, Word: "PASS"}, Figures: []brief.Figure{{Label: "a", Value: "1", Tone: brief.Bad}, {Label: "b", Value: "2"}}}
	for color, want := range map[bool]int{false: 0, true: 3} {
		var out strings.Builder
		if err := Brief(&out, b, BriefOptions{Color: color}); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), "\x1b["); n < want || want == 0 && n > 0 {
			t.Errorf("colour %v: %d escapes in %q", color, n, out.String())
		}
	}
}

// TestTrialIsOneLine whatever a target says.
func TestTrialIsOneLine(t *testing.T) {
	var out strings.Builder
	if err := Trial(&out, time.Date(2026, 11, 24, 4, 12, 19, 0, time.UTC), "trial 1: a\nb\x1b[2J"); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "04:12:19 trial 1: a b [2J\n" {
		t.Errorf("%q", got)
	}
}
