package target

import (
	"cmp"
	"context"
	"encoding/json"
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
	Order    *topology.Order    // the one part of it that this machine is; nil = all of them
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
	if err := cfg.alone(); err != nil {
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

// alone says what a machine that is all of a topology cannot be.
func (c UpConfig) alone() error {
	switch {
	case c.Order != nil:
		return nil
	case c.Topology.Balancer.Kind == topology.NodeBalancer:
		return errors.New("balancer: a NodeBalancer is Linode's and does not run here: write haproxy or nginx, or have all of it there by --fleet linode")
	}
	return c.Topology.Fits(runtime.NumCPU())
}

// ReadOrder is what `loadctl target up --order` runs. The topology was judged by whoever wrote the order.
func ReadOrder(text []byte) (*topology.Topology, *topology.Order, error) {
	var o topology.Order
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, nil, fmt.Errorf("reading an order: %w", err)
	}
	t, err := ReadTopology(o.File, []byte(o.Text))
	return t, &o, err
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
