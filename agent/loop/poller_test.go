package loop

import (
	"fmt"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// TestPollerContract: the machine's poller and the simulated world behave alike
// towards the loop.
func TestPollerContract(t *testing.T) {
	for _, kind := range machinePollers(t) {
		for _, stamps := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, stamps: %t", kind, stamps), func(t *testing.T) {
				p, err := newPoller(kind, stamps)
				if err != nil {
					t.Fatal(err)
				}
				addr := rawServer(t, func(c *peer) {
					for n := 0; c.request(); n++ {
						if n == 1 {
							return // closes
						}
						c.write(helloReply)
					}
				})
				pollerContract(t, p, addr, refusing(t))
			})
		}
	}
	t.Run("world", func(t *testing.T) {
		w := newWorld(target{
			dial: func(n int) (time.Duration, syscall.Errno) {
				if n == 1 {
					return time.Millisecond, syscall.ECONNREFUSED
				}
				return time.Millisecond, 0
			},
			answer: func(r request) reply {
				return reply{after: time.Millisecond, bytes: []string{helloReply, ""}[r.n], close: r.n == 1}
			},
		})
		addr := netip.MustParseAddrPort("127.0.0.1:1")
		pollerContract(t, w, addr, addr)
	})
}

// machinePollers are the pollers this machine has.
func machinePollers(t testing.TB) []string {
	if runtime.GOOS != "linux" {
		return []string{"auto"}
	}
	p, err := newPoller(PollerURing, false)
	if err != nil {
		t.Logf("without io_uring: %v", err)
		return []string{PollerEpoll}
	}
	p.shut()
	return []string{PollerEpoll, PollerURing}
}

func pollerContract(t *testing.T, p poller, addr, dead netip.AddrPort) {
	runtime.LockOSThread() // as a loop does
	defer runtime.UnlockOSThread()
	defer p.shut()
	events := make([]event, 8)
	await := func(ref uint64, is readiness) {
		t.Helper()
		until := p.now() + int64(30*time.Second)
		for p.now() < until {
			for _, e := range events[:p.wait(p.now()+int64(50*time.Millisecond), false, events)] {
				if e.ref == ref && e.is&is != 0 {
					return
				}
			}
		}
		t.Fatalf("no event %b of %d", is, ref)
	}
	const big = uint64(7)<<32 | 5
	fd, errno := p.connect(big, netip.Addr{}, addr)
	if errno != 0 {
		t.Fatalf("connect: %v", errno)
	}
	await(big, writable)
	if errno := p.connected(fd); errno != 0 {
		t.Fatalf("connected: %v", errno)
	}
	b := make([]byte, 1000)
	if _, _, errno := p.recv(fd, b); errno != syscall.EAGAIN {
		t.Errorf("nothing has come, and recv says %v", errno)
	}
	ask := []byte("GET / HTTP/1.1\r\n\r\n")
	before := p.wall()
	if n, errno := p.send(fd, ask); n != len(ask) || errno != 0 {
		t.Fatalf("send: %d, %v", n, errno)
	}
	await(big, readable)
	n, stamp, errno := p.recv(fd, b)
	if string(b[:n]) != helloReply || errno != 0 {
		t.Errorf("recv: %q, %v", b[:n], errno)
	}
	if stamp != 0 && (stamp < before-int64(time.Millisecond) || stamp > p.wall()+int64(time.Millisecond)) {
		t.Errorf("stamped %v after sending, now is %v", time.Duration(stamp-before), time.Duration(p.wall()-before))
	}
	if _, errno := p.send(fd, ask); errno != 0 {
		t.Fatalf("send again: %v", errno)
	}
	await(big, hungUp)
	if n, _, errno := p.recv(fd, b); n != 0 || errno != 0 {
		t.Errorf("at the end recv gives %d, %v", n, errno)
	}
	p.close(fd, false)
	refusedContract(t, p, dead, await)
	waitContract(t, p, events)
}

// refusedContract: being refused may be told at once or by the first event.
func refusedContract(t *testing.T, p poller, dead netip.AddrPort, await func(uint64, readiness)) {
	t.Helper()
	fd, errno := p.connect(9, netip.Addr{}, dead)
	if errno == 0 {
		await(9, writable|hungUp)
		errno = p.connected(fd)
		p.close(fd, true)
	}
	if errno != syscall.ECONNREFUSED {
		t.Errorf("connecting to nobody: %v", errno)
	}
}

func waitContract(t *testing.T, p poller, events []event) {
	t.Helper()
	for _, asleep := range []bool{false, true} {
		least := time.Hour
		for range 5 { // a busy machine makes some late
			until := p.now() + int64(5*time.Millisecond)
			for p.now() < until {
				p.wait(until, asleep, events)
			}
			least = min(least, time.Duration(p.now()-until))
		}
		if least > 100*time.Millisecond {
			t.Errorf("waits of 5 ms (asleep: %v) were %v late at least", asleep, least)
		}
	}
	if _, ok := p.(*world); ok {
		return
	}
	time.AfterFunc(20*time.Millisecond, p.wake)
	begin := p.now()
	p.wait(begin+int64(time.Minute), false, events)
	if took := time.Duration(p.now() - begin); took > 20*time.Second {
		t.Errorf("wake ended the wait after %v", took)
	}
}
