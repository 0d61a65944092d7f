package text

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

var stories = map[string]sample.Story{
	"troubled": sample.Troubled(),
	"healthy":  sample.Healthy(),
	"closed":   {Seconds: 12, Closed: true},
	"timed":    {Seconds: 46, Rate: 300, Freeze: 20, Errors: true, Timed: true},
}

func TestSummary(t *testing.T) {
	for name, s := range stories {
		v := view.New(sample.Run(s))
		var b bytes.Buffer
		if err := Summary(&b, v, Options{Report: "runs/" + v.Info.RunID + "/report.html"}); err != nil {
			t.Fatal(err)
		}
		if err := Result(&b, v, "runs/"+v.Info.RunID); err != nil {
			t.Fatal(err)
		}
		golden(t, "summary-"+name+".txt", b.String())
	}
}

// play feeds a story to a sink as a run would.
func play(s sample.Story, sink func(*stats.Run, stats.Update)) *stats.Run {
	r := new(stats.Run)
	for _, u := range sample.Updates(s) {
		r.Apply(u)
		sink(r, u)
	}
	return r
}

func TestPlain(t *testing.T) {
	var b bytes.Buffer
	p := &Plain{Out: &b}
	play(sample.Troubled(), p.Update)
	golden(t, "plain.txt", b.String())
	if strings.ContainsAny(b.String(), "\r\x1b") {
		t.Error("a carriage return or an escape in plain lines")
	}
}

func TestPlainInterval(t *testing.T) {
	var b bytes.Buffer
	p := &Plain{Out: &b, Interval: 5 * time.Second, UTC: true, Color: true}
	play(sample.Story{Seconds: 20, LoseAgent: 5}, p.Update)
	if n := strings.Count(b.String(), " req/s "); n != 4 {
		t.Errorf("%d lines in 22 s at one in 5 s:\n%s", n, b.String())
	}
	if !strings.Contains(b.String(), "2026-11-24T04:12:24Z ") || !strings.Contains(b.String(), "\x1b[31mSEVERE") {
		t.Errorf("no UTC times or colours:\n%s", b.String())
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	j := &JSON{Out: &b, Interval: 10 * time.Second}
	r := play(sample.Troubled(), j.Update)
	if err := j.Result(view.New(r), "runs/x"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	for i, line := range lines {
		var typed struct {
			Type string `json:"type"`
		}
		if err := json.Unmarshal([]byte(line), &typed); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		if want := i == len(lines)-1; (typed.Type == "result") != want {
			t.Errorf("line %d is %q", i+1, typed.Type)
		}
	}
	golden(t, "ticks.ndjson", strings.Join(lines[:len(lines)-1], "\n")+"\n")
}

// TestHostileTexts: what targets and files say must not move the cursor.
func TestHostileTexts(t *testing.T) {
	if got := oneLine("a\x1b[2Jb\nc\u009bd"); strings.ContainsAny(got, "\x1b\n\u009b") {
		t.Errorf("%q", got)
	}
}
