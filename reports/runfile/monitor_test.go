package runfile

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// monitored is news of every kind.
func monitored() []stats.Update {
	var all []stats.Update
	tell := func(n stats.MonitorNews) { all = append(all, stats.Update{Monitor: &n}) }
	tell(stats.MonitorNews{Monitor: "db", Begun: &stats.MonitorBegun{Kind: "postgresql", Every: 2 * time.Second}})
	tell(stats.MonitorNews{Monitor: "p", Begun: &stats.MonitorBegun{Kind: "pprof"}})
	tell(stats.MonitorNews{Monitor: "db", Sample: &stats.MonitorSample{At: 1500 * time.Microsecond,
		Series: []stats.MonitorSeries{{Name: "a", Chart: "c", Label: "l", Unit: "/s", Main: true}, {Name: "b", Chart: "c"}},
		Values: map[string]float64{"a": 0.1, "b": math.Inf(1)}}})
	tell(stats.MonitorNews{Monitor: "db", Failed: &stats.MonitorFailure{At: 2 * time.Second, Why: "refused \"x\""}})
	tell(stats.MonitorNews{Monitor: "db", Sample: &stats.MonitorSample{At: 4 * time.Second, Values: map[string]float64{"a": 3e12}}})
	tell(stats.MonitorNews{Monitor: "p", Profile: &stats.MonitorProfile{File: "profiles/p.pb.gz", Kind: "cpu", Phase: "steady", At: 5 * time.Second, Took: 1500 * time.Millisecond, Bytes: 12}})
	return all
}

// saveMonitored records a run with monitors; finished or not.
func saveMonitored(t *testing.T, finish bool) (dir string, r *stats.Run) {
	t.Helper()
	w, err := Create(filepath.Join(t.TempDir(), "runs"), "20261124-041219-k7qa")
	if err != nil {
		t.Fatal(err)
	}
	r = new(stats.Run)
	updates := sample.Updates(sample.Story{Seconds: 3})
	last := len(updates) - 1
	for _, u := range append(append(updates[:last:last], monitored()...), updates[last]) {
		w.Apply(u)
		r.Apply(u)
	}
	if !finish {
		return w.Partial(), r
	}
	if dir, err = w.Finish(r, view.New(r)); err != nil {
		t.Fatal(err)
	}
	return dir, r
}

func TestMonitorsComeBack(t *testing.T) {
	dir, want := saveMonitored(t, true)
	got, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	same(t, want, got)
	if diff := cmp.Diff(want.Monitors, got.Monitors, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
}

// TestMonitorsAreDrawnAgain: a report is made again from the files alone.
func TestMonitorsAreDrawnAgain(t *testing.T) {
	dir, _ := saveMonitored(t, true)
	before, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil || !bytes.Contains(before, []byte(`"last_failure": "refused`)) {
		t.Fatalf("%s, %v", before, err)
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := Render(dir, r, view.New(r)); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("%v: %s", err, cmp.Diff(string(before), string(after)))
	}
}

// TestARunWithoutMonitorsHasNoFileOfThem, and is read as it ever was.
func TestARunWithoutMonitorsHasNoFileOfThem(t *testing.T) {
	dir, _ := save(t, sample.Story{Seconds: 2})
	if _, err := os.Stat(filepath.Join(dir, targetFile)); !os.IsNotExist(err) {
		t.Errorf("there is one: %v", err)
	}
	r, err := Open(dir)
	if err != nil || len(r.Monitors) != 0 {
		t.Errorf("%v, %v", r, err)
	}
}

// TestMonitorsOfAKilledRun: what was pushed to disk is read, a broken line at its end is not.
func TestMonitorsOfAKilledRun(t *testing.T) {
	dir, want := saveMonitored(t, false)
	path := filepath.Join(dir, targetFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{len(b), len(b) - 5, len(b) / 2, 3, 0} {
		if err := os.WriteFile(path, b[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := Open(dir)
		if err != nil {
			t.Errorf("cut to %d of %d: %v", cut, len(b), err)
			continue
		}
		if cut == len(b) && len(r.Monitors) != len(want.Monitors) {
			t.Errorf("%d monitors of %d", len(r.Monitors), len(want.Monitors))
		}
	}
}

func TestDamagedMonitorsAreSeen(t *testing.T) {
	dir, _ := saveMonitored(t, true)
	path := filepath.Join(dir, targetFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "target.jsonl.gz is damaged") {
		t.Errorf("%v", err)
	}
}

func TestLinesOfMonitorsAreAsDocumented(t *testing.T) {
	dir, _ := saveMonitored(t, true)
	f, err := os.Open(filepath.Join(dir, targetFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if lines[0] != `{"schema":"loadctl.target/v1","run_id":"20261124-041219-k7qa"}` || lines[1] != `{"monitor":"db","kind":"postgresql","every_s":2}` {
		t.Errorf("begins with %s", lines[:2])
	}
	if !strings.Contains(lines[3], `"t":0.0015,`) || !strings.Contains(lines[3], `"values":{"a":0.1,"b":"+Inf"}`) {
		t.Errorf("a sample: %s", lines[3])
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
}

func TestHostileLinesOfMonitors(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema":"x"}`: "this loadctl reads",
		`{"schema":"loadctl.target/v1"}` + "\n{}\n":                                                   "line 2: no monitor",
		`{"schema":"loadctl.target/v1"}` + "\n" + `{"monitor":"m","values":{"a":1}}` + "\n":           "line 2: no time",
		`{"schema":"loadctl.target/v1"}` + "\n" + `{"monitor":"m","t":1,"values":{"a":"NaN"}}` + "\n": "line 2",
		`{"schema":"loadctl.target/v1"}` + "\nnonsense\n":                                             "line 2",
	} {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := io.WriteString(z, strings.TrimSuffix(text, "\n")+"\n"); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if err := readTold(&b, new(stats.Run), true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
