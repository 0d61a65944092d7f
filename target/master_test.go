package target

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// A busy is clients that open a connection for each request until they are told to stop.
type busy struct {
	stop chan struct{}
	wg   sync.WaitGroup
}

func load(t *testing.T, url string) *busy {
	b := &busy{stop: make(chan struct{})}
	for range 4 {
		b.wg.Go(func() {
			for {
				select {
				case <-b.stop:
					return
				default:
				}
				if status, body, err := get(fresh(), url+"/items/1"); err != nil || status != 200 {
					t.Errorf("lost: %d %s %v", status, body, err)
				}
			}
		})
	}
	return b
}

func (b *busy) end() {
	close(b.stop)
	b.wg.Wait()
}

// servingNow are the workers that take requests.
func servingNow(s counts.Stats) (all []counts.Worker) {
	for _, w := range s.Workers {
		if w.PID > 0 && w.Process.Retiring == 0 {
			all = append(all, w)
		}
	}
	return all
}

func TestSignalsChangeTheNumberOfWorkers(t *testing.T) {
	for _, sockets := range []string{ReusePort, Shared} {
		t.Run(sockets, func(t *testing.T) {
			t.Parallel()
			signals := make(chan os.Signal)
			r := serving(t, ServeConfig{Settings: of(1), Sockets: sockets, Signals: signals})
			b := load(t, r.url)
			for range 2 {
				signals <- syscall.SIGTTIN
			}
			eventually(t, 30*time.Second, "three serve", func() bool { return len(servingNow(r.stats())) == 3 })
			for range 3 { // the last stays
				signals <- syscall.SIGTTOU
			}
			eventually(t, 30*time.Second, "one is left", func() bool {
				s := r.stats()
				return len(servingNow(s)) == 1 && s.Process.Retiring == 0 && s.Master.Retired == 2
			})
			b.end()
			if m := r.stats().Master; m.Workers != 1 || m.Crashed+m.Killed+m.Hung > 0 {
				t.Errorf("%+v", m)
			}
		})
	}
}

// What waits in the queue of a place is answered when the place goes: its worker stands
// still while the queue fills.
func TestALeavingWorkerServesItsQueue(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has a queue for each worker")
	}
	signals := make(chan os.Signal)
	r := serving(t, ServeConfig{Settings: of(2), Signals: signals})
	stopped := int(servingNow(r.stats())[1].PID)
	if err := syscall.Kill(stopped, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(stopped, syscall.SIGCONT) }()
	var conns []net.Conn
	for range 100 {
		c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, "GET /health HTTP/1.1\r\nHost: h\r\n\r\n")
		conns = append(conns, c)
	}
	signals <- syscall.SIGTTOU
	time.Sleep(2 * handshakes) // it would have been told to go by now
	if err := syscall.Kill(stopped, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for i, c := range conns {
		_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("connection %d: %v", i, err)
		}
	}
	eventually(t, 30*time.Second, "it is gone", func() bool { return !alive(stopped) })
	eventually(t, 30*time.Second, "its end is counted", func() bool { return r.stats().Master.Retired > 0 })
	if m := r.stats().Master; m.Retired != 1 || m.Crashed+m.Hung+m.Killed > 0 {
		t.Errorf("%+v", m)
	}
}

