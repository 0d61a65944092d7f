package runfile

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// save records a story and finishes it.
func save(t testing.TB, s sample.Story) (dir string, r *stats.Run) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "runs")
	w, err := Create(root, "20261124-041219-k7qa")
	if err != nil {
		t.Fatal(err)
	}
	r = new(stats.Run)
	for _, u := range sample.Updates(s) {
		w.Apply(u)
		r.Apply(u)
	}
	if s.Unfinished {
		if err := w.closeUpdates(); err != nil {
			t.Fatal(err)
		}
		return w.Partial(), r
	}
	report := Extra{"report.html", func(to io.Writer) error { _, err := io.WriteString(to, "<!doctype html>"); return err }}
	if dir, err = w.Finish(r, view.New(r), report); err != nil {
		t.Fatal(err)
	}
	return dir, r
}

// same fails unless both runs look the same to every reader.
func same(t testing.TB, want, got *stats.Run) {
	t.Helper()
	a, _ := json.Marshal(view.New(want).Summary())
	b, _ := json.Marshal(view.New(got).Summary())
	if diff := cmp.Diff(string(a), string(b)); diff != "" {
		t.Errorf("summary changed (-written +read):\n%s", diff)
	}
	for i := range want.Windows {
		for j, c := range want.Windows[i].Merged.Cells {
			if !c.Response.Equal(got.Windows[i].Merged.Cells[j].Response) {
				t.Fatalf("window %d, row %d: response times changed", i, j)
			}
		}
	}
	if diff := cmp.Diff(want.Events, got.Events); diff != "" {
		t.Error(diff)
	}
}

func TestRoundTrip(t *testing.T) {
	for name, s := range map[string]sample.Story{"troubled": sample.Troubled(), "healthy": {Seconds: 3}, "closed": {Seconds: 3, Closed: true}} {
		t.Run(name, func(t *testing.T) {
			dir, want := save(t, s)
			got, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			same(t, want, got)
		})
	}
}

func TestRoundTripOfAnyStory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := sample.Story{
			Seconds: rapid.IntRange(1, 4).Draw(rt, "seconds"), Rate: float64(rapid.IntRange(1, 60).Draw(rt, "rate")),
			Agents: rapid.IntRange(1, 4).Draw(rt, "agents"), Connections: rapid.IntRange(0, 50).Draw(rt, "connections"),
			Closed: rapid.Bool().Draw(rt, "closed"), Errors: rapid.Bool().Draw(rt, "errors"),
		}
		if s.Agents > 1 {
			s.LoseAgent = rapid.IntRange(0, s.Seconds-1).Draw(rt, "lose")
		}
		want := new(stats.Run)
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(`{"schema":"` + UpdatesSchema + `"}` + "\n"))
		for _, u := range sample.Updates(s) {
			want.Apply(u)
			line, err := encode(u)
			if err != nil {
				rt.Fatal(err)
			}
			_, _ = z.Write(line)
		}
		_ = z.Close()
		got, err := Read(&b, true)
		if err != nil {
			rt.Fatal(err)
		}
		a, _ := json.Marshal(view.New(want).Summary())
		c, _ := json.Marshal(view.New(got).Summary())
		if !bytes.Equal(a, c) {
			rt.Fatalf("changed:\n%s\n%s", a, c)
		}
	})
}

// TestHistogramLogs reads every log back with the HdrHistogram library.
func TestHistogramLogs(t *testing.T) {
	dir, r := save(t, sample.Troubled())
	path := filepath.Join(dir, "hist", "response_time@"+url.PathEscape("/items/{id}")+".hlog.gz")
	merged := hdrhistogram.New(int64(stats.LowestValue), int64(stats.MaxValue), stats.Digits)
	lines := readLog(t, path, merged)
	var want stats.Histogram
	for i, c := range r.Layout.Cells {
		if c.Recorded && c.Name == "/items/{id}" {
			want.Merge(r.Total().Cells[i].Response)
		}
	}
	if lines < 20 || merged.TotalCount() != int64(want.Count()) {
		t.Fatalf("%d lines with %d values, want %d values", lines, merged.TotalCount(), want.Count())
	}
	for i, n := range want.Counts() {
		if got := merged.Export().Counts[i]; got != n {
			t.Fatalf("bucket %d: %d values, want %d", i, got, n)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "hist", "unrecorded", "response_time@"+url.PathEscape("/health")+".hlog.gz")); err != nil {
		t.Errorf("heartbeats have no log: %v", err)
	}
}

