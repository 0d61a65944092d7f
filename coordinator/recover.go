package coordinator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// A Keeper is a Host whose process leaves a file where it ran when it ends and has measured what the coordinator did not
// confirm.
type Keeper interface {
	Host
	// Collect gives that file to take, and removes it when take has no error. It is called when the host was given up or has
	// ended, and waits for that end as long as ctx allows. It returns fs.ErrNotExist where nothing was left; any other error
	// says where the file lies, and how to get it.
	Collect(ctx context.Context, take func(io.Reader) error) error
}

// collectWithin is how long all hosts together may take to hand in what they left: most of them end while they are dismissed.
const collectWithin = 20 * time.Second

// collectors is how many hosts are asked at once: each may hand in some 64 MiB.
const collectors = 8

// A find is what a host has left, on its way to the driver.
type find struct {
	link  *link
	spool *wire.Spool
	taken chan error
}

// recover has hosts that did not hand in everything leave, and takes what they have kept. It is nothing where all went well.
func (d *driver) recover(ctx context.Context, door *server) {
	owed := d.owed()
	if len(owed) == 0 {
		return
	}
	d.endWatch()
	d.dismiss(door)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.collectWithin())
	defer cancel()
	finds, ends := make(chan find), make(chan func())
	places := make(chan struct{}, collectors)
	for _, l := range owed {
		go func() { // ends with ctx at the latest, and is waited for below
			places <- struct{}{}
			err := collect(ctx, l, finds)
			<-places
			ends <- func() { d.collected(l, err) }
		}()
	}
	for left := len(owed); left > 0; {
		select {
		case f := <-finds:
			f.taken <- d.merge(f.link, f.spool)
		case end := <-ends:
			end()
			left--
		}
	}
}

func (d *driver) collectWithin() time.Duration {
	if d.cfg.Timing.CollectWithin > 0 {
		return d.cfg.Timing.CollectWithin
	}
	return collectWithin
}

// owed are the hosts that were there and did not say a last word. One that is not given up yet is now.
func (d *driver) owed() (all []*link) {
	if d.run.Layout == nil {
		return nil // nothing was measured
	}
	for _, l := range d.links {
		if l.finished || !l.joined {
			continue
		}
		d.changes(d.fleet.LoseHost(l.host.Name(), "it did not hand in its last figures"))
		if _, keeps := l.host.(Keeper); keeps {
			all = append(all, l)
		}
	}
	return all
}

// collect asks one host for what it left.
func collect(ctx context.Context, l *link, finds chan<- find) error {
	return l.host.(Keeper).Collect(ctx, func(from io.Reader) error {
		s, err := wire.ReadSpool(from)
		if err != nil {
			return err
		}
		f := find{l, s, make(chan error)}
		finds <- f
		return <-f.taken
	})
}

// collected says what could not be had.
func (d *driver) collected(l *link, err error) {
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist):
		d.log.Info("host left nothing", "host", l.host.Name())
	default:
		d.say(stats.Severe, "agent", fmt.Sprintf("what host %s measured after it was last heard of could not be had, and is in no figure: %v", l.host.Name(), err))
	}
}

// merge takes what a lost host had kept: each message once, whatever of it had come before.
func (d *driver) merge(l *link, s *wire.Spool) error {
	name := l.host.Name()
	if h := s.Head; h.GetRunId() != d.cfg.RunID || h.GetHost() != name {
		return fmt.Errorf("it is of host %s in run %s", h.GetHost(), h.GetRunId())
	}
	censored := d.book.inFlight(name)
	m := merging{d: d, link: l, layout: d.cfg.Scenario.Layout}
	for _, message := range s.Messages {
		if err := m.take(message); err != nil {
			s.Broken = errors.Join(s.Broken, err)
			break
		}
	}
	m.settle(censored, s.Broken)
	l.late = late{} // which were of these
	return nil
}

// A merging adds up what one host had kept.
type merging struct {
	d      *driver
	link   *link
	layout *stats.Layout

	gap      bool // numbers are missing
	finished bool
	missing  stats.Snapshot // of agents that ended otherwise than they should
}

