package price

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func anyLoad(t *rapid.T) Load {
	number := func(most float64, name string) float64 {
		return rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, most)).Draw(t, name)
	}
	l := Load{
		Rate: number(1e6, "rate"), Connections: int(number(3e6, "connections")), Opened: number(1e5, "opened"), Closed: number(1e4, "closed"),
		Up: int(number(1e6, "up")), Down: int(number(1e6, "down")), ConnectionMemory: int(number(1e5, "memory")),
		RequestCPU: time.Duration(number(1e6, "request")), ConnectionCPU: time.Duration(number(1e6, "connection")),
	}
	return l
}

func anySetup(t *rapid.T) Setup {
	return Setup{
		Ports: rapid.SampledFrom([]int{0, DefaultPorts, WidePorts}).Draw(t, "ports"), Addresses: rapid.IntRange(0, 16).Draw(t, "addresses"),
		Destinations: rapid.IntRange(0, 4).Draw(t, "destinations"), Kept: rapid.SampledFrom([]time.Duration{0, KeptShort, KeptLong}).Draw(t, "kept"),
		Files: rapid.SampledFrom([]int{0, 1024, 20_000, 1 << 20}).Draw(t, "files"), Processes: rapid.IntRange(0, 8).Draw(t, "processes"),
		HeadRoom: rapid.SampledFrom([]float64{0, 0.01, 0.5, 0.9}).Draw(t, "head room"), Least: rapid.IntRange(0, 4).Draw(t, "least"),
	}
}

// TestASizedFleetHoldsTheLoad: with its even share of everything, rounded up where it is whole, each machine is within
// each of its limits, reckoned anew; and one machine fewer is not, unless so many were asked for.
func TestASizedFleetHoldsTheLoad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, s := anyLoad(t), anySetup(t)
		p := rapid.SampledFrom(Builtin().Plans).Draw(t, "plan")
		z, err := Size(l, s, p, "us-ord")
		if err != nil {
			return
		}
		s = s.withDefaults(p)
		if over := overloaded(l, s, p, z, z.Machines, 1+1e-6); over != "" {
			t.Fatalf("%s\nis too few: %s", z, over)
		}
		if z.Machines > s.Least && overloaded(l, s, p, z, z.Machines-1, 1-1e-6) == "" {
			t.Fatalf("%s\nis too many", z)
		}
	})
}

// overloaded names something that one of n machines has too little of, where it has a bit more, or less, than it has.
func overloaded(l Load, s Setup, p Plan, z Sizing, n int, bit float64) string {
	free, share := 1-s.HeadRoom, func(v float64) float64 { return v / float64(n) }
	judged := map[string]bool{}
	for _, limit := range z.Limits {
		judged[limit.Name] = true
	}
	connections, kept := math.Ceil(share(float64(l.Connections))), math.Ceil(l.Closed*s.Kept.Seconds())
	memory := math.Floor((float64(p.Memory)*(1<<20)*free - float64(s.Processes)*agentMemory) / float64(max(l.ConnectionMemory, 1)))
	for name, over := range map[string]bool{
		"CPU":         share(l.Rate*l.RequestCPU.Seconds()+l.Opened*l.ConnectionCPU.Seconds()) > float64(p.VCPUs)*free*bit,
		"memory":      connections > memory,
		"network out": share(l.Rate*8*float64(l.Up+66*((l.Up+1447)/1448)+66*(((l.Down+1447)/1448+1)/2))) > float64(p.NetworkOut)*1e6*free*bit,
		"network in":  share(l.Rate*8*float64(l.Down+66*((l.Down+1447)/1448)+66*(((l.Up+1447)/1448+1)/2))) > 40e9*free*bit,
		"ports":       math.Ceil(share(float64(l.Connections)+kept)) > float64(s.Ports/2*s.Addresses*s.Destinations),
		"files":       connections > float64((s.Files-200)*s.Processes),
	} {
		if judged[name] && over {
			return name
		}
	}
	return ""
}

// TestMoreLoadNeverTakesFewerMachines, and more head room neither.
func TestMoreLoadNeverTakesFewerMachines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, s := anyLoad(t), anySetup(t)
		p := rapid.SampledFrom(Builtin().Plans).Draw(t, "plan")
		more, closer := l, s
		more.Rate, more.Connections, more.Opened, more.Closed = l.Rate*2, l.Connections*2, l.Opened*2, l.Closed*2
		if closer.HeadRoom > 0 {
			closer.HeadRoom += 0.05
		}
		a, err1 := Size(l, s, p, "us-ord")
		for name, again := range map[string]func() (Sizing, error){
			"load": func() (Sizing, error) { return Size(more, s, p, "us-ord") }, "head room": func() (Sizing, error) { return Size(l, closer, p, "us-ord") },
		} {
			b, err2 := again()
			if err1 != nil && err2 == nil || err1 == nil && err2 == nil && b.Machines < a.Machines {
				t.Fatalf("more %s takes %d machines instead of %d (%v, %v)", name, b.Machines, a.Machines, err1, err2)
			}
		}
	})
}

// TestTheCheapestIsTheCheapest: no plan that was offered holds the load for less, or as cheap with fewer machines; none is lost.
func TestTheCheapestIsTheCheapest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, s := anyLoad(t), anySetup(t)
		plans := rapid.SliceOfNDistinct(rapid.SampledFrom(Builtin().Plans), 1, 8, func(p Plan) string { return p.ID }).Draw(t, "plans")
		region := rapid.SampledFrom([]string{"us-ord", "id-cgk"}).Draw(t, "region")
		c, err := Cheapest(l, s, plans, region)
		if err != nil {
			for _, p := range plans {
				if z, err := Size(l, s, p, region); err == nil {
					t.Fatalf("%s holds it", z)
				}
			}
			return
		}
		held := 0
		for _, p := range plans {
			z, err := Size(l, s, p, region)
			if err != nil {
				continue
			}
			held++
			dearer := z.Hourly.Known && (!c.Best.Hourly.Known || z.Hourly.USD < c.Best.Hourly.USD || z.Hourly == c.Best.Hourly && z.Machines < c.Best.Machines)
			if dearer {
				t.Fatalf("%s\nis cheaper than\n%s", z, c.Best)
			}
		}
		if len(c.Others)+1 != held {
			t.Fatalf("%d of %d plans are told", len(c.Others)+1, held)
		}
	})
}

// TestWhatIsSizedIsPriced: what each machine sends at most is what an estimate asks for.
func TestWhatIsSizedIsPriced(t *testing.T) {
	p, _ := Builtin().Plan("g8-dedicated-4-2")
	z, err := Size(Load{Rate: 20_000, RequestCPU: 50 * time.Microsecond, Connections: 100, ConnectionMemory: 5120, Up: 1000, Down: 100}, Setup{}, p, "us-ord")
	if err != nil {
		t.Fatal(err)
	}
	e, err := Builtin().Estimate(Order{Planned: time.Hour, TTL: time.Hour, Resources: []Resource{{Type: p.ID, Region: z.Region, Count: z.Machines, Egress: z.Egress}}})
	// 20,000 × (1000 + 66 + 66) bytes for an hour are 81.504 GB.
	if want := z.Hourly.USD + USD(407_520); err != nil || e.AsPlan != want {
		t.Errorf("%s, want %s; %v", e.AsPlan, want, err)
	}
}
