package target

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/target/board"
	"github.com/loadctl/loadctl/target/knobs"
	"github.com/loadctl/loadctl/target/service"
	"github.com/loadctl/loadctl/target/workers"
)

// handshakes is how long one may still be under way to a worker that new connections do
// not go to any more: the first repetition of a lost packet is in it.
const handshakes = 1200 * time.Millisecond

// A master is a service that runs, as its controls see it.
type master struct {
	cfg       ServeConfig
	cancel    context.CancelCauseFunc // ends it
	at        net.Addr
	simulator string // base URL of the upstream it started; "" = it started none
	token     string // of the admin API, and of the workers' profiles
	key       string // signs sessions when the settings have none
	database  string // path of the SQLite file for settings that name no database
	admin     string // URL of the admin API; "" = there is none
	board     *board.Board
	group     *workers.Group // nil until the first settings are published

	changing sync.Mutex // held by one change at a time
	settings atomic.Pointer[knobs.Settings]
}

// Settings are those in force, or about to be. An upstream that was started with the
// service has no URL in them.
func (m *master) Settings() knobs.Settings { return *m.settings.Load() }

// Change puts other settings in force. Workers have them at their next heartbeat, see Applied.
func (m *master) Change(to knobs.Settings) error {
	m.changing.Lock()
	defer m.changing.Unlock()
	return m.publish(to)
}

// alter makes others of the settings in force, with nobody changing them meanwhile, and
// puts those in force. It does nothing where they are the same.
func (m *master) alter(to func(knobs.Settings) (knobs.Settings, error)) (before, after knobs.Settings, err error) {
	m.changing.Lock()
	defer m.changing.Unlock()
	before = m.Settings()
	if after, err = to(before); err != nil || len(knobs.Changed(before, after)) == 0 {
		return before, before, err
	}
	return before, after, m.publish(after)
}

func (m *master) publish(to knobs.Settings) error {
	if err := to.Validate(); err != nil {
		return err
	}
	effective := to
	effective.Upstream = cmp.Or(to.Upstream, m.simulator)
	effective.SessionKey = cmp.Or(to.SessionKey, m.key)
	if effective.Upstream == "" {
		return errors.New("upstream: this service was started without a simulator; name a URL")
	}
	text, err := json.Marshal(effective)
	if err != nil {
		return fmt.Errorf("writing the settings down: %w", err)
	}
	if _, err := m.board.Publish(text); err != nil {
		return err
	}
	m.settings.Store(&to)
	m.board.Master().Workers.Store(int64(workersOf(to)))
	if m.group != nil {
		m.group.Scale(workersOf(to))
	}
	return nil
}

// upstream is the base URL of the upstream in use.
func (m *master) upstream() string { return cmp.Or(m.Settings().Upstream, m.simulator) }

// Applied waits until each worker that serves has the settings that were published last.
func (m *master) Applied(ctx context.Context) error {
	for !m.agreed() {
		if m.refused() {
			return errors.New("a worker cannot go by these settings; the log of the service says why")
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for workers to take the settings over: %w", ctx.Err())
		case <-time.After(beatEvery / 4):
		}
	}
	return nil
}

func (m *master) agreed() bool {
	for _, w := range m.group.List() {
		if w.State == workers.Serving && m.board.Slot(w.Slot).Process.Settings.Load() < m.board.Version() {
			return false
		}
	}
	return true
}

// refused says whether a worker that serves could not put the settings in force that
// were published last.
func (m *master) refused() bool {
	for _, w := range m.group.List() {
		if w.State == workers.Serving && m.board.Slot(w.Slot).Process.Refused.Load() == m.board.Version() {
			return true
		}
	}
	return false
}

// Scale asks for n workers.
func (m *master) Scale(n int) error {
	if n < 1 || n > knobs.MostWorkers {
		return fmt.Errorf("workers: must be between 1 and %d, got %d", knobs.MostWorkers, n)
	}
	_, _, err := m.alter(func(now knobs.Settings) (knobs.Settings, error) {
		now.Workers = n
		return now, nil
	})
	return err
}

// Reload reads the settings again and replaces all workers by new processes of the
// program as it is on disk now. When the settings are wrong nothing is changed.
func (m *master) Reload() error {
	if m.cfg.Reread != nil {
		s, err := m.cfg.Reread()
		if err == nil {
			err = m.Change(s)
		}
		if err != nil {
			return fmt.Errorf("reload: %w", err)
		}
	}
	m.board.Master().Reloads.Add(1)
	m.group.Reload()
	return nil
}

// obey does what signals say until the service is over.
func (m *master) obey(over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case sig := <-m.cfg.Signals:
			if err := m.signalled(sig); err != nil {
				m.cfg.Log.Error("signal not obeyed", "signal", sig.String(), "err", err)
			}
		}
	}
}

func (m *master) signalled(sig os.Signal) error {
	switch sig {
	case syscall.SIGHUP:
		return m.Reload()
	case syscall.SIGTTIN:
		return m.Scale(m.group.Wanted() + 1)
	case syscall.SIGTTOU:
		return m.Scale(m.group.Wanted() - 1)
	case syscall.SIGTERM:
		m.cancel(nil)
	default:
		m.cancel(workers.ErrAtOnce)
		m.group.Hurry() // its end may have begun
	}
	return nil
}

// worker is the command of a new process.
func (m *master) worker(slot int) *exec.Cmd {
	return m.cfg.command(order{Slot: slot, Service: &service.Config{AuthToken: m.cfg.AuthToken, Database: m.database}, Token: m.token})
}

func (m *master) limits() workers.Limits {
	s := m.Settings()
	// A little more than what the worker gives itself: it ends in good order then.
	return workers.Limits{Grace: s.GracefulTimeout + 2*time.Second, Timeout: s.Timeout}
}

func (m *master) beat(slot int) int64 { return m.board.Slot(slot).Process.Beat.Load() }

// ended counts the end of a process, and what may have been lost by it, before its slot
// is used again. A worker that was killed cannot say that its connections are gone.
func (m *master) ended(e workers.End) {
	slot, master := m.board.Slot(e.Slot), m.board.Master()
	lost := slot.Fresh.Load() + slot.Active.Load()
	switch e.Why {
	case workers.Retired:
		master.Retired.Add(1)
		lost = 0
	case workers.Crashed:
		master.Crashed.Add(1)
	case workers.Silent:
		master.Hung.Add(1)
	case workers.Overdue:
		master.Killed.Add(1)
	}
	if lost > 0 {
		master.Lost.Add(uint64(lost))
		m.cfg.Log.Warn("requests may be lost", "pid", e.PID, "at_most", lost)
	}
	slot.Reset()
}

// explain tells how many workers there are, and why.
func (m *master) explain() {
	why := "as asked for"
	if m.cfg.Settings.Workers == 0 {
		why = fmt.Sprintf("2 × %d cores + 1, as Gunicorn advises; --workers N for another number", runtime.NumCPU())
	}
	m.cfg.Log.Info("starting workers", "workers", workersOf(m.cfg.Settings), "why", why)
}

// workersOf is how many workers settings ask for: one waits for its upstream while
// another has the core, and one more is for good measure.
func workersOf(s knobs.Settings) int {
	if s.Workers > 0 {
		return s.Workers
	}
	return min(knobs.MostWorkers, 2*runtime.NumCPU()+1)
}

func silentUnless(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}