func readLog(t *testing.T, path string, merged *hdrhistogram.Histogram) (lines int) {
	t.Helper()
	text := unzipped(t, path)
	if !strings.Contains(strings.SplitN(text, "\n", 2)[0], "nanoseconds") {
		t.Errorf("no unit in the header: %.100s", text)
	}
	reader := hdrhistogram.NewHistogramLogReader(strings.NewReader(text))
	for {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			return lines
		}
		lines++
		if dropped := merged.Merge(h); dropped != 0 {
			t.Errorf("%d values dropped", dropped)
		}
	}
}

// TestEncoderAgainstLibrary holds our encoder against theirs.
func TestEncoderAgainstLibrary(t *testing.T) {
	var c coder
	rapid.Check(t, func(rt *rapid.T) {
		var h stats.Histogram
		theirs := hdrhistogram.New(int64(stats.LowestValue), int64(stats.MaxValue), stats.Digits)
		for _, v := range rapid.SliceOfN(rapid.Int64Range(0, int64(stats.MaxValue)), 1, 40).Draw(rt, "values") {
			h.Record(stats.Offset(v))
			if err := theirs.RecordValue(v); err != nil {
				rt.Fatal(err)
			}
		}
		got, err := hdrhistogram.Decode([]byte(c.encode(&h)))
		if err != nil {
			rt.Fatal(err)
		}
		if !got.Equals(theirs) {
			rt.Fatal("the library reads other values")
		}
	})
}

func TestNothingHalfWritten(t *testing.T) {
	dir, want := save(t, sample.Story{Seconds: 6, Unfinished: true})
	if !strings.HasSuffix(dir, partial) {
		t.Fatalf("an unfinished run lies in %s", dir)
	}
	if _, err := os.Stat(strings.TrimSuffix(dir, partial)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the final name exists: %v", err)
	}
	got, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	same(t, want, got)
	if v := view.New(got); v.Verdict != "unfinished" {
		t.Errorf("verdict %q", v.Verdict)
	}
}

