package agent

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/loadctl/loadctl/agent/faults"
	"github.com/loadctl/loadctl/agent/internal/counters"
	"github.com/loadctl/loadctl/agent/internal/gather"
	"github.com/loadctl/loadctl/agent/internal/pulse"
	"github.com/loadctl/loadctl/agent/loop"
	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/secure"
	"github.com/loadctl/loadctl/stats"
)

// maxLoops bounds what a host may ask of one process.
const maxLoops = 256

// A load is the loops of one agent and what they have told so far. Only the
// goroutine of agent.drive uses it, but for the loops' own sending of events.
type load struct {
	name     string
	scenario *scenarios.Scenario
	counters *counters.Block
	loops    []*loop.Loop
	taps     taps
	outs     []chan loop.Output
	events   chan event
	started  sync.WaitGroup
	running  int   // loops that have not returned
	epoch    int64 // on the monotonic clock, 0 = not started
	tick     time.Duration
	ports    uint64 // that connections have to choose from; 0 = not known

	clock   clockWatch
	windows gather.Gather[*stats.Snapshot]
	phases  gather.Barrier
	usage   usage
	pulse   *pulse.Pulse // nil = not started
}

// An event is one thing a loop told, or its end.
type event struct {
	loop  int
	out   loop.Output
	ended bool
	err   error
}

// newLoad reads the scenario as every side of the run does, and makes the loops.
func newLoad(m *loadctlpb.AgentPrepare, taps string) (*load, error) {
	p := m.GetPrepare()
	if len(p.GetAgents()) != 1 {
		return nil, fmt.Errorf("prepare: %d agents for one process", len(p.GetAgents()))
	}
	plan := p.GetAgents()[0]
	n := int(max(plan.GetLoops(), 1))
	if n > maxLoops {
		return nil, fmt.Errorf("prepare: %d loops, at most %d", n, maxLoops)
	}
	if err := machine.RaiseFiles(); err != nil {
		return nil, err
	}
	s, err := scenarios.Parse(p.GetFile(), p.GetSource(), wire.DecodeOptions(p))
	if err != nil {
		return nil, fmt.Errorf("the scenario: %w", err)
	}
	wrong, err := each(p.GetFaults(), faults.Parse)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	l := &load{
		name: plan.GetName(), scenario: s, events: make(chan event, 4*n), ports: plan.GetPorts(),
		tick: cmp.Or(time.Duration(p.GetTickNs()), loop.DefaultTick),
	}
	l.clock = clockWatch{read: machine.NewClock().WallAhead, shift: faults.WallShift(wrong, l.name)}
	if l.taps, err = openTaps(taps, l.name, n); err != nil {
		return nil, err
	}
	if err := l.share(m.GetCountersFd(), n); err != nil {
		return nil, errors.Join(err, l.taps.close())
	}
	if err := l.make(p, plan, s, n); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// share maps the counters the host reads should this process die.
func (l *load) share(fd uint32, loops int) (err error) {
	f := os.NewFile(uintptr(fd), "counters")
	if f == nil {
		return fmt.Errorf("prepare: counters have no file descriptor %d", fd)
	}
	defer f.Close()
	l.counters, err = counters.Map(f, loops*l.scenario.Layout.CounterWords())
	return err
}

func (l *load) make(p *loadctlpb.Prepare, plan *loadctlpb.AgentPlan, s *scenarios.Scenario, n int) error {
	share, err := wire.DecodeShare(plan.GetShare())
	if err != nil {
		return err
	}
	addrs, err := each(p.GetAddresses(), netip.ParseAddrPort)
	if err != nil {
		return fmt.Errorf("prepare: addresses: %w", err)
	}
	sources, err := each(plan.GetSources(), netip.ParseAddr)
	if err != nil {
		return fmt.Errorf("prepare: sources: %w", err)
	}
	private, mistakes := secure.Client(&s.Target, wire.DecodeTLSFiles(p.GetTlsFiles()))
	if len(mistakes) > 0 {
		return s.Wrong(p.GetFile(), mistakes)
	}
	blocks, shares := l.counters.Split(n), share.Split(n)
	for i := range n {
		out := make(chan loop.Output, 64)
		one, err := loop.New(loop.Config{
			Scenario: s, Share: shares[i], Seed: p.GetSeed(),
			TLS: private, Addrs: addrs, Sources: turned(sources, i*len(sources)/n),
			Counters: blocks[i], Agent: l.name, WallShift: l.clock.shift,
			Pacing: p.GetPacing(), Poller: p.GetPoller(), Tick: time.Duration(p.GetTickNs()), Memory: forAnswers(n),
			PortsKept: time.Duration(plan.GetPortsKeptNs()),
			Tap:       l.taps.of(i), Out: out,
		})
		if err != nil {
			return err
		}
		l.loops, l.outs = append(l.loops, one), append(l.outs, out)
		l.windows.Join(i)
		l.phases.Join(i)
	}
	return nil
}

// forAnswers is what each of n loops may keep of answers in pieces: together half of
// the memory this process may take, where it has a limit.
func forAnswers(n int) int {
	limit := debug.SetMemoryLimit(-1)
	if limit <= 0 || limit == math.MaxInt64 {
		return 0
	}
	return int(limit) / 2 / n
}

// turned starts a list elsewhere, so that loops begin with different sources.
func turned[T any](list []T, by int) []T {
	return append(append(make([]T, 0, len(list)), list[by:]...), list[:by]...)
}

func each[T any](texts []string, parse func(string) (T, error)) ([]T, error) {
	list := make([]T, len(texts))
	var errs []error
	for i, s := range texts {
		v, err := parse(s)
		list[i], errs = v, append(errs, err)
	}
	return list, errors.Join(errs...)
}

// start runs every loop, and forwards what each tells until it has returned.
func (l *load) start() {
	l.running = len(l.loops)
	for i, one := range l.loops {
		failed := make(chan error, 1)
		l.started.Go(func() {
			failed <- one.Run()
			close(l.outs[i])
		})
		l.started.Go(func() {
			for o := range l.outs[i] {
				l.events <- event{loop: i, out: o}
			}
			l.events <- event{loop: i, ended: true, err: <-failed}
		})
	}
}

// now is the offset from the epoch, 0 before it.
func (l *load) now() stats.Offset {
	if l.epoch == 0 {
		return 0
	}
	return stats.Offset(max(machine.Monotonic()-l.epoch, 0))
}

// stop ends every loop now. It may be called more than once.
func (l *load) stop() { l.do(loop.Stop{}) }

func (l *load) do(c loop.Command) {
	for _, one := range l.loops {
		one.Do(c)
	}
}

// close waits for the loops and gives the shared memory back.
func (l *load) close() {
	l.started.Wait()
	_ = l.taps.close()
	l.pulse.Stop()
	_ = l.counters.Close()
}
