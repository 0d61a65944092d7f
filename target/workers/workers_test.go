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

type fixture struct {
	addr   []string
	ready  chan struct{}
	exited atomic.Int64
	ended  chan error
	cancel context.CancelCauseFunc
}

func start(t *testing.T, role string, n int, change func(*Config)) *fixture {
	t.Helper()
	f := &fixture{ready: make(chan struct{}), ended: make(chan error, 1)}
	shared, err := os.CreateTemp(t.TempDir(), "shared")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shared.Close() })
	cfg := Config{Name: "worker", Shared: []*os.File{shared}, Grace: 200 * time.Millisecond,
		Ready:  func() error { close(f.ready); return nil },
		Exited: func(int) { f.exited.Add(1) },
		Command: func(int) *exec.Cmd {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), roleEnv+"="+role, "GORACE=atexit_sleep_ms=0")
			return cmd
		}}
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		f.addr = append(f.addr, ln.Addr().String())
		socket, err := ln.(*net.TCPListener).File()
		ln.Close()
		if err != nil {
			t.Fatal(err)
		}
		cfg.Sockets = append(cfg.Sockets, socket)
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	f.cancel = cancel
	t.Cleanup(func() { cancel(nil) })
	go func() { f.ended <- Run(ctx, cfg) }()
	return f
}

// pid asks the worker behind a socket; a connection may wait for a replacement.
func (f *fixture) pid(t *testing.T, i int) (pid int) {
	t.Helper()
	c, err := net.Dial("tcp", f.addr[i])
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
	f := start(t, "serves", 2, nil)
	<-f.ready
	before, other := f.pid(t, 0), f.pid(t, 1)
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if after := f.pid(t, 0); after == before { // waits in the socket's queue
		t.Error("answered by the dead")
	}
	if f.pid(t, 1) != other || f.exited.Load() != 1 {
		t.Errorf("%d exits; the other worker changed from %d to %d", f.exited.Load(), other, f.pid(t, 1))
	}
	f.end(t, nil)
	if c, err := net.Dial("tcp", f.addr[0]); err == nil {
		c.Close()
		t.Error("the socket is still open after Run")
	}
}

func TestReplaceRenewsEveryWorker(t *testing.T) {
	hup := make(chan os.Signal)
	f := start(t, "serves", 2, func(c *Config) { c.Replace = hup })
	<-f.ready
	before := []int{f.pid(t, 0), f.pid(t, 1)}
	hup <- syscall.SIGHUP
	for end := time.Now().Add(30 * time.Second); f.exited.Load() < 2 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	for i := range before {
		if f.pid(t, i) == before[i] {
			t.Errorf("worker %d was not replaced", i)
		}
	}
	f.end(t, nil)
}

func TestADeafWorkerIsKilled(t *testing.T) {
	f := start(t, "deaf", 1, nil)
	<-f.ready
	if took := f.end(t, nil); took < 200*time.Millisecond || took > 30*time.Second {
		t.Errorf("took %s with a grace of 200ms", took)
	}
	f = start(t, "deaf", 1, func(c *Config) { c.Grace = time.Hour })
	<-f.ready
	if took := f.end(t, fmt.Errorf("lifeline: %w", ErrAtOnce)); took > 30*time.Second {
		t.Errorf("at once took %s", took)
	}
}

func TestAFailedStartEndsRun(t *testing.T) {
	f := start(t, "quits", 2, nil)
	if err := <-f.ended; err == nil || !strings.Contains(err.Error(), "ended before it was ready: exit status 3") {
		t.Errorf("quits: %v", err)
	}
	f = start(t, "serves", 2, func(c *Config) {
		c.Command = func(int) *exec.Cmd { return exec.Command("/does/not/exist") }
	})
	if err := <-f.ended; !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such program: %v", err)
	}
}

func TestAFailingReadyEndsRun(t *testing.T) {
	broken := errors.New("stdout is closed")
	f := start(t, "serves", 2, func(c *Config) { c.Ready = func() error { return broken } })
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