func TestAWorkerThatGetsTermIsReplaced(t *testing.T) {
	r := serving(t, ServeConfig{Settings: of(2)})
	b := load(t, r.url)
	for i := range 3 {
		if err := syscall.Kill(int(servingNow(r.stats())[0].PID), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		eventually(t, 30*time.Second, "another takes its place", func() bool {
			s := r.stats()
			return s.Starts == uint64(3+i) && len(servingNow(s)) == 2 && s.Master.Retired == uint64(i+1)
		})
	}
	b.end()
}

func TestAHungWorkerIsKilled(t *testing.T) {
	r := serving(t, ServeConfig{Settings: of(2, "timeout", "1s")})
	victim := int(servingNow(r.stats())[0].PID)
	if err := syscall.Kill(victim, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "it is killed", func() bool { return !alive(victim) })
	eventually(t, 30*time.Second, "another takes its place", func() bool { return len(servingNow(r.stats())) == 2 })
	if m := r.stats().Master; m.Hung != 1 || m.Crashed+m.Killed+m.Retired > 0 {
		t.Errorf("%+v", m)
	}
}

func TestWorkersAreReplacedAfterTheirRequests(t *testing.T) {
	r := serving(t, ServeConfig{Settings: of(2, "max_requests", "50", "max_requests_jitter", "20")})
	b := load(t, r.url)
	eventually(t, 30*time.Second, "four were replaced", func() bool { return r.stats().Master.Retired >= 4 })
	b.end()
	if m := r.stats().Master; m.Crashed+m.Killed+m.Hung > 0 {
		t.Errorf("%+v", m)
	}
}

func TestRequestLimitHasItsJitter(t *testing.T) {
	s := knobs.Defaults()
	if got := requestLimit(s, 0.9); got != 0 {
		t.Errorf("none is %d", got)
	}
	s.MaxRequests, s.MaxRequestsJitter = 100, 9
	for luck, want := range map[float64]int64{0: 100, 0.55: 105, 0.999: 109} {
		if got := requestLimit(s, luck); got != want {
			t.Errorf("luck %g: %d, want %d", luck, got, want)
		}
	}
}

// A reload takes settings that were changed meanwhile, and none that are wrong.
func TestAReloadReadsTheSettingsAgain(t *testing.T) {
	signals := make(chan os.Signal)
	var mu sync.Mutex
	now, failed, asked := of(1), error(nil), 0
	change := func(s knobs.Settings, err error) {
		mu.Lock()
		defer mu.Unlock()
		now, failed = s, err
	}
	r := serving(t, ServeConfig{Settings: of(1), Signals: signals, Reread: func() (knobs.Settings, error) {
		mu.Lock()
		defer mu.Unlock()
		asked++
		return now, failed
	}})
	change(now, errors.New("no such file"))
	signals <- syscall.SIGHUP
	eventually(t, 30*time.Second, "the settings are read", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return asked == 1
	})
	change(of(2), nil)
	signals <- syscall.SIGHUP
	eventually(t, 30*time.Second, "two new ones serve", func() bool {
		s := r.stats()
		return len(servingNow(s)) == 2 && s.Master.Retired == 1
	})
	if m := r.stats().Master; m.Reloads != 1 {
		t.Errorf("%+v", m)
	}
}

func TestTermAfterwardsIntEndsAtOnce(t *testing.T) {
	line := make(lineWriter, 1)
	slow := begin(t, line, func(ctx context.Context) error {
		return Upstream(ctx, UpstreamConfig{Delay: "20s", Drain: time.Millisecond, Parent: Parent{Out: line}})
	})
	signals := make(chan os.Signal)
	r := serving(t, ServeConfig{Settings: of(1, "upstream", slow.url, "upstream_timeout", "1m"), Signals: signals})
	answered := make(chan error, 1)
	go func() {
		_, _, err := get(&http.Client{}, r.url+"/items/1")
		answered <- err
	}()
	eventually(t, 30*time.Second, "it is in flight", func() bool { return r.stats().InFlight == 1 })
	signals <- syscall.SIGTERM
	select {
	case err := <-answered:
		t.Fatalf("TERM did not let it finish: %v", err)
	case <-time.After(4 * linger):
	}
	signals <- syscall.SIGINT
	if err := <-answered; err == nil {
		t.Error("it was answered")
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
}

// The workers share what the flags of a socket are: one that became blocking in the
// master would let a worker hang in accept.
func TestSocketsStayNonBlocking(t *testing.T) {
	for _, how := range []string{ReusePort, Shared} {
		s, _, err := listen(t.Context(), "127.0.0.1:0", how, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		f, err := s.Socket(0)
		if err != nil {
			t.Fatal(err)
		}
		flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
		if err != nil || flags&unix.O_NONBLOCK == 0 {
			t.Errorf("%s: flags %x, %v", how, flags, err)
		}
	}
}
