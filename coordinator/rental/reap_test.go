package rental

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReap(t *testing.T) {
	now := storyStart
	past, future := now.Add(-ReapMargin), now.Add(time.Minute)
	inst := func(id int, run, name string, tags ...string) Seen {
		return Seen{Kind: Instance, ID: id, Label: Prefix(run) + name, Tags: tags}
	}
	out := Reap(now, []Seen{
		inst(1, "oldoldol", "agent001", Tags("oldoldol", past)...),
		inst(2, "oldoldol", "agent002", "loadctl", "loadctl:run=oldoldol"), // goes with its run
		{Kind: Network, ID: 3, Label: "lc-oldoldol-net001", Tenants: []int{1, 2}},
		{Kind: Network, ID: 4, Label: "lc-oldoldol-net002", Tenants: []int{1, 99}},
		{Kind: Network, ID: 5, Label: "lc-oldoldol-net003"},
		{Kind: Firewall, ID: 6, Label: "lc-oldoldol-agents001", Tags: Tags("oldoldol", past)},
		inst(7, "oldoldol", "agent003"),
		inst(8, "oldoldol", "agent004", Tags("livelive", past)...),
		{Kind: Instance, ID: 9, Label: "web1", Tags: Tags("oldoldol", past)},
		{Kind: Instance, ID: 10, Label: "web2", Tags: []string{"web"}},
		inst(11, "livelive", "agent001", Tags("livelive", past)...), // another one of the run lives longer
		inst(12, "livelive", "agent002", Tags("livelive", future)...),
		{Kind: Network, ID: 13, Label: "lc-livelive-net001", Tenants: []int{11, 12}},
		inst(14, "twotwotw", "agent001", append(Tags("twotwotw", past), tagExp+"32503680000")...), // the later one counts
		inst(15, "nononono", "agent001", "loadctl", "loadctl:run=nononono", "loadctl:exp=soon"),
		inst(16, "duoduodu", "agent001", append(Tags("duoduodu", past), tagRun+"oldoldol")...),
	})
	ids := func(all []Holding) (text []string) {
		for _, h := range all {
			line := h.Run
			for _, s := range h.Resources {
				line += " " + s.Label[len("lc-12345678-"):]
			}
			text = append(text, line)
		}
		return text
	}
	if got := ids(out.Expired); !slices.Equal(got, []string{"oldoldol agent001 agent002 agents001 net001"}) {
		t.Errorf("expired: %q", got)
	}
	if d := out.Expired[0].Doubts; len(d) != 1 || !strings.Contains(d[0], "agent002") {
		t.Errorf("what is wrong with the tags of one is not told: %q", d)
	}
	if got := ids(out.Live); !slices.Equal(got, []string{"livelive agent001 agent002 net001", "twotwotw agent001"}) {
		t.Errorf("live: %q", got)
	}
	var broken []int
	for _, l := range out.Broken {
		broken = append(broken, l.Seen.ID)
		if l.Why == "" {
			t.Errorf("%s: no reason", l)
		}
	}
	slices.Sort(broken)
	if !slices.Equal(broken, []int{4, 5, 7, 8, 9, 15, 16}) {
		t.Errorf("broken: %v", out.Broken)
	}
}

// TestReapingIsWhatGivingBackFinds: a rental without a journal gives back what the lists said.
func TestReapingIsWhatGivingBackFinds(t *testing.T) {
	r, err := New(Config{Run: storyRun})
	if err != nil {
		t.Fatal(err)
	}
	seen := []Seen{
		{Kind: Instance, ID: 1, Label: Prefix(storyRun) + "agent001", Tags: Tags(storyRun, storyStart)},
		{Kind: Network, ID: 2, Label: Prefix(storyRun) + "net001", Tenants: []int{1}},
		{Kind: Instance, ID: 3, Label: Prefix(storyRun) + "agent002"},
	}
	for _, a := range r.Step(storyStart, Tick{}) {
		if l, ok := a.(List); ok {
			r.Step(storyStart, Listed{l.N, slices.DeleteFunc(slices.Clone(seen), func(s Seen) bool { return s.Kind != l.Kind })})
		}
	}
	var mine []int
	for _, x := range r.Resources() {
		mine = append(mine, x.ID)
	}
	if h := Reap(storyStart.Add(ReapMargin), seen).Expired; len(h) != 1 || len(h[0].Resources) != 2 || !slices.Equal(mine, []int{1, 2}) {
		t.Errorf("reaped %+v, found %v", h, mine)
	}
}

// TestAClockThatIsAheadReapsNothing: a fleet whose time is over by less than clocks may differ is let live.
func TestAClockThatIsAheadReapsNothing(t *testing.T) {
	seen := []Seen{{Kind: Instance, ID: 1, Label: Prefix(storyRun) + "agent001", Tags: Tags(storyRun, storyStart)}}
	if out := Reap(storyStart.Add(ReapMargin-time.Second), seen); len(out.Live) != 1 || len(out.Expired) != 0 {
		t.Errorf("within the margin: %+v", out)
	}
	if out := Reap(storyStart.Add(ReapMargin), seen); len(out.Live) != 0 || len(out.Expired) != 1 {
		t.Errorf("after the margin: %+v", out)
	}
}

// TestAJournalTellsOfALaterExpiry: what was taken up again for longer bears old tags, and lives as long as its journal says.
func TestAJournalTellsOfALaterExpiry(t *testing.T) {
	later := storyStart.Add(3 * time.Hour)
	first := Line{At: storyStart, What: NoteBegin, Run: storyRun, Expires: storyStart.Add(time.Hour)}
	r, err := New(Config{Run: storyRun, Expires: later, Journal: []Line{first}, Wants: []Want{{Kind: Instance, Role: "agent", Number: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	lines := []Line{first}
	for _, a := range r.Step(storyStart.Add(time.Minute), Tick{}) {
		if n, is := a.(Note); is {
			lines = append(lines, n.Line)
		}
	}
	k, err := Know(lines)
	if err != nil || !k.Expires.Equal(later) || len(lines) != 2 {
		t.Fatalf("the journal tells %s, %v: %+v", k.Expires, err, lines)
	}
	seen := []Seen{{Kind: Instance, ID: 1, Label: Prefix(storyRun) + "agent001", Tags: Tags(storyRun, first.Expires)}}
	at := storyStart.Add(2 * time.Hour)
	if out := Reap(at, seen, k); len(out.Live) != 1 || !out.Live[0].Expires.Equal(later) {
		t.Errorf("with its journal: %+v", out)
	}
	if out := Reap(at, seen, Knowledge{Run: "otherrun", Expires: later}); len(out.Expired) != 1 {
		t.Errorf("the journal of another run counts: %+v", out)
	}
}
