package faults

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
)

// stopAgent lets one stand still, and go on in any case.
func stopAgent(ctx context.Context, t *try) error {
	if err := syscall.Kill(t.agents[0], syscall.SIGSTOP); err != nil {
		return err
	}
	slept := pause(ctx, lasts)
	if err := syscall.Kill(t.agents[0], syscall.SIGCONT); err != nil {
		return err
	}
	return slept
}

func killAgent(_ context.Context, t *try) error {
	return syscall.Kill(t.agents[0], syscall.SIGKILL)
}

// Hogs are so many a core. Agents have short slices of a core, and next to processes of
// their own priority get them soon.
const (
	perCore  = 8
	priority = "-8"
)

// hogs starts them, and waits for their end. They end by a clock that goes before the
// agents as they do, whatever becomes of this process, and by a limit of their CPU time
// should that clock be killed.
func hogs(ctx context.Context, _ *try) (err error) {
	var all []*exec.Cmd
	for range perCore * runtime.NumCPU() {
		h := exec.CommandContext(ctx, "nice", "-n", priority, "timeout", "-s", "KILL", fmt.Sprint(pressed.Seconds()),
			"sh", "-c", "ulimit -t 5; while :; do :; done")
		h.Cancel = func() error { return h.Process.Signal(syscall.SIGTERM) } // which the clock hands on
		if err = h.Start(); err != nil {
			break
		}
		all = append(all, h)
	}
	for _, h := range all {
		_ = h.Wait()
	}
	return err
}
