package workers

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// A process is one started worker.
type process struct {
	cmd *exec.Cmd
}

// A saying is what a process said, or that it has ended.
type saying struct {
	m    *member
	word word
}

// wordEnded is no word of the process: it is reaped.
const wordEnded word = 'E'

// start starts the process of a member with its socket, the lifeline and the shared
// files. What it says goes to g.said, at last that it ended.
func (g *Group) start(m *member) error {
	socket, err := g.cfg.Sockets.Socket(m.place)
	if err != nil {
		return err
	}
	hear, say, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := g.cfg.Command(m.slot)
	cmd.ExtraFiles = append([]*os.File{socket, g.lifeline, say}, g.cfg.Shared...)
	if cmd.SysProcAttr == nil {
		// A group of its own: Ctrl-C in the terminal is the master's to handle.
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	err = cmd.Start()
	say.Close()
	if err != nil {
		hear.Close()
		return err
	}
	m.proc = &process{cmd: cmd}
	g.processes.Go(func() { g.listen(m, hear) })
	return nil
}

// listen passes on what a process says until it ends. The pipe may outlive the process,
// if that handed it on, or end before it.
func (g *Group) listen(m *member, hear *os.File) {
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		var b [1]byte
		for {
			if n, _ := hear.Read(b[:]); n != 1 {
				return
			}
			g.said <- saying{m, word(b[0])}
		}
	}()
	_ = m.proc.cmd.Wait() // how it ended is in ProcessState
	hear.Close()
	<-heard
	g.said <- saying{m, wordEnded}
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) } // it may just have ended

func (p *process) pid() int { return p.cmd.Process.Pid }

// end says how a process that is done ended.
func (p *process) end() string { return p.cmd.ProcessState.String() }

// unready is the error of a process that ended before it was ready.
func (g *Group) unready(m *member, how string) error {
	return fmt.Errorf("%s %d ended before it was ready: %s", g.cfg.Name, m.place, how)
}

// lacking is the error of a process that could not be started.
func (g *Group) lacking(m *member, err error) error {
	return fmt.Errorf("starting %s %d: %w", g.cfg.Name, m.place, err)
}
