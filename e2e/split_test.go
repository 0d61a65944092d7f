//go:build e2e

package e2e

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// tellingTarget asks a database, and then two others at the same time, and tells how long each
// took: in Server-Timing for loadctl, and in headers that a tap writes down for this test. Three
// in a hundred wait long for the database.
func tellingTarget(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait := 5 * time.Millisecond
		if rand.IntN(100) < 3 {
			wait = 60*time.Millisecond + time.Duration(rand.Int64N(int64(60*time.Millisecond)))
		}
		db := took(func() { time.Sleep(wait) })
		var first, second time.Duration
		var both sync.WaitGroup
		both.Go(func() { first = took(func() { time.Sleep(3 * time.Millisecond) }) })
		both.Go(func() { second = took(func() { time.Sleep(8 * time.Millisecond) }) })
		both.Wait()
		h := w.Header()
		h.Add("Server-Timing", fmt.Sprintf(`db;dur=%.3f;desc="a, b", upstream;dur=%.3f`, ms(db), ms(first)))
		h.Add("Server-Timing", fmt.Sprintf("upstream;dur=%.3f, total;dur=%.3f", ms(second), ms(db+second)))
		h.Set("Loadctl-True-Us", strconv.FormatInt(db.Microseconds(), 10))
		h.Set("Loadctl-Late-Us", strconv.FormatInt(max(first, second).Microseconds(), 10))
	}))
	t.Cleanup(server.Close)
	return server
}

func took(f func()) time.Duration {
	begin := time.Now()
	f()
	return time.Since(begin).Round(time.Microsecond)
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

const tellingScenario = `
version: 1
name: telling
target: {base_url: "%s"}
http: {pool: {max: 12}}
users:
  u: {tasks: {t: {steps: [{get: /x}]}}}
phases:
  - {name: warmup, executor: constant-arrival-rate, rate: 100/s, duration: 1s, record: false}
  - {name: load, executor: constant-arrival-rate, rate: 400/s, duration: 6s}
`

// A whereBand is one percentile of where the time went.
type whereBand struct {
	P          float64 `json:"p"`
	ResponseMS float64 `json:"response_ms"`
	SendLagMS  float64 `json:"send_lag_ms"`
	Parts      []struct {
		Part   string  `json:"part"`
		Kind   string  `json:"kind"`
		MeanMS float64 `json:"mean_ms"`
	} `json:"parts"`
}

// part is the mean of one part; all of them add up to sum.
func (b *whereBand) part(name string) (mean, sum float64) {
	for _, p := range b.Parts {
		if sum += p.MeanMS; p.Part == name {
			mean = p.MeanMS
		}
	}
	return mean, sum
}

// TestWhereTheTimeWent: near p50 and near p99 the means of the parts add up to the mean
// response time of these requests, and all of them are what the requests themselves say,
// one by one.
func TestWhereTheTimeWent(t *testing.T) {
	server := tellingTarget(t)
	file := scenario(t, fmt.Sprintf(tellingScenario, server.URL))
	tapped := ""
	var f finished
	again(t, func() (excluded []string) { // a generator that is late measures its lag as any part
		tapped = filepath.Join(t.TempDir(), "tap")
		f = run(t, time.Minute, "run", file, "--ui", "none", "--server-timing", "--tap", tapped)
		for _, gap := range f.summary.Excluded {
			excluded = append(excluded, gap.Reason)
		}
		return excluded
	})
	var told struct {
		Split []struct {
			OK, Untold, Odd, Over uint64
			Bands                 []whereBand
		}
	}
	readJSON(t, filepath.Join(f.dir, "summary.json"), &told)
	if len(told.Split) != 1 || told.Split[0].Untold+told.Split[0].Odd+told.Split[0].Over > 0 {
		t.Fatalf("%+v", told.Split)
	}
	requests := tappedRequests(t, tapped)
	if n := uint64(len(requests)); n != told.Split[0].OK || n < 2000 {
		t.Fatalf("%d requests were tapped, the split has %d", n, told.Split[0].OK)
	}
	for _, b := range told.Split[0].Bands {
		checkBand(t, &b, near(requests, b.P))
	}
}

// checkBand holds a band against the requests of these ranks: to 2 % of their response time
// the whole and the sum, to 5 % each part, which differ among requests that took as long.
func checkBand(t *testing.T, b *whereBand, want oneRequest) {
	t.Helper()
	db, sum := b.part("db")
	upstream, _ := b.part("upstream")
	rest, _ := b.part("rest")
	t.Logf("p%v: %.3f ms = %.3f sent + %.3f db + %.3f upstream + %.3f rest; the requests themselves: %+v", b.P, b.ResponseMS, b.SendLagMS, db, upstream, rest, want)
	for what, v := range map[string]struct{ got, want, tolerance float64 }{
		"the sum of parts": {sum, b.ResponseMS, 1e-6}, "the sum": {sum, want.response, 0.02}, "send lag": {b.SendLagMS, want.sent, 0.05},
		"db": {db, want.db, 0.05}, "upstream": {upstream, want.upstream, 0.05}, "rest": {rest, want.response - want.sent - want.db - want.upstream, 0.05},
	} {
		if math.Abs(v.got-v.want) > v.tolerance*want.response {
			t.Errorf("p%v: %s is %.3f ms, want %.3f", b.P, what, v.got, v.want)
		}
	}
	if b.P == 50 && (db < 5 || upstream < 8) || b.P == 99 && db < 60 || rest < 0 {
		t.Errorf("p%v: db %.3f, upstream %.3f, rest %.3f ms", b.P, db, upstream, rest)
	}
}

// oneRequest is what one took, or some in the mean, in milliseconds.
type oneRequest struct{ response, sent, db, upstream float64 }

// near is the mean of the requests ranked within half a percentile point.
func near(sorted []oneRequest, p float64) (mean oneRequest) {
	n := float64(len(sorted))
	band := sorted[int((p-0.5)/100*n):int((p+0.5)/100*n)]
	for _, r := range band {
		mean.response += r.response / float64(len(band))
		mean.sent += r.sent / float64(len(band))
		mean.db += r.db / float64(len(band))
		mean.upstream += r.upstream / float64(len(band))
	}
	return mean
}

// tappedRequests are those that were recorded, the fastest first.
func tappedRequests(t *testing.T, dir string) (all []oneRequest) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing in %s: %v", dir, err)
	}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		rows := csv.NewReader(file)
		rows.Comment = '#'
		lines, err := rows.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
		for _, line := range lines[1:] {
			if line[0] == "load" && line[2] == "ok" {
				all = append(all, oneRequestOf(t, lines[0], line))
			}
		}
	}
	slices.SortFunc(all, func(a, b oneRequest) int { return int(1e6 * (a.response - b.response)) })
	return all
}

func oneRequestOf(t *testing.T, head, line []string) oneRequest {
	t.Helper()
	at := func(column string) float64 {
		n, err := strconv.ParseFloat(line[slices.Index(head, column)], 64)
		if err != nil {
			t.Fatalf("%s of %v: %v", column, line, err)
		}
		return n
	}
	intended := at("intended_ns")
	return oneRequest{
		response: (at("done_ns") - intended) / 1e6, sent: (at("written_ns") - intended) / 1e6,
		db: at("true_us") / 1e3, upstream: at("late_us") / 1e3,
	}
}
