package balancer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// A running is one balancer that runs. Its own goroutine, that of serve, alone
// changes it.
type running struct {
	cfg     RunConfig
	dir     string
	child   *child
	teller  teller
	checks  *checker
	started time.Time
	changes chan change

	number int // of the configuration that was written last, from 0

	mu      sync.Mutex // of what the status reads
	now     Config     // in force
	out     map[string]bool
	reloads int
	last    LastReload
}

// A change is a wish for another configuration, with whoever waits for an answer.
type change struct {
	next Config
	done chan<- error
}

// start launches the balancer and waits until it answers.
func (r *running) start(ctx context.Context) error {
	c := r.now
	if err := c.write(r.cfg.Machine, Place{Dir: r.dir}); err != nil {
		return err
	}
	child, err := launch(r.cfg.Guard(r.dir, c.argv(r.cfg.Binary, filepath.Join(r.dir, configFile))), r.cfg.Log)
	if err != nil {
		return err
	}
	r.child = child
	if c.Kind == HAProxy {
		r.teller = newHaproxyTeller(r.dir)
	} else {
		r.teller = newNginxTeller(r.dir, child, r.checks)
	}
	if err := r.await(ctx, startLimit, func(int) bool { return true }); err != nil {
		child.end(nil, 0)
		return err
	}
	return nil
}

// await waits until the balancer answers with a generation that will do.
func (r *running) await(ctx context.Context, limit time.Duration, good func(generation int) bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(askAgain)
	defer tick.Stop()
	for {
		if g, err := r.teller.generation(ctx); err == nil && good(g) {
			return nil
		}
		select {
		case <-tick.C:
		case <-r.child.done:
			return r.child.failure(r.now.Kind)
		case <-ctx.Done():
			return fmt.Errorf("%s did not answer within %s%s", r.now.Kind, limit, r.child.words.last())
		}
	}
}

// serve keeps the balancer as it should be until ctx ends or the balancer does.
func (r *running) serve(ctx context.Context) error {
	admin, err := r.admin(ctx)
	if err != nil {
		return err
	}
	defer admin.Close()
	if r.cfg.Ready != nil {
		if err := r.cfg.Ready(r.url(), admin.url); err != nil {
			return err
		}
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.child.done:
			return r.child.failure(r.now.Kind)
		case <-r.checks.turned:
			r.turn(ctx)
		case <-r.cfg.Reload:
			r.again(ctx)
		case c := <-r.changes:
			c.done <- r.reload(ctx, c.next, "changed")
		case <-tick.C:
			r.tick()
		}
	}
}

func (r *running) tick() {
	if err := r.teller.tick(); err != nil {
		r.cfg.Log.Warn("status incomplete", "err", err)
	}
}

// turn puts what the checks found in force.
func (r *running) turn(ctx context.Context) {
	out := r.checks.out(r.now)
	if maps.Equal(out, r.out) {
		return
	}
	if err := r.apply(ctx, r.now, out, "a backend turned"); err != nil {
		r.cfg.Log.Error("reload failed", "err", err)
		time.AfterFunc(time.Second, r.checks.tell) // and is tried again: a dead backend must not stay in
	}
}

// again reads the configuration anew.
func (r *running) again(ctx context.Context) {
	next, err := r.now, error(nil)
	if r.cfg.Load != nil {
		next, err = r.cfg.Load()
	}
	if err != nil {
		r.note("asked to", err)
	} else {
		err = r.reload(ctx, next, "asked to")
	}
	if err != nil {
		r.cfg.Log.Error("reload failed, the balancer goes on as it was", "err", err)
	}
}

// reload puts another configuration in force, or leaves everything as it was.
func (r *running) reload(ctx context.Context, next Config, why string) error {
	next, err := r.now.then(next)
	if err == nil {
		err = r.apply(ctx, next, r.checks.out(next), why)
	} else {
		r.note(why, err)
	}
	if err != nil {
		return err
	}
	if next.Kind == Nginx {
		r.checks.watch(ctx, next)
	}
	return nil
}

