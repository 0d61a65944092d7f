package tools

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/bench/internal/summary"
)

// What tools print, cut where it says nothing about times or troubles.
const (
	wrkText = `Running 4s test @ http://127.0.0.1:33845/
  1 threads and 30 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    38.80ms   85.02ms 518.64ms   88.63%
    Req/Sec    18.18k    13.39k   51.34k    63.33%
  Latency Distribution
     50%  557.00us
     75%   25.32ms
     90%  143.72ms
     99%  400.64ms
  54968 requests in 4.02s, 11.59MB read
  Socket errors: connect 0, read 0, write 0, timeout 16
  Non-2xx or 3xx responses: 52190
Requests/sec:  13665.13
`
	wrk2Text = `  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   107.24ms  361.44ms   2.01s    92.00%
  Latency Distribution (HdrHistogram - Recorded Latency)
 50.000%    2.12ms
 75.000%    2.53ms
 99.000%    1.82s 
 99.900%    2.00m 
 99.990%    2.01s 
100.000%    2.01s 

  Detailed Percentile spectrum:
       Value   Percentile   TotalCount 1/(1-Percentile)

       1.084     0.000000            1         1.00
#[Mean    =      107.238, StdDeviation   =      361.437]
  28994 requests in 30.00s, 5.34MB read
`
	heyText = `
Summary:
  Total:	4.0691 secs
  Slowest:	0.1768 secs
Response time histogram:
  0.000 [1]	|
  0.159 [42]	|■
Latency distribution:
  10% in 0.0008 secs
  50% in 0.0023 secs
  99% in 0.1458 secs

Status code distribution:
  [200]	1654 responses
  [503]	2247 responses

Error distribution:
  [2]	Get "http://127.0.0.1:41493/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)

`
	abText = `Concurrency Level:      30
Time taken for tests:   4.000 seconds
Failed requests:        148599
   (Connect: 0, Receive: 0, Length: 148599, Exceptions: 0)
Non-2xx responses:      148599
Connection Times (ms)
              min  mean[+/-sd] median   max
Total:          0    1   5.0      0     221

Percentage of the requests served within a certain time (ms)
  50%      0
  66%      0
  98%      8
  99%     19
 100%    221 (longest request)
`
	k6Text = `
    HTTP
    http_req_duration..............: med=30.23ms p(99)=1866.07ms p(99.9)=1975.80ms
      { expected_response:true }...: med=30.53ms p(99)=66.01ms p(99.9)=72.61ms
    http_req_failed................: 10.03% 91 out of 907
    http_reqs......................: 907    299.287222/s

    EXECUTION
    dropped_iterations.............: 2094   690.967412/s
    iteration_duration.............: med=30.33ms p(99)=66.16ms p(99.9)=75.93ms
time="2026-11-26T13:24:28Z" level=warning msg="Insufficient VUs, reached 10 active VUs and cannot initialize more" executor=constant-arrival-rate scenario=s
time="2026-11-26T13:24:37Z" level=warning msg="Request Failed" error="Get \"http://127.0.0.1:9/\": connection refused"
time="2026-11-26T13:24:38Z" level=warning msg="Request Failed" error="Get \"http://127.0.0.1:9/\": connection refused"
`
	vegetaText = `{"latencies":{"total":78482415833,"mean":19620603,"50th":13195800,"90th":43289166,"95th":58879620,"99th":110057468,"max":209720053,"min":80319},` +
		`"requests":4000,"rate":1000.2,"success":0.88125,"status_codes":{"200":3525,"503":475},"errors":["503 Service Unavailable"]}`
	fortioText = `Fortio 1.63.0 running at 1000 queries per second, 2->2 procs, for 4s: http://127.0.0.1:42517/
Aggregated Sleep Time : count 3950 avg 0.011375049 +/- 0.01423 min -0.056943295 max 0.02024033 sum 44.9314434
# range, mid point, percentile, count
>= -0.0569433 <= -0.001 , -0.0289716 , 14.41, 569
# target 50% 0.0171692
WARNING 14.41% of sleep were falling behind
Aggregated Function Time : count 4000 avg 0.032972455 +/- 0.008036 min 0.030025379 max 0.092091749 sum 131.889819
# target 50% 0.0328124
# target 99% 0.0902728
# target 99.9% 0.0919099
Error cases : count 405 avg 0.033155648 +/- 0.007908 min 0.030065441 max 0.090664525 sum 13.4280374
Code 200 : 3595 (89.9 %)
Code 500 : 405 (10.1 %)
All done 4000 calls (plus 50 warmup) 32.972 ms avg, 991.7 qps
`
	loadctlText = `{"failed_rate": 0.052, "response_ms": {"count": 9, "p50": 11.4, "p90": 40, "p99": null, "p999": null},
		"confidence": [{"p": 99, "low_ms": null, "high_ms": null, "reliable": true}],
		"validity": {"verdict": "degraded", "reasons": ["the generator was a little late"]}}`
	fewText = `{"failed_rate": 0.3, "response_ms": {"count": 9, "p50": null, "p99": null, "p999": null},
		"confidence": [{"p": 50, "withheld": false}, {"p": 99, "withheld": true}, {"p": 99.9, "withheld": true}], "validity": {"verdict": "valid", "reasons": []}}`
	unfailedText = `{"failed_rate": 0, "response_ms": {"count": 9, "p50": 3, "p99": null, "p999": null}, "validity": {"verdict": "valid"}}`
)

