package monitor

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// grown is what two readings of a source, two seconds apart, tell.
func grown(t *testing.T, read func(string) (reading, error), before, after string) map[string]string {
	t.Helper()
	l := &ledger{most: 1000}
	units := map[string]string{}
	var values map[string]float64
	for i, text := range []string{before, after} {
		r, err := read(text)
		if err != nil {
			t.Fatal(err)
		}
		s := l.enter(stats.Offset(2*i)*time.Second, r)
		for _, one := range s.Series {
			units[one.Name] = one.Unit
		}
		values = s.Values
	}
	all := map[string]string{}
	for name, v := range values {
		all[name] = strings.TrimSpace(fmt.Sprintf("%g %s", v, units[name]))
	}
	return all
}

func expect(t *testing.T, got map[string]string, want map[string]string) {
	t.Helper()
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s: %q, want %q", name, got[name], text)
		}
	}
	if t.Failed() {
		t.Logf("there are %v", got)
	}
}

const exposition = `# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{handler="/items/{id}",status="200"} %d
http_requests_total{handler="/items/{id}",status="503"} %d
http_requests_total{handler="/health",status="200"} 1
# TYPE inflight gauge
inflight 7
# TYPE free_total untyped
plain_total %d
odd NaN
# TYPE took_seconds histogram
took_seconds_bucket{handler="a",le="0.1"} %d
took_seconds_bucket{handler="a",le="+Inf"} %d
took_seconds_sum{handler="a"} 3
took_seconds_count{handler="a"} %d
took_seconds_bucket{handler="b",le="0.1"} 5
took_seconds_bucket{handler="b",le="+Inf"} 5
took_seconds_sum{handler="b"} 3
took_seconds_count{handler="b"} 5
# TYPE rpc_seconds summary
rpc_seconds{quantile="0.99"} 0.25
rpc_seconds_sum %d
rpc_seconds_count %d
`

