package workers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const roleEnv = "LOADCTL_WORKERS_TEST"

// TestMain plays a worker when it was started as one: it answers each connection
// with its pid until TERM or the end of its master.
func TestMain(m *testing.M) {
	switch os.Getenv(roleEnv) {
	case "":
		os.Exit(m.Run())
	case "quits":
		os.Exit(3)
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
	}
	in, err := Inherit(1)
	if err != nil {
		os.Exit(4)
	}
	if os.Getenv(roleEnv) == "leaves" {
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGUSR1, syscall.SIGUSR2)
		go goes(in, asked)
	}
	ln, err := net.FileListener(in.Socket)
	if err != nil || in.Ready() != nil {
		os.Exit(5)
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				os.Exit(6)
			}
			fmt.Fprintf(c, "%d", os.Getpid())
			c.Close()
		}
	}()
	_, _ = io.Copy(io.Discard, in.Lifeline)
	os.Exit(0)
}

// goes asks for a replacement on USR1; on USR2 it says that it goes, but takes its time.
func goes(in Inherited, asked <-chan os.Signal) {
	if <-asked == syscall.SIGUSR1 {
		_ = in.Replace()
		return
	}
	signal.Ignore(syscall.SIGTERM)
	_ = in.Leaving()
}

// places are sockets, each with an address of its own.
type places struct {
	mu    sync.Mutex
	files []*os.File
	addr  []string
}

func (s *places) Socket(i int) (*os.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.files) <= i {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer ln.Close()
		f, err := ln.(*net.TCPListener).File()
		if err != nil {
			return nil, err
		}
		s.files, s.addr = append(s.files, f), append(s.addr, ln.Addr().String())
	}
	return s.files[i], nil
}

func (s *places) Choose(int) error { return nil }
func (s *places) Waiting(int) int  { return 0 }
func (s *places) Vacate(int)       {}

func (s *places) Close() {
	for _, f := range s.files {
		f.Close()
	}
}

type fixture struct {
	*Group
	places *places
	ready  chan struct{}
	mu     sync.Mutex
	ends   []End
	ended  chan error
	cancel context.CancelCauseFunc
}

func begin(t *testing.T, role string, n int, change func(*Config)) *fixture {
	t.Helper()
	f := &fixture{ready: make(chan struct{}), ended: make(chan error, 1), places: &places{}}
	shared, err := os.CreateTemp(t.TempDir(), "shared")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shared.Close() })
	cfg := Config{Name: "worker", Workers: n, Slots: n + 2, Sockets: f.places, Shared: []*os.File{shared},
		Limits: func() Limits { return Limits{Grace: 200 * time.Millisecond} },
		Ready:  func() error { close(f.ready); return nil },
		Ended: func(e End) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.ends = append(f.ends, e)
		},
		Command: func(int) *exec.Cmd {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), roleEnv+"="+role, "GORACE=atexit_sleep_ms=0")
			return cmd
		}}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	f.cancel = cancel
	over := make(chan struct{})
	t.Cleanup(func() {
		cancel(nil)
		<-over // it uses the shared file until then
	})
	f.Group = New(cfg)
	go func() {
		f.ended <- f.Run(ctx)
		close(over)
	}()
	return f
}

func (f *fixture) at(i int) string {
	f.places.mu.Lock()
	defer f.places.mu.Unlock()
	return f.places.addr[i]
}

func (f *fixture) whys() (all []Why) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.ends {
		all = append(all, e.Why)
	}
	return all
}

func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if cond() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

