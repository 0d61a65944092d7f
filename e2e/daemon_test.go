//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A daemon is a server on a port of its own, which may be ended and started again there.
type daemon struct {
	*proc
	address string
	command func(port string) *exec.Cmd
	ready   func(net.Conn) bool // says whether it answers
}

// startDaemon starts a server on a free port and waits until it answers.
func startDaemon(t *testing.T, command func(port string) *exec.Cmd, ready func(net.Conn) bool) *daemon {
	t.Helper()
	d := &daemon{command: command, ready: ready}
	for range 5 { // whoever else takes the port in between
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		d.address = l.Addr().String()
		l.Close()
		if d.begin(t) {
			return d
		}
	}
	t.Fatalf("%v does not start\n%s%s", d.cmd.Args, d.stdout.String(), d.stderr.String())
	return nil
}

// begin says whether it came up; not so if it ended, as its port was taken.
func (d *daemon) begin(t *testing.T) (up bool) {
	t.Helper()
	_, port, _ := net.SplitHostPort(d.address)
	d.proc = startCommand(t, t.TempDir(), d.command(port))
	eventually(t, 20*time.Second, "a server that answers or ends", func() bool {
		select {
		case <-d.done:
			return true
		default:
		}
		c, err := net.DialTimeout("tcp", d.address, time.Second)
		if err != nil {
			return false
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(time.Second))
		up = d.ready(c)
		return up
	})
	return up
}

// kill ends it at once.
func (d *daemon) kill() {
	d.t.Helper()
	d.signal(syscall.SIGKILL)
	d.wait(10 * time.Second)
}

// stop has it stand still: when stop returns, none of its threads runs, as the signal alone does not say.
func (d *daemon) stop(t *testing.T) {
	t.Helper()
	d.signal(syscall.SIGSTOP)
	eventually(t, 10*time.Second, "all threads stopped", func() bool {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", d.cmd.Process.Pid))
		return err == nil && len(threads) > 0 && !slices.ContainsFunc(threads, func(path string) bool {
			text, err := os.ReadFile(path)
			_, after, _ := strings.Cut(string(text), ") ")
			return err == nil && !strings.HasPrefix(after, "T")
		})
	})
}

// again starts it where it was.
func (d *daemon) again(t *testing.T) {
	t.Helper()
	if !d.begin(t) {
		t.Fatalf("%v does not start again\n%s%s", d.cmd.Args, d.stdout.String(), d.stderr.String())
	}
}

// says asks a server and compares how its answer begins.
func says(c net.Conn, question, answer string) bool {
	if _, err := c.Write([]byte(question)); err != nil {
		return false
	}
	got := make([]byte, len(answer))
	n, _ := c.Read(got)
	return string(got[:n]) == answer
}