func picks(t *testing.T, texts ...string) func(string) (reading, error) {
	var all []scenarios.Selector
	for _, text := range texts {
		s, err := scenarios.ParseSelector(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return func(text string) (reading, error) { return readPrometheus([]byte(text), all) }
}

func TestPrometheus(t *testing.T) {
	before := fmt.Sprintf(exposition, 100, 0, 10, 10, 10, 10, 10, 100)
	after := fmt.Sprintf(exposition, 300, 4, 30, 30, 32, 32, 15, 110)
	got := grown(t, picks(t), before, after)
	expect(t, got, map[string]string{
		"http_requests_total{handler=/items/{id} status=200}": "100 /s",
		"http_requests_total{handler=/items/{id} status=503}": "2 /s",
		"inflight":                      "7",
		"plain_total":                   "10 /s",
		"odd":                           "",
		"took_seconds{handler=a} p50":   "0.1 s",
		"took_seconds{handler=a} p99":   "+Inf s",
		"took_seconds{handler=a} count": "11 /s",
		"took_seconds{handler=b} count": "0 /s",
		"took_seconds{handler=b} p50":   "",
		"rpc_seconds quantile=0.99":     "0.25 s",
		"rpc_seconds mean":              "0.5 s",
	})
	got = grown(t, picks(t, "sum(http_requests_total)", "sum(http_requests_total{status=5??})", "http_*", "http_requests_total"), before, after)
	expect(t, got, map[string]string{
		"http_requests_total{sum}": "102 /s", "http_requests_total{sum status=5??}": "2 /s", "http_requests_total{handler=/items/{id} status=503}": "2 /s",
	})
	got = grown(t, picks(t, "sum(http_requests_total{handler=/items*})", "sum(took_seconds)", "inflight"), before, after)
	expect(t, got, map[string]string{
		"http_requests_total{sum handler=/items*}": "102 /s", "took_seconds{sum} count": "11 /s", "took_seconds{sum} p99": "+Inf s", "inflight": "7", "plain_total": "",
	})
}

func TestPrometheusThatIsNone(t *testing.T) {
	for text, want := range map[string]string{
		"<html><body>It works!</body></html>": "no Prometheus text",
		"":                                    "no metric in it",
		"# nothing\n":                         "no metric in it",
		"a 1\na{b=\"c} 2\n":                   "no Prometheus text",
		"other 1\n":                           "none of its 1 metrics",
	} {
		if _, err := picks(t, "http_*")(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

const targetText = `{"schema":"loadctl-target/1","instance":"i","address":"127.0.0.1:1","requests":%d,"routes":{"/items":%d,"(other)":0},
"responses":{"2xx":5},"probes":9,"connections_open":12,"in_flight":3,"starts":2,"took":{"/items":{"count":%d,"sum_ms":%d,"p99_ms":80}},
"upstream":{"open":4,"in_use":2,"waiting":1,"waits":%d,"wait_ms":%d,"failed":{"timeout":%d}},
"databases":[{"number":3,"in_use":1,"calls":%d}],"cache":{"hits":%d,"misses":%d,"hit_ratio":0.9},
"process":{"cpu_s":%d,"rss_bytes":1000},"novel_thing":5,"novel_total":%d,"list":[1,2],"backends":[{"name":"b1","waiting":3}],
"workers":[{"worker":0,"pid":7,"requests":%d,"in_flight":2},{"worker":1,"pid":0,"requests":0,"in_flight":0}]}`

func TestTargetOfOurs(t *testing.T) {
	read := func(text string) (reading, error) { return readTarget([]byte(text)) }
	before := fmt.Sprintf(targetText, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	after := fmt.Sprintf(targetText, 20, 10, 4, 100, 2, 60, 2, 6, 9, 1, 3, 8, 20)
	got := grown(t, read, before, after)
	expect(t, got, map[string]string{
		"requests": "10 /s", "routes./items": "5 /s", "responses.2xx": "0 /s", "connections_open": "12", "in_flight": "3",
		"took./items.mean_ms": "25 ms", "upstream.in_use": "2", "upstream.waiting": "1", "upstream.mean_wait_ms": "30 ms", "upstream.failed.timeout": "1 /s",
		"databases.3.calls": "3 /s", "backends.b1.waiting": "3", "cache.hit_percent": "90 %", "process.cpu_s": "1.5 cores", "process.rss_bytes": "1000 bytes",
		"novel_thing": "5", "novel_total": "4 /s", "workers.0.requests": "10 /s", "workers.alive": "1",
		"probes": "", "cache.hit_ratio": "", "databases.3.number": "",
	})
	for text, want := range map[string]string{"<html>": "no JSON", `{"a":1}`: "no target of loadctl", `[]`: "no JSON"} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestWorkersOfOursAndTheirBounds: probes hold places as others do; a worker that is gone
// holds none, and one that does not say how many it may has no bound.
func TestWorkersOfOursAndTheirBounds(t *testing.T) {
	const text = `{"schema":"loadctl-target/1","instance":"a","connections_open":15,"connections_queued":8,"master":{"listen_overflows":4},
		"process":{"connections_cap":20,"connections_by_files":40,"files_cap":99,"full":1},"workers":[
		{"worker":0,"pid":7,"connections_open":9,"probe_connections_open":1,"connections_queued":8,"process":{"connections_cap":10,"connections_by_files":20,"files_cap":300,"full":1}},
		{"worker":1,"pid":8,"connections_open":6,"process":{"connections_cap":10}},
		{"worker":2,"pid":0,"connections_open":0,"process":{"connections_cap":10}},{"worker":3,"pid":9,"connections_open":6}]}`
	read := func(text string) (reading, error) { return readTarget([]byte(text)) }
	expect(t, grown(t, read, text, text), map[string]string{
		"workers.0.connections": "10", "workers.0.connections_cap": "10", "workers.1.connections": "6", "workers.2.connections": "", "workers.3.connections": "",
		"workers.full": "1", "workers.0.connections_queued": "8", "connections_queued": "8", "master.listen_overflows": "0 /s",
		"process.full": "", "process.files_cap": "", "process.connections_cap": "20",
	})
	got, err := read(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range got.numbers {
		if n.Name == "workers.0.connections" && (n.Cap != "workers.0.connections_cap" || !strings.Contains(n.AtCap, "wait in its queue") || !strings.Contains(n.AtCap, "ulimit -n 300, with room for 20")) {
			t.Errorf("%+v", n.MonitorSeries)
		}
	}
}

// TestHitsAreOfAllThatAsked: a request that waited for another's load had no hit
// (docs/caching.md), and a mean that is told by a distribution is not told twice.
func TestHitsAreOfAllThatAsked(t *testing.T) {
	const told = `{"schema":"loadctl-target/1","cache":{"hits":%d,"misses":%d,"coalesced":%d},
"upstream":{"waits":%d,"wait_ms":%d,"wait":{"count":%d,"sum_ms":%d}}}`
	got := grown(t, func(text string) (reading, error) { return readTarget([]byte(text)) },
		fmt.Sprintf(told, 0, 0, 0, 0, 0, 0, 0), fmt.Sprintf(told, 60, 20, 20, 2, 60, 2, 60))
	expect(t, got, map[string]string{"cache.hit_percent": "60 %", "upstream.wait.mean_ms": "30 ms", "upstream.mean_wait_ms": ""})
}

func TestNginx(t *testing.T) {
	const page = "Active connections: 291 \nserver accepts handled requests\n %d %d %d \nReading: 6 Writing: 179 Waiting: 106 \n"
	got := grown(t, readNginx, fmt.Sprintf(page, 100, 100, 200), fmt.Sprintf(page, 110, 106, 300))
	expect(t, got, map[string]string{
		"connections.active": "291", "connections.writing": "179", "accepts": "5 /s", "requests": "50 /s", "dropped": "2 /s",
	})
	if _, err := readNginx("<html>404</html>"); err == nil {
		t.Error("took anything")
	}
}

func TestRedis(t *testing.T) {
	const info = "# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\nconnected_clients:4\r\nused_memory:1048576\r\nmaxmemory:0\r\n" +
		"total_commands_processed:%d\r\nkeyspace_hits:%d\r\nkeyspace_misses:%d\r\nevicted_keys:3\r\n"
	got := grown(t, readRedis, fmt.Sprintf(info, 10, 0, 0), fmt.Sprintf(info, 30, 3, 1))
	expect(t, got, map[string]string{
		"total_commands_processed": "10 /s", "connected_clients": "4", "used_memory": "1.048576e+06 bytes", "hit_percent": "75 %", "evicted_keys": "0 /s", "maxmemory": "",
	})
	if _, err := readRedis("HTTP/1.1 400 Bad Request"); err == nil {
		t.Error("took anything")
	}
}

func TestNamesOfProcesses(t *testing.T) {
	for _, words := range [][]string{
		{"/usr/bin/gunicorn", "app:app"}, {"/usr/bin/python3", "/srv/venv/bin/gunicorn", "app:app"}, {"gunicorn: worker [app]"}, {"gunicorn"},
	} {
		if !named(words, "gunicorn") {
			t.Errorf("%v is not found", words)
		}
	}
	for _, words := range [][]string{{"/bin/grep", "-r", "gunicorn"}, {"/usr/bin/vi", "gunicorn.conf.py"}, nil} {
		if named(words, "gunicorn") {
			t.Errorf("%v is taken for it", words)
		}
	}
}

func TestWholeDisks(t *testing.T) {
	var whole []string
	for _, name := range []string{"sda", "sda1", "vdb", "nvme0n1", "nvme0n1p2", "loop3", "dm-0", "md127", "mmcblk0", "mmcblk0p1", "sr0", "zram0"} {
		if wholeDisk(name) {
			whole = append(whole, name)
		}
	}
	if want := []string{"sda", "vdb", "nvme0n1", "mmcblk0"}; !slices.Equal(whole, want) {
		t.Errorf("%v, want %v", whole, want)
	}
}