// then is a configuration that may follow on this one: what listens stays.
func (c Config) then(next Config) (Config, error) {
	if next.Kind == "" {
		next.Kind = c.Kind
	}
	if next.WithDefaults().leavesPortTo(c) {
		next.Listen = c.Listen
	}
	if err := next.Validate(); err != nil {
		return c, err
	}
	var p problems
	if next.Kind != c.Kind {
		p.add("kind", "is %s and cannot become %s by a reload: start another balancer", c.Kind, next.Kind)
	}
	if next.Listen != c.Listen {
		p.add("listen", "is %s and cannot become %s by a reload: start another balancer", c.Listen, next.Listen)
	}
	if len(p) > 0 {
		return c, errors.Join(p...)
	}
	return next.WithDefaults().absolute()
}

// leavesPortTo says whether a free port was asked for, as the other has it by now. The
// default address is no wish for another one.
func (c Config) leavesPortTo(other Config) bool {
	host, port, _ := net.SplitHostPort(c.Listen)
	has, _, _ := net.SplitHostPort(other.Listen)
	return port == "0" && (host == has || host == "127.0.0.1")
}

// apply has the balancer reload, and waits until it has.
func (r *running) apply(ctx context.Context, c Config, out map[string]bool, why string) (err error) {
	defer func() { r.note(why, err) }()
	if err := r.try(ctx, c, out); err != nil {
		return err
	}
	before, err := r.settle(ctx, c)
	if err != nil {
		return err
	}
	if err := c.write(r.cfg.Machine, Place{Dir: r.dir, Generation: r.number + 1, Out: out}); err != nil {
		return err
	}
	r.number++
	if err := r.renew(ctx, before); err != nil {
		return err
	}
	r.mu.Lock()
	r.now, r.out = c, out
	r.reloads++
	r.mu.Unlock()
	return nil
}

// try has a configuration judged in the balancer's own directory: that goes with it even if
// this process is killed meanwhile, and a private key may be among the files.
func (r *running) try(ctx context.Context, c Config, out map[string]bool) error {
	dir := filepath.Join(r.dir, "try")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("checking the configuration: %w", err)
	}
	defer os.RemoveAll(dir)
	return c.try(ctx, r.cfg.Binary, r.cfg.Machine, Place{Dir: dir, Out: out})
}

// renew has the balancer read its file, and waits until it has. HAProxy's master starts
// itself anew at each reload, and may miss a signal at that moment: it is sent again.
func (r *running) renew(ctx context.Context, before int) (err error) {
	for range reloadTries {
		r.child.signal(r.reloading())
		err = r.await(ctx, reloadLimit, func(g int) bool { return g != before })
		if err == nil || ctx.Err() != nil || r.child.gone() {
			return err
		}
	}
	return err
}

// settle reads the counts before the process that has them is replaced.
func (r *running) settle(ctx context.Context, c Config) (generation int, err error) {
	if err := r.teller.tell(ctx, c, nil, &Status{}); err != nil {
		return 0, err
	}
	return r.teller.generation(ctx)
}

func (r *running) note(why string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = LastReload{At: time.Now(), Why: why}
	if err != nil {
		r.last.Error = err.Error()
	}
}

// reloading is the signal that has the balancer read its file.
func (r *running) reloading() os.Signal {
	if r.now.Kind == HAProxy {
		return syscall.SIGUSR2
	}
	return syscall.SIGHUP
}

// graceful is the signal that asks the balancer to finish what it has.
func (r *running) graceful() os.Signal {
	if r.now.Kind == HAProxy {
		return syscall.SIGUSR1
	}
	return syscall.SIGQUIT
}

func (r *running) patience(ctx context.Context) time.Duration {
	if r.cfg.AtOnce != nil && errors.Is(context.Cause(ctx), r.cfg.AtOnce) {
		return 0
	}
	return r.now.Timeouts.Drain
}

// status asks the balancer what it does.
func (r *running) status(ctx context.Context) (*Status, error) {
	r.mu.Lock()
	c, out := r.now, r.out
	l := c.Limits(r.cfg.Machine)
	s := &Status{Kind: c.Kind, Algorithm: c.Algorithm, URL: r.url(), PID: r.child.cmd.Process.Pid, Started: r.started,
		Reloads: r.reloads, Reload: r.last, Limits: l.Why, Connections: Connections{Limit: l.Clients}}
	r.mu.Unlock()
	return s, r.teller.tell(ctx, c, out, s)
}
