package plan

import (
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/scenarios"
)

func demandOf(t *testing.T, users, phases string, c *Ceiling) Demand {
	t.Helper()
	text := "version: 1\nname: t\ntarget: {base_url: \"http://10.0.0.9:8080\"}\nusers: {" + users + "}\nphases: [" + phases + "]\n"
	s, err := scenarios.Parse("t.yaml", []byte(text), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return Demand{Scenario: s, Ceiling: c, To: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.9:8080")}}
}

var wide = map[string]string{"net.ipv4.ip_local_port_range": "1024 65535", "net.ipv4.tcp_tw_reuse": "1"}

// TestFiftyThousandTakeTwoMachines: hold-50k.yaml by ports, as they come and widened, with its arithmetic.
func TestFiftyThousandTakeTwoMachines(t *testing.T) {
	text, err := os.ReadFile("../../scenarios/hold-50k.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenarios.Parse("hold-50k.yaml", text, scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := Demand{Scenario: s, To: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.9:8080")}}
	for _, c := range []struct {
		sysctl map[string]string
		want   int
	}{{nil, 4}, {wide, 2}} {
		z, err := FleetFor(d, scenarios.Fleet{Type: "g6-dedicated-2", Sysctl: c.sysctl, Regions: []scenarios.FleetRegion{{Region: "us-ord"}}}, price.Builtin())
		if err != nil || z.Fleet.Regions[0].Count != c.want || z.Best.By != "ports" {
			t.Errorf("%v: %+v by %s, %v", c.sysctl, z.Fleet.Regions, z.Best.By, err)
		}
	}
}

const asking = "u: {tasks: {a: {steps: [{get: /a}]}}}"

// TestAFleetIsSizedByWhatWasMeasured: a request takes what the null run says, and the room left is what a null run asks for.
func TestAFleetIsSizedByWhatWasMeasured(t *testing.T) {
	phase := "{name: p, executor: constant-arrival-rate, user: u, rate: 200000/s, max_vus: 400, duration: 5s}"
	c := &Ceiling{Rate: 50_000, Agents: 2, Loops: 2, Cores: 2, Machine: "a processor", Measured: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)}
	f := scenarios.Fleet{Type: "g6-dedicated-4", Regions: []scenarios.FleetRegion{{Region: "us-ord"}}}
	for _, one := range []struct {
		ceiling *Ceiling
		each    time.Duration
		want    int
		words   string
	}{
		{c, 40 * time.Microsecond, 3, "this machine (a processor) made 50,000/s with 2 cores"}, // 8 cores of 4 × 2/3
		{nil, 50 * time.Microsecond, 4, "was not measured"},
	} {
		z, err := FleetFor(demandOf(t, asking, phase, one.ceiling), f, price.Builtin())
		if err != nil || z.Load.RequestCPU != one.each || z.Fleet.Regions[0].Count != one.want || z.Best.By != "CPU" || !strings.Contains(z.String(), one.words) {
			t.Errorf("%+v, %+v, %v:\n%s", z.Load, z.Fleet.Regions, err, z)
		}
	}
}

// TestAllRegionsAreNamed: where what they cost is told of all of them, as one may have prices of its own.
func TestAllRegionsAreNamed(t *testing.T) {
	phase := "{name: p, executor: constant-arrival-rate, user: u, rate: 100/s, max_vus: 400, duration: 5s}"
	for _, one := range []struct {
		regions []scenarios.FleetRegion
		words   string
	}{
		{[]scenarios.FleetRegion{{Region: "us-ord", Count: 2}, {Region: "eu-central", Count: 1}}, "3 × g6-dedicated-4 in us-ord and eu-central, $0.324 per hour"},
		{[]scenarios.FleetRegion{{Region: "us-ord"}, {Region: "br-gru"}}, "2 × g6-dedicated-4 in us-ord and br-gru, $0.259 per hour"},
		{[]scenarios.FleetRegion{{Region: "br-gru", Count: 2}}, "2 × g6-dedicated-4 in br-gru, $0.302 per hour"},
	} {
		z, err := FleetFor(demandOf(t, asking, phase, nil), scenarios.Fleet{Type: "g6-dedicated-4", Regions: one.regions}, price.Builtin())
		if err != nil || !strings.HasPrefix(z.String(), one.words) {
			t.Errorf("%v, %v: not %q, but\n%s", one.regions, err, one.words, z)
		}
	}
}

