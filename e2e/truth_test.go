//go:build e2e

package e2e

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// frozen is the run of docs/decisions/003: uncapped users over a pool of held connections.
const frozen = `
version: 1
name: frozen
target: {base_url: "%s"}
http: {timeout: 10s}
users:
  reader:
    tasks: {get_item: {steps: [{get: "/items/1", name: "/items/{id}"}]}}
phases:
  - {name: pool, executor: held-connections, connections: 590, hold: 75s}
  - name: steady
    executor: constant-arrival-rate
    start: {with: pool, after: connected}
    user: reader
    over: pool
    rate: 1000/s
    arrivals: uniform
    duration: 60s
    max_lag: 10s
slo: {response_time: [p(99)<2s]}
`

// TestFreezeIsSeen: a 2 s freeze in a 60 s run of 1,000/s has p99 = 1,401 ms and
// p99.9 = 1,941 ms by arithmetic (S − (1−p)·T + s₀); a 6.5 s freeze that starts
// 1.5 s before the end has p99 = 5,901 ms. Service time hides the first. The arithmetic knows
// a target that answers all that it owes at one moment. This one says of each answer how
// late it sent it, and that is its own (docs/decisions/003).
func TestFreezeIsSeen(t *testing.T) {
	if testing.Short() {
		t.Skip("two minutes of load")
	}
	for _, c := range []struct {
		at, length string
		p99, p999  float64
		hidden     bool
	}{{"30s", "2s", 1401, 1941, true}, {"58500ms", "6500ms", 5901, 0, false}} {
		t.Run(c.at, func(t *testing.T) {
			var tap string
			f := undisturbed(t, func() finished {
				tap = t.TempDir()
				target := serve(t, "queue", "--listen", "127.0.0.1:0", "--servers", "0", "--service", "const", "--mean", "1ms",
					"--freeze-at", c.at, "--freeze-for", c.length)
				return run(t, 2*time.Minute, "run", "--ui", "none", "--tap", tap, scenario(t, fmt.Sprintf(frozen, target.url)))
			})
			f.identity(t)
			r, s := f.summary.ResponseMS, f.summary.ServiceMS
			all, owed := tapped(t, tap)
			t.Logf("response p99 %.0f ms, p99.9 %.0f ms; less the target's lateness %.0f ms, %.0f ms; service p99 %.1f ms; validity %s %v",
				value(r.P99), value(r.P999), atRank(owed, 0.99), atRank(owed, 0.999), value(s.P99), f.summary.Validity.Verdict, f.summary.Validity.Reasons)
			within(t, "response p99 beside its rows", value(r.P99), atRank(all, 0.99), 0.001)
			within(t, "response p99.9 beside its rows", value(r.P999), atRank(all, 0.999), 0.001)
			within(t, "response p99", atRank(owed, 0.99), c.p99, 0.01)
			if c.p999 > 0 {
				within(t, "response p99.9", atRank(owed, 0.999), c.p999, 0.01)
			}
			if c.hidden && value(s.P99) > 100 {
				t.Errorf("service p99 is %.1f ms: it should hide the freeze", value(s.P99))
			}
			if f.summary.Accounting.Intended != 60000 {
				t.Errorf("intended %d, the schedule has 60000", f.summary.Accounting.Intended)
			}
		})
	}
}

// tapped reads the response times of all requests from a run's taps, and each less what the
// target was late with its answer, in ms and rising order.
func tapped(t *testing.T, dir string) (all, owed []float64) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatal("no taps", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(bytes.NewReader(b))
		r.Comment = '#'
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		column := map[string]int{}
		for i, name := range rows[0] {
			column[name] = i
		}
		for _, row := range rows[1:] {
			number := func(name string) float64 {
				n, err := strconv.ParseFloat(row[column[name]], 64)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				return n
			}
			took := (number("done_ns") - number("intended_ns")) / 1e6
			all, owed = append(all, took), append(owed, took-number("late_us")/1e3)
		}
	}
	slices.Sort(all)
	slices.Sort(owed)
	return all, owed
}

// atRank is the value at rank ⌈p·n⌉.
func atRank(rising []float64, p float64) float64 {
	return rising[max(int(math.Ceil(p*float64(len(rising)))), 1)-1]
}

func value(v *float64) float64 {
	if v == nil {
		return math.Inf(1)
	}
	return *v
}

func within(t *testing.T, what string, got, want, share float64) {
	t.Helper()
	if math.Abs(got-want) > share*want {
		t.Errorf("%s is %.1f, want %.1f within %.0f %%", what, got, want, share*100)
	}
}
