package view_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// ofHosts is a run of two machines, of which the second was lost, and handed in late what it had kept if late.
func ofHosts(late bool) *view.View {
	r := new(stats.Run)
	for _, u := range sample.Updates(sample.Story{Seconds: 4, Agents: 2}) {
		if u.Started != nil {
			u.Started.Agents[0].Host, u.Started.Agents[1].Host = "a", "b"
		}
		if w := u.Window; w != nil {
			w.Agents[0].Host, w.Agents[1].Host = "a", "b"
			w.Agents[0].Vitals.Machine = stats.MachineVitals{Cores: stats.Read[uint64](4), Busy: stats.Read(float64(w.Index % 3)),
				Received: stats.Read[uint64](1000), Sent: stats.Read[uint64](500), LinkShare: stats.Read(0.1 * float64(w.Index%2))}
		}
		if u.Ended != nil {
			if late {
				n := stats.CellStats{Intended: 7}
				n.Classes[stats.OK] = 7
				r.Apply(stats.Update{Lost: &stats.AgentLoss{Agent: "local-2", At: 9 * time.Second, Why: "host b lost: silence"}})
				r.Apply(stats.Update{Late: &stats.Late{Host: "b", Merged: &stats.Snapshot{Window: 3, Cells: []stats.CellStats{n}}}})
				r.Apply(stats.Update{Settled: &stats.Settlement{Host: "b", Whole: true}})
			}
			u.Ended.Hosts = []stats.Usage{
				{Name: "a", Machine: stats.Machine{OS: "linux", Arch: "amd64", Kernel: "6.1", Version: "v1", Cores: 4, Memory: 8 << 30}, Streams: 1, Connections: 2},
				{Name: "b"},
			}
			if late {
				u.Ended.Hosts[1].Lost, u.Ended.Hosts[1].LostAt = "silence", 9*time.Second
			}
		}
		r.Apply(u)
	}
	return view.New(r)
}

func TestHostsTellWhatTheyDidAndWhatBecameOfThem(t *testing.T) {
	v := ofHosts(true)
	if a, b := v.Hosts[0].Trouble(), v.Hosts[1].Trouble(); a != "its stream broke once; its connection broke 2 times" ||
		b != "lost at 00:09: silence; went on until 00:04, and handed that in late" {
		t.Errorf("%q, %q", a, b)
	}
	if notes := strings.Join(v.Notes, "\n"); !strings.Contains(notes, "What it measured from 00:03 on came late, when the run was over: its 7 requests are in every count") {
		t.Errorf("notes %s", notes)
	}
	b, err := json.Marshal(v.Summary().Hosts)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"machine":{"os":"linux","arch":"amd64","kernel":"6.1","loadctl":"v1","cores":4,"memory_bytes":8589934592,"busy_share":`,
		`"busy_share_most":0.5`, `"link_share_most":0.1`, `"streams_broken":1,"connections_broken":2`,
		`"lost":"silence","lost_at_s":9,"late":{"windows":1,"from_s":3,"until_s":4,"requests":7,"settled":0,"whole":true}`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("hosts lack %s: %s", want, b)
		}
	}
}

// TestOneHostWithoutTroubleIsNoTable: everybody's first run has one.
func TestOneHostWithoutTroubleIsNoTable(t *testing.T) {
	v := ofHosts(false)
	v.Hosts = v.Hosts[1:]
	if v.ShowsHosts() {
		t.Error("it is shown")
	}
	v.Hosts[0].Streams = 1
	if !v.ShowsHosts() {
		t.Error("trouble is not shown")
	}
}