func TestOutputsAreRead(t *testing.T) {
	unknown := Time{}
	ours := func(out, _ string) (Said, error) { r, err := summary.Parse([]byte(out)); return saidBy(r), err }
	for _, c := range []struct {
		tool           string
		read           func(out, dir string) (Said, error)
		text           string
		p50, p99, p999 Time
		notes          string
	}{
		{"wrk", readWrk, wrkText, MS(0.557), MS(400.64), unknown,
			"Socket errors: connect 0, read 0, write 0, timeout 16; Non-2xx or 3xx responses: 52190"},
		{"wrk2", readWrk, wrk2Text, MS(2.12), MS(1820), MS(120000), ""},
		{"hey", readHey, heyText, MS(2.3), MS(145.8), unknown, "[503] 2247 responses; " +
			`2 × Get "http://127.0.0.1:41493/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`},
		{"ab", readAB, abText, MS(0), MS(19), unknown, "Failed requests: 148599; Non-2xx responses: 148599"},
		{"k6", readK6, k6Text, MS(30.23), MS(1866.07), MS(1975.8), "http_req_failed 10.03%: 91 out of 907; dropped_iterations 2094; " +
			"Insufficient VUs, reached 10 active VUs and cannot initialize more; Request Failed"},
		{"vegeta", readVegeta, vegetaText, MS(13.1958), MS(110.057468), unknown, "475 × status 503; 503 Service Unavailable"},
		{"fortio", readFortio, fortioText, MS(32.8124), MS(90.2728), MS(91.9099), "Code 500: 405 (10.1 %); WARNING 14.41% of sleep were falling behind"},
		{"loadctl", ours, loadctlText, MS(11.4), Never(), Never(), "validity degraded; the generator was a little late; failed 5.2 %"},
		{"loadctl, few requests", ours, fewText, Never(), unknown, unknown, "validity valid; failed 30 %"},
		{"loadctl, no failures", ours, unfailedText, MS(3), unknown, unknown, "validity valid"},
	} {
		said, err := c.read(c.text, "")
		if err != nil {
			t.Errorf("%s: %v", c.tool, err)
		}
		if !same(said.P50, c.p50) || !same(said.P99, c.p99) || !same(said.P999, c.p999) {
			t.Errorf("%s says %v, %v, %v; want %v, %v, %v", c.tool, said.P50, said.P99, said.P999, c.p50, c.p99, c.p999)
		}
		if got := strings.Join(said.Notes, "; "); got != c.notes {
			t.Errorf("%s notes %q, want %q", c.tool, got, c.notes)
		}
	}
}

func same(a, b Time) bool {
	return a.Known == b.Known && a.Never == b.Never && math.Abs(a.MS-b.MS) < 1e-9*math.Max(1, b.MS)
}

// TestOutputWithoutPercentilesIsAnError: a tool that says nothing must not be a row of
// zeros.
func TestOutputWithoutPercentilesIsAnError(t *testing.T) {
	for _, tool := range All("loadctl") {
		if _, err := tool.Read("Segmentation fault\n", t.TempDir()); err == nil {
			t.Errorf("%s: no error", tool.Name)
		}
	}
}

func TestATimeIsAsFarOffAsItIs(t *testing.T) {
	for _, c := range []struct {
		told, truth Time
		off         float64
		known       bool
	}{
		{MS(1), MS(2), -0.5, true}, {MS(3), MS(2), 0.5, true}, {Time{}, MS(2), 0, false},
		{Never(), Never(), 0, true}, {MS(5), Never(), -1, true}, {Never(), MS(5), math.Inf(1), true},
	} {
		if off, known := c.told.Off(c.truth); off != c.off || known != c.known {
			t.Errorf("%v beside %v: %v, %v", c.told, c.truth, off, known)
		}
	}
}

// TestClosedLoopsGetWhatHoldsTheRate, by Little's law.
func TestClosedLoopsGetWhatHoldsTheRate(t *testing.T) {
	for _, c := range []struct {
		l    Load
		want string
	}{
		{Load{Rate: 1000, Usual: time.Millisecond}, "-c1"},
		{Load{Rate: 560, Usual: 10400 * time.Microsecond}, "-c6"},
		{Load{Rate: 1000, Usual: time.Millisecond, AtLeast: 24}, "-c24"},
	} {
		words, err := wrk().Words(c.l)
		if err != nil || !slices.Contains(words, c.want) {
			t.Errorf("%+v: %v, %v", c.l, words, err)
		}
	}
}

func TestEveryToolIsToldWhatToDo(t *testing.T) {
	l := Load{URL: "http://127.0.0.1:8081/", Rate: 1000, Length: 20 * time.Second, Usual: time.Millisecond, Dir: t.TempDir()}
	for _, tool := range All("bin/loadctl") {
		words, err := tool.Words(l)
		if err != nil || len(words) < 3 || tool.Makes(l) == "" || tool.Read == nil || tool.Binary == "" {
			t.Errorf("%s: %v, %v", tool.Name, words, err)
		}
	}
	words, _ := wrk2().Words(l)
	if !slices.Contains(words, "-d30s") {
		t.Errorf("wrk2 throws away its first 10 s, and gets %v", words)
	}
}
