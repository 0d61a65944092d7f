//go:build e2e

package e2e

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// splitLoad keeps a pool of two upstream connections a worker busy for two thirds of the
// time, so that requests wait for it: each makes two calls at once, of 8 ms in the mean with
// a slow tail.
const splitLoad = `
version: 1
name: split
target: {base_url: "%s", monitor: none}
http: {server_timing: true, pool: {max: 200}}
users:
  u:
    tasks:
      item: {weight: 3, steps: [{get: "/items/${rand.int(1, 200)}", name: item}]}
      detail: {weight: 3, steps: [{get: "/items/${rand.int(1, 200)}/detail", name: detail}]}
      cached: {weight: 3, steps: [{get: "/cached/items/${rand.int(1, 200)}/detail", name: cached}]}
phases:
  - {name: warmup, executor: constant-arrival-rate, user: u, rate: 120/s, duration: 1s, record: false}
  - {name: load, executor: constant-arrival-rate, user: u, rate: 240/s, duration: 13s}
`

type went struct {
	Name                  string
	OK, Untold, Odd, Over uint64
	Bands                 []whereBand
}

// TestTheServiceSaysWhereItsTimeWent: for requests near p50 and near p99 of each name, the
// means of send lag, of what the service told and of the rest are their mean response time,
// and are what these requests say one by one.
func TestTheServiceSaysWhereItsTimeWent(t *testing.T) {
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2", "--items", "200", "--cache", "memory", "--cache-ttl", "50ms", "--work", "200us",
		"--upstream-max-connections", "2", "--pool-size", "1", "--max-overflow", "0", "--delay", "lognormal:p50=6ms,p99=40ms")
	file, folder := scenario(t, fmt.Sprintf(splitLoad, target.url)), ""
	var f finished
	again(t, func() (excluded []string) {
		folder = filepath.Join(t.TempDir(), "tap")
		f = run(t, time.Minute, "run", file, "--ui", "none", "--tap", folder)
		for _, gap := range f.summary.Excluded {
			excluded = append(excluded, gap.Reason)
		}
		return excluded
	})
	f.identity(t)
	var told struct{ Split []went }
	readJSON(t, filepath.Join(f.dir, "summary.json"), &told)
	if len(told.Split) != 4 || f.summary.Accounting.OK != f.summary.Accounting.Intended {
		t.Fatalf("%+v\n%s", f.summary.Accounting, f.out)
	}
	onlyMeans(t, f)
	all := tapRows(t, folder)
	for _, s := range told.Split {
		if s.Untold+s.Odd+s.Over > 0 || len(s.Bands) != 2 {
			t.Errorf("%s: %+v", s.Name, s)
		}
		rows := all.of(s.Name)
		if len(rows) != int(s.OK) {
			t.Errorf("%s: %d were tapped, %d have parts", s.Name, len(rows), s.OK)
		}
		for i := range s.Bands {
			wentWhere(t, s.Name, &s.Bands[i], rows)
		}
	}
}

// onlyMeans fails if there is anything else of a part: percentiles of parts do not add up.
func onlyMeans(t *testing.T, f finished) {
	t.Helper()
	var told struct {
		Split []struct {
			Bands []struct{ Parts []map[string]any }
		}
	}
	readJSON(t, filepath.Join(f.dir, "summary.json"), &told)
	for _, s := range told.Split {
		for _, b := range s.Bands {
			for _, part := range b.Parts {
				if keys := slices.Sorted(maps.Keys(part)); !slices.Equal(keys, []string{"kind", "mean_ms", "part"}) {
					t.Errorf("of a part there are %v", keys)
				}
			}
		}
	}
}

// wentWhere holds one band against itself, and against the requests of its ranks.
func wentWhere(t *testing.T, name string, b *whereBand, rows ranked) {
	t.Helper()
	_, sum := b.part("")
	means := map[string]float64{}
	for _, p := range b.Parts {
		means[p.Part] = p.MeanMS
		if p.MeanMS < 0 {
			t.Errorf("%s p%v: %s is %.3f ms", name, b.P, p.Part, p.MeanMS)
		}
	}
	want := rows.near(b.P)
	t.Logf("%s p%v: %.3f ms = %v; the requests themselves %+v", name, b.P, b.ResponseMS, means, want)
	if math.Abs(sum-b.ResponseMS) > 0.02*b.ResponseMS {
		t.Errorf("%s p%v: the parts are %.3f ms, the response %.3f", name, b.P, sum, b.ResponseMS)
	}
	// Of the requests in a bucket at an edge the band has a share of each, and this test some whole.
	if off := math.Abs(b.SendLagMS - want.sent); math.Abs(b.ResponseMS-want.response) > 0.02*want.response || off > 0.05*want.response {
		t.Errorf("%s p%v: the response is %.3f ms and the send lag %.3f, of these requests %.3f and %.3f", name, b.P, b.ResponseMS, b.SendLagMS, want.response, want.sent)
	}
	// Two calls at once are as long as the longer one, not as both.
	if service := b.ResponseMS - b.SendLagMS; means["upstream"]+means["pool"] > service {
		t.Errorf("%s p%v: pool and upstream are %.3f ms of %.3f", name, b.P, means["pool"]+means["upstream"], service)
	}
	shapes := map[string][]string{"item": {"pool", "upstream", "work"}, "detail": {"db", "work"}, "cached": {"cache"}}
	for _, part := range shapes[name] {
		if means[part] <= 0 {
			t.Errorf("%s p%v has no %s", name, b.P, part)
		}
	}
}

// ranked are requests, the fastest first.
type ranked []rankedOne

type rankedOne struct {
	name           string
	response, sent float64
}

func (all ranked) of(name string) (some ranked) {
	for _, r := range all {
		if r.name == name || name == "" {
			some = append(some, r)
		}
	}
	return some
}

// near is the mean of those ranked within half a percentile point; of the ones at the
// edges, as much as lies within.
func (all ranked) near(p float64) (mean rankedOne) {
	n := float64(len(all))
	from, until := (p-0.5)/100*n, (p+0.5)/100*n
	for i := int(from); i < min(int(math.Ceil(until)), len(all)); i++ {
		share := (min(until, float64(i+1)) - max(from, float64(i))) / (until - from)
		mean.response += all[i].response * share
		mean.sent += all[i].sent * share
	}
	return mean
}

// tapRows are the requests of the phase that is recorded.
func tapRows(t *testing.T, dir string) (all ranked) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		rows := csv.NewReader(file)
		rows.Comment = '#'
		lines, err := rows.ReadAll()
		if err != nil || len(lines) == 0 {
			t.Fatal(name, err)
		}
		head := lines[0]
		at := func(line []string, column string) float64 {
			n, err := strconv.ParseFloat(line[slices.Index(head, column)], 64)
			if err != nil {
				t.Fatal(line, err)
			}
			return n
		}
		for _, line := range lines[1:] {
			if line[0] == "load" && line[2] == "ok" {
				from := at(line, "intended_ns")
				all = append(all, rankedOne{line[slices.Index(head, "name")], (at(line, "done_ns") - from) / 1e6, (at(line, "written_ns") - from) / 1e6})
			}
		}
	}
	slices.SortFunc(all, func(a, b rankedOne) int { return int(1e6 * (a.response - b.response)) })
	return all
}
