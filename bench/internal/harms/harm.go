package harms

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/loadctl/loadctl/bench/internal/pause"
)

// stopAgent lets one stand still, and go on in any case.
func stopAgent(ctx context.Context, t *try) error {
	if err := syscall.Kill(t.agents[0], syscall.SIGSTOP); err != nil {
		return err
	}
	slept := pause.For(ctx, lasts)
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
	priority = -8
)

// hogs starts them, and waits for their end. They end by a clock that goes before the
// agents as they do, whatever becomes of this process, and by a limit of their CPU time
// should that clock be killed.
func hogs(ctx context.Context, _ *try) (err error) {
	if err := goesBefore(); err != nil {
		return err
	}
	var all []*exec.Cmd
	for range perCore * runtime.NumCPU() {
		h := exec.CommandContext(ctx, "nice", "-n", strconv.Itoa(priority), "timeout", "-s", "KILL", fmt.Sprint(pressed.Seconds()),
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

// goesBefore asks whether processes may go before others here: where they may not, nice warns
// and starts them all the same.
func goesBefore() error {
	out, err := exec.Command("nice", "-n", strconv.Itoa(priority), "nice").Output()
	if err != nil {
		return Skipped{"processes cannot be started by nice: " + err.Error()}
	}
	return tookEffect(string(out))
}

// tookEffect reads what nice says of itself. It adds to the priority that it was started with.
func tookEffect(said string) error {
	switch got, err := strconv.Atoi(strings.TrimSpace(said)); {
	case err != nil:
		return Skipped{"what nice says of itself is no number: " + err.Error()}
	case got > priority:
		return Skipped{fmt.Sprintf("processes may not go before others: nice %d gives %d", priority, got)}
	}
	return nil
}
