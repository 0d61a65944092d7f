package coordinator

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/loadctl/loadctl/coordinator/fleet"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/run"
	"github.com/loadctl/loadctl/stats"
)

// How often the driver looks at the time, and pings at least: hosts listen for it.
const (
	tickEvery = 50 * time.Millisecond
	pingEvery = time.Second
)

// A driver is a run under way. All of it belongs to the goroutine in loop: it
// takes what happened, asks the machine what to do about it, and does that.
type driver struct {
	cfg  *Config
	log  *slog.Logger
	zero time.Time // of the driver's clock

	aim     plan.Clearance
	named   named
	sourced bool // agents connect from addresses they were given
	machine *run.Machine
	fleet   *fleet.Fleet
	links   []*link
	windows windows
	book    book
	usage   usage
	places  []plan.Place
	counted *counting // nil where the target cannot tell
	run     stats.Run // what the sink was told, to judge by
	early   []stats.Update
	noted   map[string]bool // notes that were passed on
	refused error           // a mistake of the user that showed only once hosts were there
	broke   time.Duration   // since when a limit is broken that ends the run; 0 = none is

	watching  *watching // nil without monitors
	ended     stats.Offset
	dismissed bool

	exits    chan exit
	pending  []run.Event // what happened while something was being done
	stepping bool
}

// exit says that the process of a host has ended.
type exit struct {
	link *link
	err  error
}

// drive does a run whose target was cleared.
func (c *Coordinator) drive(ctx context.Context, aim plan.Clearance, w *watching) (stats.Result, error) {
	ca, err := newAuthority(c.cfg.RunID, time.Now())
	if err != nil {
		return neverBegan(err), err
	}
	door, err := newServer(ca, c.cfg.Scenario.Layout, c.cfg.World.Listen)
	if err != nil {
		return neverBegan(err), err
	}
	d := c.newDriver(aim)
	d.watching = w
	if d.counted = c.beginCounting(ctx, aim); d.counted != nil {
		defer d.counted.end()
	}
	d.call(ctx, ca, door)
	found, stop := c.watchName(ctx, aim)
	d.loop(ctx, door, found)
	stop()
	d.ended = d.machine.Offset(d.now())
	d.recover(ctx, door)
	result, err := d.finish()
	d.dismiss(door)
	return result, err
}

func (c *Coordinator) newDriver(aim plan.Clearance) *driver {
	t, s := c.cfg.Timing, c.cfg.Scenario
	d := &driver{
		cfg: &c.cfg, log: c.log, zero: time.Now(), aim: aim,
		fleet: fleet.New(t.Silence),
		book:  book{layout: s.Layout},
		exits: make(chan exit, len(c.cfg.Hosts)),
	}
	names := make([]string, len(c.cfg.Hosts))
	for i, h := range c.cfg.Hosts {
		names[i] = h.Name()
		d.links = append(d.links, &link{host: h})
	}
	drain := t.Drain
	if drain == 0 {
		drain = run.DrainOf(s)
	}
	d.machine = run.New(run.Config{
		Hosts: names, Phases: run.PhasesOf(s), OnLoss: s.Agents.OnLoss, Min: s.Agents.Min,
		Lead: t.Lead, Drain: drain, AbortDrain: t.AbortDrain,
		GatherWithin: t.GatherWithin, PrepareWithin: t.PrepareWithin, StopWithin: t.StopWithin,
	})
	return d
}

// call starts every host, all at once: those that are there wait for a word of ours, and not for long. One that cannot be
// started ends the run.
func (d *driver) call(ctx context.Context, ca *authority, door *server) {
	for _, l := range d.links {
		if err := d.fleet.Expect(l.host.Name(), d.now()); err != nil {
			d.step(run.Unable{Host: l.host.Name(), Why: err.Error()})
			return
		}
	}
	failed := make([]error, len(d.links))
	var starting sync.WaitGroup
	for i, l := range d.links {
		starting.Go(func() { failed[i] = d.startHost(ctx, l, ca, door.address) })
	}
	starting.Wait()
	for i, l := range d.links {
		if failed[i] != nil {
			l.exited = true
			d.step(run.Unable{Host: l.host.Name(), Why: failed[i].Error()})
		}
	}
}

