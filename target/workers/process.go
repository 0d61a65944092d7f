package workers

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A process is one started worker.
type process struct {
	cmd   *exec.Cmd
	ready chan struct{} // closed when it said so
	done  chan struct{} // closed when it is reaped
	born  time.Time
}

// start starts worker i with its socket, the lifeline and the shared files.
func (g *group) start(i int) (*process, error) {
	hear, say, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s %d: %w", g.cfg.Name, i, err)
	}
	p := &process{cmd: g.cfg.Command(i), ready: make(chan struct{}), done: make(chan struct{}), born: time.Now()}
	p.cmd.ExtraFiles = append([]*os.File{g.cfg.Sockets[i], g.lifeline, say}, g.cfg.Shared...)
	if p.cmd.SysProcAttr == nil {
		// A group of its own: Ctrl-C in the terminal is the master's to handle.
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	g.sockets.Lock()
	err = p.cmd.Start()
	g.sockets.Unlock()
	say.Close()
	if err != nil {
		hear.Close()
		return nil, fmt.Errorf("starting %s %d: %w", g.cfg.Name, i, err)
	}
	go p.listen(hear)
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		close(p.done)
	}()
	return p, nil
}

// listen ends with the word of the process, or with the process.
func (p *process) listen(hear *os.File) {
	defer hear.Close()
	var word [1]byte
	if n, _ := hear.Read(word[:]); n == 1 {
		close(p.ready)
	}
}

// stop asks the process to finish, and kills it when it takes longer than patience.
func (p *process) stop(patience time.Duration) {
	if patience > 0 {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		late := time.NewTimer(patience)
		defer late.Stop()
		select {
		case <-p.done:
			return
		case <-late.C:
		}
	}
	_ = p.cmd.Process.Kill()
	<-p.done
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// end says how a process that is done ended.
func (p *process) end() string { return p.cmd.ProcessState.String() }
