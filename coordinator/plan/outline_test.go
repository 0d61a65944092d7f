package plan

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios"
)

// scenario parses phases over one user who gets /a.
func scenario(t rapid.TB, target string, phases ...string) *scenarios.Scenario {
	t.Helper()
	text := "version: 1\nname: t\ntarget: {" + target + "}\nusers: {u: {tasks: {a: {steps: [{get: /a}]}}}}\nphases:\n"
	for _, p := range phases {
		text += "  - {" + p + "}\n"
	}
	s, err := scenarios.Parse("t.yaml", []byte(text), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const elsewhere = `base_url: "http://10.0.0.9"`

func TestOutlineSumsUpWhatARunStarts(t *testing.T) {
	s := scenario(t, "bundled: true",
		"name: warm, executor: constant-vus, vus: 20, duration: 5s, record: false",
		"name: hold, executor: held-connections, connections: 50000, connect_rate: 2500/s, hold: 75s")
	o, err := OutlineOf(Demand{Scenario: s, To: ports("127.0.0.1:0")}, []Machine{laptop})
	if err != nil {
		t.Fatal(err)
	}
	want := Outline{
		Schema: "loadctl.plan/v1", Scenario: "t", Model: "hold", Duration: 100e9, DurationS: 100, Connections: 50_000,
		Cores: 1, CPU: "2,500 new connections/s × 70 µs = 1 core", MaxCores: 2,
		Agents: 3, Processes: 5, MemoryBytes: 3*24<<20 + 3*16_667*5<<10, Targets: []string{"127.0.0.1"}, Bundled: true,
		Planned: []PlannedPhase{{"warm", 0, 0, 5}, {"hold", 5, 25, 100}},
		Hosts: []HostOutline{{
			Name: "local", Agents: 3, Loops: 1, PerAgent: 16_667, Files: 16_867, MaxFiles: 20_000,
			MemoryBytes: 3*24<<20 + 3*16_667*5<<10, MaxMemory: 24 << 30, Ports: 14_116, PortLow: 32768, PortHigh: 60999,
			Sources: strings.Fields("127.0.1.1 127.0.1.2 127.0.1.3 127.0.1.4 127.0.1.5 127.0.1.6"),
		}},
	}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOutlineRefusesWhatARunRefuses, in the same words and with its subject.
func TestOutlineRefusesWhatARunRefuses(t *testing.T) {
	small := laptop
	small.MemoryBytes = 64 << 20
	held := "name: hold, executor: held-connections, connections: 50000, hold: 5s"
	for _, c := range []struct {
		name    string
		demand  Demand
		machine Machine
		subject Subject
	}{
		{"files", Demand{Wish: Wish{Agents: 1}}, laptop, Files},
		{"processes", Demand{Wish: Wish{Agents: 300}}, laptop, Processes},
		{"memory", Demand{}, small, Memory},
		{"ports", Demand{To: ports("10.0.0.9:80")}, laptop, Ports},
		{"families", Demand{To: ports("127.0.0.1:80", "[::1]:80")}, laptop, Families},
	} {
		c.demand.Scenario = scenario(t, elsewhere, held)
		_, err := OutlineOf(c.demand, []Machine{c.machine})
		r, ok := errors.AsType[*Refusal](err)
		if !ok || r.Subject != c.subject || r.Text != placed(c.demand, c.machine).Error() {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// placed is what the coordinator of a run does to place its agents on one machine.
func placed(d Demand, m Machine) error {
	places, err := Fit(NeedOf(d.Scenario), d.Wish, []Machine{m})
	if err == nil {
		_, err = Sources(places[0], m, d.To, d.Own)
	}
	return err
}

// TestOutlineIsWithinEveryLimit: no plan is printed that its own figures contradict.
func TestOutlineIsWithinEveryLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMachine(t)
		m.MaxFiles = rapid.Uint64Range(250, 2_000).Draw(t, "files")
		m.MemoryBytes = rapid.Uint64Range(48<<20, 1<<30).Draw(t, "memory")
		s := scenario(t, elsewhere, "name: hold, executor: held-connections, hold: 5s, connections: "+
			strconv.Itoa(rapid.IntRange(1, 1_500).Draw(t, "connections")))
		o, err := OutlineOf(Demand{Scenario: s, To: ports("127.0.0.1:80")}, []Machine{m})
		if err != nil {
			t.Skip("refused")
		}
		h := o.Hosts[0]
		lent := h.Ports * max(1, len(h.Sources))
		if uint64(h.Files) > h.MaxFiles || uint64(h.MemoryBytes) > h.MaxMemory || h.Agents*h.PerAgent < o.Connections || lent < o.Connections {
			t.Fatalf("%+v", o)
		}
	})
}
