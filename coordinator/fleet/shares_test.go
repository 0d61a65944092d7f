package fleet

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// drawFleet draws a fleet of a few hosts with a few agents each, all there.
func drawFleet(t *rapid.T, most int) *Fleet {
	f := New(Limits{})
	for h := range rapid.IntRange(1, 4).Draw(t, "hosts") {
		host := fmt.Sprint("h", h)
		must(t, f.Expect(host, 0))
		must(t, f.Join(host, 0))
		for a := range rapid.IntRange(1, most).Draw(t, "agents") {
			must(t, f.Enlist(host, fmt.Sprint(host, "-", a)))
		}
	}
	f.Divide()
	return f
}

func must(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// lose gives up an agent or a host, whichever is drawn, and names the agents.
func lose(t *rapid.T, f *Fleet) (lost []string) {
	var found []Change
	if rapid.Bool().Draw(t, "a whole host") {
		found = f.LoseHost(rapid.SampledFrom(f.Hosts()).Draw(t, "host").Name, "gone")
	} else {
		found = f.LoseAgent(rapid.SampledFrom(f.Agents()).Draw(t, "agent").Name, "gone")
	}
	for _, c := range found {
		lost = append(lost, c.Agents...)
	}
	return lost
}

// TestSharesOfTheLivingPartitionTheScheduleExactly: hosts and agents are lost in
// any order, one by one or several before anybody takes over, and every slot is
// some living agent's, no two of them overlapping.
func TestSharesOfTheLivingPartitionTheScheduleExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFleet(t, 3)
		var waiting []string // lost, and not yet dealt with
		for range rapid.IntRange(0, 6).Draw(t, "losses") {
			waiting = append(waiting, lose(t, f)...)
			if rapid.Bool().Draw(t, "at once") {
				f.Redistribute(waiting...)
				f.Redistribute(waiting...)
			}
			wantPartition(t, f.Agents())
		}
		if f.Redistribute(waiting...); len(f.Live()) > 0 {
			wantPartition(t, f.Live())
		}
	})
}

// wantPartition holds the slots of agents against the whole: no two meet, and
// their parts of it sum up to one. Together that says none is missing.
func wantPartition(t *rapid.T, agents []*Agent) {
	t.Helper()
	sum := new(big.Rat)
	var all []arrival.Slot
	for _, a := range agents {
		for _, s := range a.Share {
			sum.Add(sum, new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).SetUint64(s.Of)))
			all = append(all, s)
		}
	}
	if sum.Cmp(big.NewRat(1, 1)) != 0 {
		t.Fatalf("the shares sum up to %s", sum)
	}
	for i, s := range all {
		for _, o := range all[:i] {
			if meet(s, o) {
				t.Fatalf("slots %+v and %+v own a key both", s, o)
			}
		}
	}
}

// meet says whether two residue classes have a key in common: by the Chinese
// remainder theorem, if they agree modulo what their moduli share.
func meet(a, b arrival.Slot) bool {
	common, of := a.Of, b.Of
	for of != 0 {
		common, of = of, common%of
	}
	return a.Index%common == b.Index%common
}

// TestMaxVUsHoldsAfterLosses: every loop takes its share of max_vus, and at least one
// user. Where there are as many users as loops that is max_vus in all, and no more
// once the shares of lost agents have moved.
func TestMaxVUsHoldsAfterLosses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFleet(t, 3)
		loops := rapid.IntRange(1, 4).Draw(t, "loops")
		most := uint64(len(f.Agents())*loops + rapid.IntRange(0, 20).Draw(t, "more"))
		wantUsers(t, f, loops, most)
		for range rapid.IntRange(1, 6).Draw(t, "losses") {
			f.Redistribute(lose(t, f)...)
			if len(f.Live()) > 0 {
				wantUsers(t, f, loops, most)
			}
		}
	})
}

func wantUsers(t *rapid.T, f *Fleet, loops int, most uint64) {
	t.Helper()
	sum := uint64(0)
	for _, a := range f.Live() {
		for _, share := range a.Share.Split(loops) {
			sum += max(share.Of(most), 1)
		}
	}
	if sum != most {
		t.Fatalf("%d agents of %d loops take %d users of %d", len(f.Live()), loops, sum, most)
	}
}

