package plan

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// laptop is the machine of most tests.
var laptop = Machine{Name: "local", OS: "linux", Cores: 2, MaxFiles: 20_000, MemoryBytes: 24 << 30, PortLow: 32768, PortHigh: 60999}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		name          string
		need          Need
		wish          Wish
		agents, loops int
	}{
		{"a small load has two agents", Need{Work: requests(10)}, Wish{}, 2, 1},
		{"as many agents as files ask for", Need{Connections: 50_000}, Wish{}, 3, 1},
		{"the wish counts", Need{Work: requests(10)}, Wish{Agents: 5}, 5, 1},
		{"one agent may use every core for users without pauses", Need{Eager: true}, Wish{Agents: 1}, 1, 2},
		{"agents share the cores", Need{Eager: true}, Wish{}, 2, 1},
		{"loops by rate, up to the cores", Need{Work: requests(60_000)}, Wish{Agents: 1}, 1, 2},
		{"loops as wished", Need{Work: requests(10)}, Wish{Agents: 1, Loops: 7}, 1, 7},
	} {
		places, err := Fit(c.need, c.wish, []Machine{laptop})
		if err != nil || places[0].Agents != c.agents || places[0].Loops != c.loops {
			t.Errorf("%s: %+v, %v; want %d agents of %d loops", c.name, places, err, c.agents, c.loops)
		}
	}
}

func TestFitRefusesWhatNoMachineHolds(t *testing.T) {
	small := laptop
	small.MemoryBytes = 1 << 30
	many := laptop
	many.MaxFiles = 1 << 30
	for _, c := range []struct {
		name    string
		need    Need
		wish    Wish
		machine []Machine
		want    []string
	}{
		{"no machine", Need{}, Wish{}, nil, []string{"no machine"}},
		{"files", Need{Connections: 50_000}, Wish{Agents: 1}, []Machine{laptop}, []string{"50,000 connections", "--agents 3", "ulimit -n"}},
		{"processes", Need{Connections: 90_000_000}, Wish{}, []Machine{laptop}, []string{"4,546 agents", "local", "at most 256"}},
		{"processes wished for", Need{}, Wish{Agents: 500}, []Machine{laptop}, []string{"500 agents", "at most 256"}},
		{"memory", Need{Connections: 400_000}, Wish{}, []Machine{small}, []string{"1,024 MiB", "at most"}},
		{"memory of one process", Need{Connections: 1 << 40}, Wish{}, []Machine{many}, []string{"machine local"}},
	} {
		_, err := Fit(c.need, c.wish, c.machine)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want %q in it", c.name, err, want)
			}
		}
	}
}

// TestFitKnowsNoLimitItWasNotTold: a machine that does not say holds anything.
func TestFitKnowsNoLimitItWasNotTold(t *testing.T) {
	if places, err := Fit(Need{Connections: 5_000_000}, Wish{}, []Machine{{Name: "x"}}); err != nil || places[0].Agents != 2 {
		t.Errorf("%+v, %v", places, err)
	}
}

func TestFitProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		machines := make([]Machine, rapid.IntRange(1, 5).Draw(t, "machines"))
		for i := range machines {
			machines[i] = laptop
			machines[i].Cores = rapid.IntRange(1, 16).Draw(t, "cores")
		}
		n := Need{Connections: rapid.IntRange(0, 2_000_000).Draw(t, "connections"), Work: requests(rapid.Float64Range(0, 1e6).Draw(t, "rate")), Eager: rapid.Bool().Draw(t, "eager")}
		places, err := Fit(n, Wish{Agents: rapid.IntRange(0, 40).Draw(t, "wish")}, machines)
		if err != nil {
			return
		}
		room := 0
		for i, p := range places {
			if p.Agents < 1 || p.Loops < 1 || p.Connections > perAgent(machines[i]) {
				t.Fatalf("place %+v on %+v", p, machines[i])
			}
			room += p.Agents * p.Connections
		}
		if room < n.Connections {
			t.Fatalf("%d connections, and room for %d", n.Connections, room)
		}
	})
}

func TestSources(t *testing.T) {
	loopback := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:80")}
	remote := []netip.AddrPort{netip.MustParseAddrPort("10.0.0.9:80")}
	own := []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}
	mac := laptop
	mac.OS = "darwin"
	for _, c := range []struct {
		name  string
		place Place
		on    Machine
		to    []netip.AddrPort
		own   []netip.Addr
		each  int // sources an agent
		err   string
	}{
		{"half of the ports is enough", Place{Agents: 2, Connections: 7_000}, laptop, loopback, nil, 0, ""},
		{"loopback has addresses by itself", Place{Agents: 3, Connections: 16_667}, laptop, loopback, nil, 2, ""},
		{"not on macOS", Place{Agents: 3, Connections: 16_667}, mac, loopback, nil, 0, "source addresses"},
		{"a remote target takes the machine's own", Place{Agents: 2, Connections: 14_000}, laptop, remote, own, 1, ""},
		{"and no more than there are", Place{Agents: 3, Connections: 16_667}, laptop, remote, own, 0, "3 agents of 16,667 connections to one address (10.0.0.9:80) need 3 agents × 2 = 6 source addresses, and machine local has 2"},
		{"several destinations have ports each", Place{Agents: 2, Connections: 14_000}, laptop, append(remote, netip.MustParseAddrPort("10.0.0.8:80")), nil, 0, ""},
	} {
		got, err := Sources(c.place, c.on, c.to, c.own)
		if c.err != "" || err != nil {
			if err == nil || c.err == "" || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %q", c.name, err, c.err)
			}
			continue
		}
		all := slices.Concat(got...)
		slices.SortFunc(all, netip.Addr.Compare)
		if len(all) != c.each*c.place.Agents || len(slices.Compact(all)) != c.each*c.place.Agents {
			t.Errorf("%s: %v, want %d different ones an agent", c.name, got, c.each)
		}
	}
}

// TestLoopbackSourcesStayOnLoopback: however many agents there are.
func TestLoopbackSourcesStayOnLoopback(t *testing.T) {
	to := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:80")}
	got, err := Sources(Place{Agents: 256, Connections: 20_000}, laptop, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range slices.Concat(got...) {
		if last := a.As4()[3]; !a.IsLoopback() || last == 0 || last == 255 {
			t.Fatalf("%s", a)
		}
	}
}

// TestAgentsMin: as many agents as the scenario asks for run, or none.
func TestAgentsMin(t *testing.T) {
	two := []Machine{{Name: "a"}, {Name: "b"}}
	for _, c := range []struct {
		need   Need
		wish   Wish
		agents int    // 0 = refused
		hint   string // of the refusal
	}{
		{need: Need{Agents: 5}, agents: 6},
		{need: Need{Agents: 1}, agents: 2},
		{need: Need{Agents: 3}, wish: Wish{Agents: 2}, hint: "use --agents 3"},
		{need: Need{Agents: 4, MaxVUs: 2, Capped: "p"}, hint: "raise max_vus of phase p to 4"},
	} {
		places, err := Fit(c.need, c.wish, two)
		total := 0
		for _, p := range places {
			total += p.Agents
		}
		switch {
		case total != c.agents:
			t.Errorf("%+v: %d agents, %v; want %d", c, total, err, c.agents)
		case c.agents == 0 && (err == nil || !strings.Contains(err.Error(), c.hint)):
			t.Errorf("%+v: refused with %v", c, err)
		}
	}
}
