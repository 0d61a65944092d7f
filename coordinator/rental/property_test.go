package rental

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A life is one process that drives a rental, until it ends or is killed.
type life struct {
	t       *rapid.T
	c       *cloud
	n       int
	r       *Rental
	journal *[]byte // what is on the disk
	fuse    int     // actions until it is killed; below 0 = never
	creates []time.Time
	answers map[int]time.Time // creations under way
}

// live begins one. Its journal may be lost, or end amid a line.
func live(t *rapid.T, c *cloud, n int, cfg Config, journal *[]byte, fuse int) *life {
	lines, whole, err := Decode(*journal)
	if err != nil {
		t.Fatal(err)
	}
	*journal = (*journal)[:whole]
	cfg.Journal = lines
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &life{t: t, c: c, n: n, r: r, journal: journal, fuse: fuse, answers: map[int]time.Time{}}
}

func (l *life) dead() bool { return l.fuse == 0 }

// until drives it second by second until it is as is wished, is dead or over, or the time is up.
func (l *life) until(within time.Duration, wish func() bool) {
	for end := l.c.now.Add(within); !l.dead() && l.r.State() != Over && !wish(); {
		if l.c.now.After(end) {
			l.t.Fatalf("%s for more than %s", l.r.State(), within)
		}
		l.c.advance(l.c.now.Add(time.Second), l.n)
		l.feed(Tick{})
	}
}

func (l *life) feed(e Event) {
	if l.dead() {
		return
	}
	l.forget(e)
	for _, a := range l.r.Step(l.c.now, e) {
		if l.dead() {
			return
		}
		l.fuse--
		l.do(a)
	}
}

// forget keeps the books of creations under way.
func (l *life) forget(e Event) {
	switch e := e.(type) {
	case Created:
		delete(l.answers, e.N)
	case Failed:
		delete(l.answers, e.N)
	}
}

func (l *life) do(a Action) {
	switch a := a.(type) {
	case Note:
		*l.journal = append(*l.journal, a.Line.Encode()...)
	case Create:
		l.checkCreate(a)
		l.c.create(a, l.n, l.feed)
	case List:
		l.c.list(a, l.n, l.r.cfg.Run, l.feed)
	case Look:
		l.c.look(a, l.n, l.feed)
	case Delete:
		l.c.remove(a, l.n, l.feed)
	case Connect:
		l.comesTo(a.Label, Sshable{a.Label})
	case Install:
		l.comesTo(a.Label, Installed(a))
	case Register:
		l.comesTo(a.Label, Registered{a.Label})
	}
}

// comesTo is a step of an instance that is done a little later, or never, or fails.
func (l *life) comesTo(label string, e Event) {
	if l.c.chance(l.c.bad / 3) {
		return
	}
	if l.c.chance(l.c.bad / 3) {
		e = Unable{label, "no"}
	}
	l.c.later(l.c.within(20*time.Second), l.n, func() {
		if slices.ContainsFunc(l.c.ours(), func(x *rented) bool { return x.Kind == Instance && x.Label == label }) {
			l.feed(e)
		}
	})
}

// checkCreate holds every creation to the pace, and to the journal.
func (l *life) checkCreate(a Create) {
	for n, at := range l.answers {
		if l.c.now.Sub(at) > time.Minute {
			delete(l.answers, n)
		}
	}
	l.answers[a.N] = l.c.now
	if len(l.answers) > 5 {
		l.t.Fatalf("%d creations under way", len(l.answers))
	}
	if n := len(l.creates); n > 0 && l.c.now.Sub(l.creates[n-1]) < time.Second {
		l.t.Fatalf("two creations within a second")
	}
	l.creates = append(l.creates, l.c.now)
	known, _ := Know(linesOf(l.t, *l.journal))
	if !slices.ContainsFunc(known.Records, func(r Record) bool { return r.Kind == a.Want.Kind && r.Label == a.Label && !r.Intended.IsZero() }) {
		l.t.Fatalf("%s is asked for without a note", a.Label)
	}
}

