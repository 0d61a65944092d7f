package balancer

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// Guard runs a program until it ends, passes signals on to it, and kills it with
// all it has started, and removes dir, once the lifeline reads end of file: nginx
// and HAProxy cannot see that whoever started them is gone. It returns the exit
// code of the program.
func Guard(lifeline *os.File, signals <-chan os.Signal, dir string, argv []string) (int, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // one group, to be killed as one
	withGuard(cmd.SysProcAttr)
	runtime.LockOSThread() // Linux takes the end of the thread that started the program for that of its parent
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return 1, fmt.Errorf("starting %s: %w", argv[0], err)
	}
	ended, gone := make(chan struct{}), make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // how it ended is in ProcessState
	go func() { _, _ = io.Copy(io.Discard, lifeline); close(gone) }()
	for {
		select {
		case s := <-signals:
			_ = cmd.Process.Signal(s)
		case <-gone:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-ended
			return 0, os.RemoveAll(dir)
		case <-ended:
			// Workers outlive a master that was killed.
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			return cmd.ProcessState.ExitCode(), nil
		}
	}
}
