package main

import (
	"bufio"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// TestASocketThatBrokeInterruptedATuning: Go tells of SIGPIPE whatever was written to, once somebody listens for it, and a
// host that left at the end of a trial was taken for a reader of the output who had gone.
func TestASocketThatBrokeInterruptedATuning(t *testing.T) {
	c := newControls(t.Context())
	defer c.close()
	c.untilUnread()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	far.Close()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := conn.Write([]byte("x")); errors.Is(err, syscall.EPIPE) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the connection does not break")
		}
	}
	select {
	case <-c.early.Done():
		t.Error("it was an interrupt")
	case <-time.After(200 * time.Millisecond):
	}
}

// TestAPipelineThatIsInterruptedGivesBack: Ctrl-C ends `loadctl … 2>&1 | tee log` on both sides of the pipe, and the next line
// of progress ended this one by SIGPIPE, with all that it had rented. Lines that nobody reads are no second interrupt either,
// which would leave it.
func TestAPipelineThatIsInterruptedGivesBack(t *testing.T) {
	s, _ := account(t, linodetest.Config{})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := exec.Command("loadctl", "fleet", "up", fileOf(t, farFile+fleetBlock+"}"), "--yes")
	c.Stdout, c.Stderr = w, w
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill()
	w.Close()
	for lines := bufio.NewScanner(r); len(s.Left(rental.Instance)) < 3 && lines.Scan(); {
		t.Log(lines.Text())
	}
	for end := time.Now().Add(20 * time.Second); len(s.Left(rental.Instance)) < 3 && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	r.Close()
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err = c.Wait()
	if left := s.Left(rental.Instance); len(left) > 0 || !strings.Contains(err.Error(), "exit status 130") {
		t.Errorf("%v, and left are %v", err, left)
	}
}
