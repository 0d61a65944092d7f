package stats

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestReadings: what is not known is neither 0 nor above anything.
func TestReadings(t *testing.T) {
	unknown, zero, two := Reading[uint64]{}, Read[uint64](0), Read[uint64](2)
	for name, ok := range map[string]bool{
		"unknown is over nothing":         !unknown.Over(0) && two.Over(1) && !two.Over(2),
		"the larger is the known one":     unknown.Max(zero) == zero && zero.Max(unknown) == zero && unknown.Max(unknown) == unknown && zero.Max(two) == two,
		"a sum needs one":                 unknown.Plus(two) == two && two.Plus(two) == Read[uint64](4) && unknown.Plus(unknown) == unknown,
		"growth needs both":               two.Since(zero) == two && two.Since(unknown) == unknown && unknown.Since(two) == unknown,
		"a counter that fell began again": zero.Since(two) == unknown,
	} {
		if !ok {
			t.Error(name)
		}
	}
}

// TestVitalsAsJSON: as run files keep them. An old file has none.
func TestVitalsAsJSON(t *testing.T) {
	want := AgentWindow{Name: "a", Vitals: Vitals{GoJitter: Read(time.Duration(0)), GCShare: Read(0.25), Machine: MachineVitals{Segments: Read[uint64](7)}}}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if text := `"Vitals":{"GoJitter":0,"GCShare":0.25,"Machine":{"Segments":7}}`; !strings.Contains(string(b), text) {
		t.Errorf("%s does not hold %s", b, text)
	}
	var got AgentWindow
	if err := json.Unmarshal(b, &got); err != nil || got.Vitals != want.Vitals {
		t.Errorf("came back as %+v, %v", got, err)
	}
	if b, _ := json.Marshal(AgentWindow{}); strings.Contains(string(b), "Vitals") {
		t.Errorf("nothing known is kept as %s", b)
	}
	var r Reading[float64]
	if b, _ := json.Marshal(r); string(b) != "null" || json.Unmarshal(b, &r) != nil || r.Known {
		t.Errorf("unknown is %s, and came back as %+v", b, r)
	}
}

// TestWorstOfVitals: the largest of what is a share or a time, the sum of what is counted,
// and the CPU time that goes with the longest stall.
func TestWorstOfVitals(t *testing.T) {
	var v Vitals
	for _, w := range []Vitals{
		{KernelJitter: Read(30 * time.Millisecond), StallCPU: Read(time.Millisecond), Throttled: Read[uint64](2), ThrottledFor: Read(time.Second)},
		{},
		{
			KernelJitter: Read(20 * time.Millisecond), StallCPU: Read(2 * time.Millisecond), GCShare: Read(0.1), LoopBusy: Read(0.4),
			Throttled: Read[uint64](3), ThrottledFor: Read(time.Second), Machine: MachineVitals{Steal: Read(0.2), Drops: Read[uint64](1)},
		},
	} {
		v.Worst(&w)
	}
	want := Vitals{
		KernelJitter: Read(30 * time.Millisecond), StallCPU: Read(time.Millisecond), GCShare: Read(0.1), LoopBusy: Read(0.4),
		Throttled: Read[uint64](5), ThrottledFor: Read(2 * time.Second), Machine: MachineVitals{Steal: Read(0.2), Drops: Read[uint64](1)},
	}
	if v != want {
		t.Errorf("%+v", v)
	}
}
