package html

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

func TestMonitorsAreOnThePage(t *testing.T) {
	s := sample.Troubled()
	s.Monitored = true
	page := string(page(t, s))
	for _, want := range []string{
		`href="#monitors"`, `id="monitor-0-0-t"`, "<h3>db</h3>", "<h3>gone</h3>", `<a href="profiles/db-steady-cpu-12s.pb.gz">`, "2 failed", "connection refused",
		"1 more charts of db", "median of samples", "above the last bound",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if at, times := strings.Index(page, `id="monitors"`), strings.Index(page, `id="times"`); at < times {
		t.Error("monitors do not stand under the response times")
	}
}

func TestPagesWithoutMonitorsDoNotSpeakOfThem(t *testing.T) {
	if bytes.Contains(page(t, sample.Healthy()), []byte("#monitors")) {
		t.Error("the page has a section without anything in it")
	}
}

// TestMonitorsAreEscaped: what a source calls its series, and says when it fails, is text.
func TestMonitorsAreEscaped(t *testing.T) {
	const hostile = `<script>alert("x")</script>`
	r := sample.Run(sample.Healthy())
	r.Monitors = []stats.Monitor{{
		Name: hostile, Kind: hostile, Every: time.Second, Failures: 1, Why: hostile, Times: []stats.Offset{0, 7 * time.Second, 12 * time.Second},
		Series:   []stats.MonitorSeries{{Name: "a", Chart: hostile, Label: hostile, Unit: hostile, Main: true, Cap: "a", AtCap: hostile}},
		Values:   [][]float64{{1, 2, 3}},
		Profiles: []stats.MonitorProfile{{File: "javascript:alert(1)", Kind: hostile, Phase: hostile}},
	}}
	var b bytes.Buffer
	if err := Render(&b, view.New(r)); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"<script>alert", `href="javascript:`} {
		if strings.Contains(b.String(), word) {
			t.Errorf("the page holds %s", word)
		}
	}
}

// TestWhatWasAtItsBoundIsBesideItsCharts.
func TestWhatWasAtItsBoundIsBesideItsCharts(t *testing.T) {
	r := sample.Run(sample.Healthy())
	r.Monitors = []stats.Monitor{{
		Name: "target", Every: time.Second, Times: []stats.Offset{time.Second},
		Series: []stats.MonitorSeries{{Name: "a", Chart: "c", Label: "worker 3", Cap: "b", AtCap: "connections: those beyond wait"}, {Name: "b", Chart: "c", Label: "most"}},
		Values: [][]float64{{5}, {5}},
	}}
	var b bytes.Buffer
	if err := Render(&b, view.New(r)); err != nil {
		t.Fatal(err)
	}
	if _, monitors, _ := strings.Cut(b.String(), `id="monitors"`); !strings.Contains(monitors, "<li>worker 3: 5 of 5 connections: those beyond wait (one sample, at 00:01)</li>") {
		t.Error("it is not there")
	}
}