// TestRedistributeGivesThoseWhoseShareGrew, all of them, in fleet order.
func TestRedistributeGivesThoseWhoseShareGrew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFleet(t, 3)
		for range rapid.IntRange(1, 8).Draw(t, "losses") {
			lost, before := lose(t, f), lengths(f)
			var want []string
			grown := f.Redistribute(lost...)
			for i, a := range f.Agents() {
				if len(a.Share) > before[i] {
					want = append(want, a.Name)
				}
			}
			if diff := cmp.Diff(want, agentNames(grown)); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func lengths(f *Fleet) (n []int) {
	for _, a := range f.Agents() {
		n = append(n, len(a.Share))
	}
	return n
}

func agentNames(agents []*Agent) (names []string) {
	for _, a := range agents {
		names = append(names, a.Name)
	}
	return names
}

// happen draws one thing that can happen to a fleet.
func happen(t *rapid.T, f *Fleet, now time.Duration) (found []Change) {
	host := rapid.SampledFrom(f.Hosts()).Draw(t, "to").Name
	switch rapid.IntRange(0, 6).Draw(t, "what") {
	case 0:
		_ = f.Join(host, now) // a lost host is refused
	case 1:
		found = f.Heard(host, now)
	case 2:
		here := agentNames(f.On(host))
		f.Report(host, int64(now/time.Second), here[:rapid.IntRange(0, len(here)).Draw(t, "reporting")], now)
	case 3:
		found = f.LoseHost(host, "gone")
	case 4:
		found = f.LoseAgent(rapid.SampledFrom(f.Agents()).Draw(t, "agent").Name, "gone")
	case 5:
		f.Finish(host)
	case 6:
		found = f.Tick(now, rapid.Bool().Draw(t, "reporting"))
	}
	return found
}

// TestNobodyComesBackFromLost, or is lost twice, whatever happens in whatever order.
func TestNobodyComesBackFromLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFleet(t, 3)
		lost := map[string]int{}
		now := time.Duration(0)
		for range rapid.IntRange(0, 60).Draw(t, "events") {
			now += time.Duration(rapid.Int64Range(0, int64(4*time.Second)).Draw(t, "later"))
			for _, c := range happen(t, f, now) {
				count(lost, c)
			}
			wantOnce(t, f, lost)
		}
	})
}

func count(lost map[string]int, c Change) {
	if c.To != Lost {
		return
	}
	if c.Host != "" {
		lost[c.Host]++
	}
	for _, name := range c.Agents {
		lost[name]++
	}
}

func wantOnce(t *rapid.T, f *Fleet, lost map[string]int) {
	t.Helper()
	want := func(name string, s State) {
		if n := lost[name]; n > 1 || (s == Lost) != (n == 1) {
			t.Fatalf("%s is %s and was lost %d times", name, s, n)
		}
	}
	for _, h := range f.Hosts() {
		want(h.Name, h.State)
	}
	for _, a := range f.Agents() {
		want(a.Name, a.State)
		if f.Host(a.Host).State == Lost && a.State != Lost {
			t.Fatalf("%s is %s on a lost host", a.Name, a.State)
		}
	}
}

// newFleet is a fleet of one host with these agents.
func newFleet(t *testing.T, agents ...string) *Fleet {
	t.Helper()
	f := New(Limits{})
	if err := f.Expect("h", 0); err != nil {
		t.Fatal(err)
	}
	if err := f.Enlist("h", agents...); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestLostShareIsNotGivenAwayAfterASecondDivision: Divide left the lost with what
// they had, and Redistribute gave it away beside the new whole.
func TestLostShareIsNotGivenAwayAfterASecondDivision(t *testing.T) {
	f := newFleet(t, "a", "b", "c")
	f.Divide()
	f.LoseAgent("b", "killed")
	f.Divide()
	if grown := f.Redistribute("b"); grown != nil {
		t.Errorf("%v took over what nobody had", agentNames(grown))
	}
	if got, want := []arrival.Share{f.Agent("a").Share, f.Agent("c").Share}, arrival.Whole().Split(2); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

// TestFinishedAgentIsNoHeir: a share given to an agent that had handed in
// everything was run by nobody.
func TestFinishedAgentIsNoHeir(t *testing.T) {
	f := New(Limits{})
	for _, h := range []string{"a", "b", "c"} {
		if f.Expect(h, 0) != nil || f.Enlist(h, h+"-1") != nil {
			t.Fatal("no fleet")
		}
	}
	f.Divide()
	f.Finish("a")
	f.LoseHost("b", "gone")
	if got := agentNames(f.Redistribute("b-1")); !cmp.Equal(got, []string{"c-1"}) {
		t.Errorf("%v took over", got)
	}
	f.LoseHost("c", "gone")
	if got := f.Redistribute("c-1"); got != nil {
		t.Errorf("%v took over after its end", agentNames(got))
	}
}

// TestSlotTooFineToSplitGrowsOneShare: everybody was said to have grown.
func TestSlotTooFineToSplitGrowsOneShare(t *testing.T) {
	f := newFleet(t, "a", "b", "c")
	f.Agent("b").Share = arrival.Share{{Index: 5, Of: 1 << 40}}
	f.LoseAgent("b", "killed")
	if got := agentNames(f.Redistribute("b")); !cmp.Equal(got, []string{"a"}) {
		t.Errorf("%v grew", got)
	}
}

// TestNobodyIsEnlistedOnALostHost: its agents would have got shares that nobody runs.
func TestNobodyIsEnlistedOnALostHost(t *testing.T) {
	f := newFleet(t, "a")
	f.LoseHost("h", "gone")
	if err := f.Enlist("h", "b"); err == nil || f.Agent("b") != nil {
		t.Errorf("enlisted on a lost host: %v", err)
	}
}

func TestStatesHaveNames(t *testing.T) {
	for s := Expected; s <= Finished; s++ {
		if s.String() == "unknown" {
			t.Errorf("state %d has no name", s)
		}
	}
	if State(99).String() != "unknown" {
		t.Error("a state that is none has a name")
	}
}
