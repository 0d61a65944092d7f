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

// clocked is a run whose clocks differ.
func clocked(hosts []stats.Usage, ahead time.Duration) *view.View {
	r := new(stats.Run)
	for _, u := range sample.Updates(sample.Story{Seconds: 3, Agents: 2}) {
		if u.Window != nil {
			u.Window.Agents[1].ClockAhead = ahead
			if u.Window.Index == 1 { // the host's was set while both were read
				u.Window.Agents[0].ClockAhead = -2 * time.Second
			}
		}
		if u.Ended != nil {
			u.Ended.Hosts = hosts
		}
		r.Apply(u)
	}
	return view.New(r)
}

func TestClocksThatDifferAreTold(t *testing.T) {
	hosts := []stats.Usage{
		{Name: "a", Apart: 80 * time.Microsecond, ClockAhead: -3 * time.Hour},
		{Name: "b", Apart: 3240 * time.Microsecond, ClockAhead: 500 * time.Millisecond},
	}
	v := clocked(hosts, -500*time.Millisecond)
	for _, want := range []string{
		"The seconds of hosts may lie up to 3.2ms from the run's",
		"The wall clock of agent local-2 was 500ms behind its host's; no figure depends on it.",
	} {
		if !strings.Contains(strings.Join(v.Notes, "\n"), want) {
			t.Errorf("notes %q do not say %q", v.Notes, want)
		}
	}
	if v.Validity.Verdict != stats.Valid {
		t.Errorf("validity %+v", v.Validity)
	}
	for i, want := range []string{
		"its seconds lie within 80µs of the run's; its wall clock is 3h0m0s behind the coordinator's",
		"its seconds lie within 3.2ms of the run's; its wall clock is 500ms ahead of the coordinator's",
	} {
		if got := v.Hosts[i].Clocks(); got != want {
			t.Errorf("host %d: %q, want %q", i, got, want)
		}
	}
	b, err := json.Marshal(v.Summary())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"clock":{"offset_ms":500,"alignment_error_ms":3.24}`, `"clock_ahead_ms":-500`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the summary has no %s", want)
		}
	}
}

func TestClocksThatAgreeAreNot(t *testing.T) {
	for _, hosts := range [][]stats.Usage{
		nil,
		{{Name: "a", Apart: 20 * time.Millisecond}}, // a single one is never apart
		{{Name: "a", Apart: time.Millisecond}, {Name: "b", Apart: time.Millisecond}},
	} {
		if notes := strings.Join(clocked(hosts, 0).Notes, "\n"); strings.Contains(notes, "clock") || strings.Contains(notes, "seconds of hosts") {
			t.Errorf("%+v: %s", hosts, notes)
		}
	}
	if said := (view.Process{}).Clocks(); said != "" {
		t.Errorf("nobody asked, and is told %q", said)
	}
}
