package target

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/loadctl/loadctl/target/balancer"
	"github.com/loadctl/loadctl/target/workers"
)

// BalancerConfig is `loadctl target balancer nginx|haproxy`.
type BalancerConfig struct {
	balancer.RunConfig // its Guard nil = this program as `loadctl target guard`; Ready, Log and AtOnce are set here

	Parent
}

// Balancer runs nginx or HAProxy until ctx ends (requests are finished, and it
// returns nil) or its lifeline does (it ends at once, with nil). It fails when the
// program is not installed, refuses the configuration, or ends by itself.
func Balancer(ctx context.Context, cfg BalancerConfig) error {
	ctx, cancel := cfg.ctx(ctx)
	defer cancel(nil)
	run := cfg.RunConfig
	run.AtOnce = workers.ErrAtOnce
	run.Log = cfg.Parent.Log
	run.Ready = func(url, admin string) error { return cfg.balancing(url, admin) }
	if run.Guard == nil {
		run.Guard = guard
	}
	return balancer.Run(ctx, run)
}

// balancing prints the line that a parent waits for.
func (p Parent) balancing(url, admin string) error {
	out := p.Out
	if out == nil {
		out = os.Stdout
	}
	if _, err := fmt.Fprintf(out, "READY %s pid=%d admin=%s\n", url, os.Getpid(), admin); err != nil {
		return fmt.Errorf("saying that the balancer is ready: %w", err)
	}
	return nil
}

// guard starts this program again to watch over the balancer.
func guard(dir string, argv []string) *exec.Cmd {
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	return exec.Command(path, append([]string{"target", "guard", "--dir", dir, "--"}, argv...)...)
}