func linesOf(t *rapid.T, text []byte) []Line {
	lines, _, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// checkSlots: of each slot exactly one exists that is not on its way out, unless the fleet does without.
func (l *life) checkSlots() {
	leaving := map[int]bool{}
	for _, x := range l.r.Resources() {
		leaving[x.ID] = leaving[x.ID] || x.Stage == deleted.String() || x.Stage == condemned.String()
	}
	for _, s := range l.r.slots {
		n := 0
		for _, x := range l.c.ours() {
			name, _ := ParseLabel(x.Label)
			if x.Kind == s.want.Kind && name.Role == s.want.Role && name.Number == s.want.Number && !leaving[x.ID] {
				n++
			}
		}
		if n > 1 || n == 0 && !s.out {
			l.t.Fatalf("%d of %s %s %d", n, s.want.Kind, s.want.Role, s.want.Number)
		}
	}
}

func drawWants(t *rapid.T) (wants []Want) {
	wants = append(wants, Want{Kind: Network, Role: "net", Number: 1}, Want{Kind: Firewall, Role: "agents", Number: 1})
	for i := range rapid.IntRange(1, 8).Draw(t, "agents") {
		wants = append(wants, Want{Kind: Instance, Role: "agent", Number: i + 1})
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "targets") {
		wants = append(wants, Want{Kind: Instance, Role: "target", Number: i + 1, Reach: ToInstall})
	}
	if rapid.Bool().Draw(t, "balancer") {
		wants = append(wants, Want{Kind: Balancer, Role: "front", Number: 1}, Want{Kind: Placement, Role: "apart", Number: 1})
	}
	return wants
}

// foreign is a resource of somebody else, there for an hour.
func (c *cloud) foreign(s Seen) *rented {
	x, _ := c.add(s)
	x.foreign, x.shows, x.born = true, 0, c.now.Add(-time.Hour)
	x.Created = x.born
	return x
}

// strew puts resources of others there, such as have one of the marks, or both of another run.
func (c *cloud) strew(run string, collide bool) {
	ours, other := Tags(run, c.now), Tags("othersrn", c.now)
	c.foreign(Seen{Kind: Instance, Label: "web1", Tags: ours})
	c.foreign(Seen{Kind: Instance, Label: Prefix(run) + "agent051", Tags: other})
	c.foreign(Seen{Kind: Instance, Label: Prefix("othersrn") + "agent001", Tags: other})
	c.foreign(Seen{Kind: Instance, Label: Prefix("othersrn") + "agent002", Tags: ours})
	c.foreign(Seen{Kind: Firewall, Label: Prefix(run) + "old001"})
	c.foreign(Seen{Kind: Balancer, Label: Prefix(run) + "front009"})
	c.foreign(Seen{Kind: Placement, Label: Prefix(run) + "old001"})
	c.foreign(Seen{Kind: Network, Label: Prefix(run) + "old001"})
	c.foreign(Seen{Kind: Network, Label: Prefix("othersrn") + "net001"})
	net := c.foreign(Seen{Kind: Network, Label: Prefix(run) + "old002"})
	c.foreign(Seen{Kind: Instance, Label: Prefix(run) + "agent050", Region: fmt.Sprint(net.ID)})
	if collide {
		c.foreign([]Seen{{Kind: Instance, Label: Prefix(run) + "agent001"}, {Kind: Network, Label: Prefix(run) + "net001"},
			{Kind: Firewall, Label: Prefix(run) + "agents001"}}[c.rnd.IntN(3)])
	}
}

// A tale is one story of a fleet: lives that are killed or interrupted at any moment, with a journal that lasts or does
// not, and a last one that gives back.
type tale struct {
	t       *rapid.T
	c       *cloud
	cfg     Config
	journal []byte
	lost    bool // a journal was
}

func newTale(t *rapid.T) *tale {
	c := &cloud{
		rnd:       rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)),
		now:       storyStart,
		described: rapid.Bool().Draw(t, "described"),
	}
	c.strew(storyRun, rapid.IntRange(0, 9).Draw(t, "collide") == 0)
	c.faults = rapid.SampledFrom([]float64{0, 0.1, 0.3}).Draw(t, "faults")
	c.bad = rapid.SampledFrom([]float64{0, 0, 0.1, 0.3}).Draw(t, "bad")
	cfg := Config{Run: storyRun, Expires: c.now.Add(time.Hour), Wants: drawWants(t)}
	cfg.MinAgents = rapid.IntRange(0, cfg.agents()).Draw(t, "min")
	if rapid.IntRange(0, 9).Draw(t, "limited") == 0 {
		c.limit = len(c.all) + cfg.agents() - 1
	}
	return &tale{t: t, c: c, cfg: cfg}
}

