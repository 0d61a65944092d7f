package monitor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// Config says what is watched.
type Config struct {
	Monitors   []scenarios.Monitor
	Phases     []scenarios.Phase
	BaseURL    string           // of the target
	Target     []netip.AddrPort // its addresses
	TLS        *tls.Config
	Permission plan.Permission // for public hosts: those of AllowHosts may be asked
	Resolve    func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial       dialing
	Dir        string // of the run; profiles are put into a folder of it. "" = none are made
}

// A source tells how it is when it is asked.
type source interface {
	read(ctx context.Context) (reading, error)
	close()
}

// A Watch is the monitors of one run, not yet begun.
type Watch struct {
	cfg     Config
	guard   *guard
	sources []source // by monitor; nil for those that make profiles
	webs    []*web   // by monitor, of those that are asked by HTTP
	news    chan stats.MonitorNews
	begun   []*beginning // by phase
	asked   atomic.Uint64
	epoch   time.Time
}

// New makes the sources of all monitors and asks none of them.
func New(c Config) (*Watch, error) {
	w := &Watch{
		cfg: c, guard: &guard{c.Permission, c.Resolve, c.Dial}, news: make(chan stats.MonitorNews, 64),
		sources: make([]source, len(c.Monitors)), webs: make([]*web, len(c.Monitors)),
	}
	for range c.Phases {
		w.begun = append(w.begun, &beginning{said: make(chan struct{})})
	}
	var errs []error
	for i := range c.Monitors {
		if err := w.prepare(i); err != nil {
			errs = append(errs, fmt.Errorf("monitor %s: %w", c.Monitors[i].Name, err))
		}
	}
	return w, errors.Join(errs...)
}

func (w *Watch) prepare(i int) (err error) {
	m := &w.cfg.Monitors[i]
	url := m.Asks(w.cfg.BaseURL)
	w.webs[i] = newWeb(w.guard.connect, privately(w.cfg.TLS, w.cfg.BaseURL, url), m.Headers, w.questioned)
	switch m.Type {
	case scenarios.MonitorTarget:
		w.sources[i] = &told{w.webs[i], url}
	case scenarios.MonitorPrometheus, scenarios.MonitorHAProxy:
		w.sources[i] = &scraped{w.webs[i], url, m.Metrics}
	case scenarios.MonitorNginx:
		w.sources[i] = &nginx{w.webs[i], url}
	case scenarios.MonitorPostgreSQL:
		w.sources[i], err = newPostgres(url, w.guard.connect)
	case scenarios.MonitorRedis:
		w.sources[i], err = newRedis(url, w.guard.connect)
	case scenarios.MonitorMachine:
		w.sources[i], err = newMachine(m.Processes)
	}
	return err
}

// questioned counts a question that went to the target, by whatever name.
func (w *Watch) questioned(by net.Addr) {
	if a, ok := by.(*net.TCPAddr); ok {
		at := a.AddrPort()
		if slices.Contains(w.cfg.Target, netip.AddrPortFrom(at.Addr().Unmap(), at.Port())) {
			w.asked.Add(1)
		}
	}
}

// Clear says which monitors must not be asked, before anything is. A name that cannot be
// resolved is no reason: it may be, later.
func (w *Watch) Clear(ctx context.Context) error {
	var errs []error
	for i := range w.cfg.Monitors {
		m := &w.cfg.Monitors[i]
		host, port, ok := hostOf(m.Asks(w.cfg.BaseURL))
		if !ok {
			continue
		}
		_, err := w.guard.cleared(ctx, host, port)
		if r, is := errors.AsType[*refusal](err); is {
			errs = append(errs, fmt.Errorf("monitor %s: %w", m.Name, r))
		}
	}
	return errors.Join(errs...)
}

// News is what Run tells; it is closed when Run is over, and has to be read until then.
func (w *Watch) News() <-chan stats.MonitorNews { return w.news }

