package text

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

func TestSummaryTellsOfMonitors(t *testing.T) {
	v := view.New(sample.Run(sample.Story{Seconds: 3}))
	v.Monitors = []view.Monitor{
		{Name: "db", Kind: "postgresql", Samples: 9, Rows: []view.MonitorRow{{Monitor: "db", Series: "sessions: active", Phase: "steady", Low: 1, Median: 4, High: 9}}},
		{Name: "kv", Samples: 1, Failures: 3, FirstFail: 2 * time.Second, LastFail: 4 * time.Second, Why: "refused\nby\x1b[31m it"},
		{Name: "go", Profiles: []stats.MonitorProfile{{File: "profiles/a.pb.gz"}, {File: "profiles/b.pb.gz"}}},
	}
	var b bytes.Buffer
	if err := Summary(&b, v, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  db sessions: active  steady             1            4            9\n",
		"kv: 1 samples, 3 failed between 00:02 and 00:04: refused",
		"2 of go, such as profiles/a.pb.gz", "no percentiles of requests",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("what a source said reaches the terminal as it is")
	}
}

func TestSummaryBoundsMonitors(t *testing.T) {
	v := view.New(sample.Run(sample.Story{Seconds: 3}))
	v.Monitors = []view.Monitor{{Name: "m", Rows: make([]view.MonitorRow, 100)}}
	var b bytes.Buffer
	if err := Summary(&b, v, Options{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "and 76 more in the report") {
		t.Error(b.String())
	}
}