// pid asks the worker behind a socket; a connection may wait for a replacement.
func (f *fixture) pid(t *testing.T, i int) (pid int) {
	t.Helper()
	c, err := net.Dial("tcp", f.at(i))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := fmt.Fscan(c, &pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

func (f *fixture) end(t *testing.T, cause error) time.Duration {
	t.Helper()
	began := time.Now()
	f.cancel(cause)
	if err := <-f.ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	return time.Since(began)
}

func TestAKilledWorkerIsReplacedAndItsQueueSurvives(t *testing.T) {
	f := begin(t, "serves", 2, nil)
	<-f.ready
	before, other := f.pid(t, 0), f.pid(t, 1)
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if after := f.pid(t, 0); after == before { // waits in the socket's queue
		t.Error("answered by the dead")
	}
	if got := f.whys(); f.pid(t, 1) != other || len(got) != 1 || got[0] != Crashed {
		t.Errorf("exits %v; the other worker changed from %d to %d", got, other, f.pid(t, 1))
	}
	f.end(t, nil)
	if c, err := net.Dial("tcp", f.at(0)); err == nil {
		c.Close()
		t.Error("the socket is still open after Run")
	}
}

func TestAReloadRenewsEveryWorker(t *testing.T) {
	f := begin(t, "serves", 2, nil)
	<-f.ready
	before := []int{f.pid(t, 0), f.pid(t, 1)}
	f.Reload()
	until(t, "both are gone", func() bool { return len(f.whys()) == 2 })
	for i := range before {
		if f.pid(t, i) == before[i] {
			t.Errorf("worker %d was not replaced", i)
		}
	}
	for _, w := range f.List() {
		if w.State != Serving || w.Generation != 1 || w.PID == 0 {
			t.Errorf("%+v", w)
		}
	}
	f.end(t, nil)
	for _, why := range f.whys() {
		if why != Retired {
			t.Errorf("one was %s", why)
		}
	}
}

func TestTheNumberOfWorkersChanges(t *testing.T) {
	f := begin(t, "serves", 1, nil)
	<-f.ready
	f.Scale(3)
	until(t, "three serve", func() bool {
		all := f.List()
		return len(all) == 3 && all[2].State == Serving
	})
	first := f.pid(t, 0)
	f.Scale(1)
	until(t, "one is left", func() bool { return len(f.List()) == 1 })
	if got := f.List()[0].PID; got != first || f.Wanted() != 1 {
		t.Errorf("%d of %d is left, and it was to be %d", got, f.Wanted(), first)
	}
}

// A worker that goes by itself, or wants to, is replaced while it is still there.
func TestAWorkerThatLeavesIsReplacedFirst(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		why    Why
	}{{syscall.SIGUSR1, Retired}, {syscall.SIGUSR2, Overdue}} {
		f := begin(t, "leaves", 1, func(c *Config) {
			c.Limits = func() Limits { return Limits{Grace: 2 * time.Second} }
		})
		<-f.ready
		old := f.List()[0].PID
		_ = syscall.Kill(old, c.signal)
		until(t, "another serves", func() bool {
			all := f.List()
			return len(all) > 0 && all[len(all)-1].PID != old && all[len(all)-1].State == Serving
		})
		if c.why == Overdue && len(f.whys()) > 0 {
			t.Error("it was gone before it was replaced")
		}
		until(t, "it is gone", func() bool { return len(f.whys()) == 1 })
		if got := f.whys()[0]; got != c.why {
			t.Errorf("signal %v: it %s", c.signal, got)
		}
		f.end(t, ErrAtOnce)
	}
}

func TestAStoppedWorkerIsReplacedAndKilled(t *testing.T) {
	var beat atomic.Int64
	f := begin(t, "serves", 1, func(c *Config) {
		c.Limits = func() Limits { return Limits{Grace: time.Second, Timeout: 300 * time.Millisecond} }
		c.Beat = func(slot int) int64 { // that of slot 0 stands still
			if slot == 0 {
				return 1
			}
			return beat.Add(1)
		}
	})
	<-f.ready
	old := f.List()[0].PID
	_ = syscall.Kill(old, syscall.SIGSTOP)
	until(t, "another serves", func() bool {
		all := f.List()
		return all[len(all)-1].PID != old && all[len(all)-1].State == Serving
	})
	until(t, "it is killed", func() bool { return len(f.whys()) == 1 })
	if got := f.whys()[0]; got != Silent {
		t.Errorf("it %s", got)
	}
}

func TestABrokenReloadKeepsTheOldWorkers(t *testing.T) {
	var broken atomic.Bool
	f := begin(t, "serves", 1, func(c *Config) {
		works := c.Command
		c.Command = func(slot int) *exec.Cmd {
			if broken.Load() {
				return exec.Command("/bin/false")
			}
			return works(slot)
		}
	})
	<-f.ready
	old := f.pid(t, 0)
	broken.Store(true)
	f.Reload()
	until(t, "two starts have failed", func() bool { return len(f.whys()) >= 2 })
	if f.pid(t, 0) != old {
		t.Error("the old worker is gone")
	}
	broken.Store(false)
	until(t, "it is replaced", func() bool { return f.pid(t, 0) != old })
}

func TestADeafWorkerIsKilled(t *testing.T) {
	f := begin(t, "deaf", 1, nil)
	<-f.ready
	if took := f.end(t, nil); took < 200*time.Millisecond || took > 30*time.Second {
		t.Errorf("took %s with a grace of 200ms", took)
	}
	f = begin(t, "deaf", 1, func(c *Config) { c.Limits = func() Limits { return Limits{Grace: time.Hour} } })
	<-f.ready
	if took := f.end(t, fmt.Errorf("lifeline: %w", ErrAtOnce)); took > 30*time.Second {
		t.Errorf("at once took %s", took)
	}
	f = begin(t, "deaf", 1, func(c *Config) { c.Limits = func() Limits { return Limits{Grace: time.Hour} } })
	<-f.ready
	f.cancel(nil)
	until(t, "it hurries", func() bool {
		f.Hurry()
		select {
		case err := <-f.ended:
			return err == nil
		default:
			return false
		}
	})
}

func TestAFailedStartEndsRun(t *testing.T) {
	f := begin(t, "quits", 2, nil)
	if err := <-f.ended; err == nil || !strings.Contains(err.Error(), "ended before it was ready: exit status 3") {
		t.Errorf("quits: %v", err)
	}
	f = begin(t, "serves", 2, func(c *Config) {
		c.Command = func(int) *exec.Cmd { return exec.Command("/does/not/exist") }
	})
	if err := <-f.ended; !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such program: %v", err)
	}
}

func TestAFailingReadyEndsRun(t *testing.T) {
	broken := errors.New("stdout is closed")
	f := begin(t, "serves", 2, func(c *Config) { c.Ready = func() error { return broken } })
	if err := <-f.ended; !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestBackoff(t *testing.T) {
	var b backoff
	want := []time.Duration{0, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000}
	for i, ms := range want {
		if got := b.died(time.Second); got != ms*time.Millisecond {
			t.Errorf("death %d: %s, want %s", i, got, ms*time.Millisecond)
		}
	}
	if got := b.died(settled); got != 0 {
		t.Errorf("after a settled life: %s", got)
	}
}
