package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/loadctl/loadctl/target/stack"
	"github.com/loadctl/loadctl/target/topology"
	"github.com/loadctl/loadctl/target/workers"
)

// UpConfig is `loadctl target up`.
type UpConfig struct {
	Topology *topology.Topology // of ReadTopology
	Logs     string             // folder of the logs, which stay there; "" = they are gone at the end
	Places   string             // folder in which nodes tell where their admin API is; "" = they tell nobody
	// Signals end everything, in order at the first and at once at the second; nil = none comes.
	Signals <-chan os.Signal
	// Program makes a command of this program; nil = os.Executable.
	Program func(args ...string) *exec.Cmd

	Parent // Out gets a table of the parts as well
}

// Up runs a topology until ctx ends or a signal says so (parts end in reverse order, and
// it returns nil) or its lifeline does (at once). It fails when a part cannot be had, does
// not become well or dies again and again. Nothing is left behind in any case.
func Up(ctx context.Context, cfg UpConfig) error {
	if cfg.Program == nil {
		cfg.Program = program
	}
	if cfg.Topology.Balancer.Kind == topology.NodeBalancer {
		return errors.New("balancer: a NodeBalancer is Linode's and does not run here: write haproxy or nginx; `loadctl target plan` reckons with one")
	}
	if err := cfg.Topology.Fits(runtime.NumCPU()); err != nil {
		return err
	}
	ctx, cancel := cfg.ctx(ctx)
	defer cancel(nil)
	dir, err := stack.Folder()
	if err != nil {
		return err
	}
	b := &builder{UpConfig: cfg, dir: dir}
	if err := b.build(); err != nil {
		return err
	}
	said := newUpTable(cfg.Parent, b.parts)
	over := make(chan struct{})
	defer close(over)
	return stack.Run(ctx, stack.Config{Dir: dir, Parts: b.parts, Logs: cfg.Logs, Keep: b.keep,
		Hurry: obeyed(ctx, cfg.Signals, cancel, over), Told: said.told, Ready: said.ready})
}

// obeyed obeys signals until it is over. What it returns is closed when all is to end at
// once.
func obeyed(ctx context.Context, signals <-chan os.Signal, cancel context.CancelCauseFunc, over <-chan struct{}) <-chan struct{} {
	hurry := make(chan struct{})
	go func() {
		ended := ctx.Done()
		for {
			select {
			case <-over:
				return
			case <-ended:
				ended = nil // a second signal may come yet
				if errors.Is(context.Cause(ctx), workers.ErrAtOnce) {
					close(hurry)
					return
				}
			case <-signals:
				if ctx.Err() != nil {
					close(hurry)
					return
				}
				cancel(nil)
			}
		}
	}()
	return hurry
}

func program(args ...string) *exec.Cmd {
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	return exec.Command(path, args...)
}

// keep is this program as `loadctl target keep`.
func (b *builder) keep(p stack.Part, argv []string, dir string) *exec.Cmd {
	if len(argv) == 0 {
		return b.Program("target", "keep", "--dir", dir)
	}
	args := []string{"target", "keep", "--stop", fmt.Sprint(int(cmp.Or(p.Stop, syscall.SIGTERM))), "--grace", p.Grace.String()}
	if p.User != nil {
		args = append(args, "--user", fmt.Sprintf("%d:%d", p.User.Uid, p.User.Gid))
	}
	return b.Program(append(append(args, "--"), argv...)...)
}
