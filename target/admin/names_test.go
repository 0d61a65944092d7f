package admin

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/counts"
)

// Counts of databases that settings name no more go on being told, each under a name of its own.
func TestMetricsOutliveTheSettingsTheyWereCountedUnder(t *testing.T) {
	m := newMaster(t)
	for i := range 3 {
		m.slot.Databases[i].Calls.Add(1)
	}
	var err error
	if m.settings, err = m.settings.With(map[string]string{"store": "kv", "kv_url": "redis://h:1"}); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(serve(t, m).URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || !strings.Contains(string(body), `pool_calls_total{pool="redis"} 3`) {
		t.Errorf("%d %.300s", resp.StatusCode, body)
	}
}

func TestWhatIsCountedIsToldToPrometheus(t *testing.T) {
	m := newMaster(t)
	m.slot.QueueWait.Add(3 * time.Millisecond)
	m.slot.Databases[0].Open.Store(5)
	m.slot.Databases[0].InUse.Store(2)
	m.master.Lost.Store(4)
	m.slot.Answered[counts.RouteHealth][2].Add(1)
	resp, err := http.Get(serve(t, m).URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	for _, want := range []string{`queue_wait_seconds_count 1`, `pool_idle{pool="primary"} 3`, `lost_at_most_total 4`, `worker_requests_total{worker="0"} 4`} {
		if !strings.Contains(string(body), "loadctl_target_"+want+"\n") {
			t.Errorf("%s is not told", want)
		}
	}
}
