package host

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/agent/internal/counters"
	"github.com/loadctl/loadctl/agent/internal/frame"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/stats"
)

// A child is one agent process. The host's goroutine owns it; its own goroutines
// only read, write and wait.
type child struct {
	id       int
	plan     *loadctlpb.AgentPlan
	loops    int
	cmd      *exec.Cmd
	conn     net.Conn
	counters *counters.Block
	down     chan *loadctlpb.AgentDown
	stderr   tail

	alive    bool // its process runs, and what it says is taken
	ready    bool
	killed   string // why this host killed it, "" if it did not
	done     *loadctlpb.AgentFinished
	reported *stats.Snapshot // counters only
	patience patience
	beaten   time.Time
	total    stats.AgentTotal
}

// An event is a message of an agent, or its end.
type event struct {
	child *child
	up    *loadctlpb.AgentUp
	ended bool
	err   error // of its stream, when it was not a clean end
}

// The files an agent inherits.
const (
	socketFD   = 3
	countersFD = 4
)

// downQueue is how many orders and beats may wait for an agent that does not read.
const downQueue = 256

// launch starts an agent process, whose counters hold words words a loop.
func launch(cmd *exec.Cmd, id int, plan *loadctlpb.AgentPlan, words int, env []string) (*child, error) {
	c := &child{id: id, plan: plan, loops: int(max(plan.GetLoops(), 1)), cmd: cmd,
		down: make(chan *loadctlpb.AgentDown, downQueue), reported: &stats.Snapshot{}}
	c.total = stats.AgentTotal{Name: plan.GetName()}
	block, shared, err := counters.Create(c.loops * words)
	if err != nil {
		return nil, err
	}
	defer shared.Close()
	c.counters = block
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, c.unlaunched(err)
	}
	defer theirs.Close()
	c.conn = ours
	cmd.ExtraFiles = []*os.File{theirs, shared}
	cmd.Env = append(cmd.Environ(), env...)
	cmd.Stderr = &c.stderr
	// A group of its own: no signal of a terminal is meant for it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return nil, c.unlaunched(err)
	}
	c.alive, c.total.PID = true, cmd.Process.Pid
	return c, nil
}

func (c *child) unlaunched(err error) error {
	if c.conn != nil {
		c.conn.Close()
	}
	_ = c.counters.Close()
	return err
}

// socketPair gives our end, and the one a child inherits.
func socketPair() (net.Conn, *os.File, error) {
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("making a socket pair: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "agent"), os.NewFile(uintptr(fds[1]), "host")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("making a socket pair: %w", err)
	}
	return conn, theirs, nil
}

// run writes what is queued and forwards what the agent says, then waits for its
// process, and tells of its end last. It blocks until then.
func (c *child) run(events chan<- event, endWithin time.Duration) {
	var writer sync.WaitGroup
	gone := make(chan struct{})
	writer.Go(func() { c.write(gone) })
	err := c.read(events)
	// What has closed its socket has no business any more.
	kill := time.AfterFunc(endWithin, func() { _ = c.cmd.Process.Kill() })
	_ = c.cmd.Wait()
	kill.Stop()
	close(gone)
	c.conn.Close()
	writer.Wait()
	events <- event{child: c, ended: true, err: err}
}

func (c *child) read(events chan<- event) error {
	r := frame.NewReader(c.conn)
	for {
		m := &loadctlpb.AgentUp{}
		if err := r.Read(m); err != nil {
			return err
		}
		events <- event{child: c, up: m}
	}
}

func (c *child) write(gone <-chan struct{}) {
	w := frame.NewWriter(c.conn)
	for {
		select {
		case m := <-c.down:
			if w.Write(m) != nil {
				return // its end is told by read
			}
		case <-gone:
			return
		}
	}
}

// say queues an order. An agent that lets so many pile up is stuck.
func (c *child) say(m *loadctlpb.AgentDown) {
	if !c.alive {
		return
	}
	select {
	case c.down <- m:
	default:
		c.kill("it reads no orders")
	}
}

// beat tells the agent, once a second, that the coordinator is there.
func (c *child) beat(now time.Time) {
	if now.Sub(c.beaten) < time.Second-beat/2 {
		return
	}
	c.beaten = now
	select {
	case c.down <- &loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Beat{Beat: &loadctlpb.Beat{}}}:
	default: // it has enough to read
	}
}

// kill ends the process now. Its end is told like any other.
func (c *child) kill(why string) {
	if !c.alive || c.killed != "" {
		return
	}
	c.killed = why
	_ = c.cmd.Process.Kill()
}

// how says how a process that should have gone on has ended.
func (c *child) how() string {
	if c.killed != "" {
		return c.killed + ", and was killed"
	}
	how := c.cmd.ProcessState.String()
	if s, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		how = fmt.Sprintf("killed by signal %d (%s)", s.Signal(), s.Signal())
		if s.Signal() == syscall.SIGKILL {
			how += ", perhaps because memory ran out"
		}
	}
	if said := c.stderr.String(); said != "" {
		how += ": " + said
	}
	return how
}

// cpu is what the process used; the kernel keeps it for the one who waits.
func (c *child) cpu() time.Duration {
	if c.cmd.ProcessState == nil {
		return 0
	}
	return c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime()
}

// A tail keeps the end of what an agent wrote, for the error that follows.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const tailBytes = 1024

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - tailBytes; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.kept))
}