// up is a life that builds, and gives back when it is ready, interrupted or unable.
func (s *tale) up(n int) (over bool) {
	s.cfg.Fresh = n == 1
	l := live(s.t, s.c, n, s.cfg, &s.journal, rapid.IntRange(-1, 150).Draw(s.t, "fuse"))
	if l.fuse == 0 {
		l.fuse = -1
	}
	stop := s.c.now.Add(4 * time.Hour)
	if rapid.Bool().Draw(s.t, "interrupted") {
		stop = s.c.now.Add(time.Duration(rapid.IntRange(0, 400).Draw(s.t, "after")) * time.Second)
	}
	l.until(3*time.Hour, func() bool { return l.r.State() > Building || s.c.now.After(stop) })
	if l.r.State() == Ready {
		ready := s.c.now
		l.until(time.Hour, func() bool { return s.c.now.Sub(ready) > 5*time.Minute })
		if !l.dead() {
			l.checkSlots()
		}
	}
	l.feed(Interrupt{})
	l.until(40*time.Minute, func() bool { return false })
	return !l.dead()
}

// killed is what happens between two lives.
func (s *tale) killed() {
	s.c.advance(s.c.now.Add(time.Duration(rapid.IntRange(0, 40).Draw(s.t, "away"))*time.Second), -1)
	switch rapid.SampledFrom([]string{"kept", "kept", "torn", "lost"}).Draw(s.t, "journal") {
	case "lost":
		s.journal, s.lost = nil, true
	case "torn":
		s.journal = append(s.journal, `{"at":"2026-01-02T03:0`...)
	}
}

// down is the last life.
func (s *tale) down(n int) Outcome {
	cfg := Config{Run: s.cfg.Run}
	l := live(s.t, s.c, n, cfg, &s.journal, -1)
	l.until(40*time.Minute, func() bool { return false })
	return l.r.Outcome()
}

// TestWhateverDiesNothingIsLeft is the kill matrix in virtual time: whatever is lost, refused, late or killed, and
// whenever, the last life leaves nothing of the run, has deleted nothing of others, and ends.
func TestWhateverDiesNothingIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newTale(t)
		lives := rapid.IntRange(0, 3).Draw(t, "lives")
		for n := 1; n <= lives && !s.up(n); n++ {
			s.killed()
		}
		o := s.down(lives + 1)
		s.c.advance(s.c.now.Add(10*time.Minute), -1) // what was asked for long ago is done by now
		s.check(o)
	})
}

func (s *tale) check(o Outcome) {
	for _, text := range s.c.broken {
		s.t.Fatal(text)
	}
	for _, x := range s.c.ours() {
		named := slices.ContainsFunc(o.Alone, func(l Left) bool { return l.Seen.Kind == x.Kind && l.Seen.ID == x.ID })
		// without journal or tags an empty network is nobody's: it is told
		if !named || !tagless(x.Kind) || !s.lost || s.c.described {
			s.t.Fatalf("%s %s %d is left: %+v", x.Kind, x.Label, x.ID, o)
		}
	}
	for _, x := range s.c.all {
		if x.foreign && !x.alive() {
			s.t.Fatalf("%s %s of somebody else is gone", x.Kind, x.Label)
		}
	}
	if !o.Clean() {
		s.t.Fatalf("nothing is left, but it is told: %+v", o)
	}
	if web := "web1"; !slices.ContainsFunc(o.Alone, func(l Left) bool { return l.Seen.Label == web }) {
		s.t.Fatalf("%s bears the tag of the run, and is not told: %+v", web, o.Alone)
	}
}

// TestAQuietCloudGivesAFleet: without faults every fleet is ready, soon, and gone soon after.
func TestAQuietCloudGivesAFleet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &cloud{rnd: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)), now: storyStart}
		c.strew(storyRun, false)
		var journal []byte
		l := live(t, c, 1, Config{Run: storyRun, Expires: c.now.Add(time.Hour), Wants: drawWants(t), Fresh: true}, &journal, -1)
		l.until(5*time.Minute, func() bool { return l.r.State() == Ready })
		l.checkSlots()
		l.feed(GiveBack{})
		l.until(5*time.Minute, func() bool { return false })
		if o := l.r.Outcome(); !o.Clean() || o.Failed != "" || len(c.ours()) > 0 || len(c.broken) > 0 {
			t.Fatalf("%+v %v", o, c.broken)
		}
		if !bytes.Contains(journal, []byte(`"what":"end"`)) {
			t.Fatal("the journal does not tell the end")
		}
	})
}
