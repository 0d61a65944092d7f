package html

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

func page(t testing.TB, s sample.Story) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, view.New(sample.Run(s))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLook writes the pages where LOADCTL_LOOK says, for a look at them.
func TestLook(t *testing.T) {
	dir := os.Getenv("LOADCTL_LOOK")
	if dir == "" {
		t.Skip("LOADCTL_LOOK names no directory")
	}
	for name, s := range map[string]sample.Story{"troubled": sample.Troubled(), "healthy": sample.Healthy(), "closed": {Closed: true}, "short": {Seconds: 1}, "unfinished": {Seconds: 9, Unfinished: true, Errors: true}} {
		if err := os.WriteFile(filepath.Join(dir, name+".html"), page(t, s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var inlineStyle = regexp.MustCompile(`<[^>]*\sstyle=`)

// TestStandsAlone: nothing is fetched, nothing depends on a policy.
func TestStandsAlone(t *testing.T) {
	b := page(t, sample.Troubled())
	if m := inlineStyle.Find(b); m != nil {
		t.Errorf("an inline style, which policies forbid: %s", m)
	}
	for _, word := range []string{" src=", "<link", "@import", "url(", "<iframe", " onclick", "javascript:"} {
		if bytes.Contains(b, []byte(word)) {
			t.Errorf("the page holds %q", word)
		}
	}
	for _, address := range regexp.MustCompile(`https?://[^"'< ]+`).FindAll(b, -1) {
		if a := string(address); a != "http://www.w3.org/2000/svg" && !strings.HasPrefix(a, "http://127.0.0.1:8080") {
			t.Errorf("an address: %s", a)
		}
	}
}

// TestEscapes: what targets, files and errors say stays text.
func TestEscapes(t *testing.T) {
	b := page(t, sample.Troubled())
	for _, bad := range []string{"<script>alert(1)", "<b>not html"} {
		if bytes.Contains(b, []byte(bad)) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if !bytes.Contains(b, []byte("&lt;script&gt;alert(1)")) {
		t.Error("the event is gone")
	}
}

// TestHostileNames puts markup wherever a name can be.
func TestHostileNames(t *testing.T) {
	const evil = `"><img src=x onerror=alert(1)></script><svg onload=alert(1)>`
	r := new(stats.Run)
	for _, u := range sample.Updates(sample.Story{Seconds: 3, Errors: true, Rate: 400}) {
		if u.Started != nil {
			u.Started.Info.Scenario, u.Started.Info.Target, u.Started.Info.Source = evil, evil, []byte(evil)
			u.Started.Info.Machine = map[string]string{evil: evil}
			u.Started.Info.Tags = map[string]string{evil: evil}
			for i := range u.Started.Layout.Cells {
				u.Started.Layout.Cells[i].Name = evil + fmt.Sprint(i)
			}
			for i := range u.Started.Layout.Phases {
				u.Started.Layout.Phases[i].Name = evil
			}
		}
		r.Apply(u)
	}
	var b bytes.Buffer
	if err := Render(&b, view.New(r)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<img", "<svg onload", "alert(1)></script>"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

var charts = regexp.MustCompile(`(?s)<svg.*?</svg>`)

// TestChartsAreXML: each drawing is well-formed, named and described.
func TestChartsAreXML(t *testing.T) {
	for name, s := range map[string]sample.Story{"troubled": sample.Troubled(), "short": {Seconds: 1}} {
		for _, m := range charts.FindAll(page(t, s), -1) {
			d := xml.NewDecoder(bytes.NewReader(m))
			var err error
			for err == nil {
				_, err = d.Token()
			}
			if !errors.Is(err, io.EOF) {
				t.Fatalf("%s: %v\n%.200s", name, err, m)
			}
			if bytes.Contains(m, []byte(`role="img"`)) && (!bytes.Contains(m, []byte("<title")) || !bytes.Contains(m, []byte("<desc"))) {
				t.Errorf("%s: no title or description: %.200s", name, m)
			}
			if bytes.Contains(m, []byte("NaN")) || bytes.Contains(m, []byte("Inf")) {
				t.Errorf("%s: a number that is none: %.200s", name, m)
			}
		}
	}
}

// TestNoRun: a run of which nothing is known still makes a page.
func TestNoRun(t *testing.T) {
	for _, r := range []*stats.Run{new(stats.Run), sample.Run(sample.Story{Seconds: 1, Rate: 1, Unfinished: true})} {
		var b bytes.Buffer
		if err := Render(&b, view.New(r)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSize: an hour with two hundred request names stays below 1.5 MB.
func TestSize(t *testing.T) {
	r := long(3600, 200)
	v := view.New(r)
	if len(v.Points) > view.MaxPoints {
		t.Errorf("%d points", len(v.Points))
	}
	var b bytes.Buffer
	began := time.Now()
	if err := Render(&b, v); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kB, drawn in %s", b.Len()/1000, time.Since(began).Round(time.Millisecond))
	if b.Len() > 1_500_000 {
		t.Errorf("%d bytes", b.Len())
	}
}

// long is a made-up run of many seconds and names, with every class of failure.
func long(seconds, names int) *stats.Run {
	l := &stats.Layout{Phases: []stats.PhaseKey{{Name: "steady", Recorded: true}}}
	for i := range names {
		l.Cells = append(l.Cells, stats.CellKey{Name: fmt.Sprintf("/api/v1/resources/%d/things/{id}", i), Method: "GET", Recorded: true})
	}
	r := new(stats.Run)
	r.Apply(stats.Update{Started: &stats.Started{Info: stats.Info{Timeout: time.Second}, Layout: l}})
	r.Apply(stats.Update{Span: &stats.Span{Connected: stats.Never, End: stats.Never, Finish: stats.Never}})
	for s := range seconds {
		m := &stats.Snapshot{Cells: make([]stats.CellStats, names), Phases: make([]stats.PhaseStats, 1)}
		c := &m.Cells[s%names]
		c.Intended, c.Classes = 28, [stats.Classes]uint64{22, 1, 1, 1, 1, 1, 1}
		c.Response, c.Service = new(stats.Histogram), new(stats.Histogram)
		for i := range 22 {
			c.Response.Record(time.Duration(1+i*i*(1+s%7)) * time.Millisecond)
			c.Service.Record(time.Duration(1+i*(1+s%5)) * time.Millisecond)
		}
		m.Phases[0] = stats.PhaseStats{ConnOpen: uint64(s), VUs: 100, InFlight: uint64(s % 97), Queued: uint64(s % 13), PacerLag: c.Service}
		for class := stats.HTTPError; class < stats.Classes; class++ {
			m.Errors = append(m.Errors, stats.ErrorGroup{Cell: s % names, Class: class, Kind: "kind " + class.String(), Count: 1, First: time.Duration(s) * time.Second,
				Samples: []stats.ErrorSample{{Detail: strings.Repeat("x", 200), Agent: "local-1"}}})
		}
		r.Apply(stats.Update{Window: &stats.Window{Index: int64(s), Merged: m}})
	}
	return r
}

// TestScales: every value lies on its axis, and axes have a bearable number of ticks.
func TestScales(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := rapid.Float64().Draw(rt, "top")
		s, ticks := fromZero(v, 200, 10, view.Number)
		checkScale(rt, s, ticks)
		low, high := rapid.Float64().Draw(rt, "low"), rapid.Float64().Draw(rt, "high")
		s, ticks = decades(low, high, 200, 10)
		checkScale(rt, s, ticks)
		ticks = timeTicks(0, rapid.Float64Range(0, 1e7).Draw(rt, "seconds"), 8)
		if len(ticks) > 10 {
			rt.Errorf("%d labels of time", len(ticks))
		}
	})
}

func checkScale(rt *rapid.T, s scale, ticks []tick) {
	if len(ticks) > 16 {
		rt.Errorf("%d ticks", len(ticks))
	}
	for _, tk := range ticks {
		if y := s.at(tk.v); !(y >= 10-1e-6 && y <= 200+1e-6) {
			rt.Errorf("%v lies at %v of %+v", tk, y, s)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	v := view.New(sample.Run(sample.Troubled()))
	b.ReportAllocs()
	for b.Loop() {
		if err := Render(io.Discard, v); err != nil {
			b.Fatal(err)
		}
	}
}

// TestPageSaysHowLoopsWoke beside what is said of their lateness.
func TestPageSaysHowLoopsWoke(t *testing.T) {
	if b := page(t, sample.Story{}); !bytes.Contains(b, []byte("<p>Pacing auto: loops woke for each request, never by ticks of 1 ms.</p>")) {
		t.Error("the page does not say how the loops woke")
	}
}
