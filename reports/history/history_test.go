package history

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/changepoints"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// week has a run a day, latest first: slower from the fifth on, on another machine the last.
func week() (all []Entry) {
	for i := 6; i >= 0; i-- {
		e := Entry{ID: fmt.Sprintf("run-%d", i), Scenario: "items", SHA256: "a", Host: "ci-1", Commit: fmt.Sprintf("c%d", i),
			Started: time.Date(2026, 1, 5+i, 3, 0, 0, 0, time.UTC), Values: map[string]float64{"p99": 0.040, "failed": 0.001, "throughput": 250}}
		if i >= 4 {
			e.Values["p99"] = 0.050
		}
		if i == 6 {
			e.Host = "ci-2"
		}
		all = append(all, e)
	}
	all = append(all, Entry{ID: "spoilt", Scenario: "items", Invalid: true, Started: time.Date(2026, 1, 6, 4, 0, 0, 0, time.UTC), Values: map[string]float64{"p99": 9}})
	all = append(all, Entry{ID: "search", Scenario: "items", SHA256: "a", Started: time.Date(2026, 1, 7, 4, 0, 0, 0, time.UTC), Values: map[string]float64{"capacity": 749}})
	all = append(all, Entry{ID: "gate", Scenario: "items", Started: time.Date(2026, 1, 7, 5, 0, 0, 0, time.UTC), Said: "pass (would have found 8.0 %)"})
	return append(all, Entry{ID: "hold", Scenario: "crowd", Started: time.Date(2026, 1, 8, 4, 0, 0, 0, time.UTC), Values: map[string]float64{"connections": 52000}})
}

// steps finds where a value is not the one before.
func steps(values []float64) (all []changepoints.Change) {
	for i := 1; i < len(values); i++ {
		if a, b := values[i-1], values[i]; a != b {
			all = append(all, changepoints.Change{Index: i, Before: a, After: b, Change: b/max(a, 1e-9) - 1, P: 0.002})
		}
	}
	return all
}

// A share is one whatever it is; a count of connections is none.
func TestSharesAreToldInPerCent(t *testing.T) {
	for _, c := range []struct {
		metric, unit string
		value        float64
		want         string
	}{{"failed", "", 1, "100 %"}, {"failed", "", 0, "0 %"}, {"failed", "", 0.001, "0.1 %"}, {"connections", "", 1, "1"}, {"connections", "", 52000, "52000"}, {"p99", "s", 0.04, "40 ms"}} {
		s := Series{Scenario: "items", Metric: c.metric, Unit: c.unit, Points: []Point{{Entry: &Entry{}, Value: c.value}}}
		var b bytes.Buffer
		if err := Text(&b, nil, []Series{s}); err != nil || !strings.HasSuffix(strings.TrimSpace(b.String()), " "+c.want) {
			t.Errorf("%s %v: %q, %v", c.metric, c.value, b.String(), err)
		}
	}
}

// How sure a change is, is told with it, in words and in JSON.
func TestAChangeIsToldWithHowSureItIs(t *testing.T) {
	var text, file bytes.Buffer
	all := Of(week(), steps)
	if err := errors.Join(Text(&text, week(), all), JSON(&file, week(), all)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "P = 0.002") || !strings.Contains(file.String(), `"p": 0.002`) {
		t.Errorf("%s\n%s", text.String(), file.String())
	}
}

func TestTextGolden(t *testing.T) {
	var b bytes.Buffer
	if err := Text(&b, week(), Of(week(), steps)); err != nil {
		t.Fatal(err)
	}
	golden(t, "week.txt", b.String())
	b.Reset()
	if err := Text(&b, nil, nil); err != nil || !strings.Contains(b.String(), "no valid run") {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestCSVGolden(t *testing.T) {
	var b bytes.Buffer
	if err := CSV(&b, week()); err != nil {
		t.Fatal(err)
	}
	golden(t, "week.csv", b.String())
}

func TestWhatIsNoMeasurementIsInNoSeries(t *testing.T) {
	for _, s := range Of(week(), nil) {
		for _, p := range s.Points {
			if p.ID == "spoilt" {
				t.Errorf("an invalid run is in %s", s.Metric)
			}
		}
	}
	var b bytes.Buffer
	if err := JSON(&b, week(), Of(week(), nil)); err != nil {
		t.Fatal(err)
	}
	var got struct{ Entries []Entry }
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || len(got.Entries) != len(week()) {
		t.Errorf("%d entries, %v: an invalid run is to be listed", len(got.Entries), err)
	}
}

// Series keep every valid value in order of time, whatever order they came in; changes lie within,
// not at the ends.
func TestNothingIsLostInAnyOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(r, "n")
		all := make([]Entry, n)
		for i := range all {
			all[i] = Entry{ID: fmt.Sprint(i), Scenario: rapid.SampledFrom([]string{"a", "b"}).Draw(r, "scenario"), Invalid: rapid.Bool().Draw(r, "invalid"),
				Started: time.Unix(int64(rapid.IntRange(0, 50).Draw(r, "at")), 0), Values: map[string]float64{"p99": rapid.Float64Range(0, 9).Draw(r, "p99")}}
		}
		valid, points := 0, 0
		for _, e := range all {
			if !e.Invalid {
				valid++
			}
		}
		for _, s := range Of(all, func(v []float64) []changepoints.Change {
			return append([]changepoints.Change{{Index: 0}, {Index: len(v)}, {Index: -1}}, steps(v)...)
		}) {
			points += len(s.Points)
			for i := 1; i < len(s.Points); i++ {
				if s.Points[i].Entry.Started.Before(s.Points[i-1].Entry.Started) {
					r.Fatal("out of order")
				}
			}
			for _, c := range s.Changes {
				if c.At <= 0 || c.At >= len(s.Points) {
					r.Fatalf("a change at %d of %d", c.At, len(s.Points))
				}
			}
		}
		if points != valid {
			r.Fatalf("%d points of %d valid runs", points, valid)
		}
		var b bytes.Buffer
		if err := CSV(&b, all); err != nil {
			r.Fatal(err)
		}
		if rows, err := csv.NewReader(&b).ReadAll(); err != nil || len(rows) != valid+1 {
			r.Fatalf("%d rows, %v", len(rows), err)
		}
	})
}

// TestALongHistorySaysHowMuchOfItIsLookedAt.
func TestALongHistorySaysHowMuchOfItIsLookedAt(t *testing.T) {
	for n, want := range map[int]bool{changepoints.Most: false, changepoints.Most + 500: true} {
		var all []Entry
		for i := range n {
			all = append(all, Entry{ID: fmt.Sprint(i), Scenario: "items", Started: time.Unix(int64(i), 0), Values: map[string]float64{"p99": 1}})
		}
		var out bytes.Buffer
		if err := Text(&out, all, Of(all, nil)); err != nil || strings.Contains(out.String(), "changes are looked for among the last 1000 of 1500") != want {
			t.Errorf("%d runs: %v\n%.200s", n, err, out.String())
		}
	}
}