// TestBrokenOff cuts a partial record at any byte: what is left is read.
func TestBrokenOff(t *testing.T) {
	dir, _ := save(t, sample.Story{Seconds: 12, Unfinished: true})
	whole, err := os.ReadFile(filepath.Join(dir, updatesFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 5, 40, len(whole) / 2, len(whole) - 1} {
		r, err := Read(bytes.NewReader(whole[:n]), false)
		if err == nil && r.Layout == nil {
			t.Errorf("%d bytes: a run without a layout", n)
		}
		if n == len(whole)/2 && (err != nil || len(r.Windows) < 3) {
			t.Errorf("half a record: %v, %d windows", err, len(r.Windows))
		}
		if _, err := Read(bytes.NewReader(whole[:n]), true); err == nil {
			t.Errorf("%d of %d bytes pass for a whole run", n, len(whole))
		}
	}
}

func TestDamage(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(dir string) error
		want string
	}{
		"no manifest": {func(d string) error { return os.Remove(filepath.Join(d, manifestFile)) }, "not a run directory"},
		"no updates":  {func(d string) error { return os.Remove(filepath.Join(d, updatesFile)) }, "not a run directory"},
		"other schema": {func(d string) error {
			return os.WriteFile(filepath.Join(d, manifestFile), []byte(`{"schema":"x/v9"}`), 0o644)
		}, `schema "x/v9"`},
		"not json":      {func(d string) error { return os.WriteFile(filepath.Join(d, manifestFile), []byte(`{`), 0o644) }, "run.json"},
		"updates edits": {func(d string) error { return os.WriteFile(filepath.Join(d, updatesFile), []byte("hello"), 0o644) }, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := save(t, sample.Story{Seconds: 1})
			if err := c.do(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("an empty directory is no run")
	}
}

func TestCreateFailsEarly(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "runs")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(file, "x"); err == nil || !strings.Contains(err.Error(), "run directory") {
		t.Errorf("a file instead of a directory: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "id"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, "id"); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("an old run was taken over: %v", err)
	}
	w, err := Create(dir, "other")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Abandon(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "other*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

// TestFiles says what a run directory holds, and that JSON files carry schemas.
func TestFiles(t *testing.T) {
	dir, _ := save(t, sample.Troubled())
	for _, name := range []string{"run.json", "summary.json", "series.jsonl.gz", "agents.jsonl.gz", "events.jsonl", "errors.jsonl.gz", "report.html", "scenario/items.yaml", updatesFile} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if strings.HasSuffix(name, ".gz") {
			z, err := gzip.NewReader(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if b, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		if strings.Contains(name, "json") && !bytes.Contains(bytes.SplitN(b, []byte("run_id"), 2)[0], []byte(`"schema"`)) {
			t.Errorf("%s has no schema: %.80s", name, b)
		}
	}
	if hidden, _ := filepath.Glob(filepath.Join(dir, ".writing*")); hidden != nil {
		t.Errorf("left behind: %v", hidden)
	}
}

// TestAgentsHaveAVerdictEachSecond: with what it is judged on, kept through the record. One
// that reported nothing has none.
func TestAgentsHaveAVerdictEachSecond(t *testing.T) {
	phases := []stats.PhaseStats{{IterIntended: 9}}
	r := &stats.Run{Layout: &stats.Layout{Phases: []stats.PhaseKey{{Recorded: true}}}, Windows: []stats.Window{{Index: 3, Merged: &stats.Snapshot{Phases: phases}, Agents: []stats.AgentWindow{
		{Name: "a-1", Vitals: stats.Vitals{KernelJitter: stats.Read(30 * time.Millisecond)}},
		{Name: "a-2", Vitals: stats.Vitals{GoJitter: stats.Read(time.Millisecond)}}, {Name: "a-3", State: "lost"},
	}}}}
	line, err := encode(stats.Update{Window: &r.Windows[0]})
	if err != nil {
		t.Fatal(err)
	}
	u, err := decode(line, r.Layout)
	if err != nil || u.Window.Agents[0].Vitals != r.Windows[0].Agents[0].Vitals {
		t.Errorf("came back as %+v, %v", u.Window, err)
	}
	var b bytes.Buffer
	if err := writeAgents(&b, r); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	for i, want := range []string{
		`"validity":"invalid","reasons":["the machine gave it no core for 30ms"],"vitals":{"kernel_jitter_ms":30}}`,
		`"validity":"valid","vitals":{"go_jitter_ms":1}}`,
		`"response_p99_ms":0}`,
	} {
		if !strings.HasSuffix(lines[i+1], want) {
			t.Errorf("line %s, want …%s", lines[i+1], want)
		}
	}
}

// TestPortsOfAgentsStandInTheirFile, and are read back.
func TestPortsOfAgentsStandInTheirFile(t *testing.T) {
	r := &stats.Run{Layout: &stats.Layout{}, Windows: []stats.Window{{Merged: &stats.Snapshot{}, Agents: []stats.AgentWindow{
		{Name: "a-1", Ports: 28_000, PortsKept: 20_000}, {Name: "a-2"},
	}}}}
	line, err := encode(stats.Update{Window: &r.Windows[0]})
	if err != nil {
		t.Fatal(err)
	}
	if u, err := decode(line, r.Layout); err != nil || u.Window.Agents[0].Ports != 28_000 || u.Window.Agents[0].PortsKept != 20_000 {
		t.Errorf("came back as %+v, %v", u.Window, err)
	}
	var b bytes.Buffer
	if err := writeAgents(&b, r); err != nil || strings.Count(b.String(), `"ports":28000,"ports_kept":20000`) != 1 || strings.Count(b.String(), `"ports`) != 2 {
		t.Errorf("%s, %v", b.String(), err)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []sample.Story{{Seconds: 1, Agents: 1, Rate: 3}, {Seconds: 2, Agents: 2, Rate: 3, Errors: true, Connections: 3, LoseAgent: 1}} {
		var plain bytes.Buffer
		plain.WriteString(`{"schema":"` + UpdatesSchema + `"}` + "\n")
		for _, u := range sample.Updates(s) {
			line, err := encode(u)
			if err != nil {
				f.Fatal(err)
			}
			plain.Write(line)
		}
		f.Add(plain.Bytes())
	}
	f.Fuzz(func(t *testing.T, plain []byte) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(plain)
		_ = z.Close()
		r, err := Read(&b, false)
		if err != nil {
			return
		}
		v := view.New(r)
		v.Summary()
	})
}

func BenchmarkEncode(b *testing.B) {
	var window stats.Update
	for _, u := range sample.Updates(sample.Troubled()) {
		if u.Window != nil && u.Window.Index == 30 {
			window = u
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := encode(window); err != nil {
			b.Fatal(err)
		}
	}
}

// TestTargetsCountIsKept: a report made again judges the accounts as the run did.
func TestTargetsCountIsKept(t *testing.T) {
	want := stats.TargetCount{Requests: 7, Probes: 2}
	line, err := encode(stats.Update{Counted: &want})
	if err != nil {
		t.Fatal(err)
	}
	got, err := decode(line, &stats.Layout{})
	if err != nil || got.Counted == nil || *got.Counted != want {
		t.Errorf("%s came back as %+v, %v", line, got.Counted, err)
	}
}

// encode is an update's line.
func encode(u stats.Update) ([]byte, error) {
	var b bytes.Buffer
	err := writeUpdate(&b, u)
	return b.Bytes(), err
}