// TestPortsThatAreKept: connections that are closed here keep their ports for as long as the settings of the machines say.
func TestPortsThatAreKept(t *testing.T) {
	phase := "{name: p, executor: constant-arrival-rate, user: u, rate: 2000/s, max_vus: 400, duration: 120s, pool: {max_age: 1s}}"
	long, short := LoadOf(demandOf(t, asking, phase, nil), nil), LoadOf(demandOf(t, asking, phase, nil), wide)
	if long.Setup.Kept != time.Minute || short.Setup.Kept != time.Second || short.Setup.Ports != price.WidePorts || long.Load.Closed <= 0 || short.Load.Closed <= 0 {
		t.Errorf("%+v\n%+v", long, short)
	}
}

// TestWhatTheFileSaysIsKept: counts and plan stay as they are, the rest is dealt evenly, and less than is needed is said.
func TestWhatTheFileSaysIsKept(t *testing.T) {
	hold := demandOf(t, asking, "{name: h, executor: held-connections, user: u, connections: 100000, connect_rate: 1000/s, hold: 5s}", nil)
	region := func(name string, n int) scenarios.FleetRegion { return scenarios.FleetRegion{Region: name, Count: n} }
	z, err := FleetFor(hold, scenarios.Fleet{Regions: []scenarios.FleetRegion{region("us-ord", 2), region("fr-par", 0), region("de-fra-2", 0)}}, price.Builtin())
	if want := []scenarios.FleetRegion{region("us-ord", 2), region("fr-par", 3), region("de-fra-2", 3)}; err != nil || !slices.Equal(z.Fleet.Regions, want) || z.Best.Plan.Class != "dedicated" {
		t.Errorf("%+v of %s, %v", z.Fleet.Regions, z.Fleet.Type, err)
	}
	z, err = FleetFor(hold, scenarios.Fleet{Type: "g6-nanode-1", Regions: []scenarios.FleetRegion{region("us-ord", 3)}}, price.Builtin())
	if all := strings.Join(z.Warnings, "\n"); err != nil || z.Fleet.Regions[0].Count != 3 || !strings.Contains(all, "asks for 3 machines of g6-nanode-1, and its load needs 8, by ports") || !strings.Contains(all, "shares its cores") {
		t.Errorf("%+v, %v: %s", z.Fleet, err, all)
	}
	if _, err = FleetFor(hold, scenarios.Fleet{Type: "g9", Regions: []scenarios.FleetRegion{region("us-ord", 3)}}, price.Builtin()); err == nil || !strings.Contains(err.Error(), "fleet.type") {
		t.Errorf("a plan that is not there: %v", err)
	}
	if _, err = FleetFor(hold, scenarios.Fleet{}, price.Builtin()); err == nil {
		t.Error("no region")
	}
}

// TestASizedFleetTakesItsLoad: whatever is asked, the fleet that is chosen is not refused by what places a run on it, and
// every count of it is told.
func TestASizedFleetTakesItsLoad(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 400_000).Draw(rt, "connections")
		rate := rapid.IntRange(1, 200_000).Draw(rt, "rate")
		sysctl := rapid.SampledFrom([]map[string]string{nil, wide}).Draw(rt, "sysctl")
		d := demandOf(t, asking, "{name: h, executor: held-connections, user: u, connections: "+strconv.Itoa(n)+", connect_rate: 1000/s, hold: 5s}, "+
			"{name: p, executor: constant-arrival-rate, user: u, rate: "+strconv.Itoa(rate)+"/s, max_vus: 100, duration: 5s}", nil)
		f := scenarios.Fleet{Sysctl: sysctl, Regions: make([]scenarios.FleetRegion, rapid.IntRange(1, 3).Draw(rt, "regions"))}
		for i := range f.Regions {
			f.Regions[i].Region = "us-ord"
		}
		z, err := FleetFor(d, f, price.Builtin())
		if err != nil {
			rt.Fatal(err)
		}
		machines := machinesOf(z)
		places, err := Fit(NeedOf(d.Scenario), Wish{}, machines)
		if err != nil {
			rt.Fatalf("%s: %v", z, err)
		}
		for i, p := range places {
			if _, err := Sources(p, machines[i], d.To, nil); err != nil {
				rt.Fatalf("%s: %v", z, err)
			}
		}
	})
}

func machinesOf(z Sized) (all []Machine) {
	m := Machine{Name: "m", OS: "linux", Cores: z.Best.Plan.VCPUs, MemoryBytes: uint64(z.Best.Plan.Memory) << 20, PortLow: 32_768, PortHigh: 60_999, TwReuse: Exactly(2)}
	if z.Setup.Ports > 0 {
		m.PortLow, m.PortHigh, m.TwReuse = 1024, 65_535, Exactly(1)
	}
	for _, r := range z.Fleet.Regions {
		for range r.Count {
			all = append(all, m)
		}
	}
	return all
}