func (d *driver) loop(ctx context.Context, door *server, found <-chan finding) {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	controls, news, cancelled := d.cfg.Controls, d.cfg.News, ctx.Done()
	for !d.machine.Ended() {
		select {
		case m := <-door.inbox:
			d.mail(m)
		case e := <-d.exits:
			e.link.exited, e.link.exitErr, e.link.exitAt = true, e.err, d.now()
		case f := <-found:
			d.readdress(f)
		case n := <-d.watching.channel():
			d.monitored(n)
		case <-ticker.C:
			d.tick()
		case c, ok := <-controls:
			if !ok {
				controls = nil
				continue
			}
			d.control(c)
		case text, ok := <-news:
			if !ok {
				news = nil
				continue
			}
			d.say(stats.Warning, "machine", text)
		case <-cancelled:
			cancelled = nil
			d.step(run.Kill{Why: "cancelled"})
		}
	}
}

// now is the driver's clock.
func (d *driver) now() time.Duration { return time.Since(d.zero) }

func (d *driver) control(c Control) {
	switch c {
	case Pause:
		d.step(run.Pause{})
	case Resume:
		d.step(run.Resume{})
	case Stop:
		d.step(run.Interrupt{})
	case Kill:
		d.step(run.Kill{Why: "stopped at once"})
	case Enough:
		d.step(run.Broken{Text: "so many requests are bad that more would tell nothing"})
	}
}

// tick does what only time makes due.
func (d *driver) tick() {
	now := d.now()
	for _, l := range d.links {
		if l.session != nil && now-l.lastPing >= pingEvery {
			l.ping(now)
		}
		d.hearUnread(l, now)
		d.buryExited(l, now)
	}
	s := d.machine.State()
	reporting := s == run.Running && d.machine.Offset(now) > 2*time.Second || s == run.Draining
	d.changes(d.fleet.Tick(now, reporting))
	d.step(run.Tick{})
}

// hearUnread keeps a host from being called silent whose mail waits here: a driver that is behind with a thousand hosts, or
// whose machine stood still, would give up those that did nothing wrong.
func (d *driver) hearUnread(l *link, now time.Duration) {
	if l.session == nil {
		return
	}
	if reports := l.session.reports.Load(); reports > 0 || l.session.unread.Load() > 0 {
		d.changes(d.fleet.Waits(l.host.Name(), reports > 0, now))
	}
}

// exitGrace is how long the last messages of an ended process may be under way.
const exitGrace = 2 * time.Second

// buryExited gives up a host whose process has ended before it was finished,
// once nothing more can come from it.
func (d *driver) buryExited(l *link, now time.Duration) {
	if !l.exited || l.finished || l.session != nil && now-l.exitAt < exitGrace {
		return
	}
	why := "its process has ended"
	if l.exitErr != nil {
		why += ": " + l.exitErr.Error()
	}
	d.changes(d.fleet.LoseHost(l.host.Name(), why))
}

// changes tells the run, and whoever watches, what the fleet found out.
func (d *driver) changes(found []fleet.Change) {
	for _, c := range found {
		d.log.Info("fleet changed", "host", c.Host, "agents", c.Agents, "to", c.To.String(), "why", c.Why)
		if c.To != fleet.Lost {
			d.say(lateLevel(c.To), "agent", fmt.Sprintf("host %s: %s", c.Host, c.Why))
			continue
		}
		if c.Host != "" {
			d.writeOff(c)
		}
		d.step(run.Lost{Host: c.Host, Agents: c.Agents, Window: c.Window, Live: len(d.fleet.Live()), Why: c.Why})
	}
}

func lateLevel(to fleet.State) stats.Level {
	if to == fleet.Late {
		return stats.Warning
	}
	return stats.Informative
}

// writeOff books the loss of a whole host: what its agents had in flight is
// censored; what they did after their last report nobody knows. A host that is there
// all the same is told at once; one that comes back later, when it does.
func (d *driver) writeOff(c fleet.Change) {
	if l := d.linkOf(c.Host); l != nil {
		l.send(givenUp())
	}
	at := d.machine.Offset(d.now())
	d.linkOf(c.Host).lostAt = at
	for i, name := range c.Agents {
		loss := &stats.AgentLoss{Agent: name, At: at, Why: "host " + c.Host + " lost: " + c.Why}
		if i == 0 {
			loss.Missing = d.book.inFlight(c.Host)
		}
		d.tell(stats.Update{Lost: loss})
	}
}

func (d *driver) linkOf(host string) *link {
	for _, l := range d.links {
		if l.host.Name() == host {
			return l
		}
	}
	return nil
}