// take takes a message, if it is new.
func (m *merging) take(r *loadctlpb.SessionRequest) error {
	seq := wire.Seq(r)
	if seq <= m.link.received {
		return nil
	}
	m.gap = m.gap || seq != m.link.received+1
	m.link.received = seq
	switch {
	case r.GetReport() != nil:
		return m.report(r.GetReport())
	case r.GetAgentLost() != nil:
		return m.agentLost(r.GetAgentLost())
	case r.GetNotice() != nil:
		return m.notice(r.GetNotice())
	case r.GetFinished() != nil:
		m.finished = true
		m.d.lastWord(m.link, r.GetFinished())
	}
	return nil
}

func (m *merging) report(r *loadctlpb.Report) error {
	name := m.link.host.Name()
	merged, agents, err := wire.DecodeReport(r, name, m.layout)
	if err != nil {
		return err
	}
	if merged.Window < 0 || merged.Window > m.d.latestWindow() {
		return fmt.Errorf("it has window %d, which cannot be", merged.Window)
	}
	m.d.book.report(name, merged)
	m.d.tell(stats.Update{Late: &stats.Late{Host: name, Merged: merged, Agents: agents}})
	return nil
}

// agentLost takes the counts of an agent that died after its host was lost: that it is lost is told.
func (m *merging) agentLost(r *loadctlpb.AgentLost) error {
	loss, err := wire.DecodeAgentLost(r, m.layout)
	if err != nil {
		return err
	}
	m.d.book.lost(m.link.host.Name(), loss)
	m.missing.Merge(&stats.Snapshot{Cells: loss.Missing, Phases: loss.Phases})
	return nil
}

// notice takes an event that only now is told; what it would have ended is over.
func (m *merging) notice(n *loadctlpb.Notice) error {
	e := wire.DecodeNotice(n)
	e.Text = fmt.Sprintf("host %s, told late: %s", m.link.host.Name(), e.Text)
	m.d.tell(stats.Update{Event: &e})
	return nil
}

// settle sets what the loss had left unknown right: of the requests that it made censored those are left that are
// unknown still.
func (m *merging) settle(before []stats.CellStats, broken error) {
	name := m.link.host.Name()
	s := &stats.Settlement{Host: name, Settled: make([]uint64, len(before)), Missing: m.missing.Cells, Phases: m.missing.Phases,
		Whole: m.finished && !m.gap && broken == nil}
	after := m.d.book.inFlight(name)
	more := stats.Snapshot{Cells: make([]stats.CellStats, len(after))}
	for i := range before {
		then, now := before[i].Classes[stats.Censored], after[i].Classes[stats.Censored]
		s.Settled[i] = then - min(then, now)
		more.Cells[i].Classes[stats.Censored] = now - min(then, now)
	}
	if !s.Whole {
		kept := stats.Snapshot{Cells: s.Missing, Phases: s.Phases}
		kept.Merge(&more)
		s.Missing = kept.Cells
	}
	m.d.tell(stats.Update{Settled: s})
	m.tellLate(broken)
}

// tellLate says what came late, and what is still unknown.
func (m *merging) tellLate(broken error) {
	name, level := m.link.host.Name(), stats.Warning
	var t stats.LateTotal
	for _, l := range m.d.run.Late {
		if l.Host == name {
			t = l
		}
	}
	parts := []string{fmt.Sprintf("host %s had kept nothing more", name)}
	if t.Windows > 0 {
		parts[0] = fmt.Sprintf("host %s went on until %.0f s without us, and had kept what it measured: %d windows from %.0f s on with %d requests came late; they are in the counts, and in no time, rate or share",
			name, t.Until.Seconds(), t.Windows, t.From.Seconds(), t.Requests)
	}
	if t.Settled > 0 {
		parts = append(parts, fmt.Sprintf("of those that were open when it was last heard of, it is known now how %d ended", t.Settled))
	}
	if !t.Whole {
		level = stats.Severe
		parts = append(parts, "not all of what it did is known: "+whyNotWhole(m, broken))
	}
	m.d.say(level, "agent", strings.Join(parts, "; "))
}

func whyNotWhole(m *merging, broken error) string {
	switch {
	case broken != nil:
		return broken.Error()
	case m.gap:
		return "it could not keep everything"
	}
	return "it was ended before its agents had"
}