// Asked is how many questions went to the target, which counts them as probes.
func (w *Watch) Asked() uint64 { return w.asked.Load() }

// Begun says that a phase is at work since some moment.
func (w *Watch) Begun(phase int, at stats.Offset) {
	if phase < 0 || phase >= len(w.begun) {
		return
	}
	b := w.begun[phase]
	b.once.Do(func() {
		b.at = at
		close(b.said)
	})
}

// A beginning is that of a phase, once it is said.
type beginning struct {
	once sync.Once
	said chan struct{}
	at   stats.Offset // not before said is closed
}

// grace is how long profiles that are being made at the end of a run may take to be whole.
const grace = 3 * time.Second

// Run watches until ctx is over, and blocks until everything it began has ended. Times
// are told from the epoch.
func (w *Watch) Run(ctx context.Context, epoch time.Time) {
	defer close(w.news)
	w.epoch = epoch
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })()
	var all sync.WaitGroup
	for i := range w.cfg.Monitors {
		m := &w.cfg.Monitors[i]
		begun := &stats.MonitorBegun{Kind: m.Type}
		if m.Samples() {
			begun.Every = m.Every
			all.Go(func() { w.sample(ctx, m, w.sources[i]) })
		} else if w.cfg.Dir != "" {
			w.atPhases(ctx, lasting, &all, i)
		}
		w.news <- stats.MonitorNews{Monitor: m.Name, Begun: begun}
	}
	all.Wait()
	<-ctx.Done() // who reads the news hears when it is over, not when there was nothing to do
	for i := range w.sources {
		w.webs[i].close()
		if w.sources[i] != nil {
			w.sources[i].close()
		}
	}
}

// at is a moment of the run.
func (w *Watch) at(t time.Time) stats.Offset { return t.Sub(w.epoch) }

// sample asks a source again and again: once at the start, so that counters have something
// to grow from, and then at whole multiples of its interval, as the seconds of a run are.
func (w *Watch) sample(ctx context.Context, m *scenarios.Monitor, s source) {
	l := &ledger{most: m.MaxSeries}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			w.leftOut(m, l)
			return
		case <-timer.C:
		}
		w.once(ctx, m, s, l)
		timer.Reset(time.Until(w.epoch.Add(nextTick(w.at(time.Now()), m.Every))))
	}
}

// nextTick is the first multiple of every after now.
func nextTick(now stats.Offset, every time.Duration) stats.Offset {
	n := now / every
	if now%every < 0 {
		n--
	}
	return (n + 1) * every
}

// once asks a source, which has until the next time to answer.
func (w *Watch) once(ctx context.Context, m *scenarios.Monitor, s source, l *ledger) {
	within, cancel := context.WithTimeout(ctx, m.Every)
	defer cancel()
	asked := time.Now()
	r, err := s.read(within)
	at := w.at(asked.Add(time.Since(asked) / 2))
	switch {
	case ctx.Err() != nil:
	case err != nil:
		w.failed(m, at, err)
	default:
		if told := l.enter(at, r); at >= 0 && len(told.Values) > 0 {
			w.news <- stats.MonitorNews{Monitor: m.Name, Sample: told}
		} else {
			l.forget(told)
		}
		for _, what := range l.changes {
			w.news <- stats.MonitorNews{Monitor: m.Name, Changed: what}
		}
	}
}

func (w *Watch) failed(m *scenarios.Monitor, at stats.Offset, err error) {
	w.news <- stats.MonitorNews{Monitor: m.Name, Failed: &stats.MonitorFailure{At: max(at, 0), Why: shortened(err.Error())}}
}

func (w *Watch) leftOut(m *scenarios.Monitor, l *ledger) {
	if n := len(l.leftOut); n > 0 {
		w.news <- stats.MonitorNews{Monitor: m.Name, Note: fmt.Sprintf("monitor %s: %d series were left out beside the first %d: name those that matter with metrics:, or raise series:", m.Name, n, m.MaxSeries)}
	}
}
