package text

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/scenarios"
)

// modest is a machine with some limits that are tight.
var modest = plan.Facts{
	Machine:   plan.Machine{Name: "local", OS: "linux", Cores: 2, MaxFiles: 1024, MemoryBytes: 4 << 30, PortLow: 32768, PortHigh: 60999, TwReuse: plan.Exactly(2)},
	PortsRead: true, Kernel: "Linux 6.12.3-amd64", SoftFiles: plan.Exactly(1024), NrOpen: plan.Exactly(1 << 20), SystemMax: plan.Exactly(400_000),
	Backlog: plan.Exactly(128), SynBacklog: plan.Exactly(2048),
	EpollWatches: plan.Exactly(400_000), TCPPages: plan.Exactly(98_304), TCPPagesNow: plan.Exactly(134),
	ConntrackMax: plan.Exactly(262_144), ConntrackCount: plan.Exactly(12), MemoryFree: plan.Exactly(3 << 30),
	CPUs: 2, CPUQuota: plan.Exactly(1500), PidsMax: plan.Figure{Is: plan.Unlimited}, Clock: "tsc",
}

func diagnosis(t *testing.T, f plan.Facts, d *plan.Demand, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Diagnosis(&b, plan.Diagnose(f, d), o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func held(t *testing.T, connections, to string) *plan.Demand {
	t.Helper()
	src := "version: 1\nname: held\ntarget: {base_url: \"http://" + to + "\"}\nusers: {u: {tasks: {a: {steps: [{get: /a}]}}}}\n" +
		"phases: [{name: hold, executor: held-connections, hold: 5s, connections: " + connections + "}]\n"
	s, err := scenarios.Parse("held.yaml", []byte(src), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &plan.Demand{Scenario: s, To: []netip.AddrPort{netip.MustParseAddrPort(to)}}
}

func TestDiagnosis(t *testing.T) {
	golden(t, "doctor-machine.txt", diagnosis(t, modest, nil, Options{}))
	golden(t, "doctor-fits.txt", diagnosis(t, modest, held(t, "5000", "127.0.0.1:80"), Options{}))
	golden(t, "doctor-mended.txt", diagnosis(t, modest, held(t, "250000", "127.0.0.1:80"), Options{}))
	golden(t, "doctor-beyond.txt", diagnosis(t, modest, held(t, "250000", "10.0.0.9:80"), Options{}))
}

func TestDiagnosisInColour(t *testing.T) {
	got := diagnosis(t, modest, held(t, "250000", "127.0.0.1:80"), Options{Color: true})
	for _, want := range []string{"\x1b[31mimpossible", "\x1b[33mtight", "  fine "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
