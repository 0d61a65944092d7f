package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
)

// A family are the processes that the first one has started.
type family struct {
	ending atomic.Bool
	inputs []io.Closer // they end when these are closed
	alive  sync.WaitGroup
}

// spawn starts one more process and waits until it listens.
func (f *family) spawn(o options, slot int, memory *os.File) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "-port", strconv.Itoa(o.port), "-loops", strconv.Itoa(o.loops), "-slot", strconv.Itoa(slot),
		"-delay", o.delay.String(), "-jitter", o.jitter.String(), fmt.Sprint("-arrivals=", o.arrivals))
	cmd.Stderr, cmd.ExtraFiles = os.Stderr, []*os.File{memory}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return fmt.Errorf("ended before it listened: %w", cmd.Wait())
	}
	f.inputs = append(f.inputs, in)
	f.alive.Go(func() { f.watch(cmd) })
	return nil
}

// watch ends all when one has ended: a server that has lost a part of itself must
// not go on.
func (f *family) watch(cmd *exec.Cmd) {
	if err := cmd.Wait(); !f.ending.Load() {
		log.Fatalf("process %d ended: %v", cmd.Process.Pid, err)
	}
}

// end ends all, and waits for them.
func (f *family) end() {
	f.ending.Store(true)
	for _, in := range f.inputs {
		_ = in.Close()
	}
	f.alive.Wait()
}
