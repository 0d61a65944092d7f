package tui

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// steady is a curve of n seconds at v.
func steady(n int, v float64) curve {
	c := curve{style: first}
	for range n {
		c.points = append(c.points, point{v, v, true})
	}
	return c
}

func drawn(c chart, w, h int) []string {
	s := newScreen(w, h)
	c.label = short
	c.draw(s.area())
	return strings.Split(s.plain(), "\n")
}

// One second at 200 ms among 3,600 at 20 ms is the whole story of an hour; a
// library that averages its columns draws it at 45.
func TestASpikeOfOneSecondReachesItsHeight(t *testing.T) {
	c := steady(3600, 20)
	c.points[1800] = point{200, 200, true}
	lines := drawn(chart{curves: []curve{c}, to: 3600, scale: linear(200)}, 47, 9)
	top := []rune(lines[0])[axisWidth:]
	if strings.TrimSpace(string(top)) == "" {
		t.Errorf("the spike is not drawn at its height:\n%s", strings.Join(lines, "\n"))
	}
}

func TestAGapStaysAGap(t *testing.T) {
	c := steady(40, 5)
	for i := 10; i < 30; i++ {
		c.points[i] = point{}
	}
	lines := drawn(chart{curves: []curve{c}, to: 40, scale: linear(10)}, axisWidth+20, 4)
	for _, l := range lines {
		if r := []rune(l); len(r) > axisWidth+10 && strings.TrimSpace(string(r[axisWidth+6:min(axisWidth+14, len(r))])) != "" {
			t.Errorf("something is drawn where nothing was measured:\n%s", strings.Join(lines, "\n"))
		}
	}
}

func TestInfiniteReachesTheTopAndLeavesTheScaleAlone(t *testing.T) {
	c := steady(20, 0.01)
	c.points[10] = point{math.Inf(1), math.Inf(1), true}
	least, most := extremes([]curve{c}, 0, 20)
	if least != 0.01 || most != 0.01 {
		t.Errorf("extremes %v to %v, want 0.01 alone", least, most)
	}
	lines := drawn(chart{curves: []curve{c}, to: 20, scale: logarithmic(least, most)}, axisWidth+10, 5)
	if strings.TrimSpace(string([]rune(lines[0])[axisWidth:])) == "" {
		t.Errorf("the infinite second does not reach the top:\n%s", strings.Join(lines, "\n"))
	}
}

// Every second of a chart belongs to a column, and every value is inside what
// its column spans.
func TestNoSecondIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, w := rapid.IntRange(1, 500).Draw(t, "n"), rapid.IntRange(1, 120).Draw(t, "w")
		at := rapid.IntRange(0, n-1).Draw(t, "at")
		c := steady(n, 1)
		c.points[at] = point{9, 9, true}
		ch := chart{to: n}
		for x := range w {
			if ch.column(c, x, w).hi == 9 {
				return
			}
		}
		t.Fatalf("second %d of %d is in none of %d columns", at, n, w)
	})
}

func TestScalesHoldWhatTheyShow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(1e-6, 1e4).Draw(t, "lo")
		hi := lo * rapid.Float64Range(1, 1e5).Draw(t, "factor")
		for _, s := range []scale{linear(hi), logarithmic(lo, hi)} {
			if s.hi < hi*(1-1e-6) || s.log && s.lo > lo*(1+1e-6) {
				t.Fatalf("%+v does not hold %v to %v", s, lo, hi)
			}
			if a, b := s.at(lo), s.at(hi); a < 0 || b > 1 || a > b {
				t.Fatalf("%+v puts %v at %v and %v at %v", s, lo, a, hi, b)
			}
		}
	})
}

func TestStretch(t *testing.T) {
	for _, c := range []struct {
		elapsed  int
		planned  time.Duration
		all      bool
		from, to int
	}{
		{0, 0, false, 0, 10},
		{31, 45 * time.Second, false, 0, 45},
		{50, 45 * time.Second, false, 0, 50},
		{10, time.Hour, false, 0, 300},
		{900, time.Hour, false, 600, 900},
		{900, time.Hour, true, 0, 3600},
	} {
		if from, to := stretch(c.elapsed, c.planned, c.all); from != c.from || to != c.to {
			t.Errorf("stretch(%d, %v, %v) = %d, %d, want %d, %d", c.elapsed, c.planned, c.all, from, to, c.from, c.to)
		}
	}
}

func TestSpark(t *testing.T) {
	points := []point{{1, 1, true}, {}, {8, 8, true}}
	if got := string(spark(points, scale{lo: 1, hi: 8}, 5)); got != "  ▁ █" {
		t.Errorf("spark %q", got)
	}
}
