package text

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/coordinator/plan"
)

var outline = plan.Outline{
	Schema: "loadctl.plan/v1", Scenario: "hold-50k", Model: "open+hold", Duration: 95 * time.Second, DurationS: 95,
	Connections: 50_000, Rate: 300, Cores: 1, CPU: "300 requests/s × 50 µs = 1 core", MaxCores: 2, Agents: 3, Processes: 5, MemoryBytes: 331_300_000, Targets: []string{"127.0.0.1"}, Bundled: true,
	Hosts: []plan.HostOutline{{
		Name: "local", Agents: 3, Loops: 1, PerAgent: 16_667, Files: 16_867, MaxFiles: 20_000, MemoryBytes: 331_300_000, MaxMemory: 24 << 30,
		Ports: 14_116, PortLow: 32768, PortHigh: 60999, Sources: strings.Fields("127.0.1.1 127.0.1.2 127.0.1.3"),
	}},
	Planned: []plan.PlannedPhase{{Name: "hold", ConnectedS: 20, EndS: 95}},
}

func TestOutline(t *testing.T) {
	var b bytes.Buffer
	if err := Outline(&b, outline); err != nil {
		t.Fatal(err)
	}
	golden(t, "outline.txt", b.String())
}

// TestOutlineSaysWhatIsNotKnown, where it might print a zero for it.
func TestOutlineSaysWhatIsNotKnown(t *testing.T) {
	o := outline
	o.Hosts = []plan.HostOutline{{Name: "x", Agents: 2, PerAgent: 5, Kept: 6_000, Ports: 13_616, Reserved: 1_000, PortLow: 32768, PortHigh: 60999}}
	var kept bytes.Buffer
	if err := Outline(&kept, o); err != nil || !strings.Contains(kept.String(), "2 × 5 connections and 6,000 in TIME_WAIT to") ||
		!strings.Contains(kept.String(), "lends 13,616 for each, half of 32768–60999 less 1,000 reserved") {
		t.Errorf("%v\n%s", err, kept.String())
	}
	o.Targets, o.Hosts = nil, []plan.HostOutline{{Name: "x", Agents: 1, Loops: 2, PerAgent: 1}}
	var b bytes.Buffer
	if err := Outline(&b, o); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"1 process of 2 loops each", "up to 1 connection each", "the limit is not known",
		"a target whose address is not known", "not known, as the target's address is not",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// TestOutlineTellsTheHeadroom where it was measured.
func TestOutlineTellsTheHeadroom(t *testing.T) {
	o := outline
	o.Requests = 2_000
	o.Ceiling = &plan.Ceiling{Rate: 24_000, Agents: 3, Loops: 1, Measured: time.Date(2026, 11, 26, 13, 20, 0, 0, time.UTC)}
	var b bytes.Buffer
	if err := Outline(&b, o); err != nil {
		t.Fatal(err)
	}
	want := "headroom    24,000/s of these requests at a null target, measured 2026-11-26 13:20 with 3 agents × 1 loop; the file asks for at most 2,000/s; the ceiling is 12 times that\n"
	if !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%s", want, b.String())
	}
}

func TestOutlineAsJSONIsTheOutline(t *testing.T) {
	var b bytes.Buffer
	if err := Document(&b, outline); err != nil {
		t.Fatal(err)
	}
	got := plan.Outline{Duration: outline.Duration} // which is there as duration_s
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(outline, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
