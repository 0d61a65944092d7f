package balancer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// RunConfig is a balancer to be run.
type RunConfig struct {
	Config  Config
	Machine Machine // the zero value = ThisMachine
	Binary  string  // "" = what Binary finds
	// Guard makes a command that calls Guard with the lifeline at descriptor 3, and
	// with dir and argv.
	Guard func(dir string, argv []string) *exec.Cmd

	Admin string // host:port that tells the status; "" = 127.0.0.1:0
	Token string // what a change through it must carry; "" = it changes nothing

	// Reload has the configuration read again, each value once; nil = never. Load
	// reads it; nil = what was configured last is put in force anew.
	Reload <-chan os.Signal
	Load   func() (Config, error)

	// AtOnce is the cause of a context's end that ends everything without a drain.
	AtOnce error
	// Ready is called once requests are balanced; its error ends Run.
	Ready func(url, admin string) error
	Log   *slog.Logger // nil = silent
}

// A teller asks a running balancer what it does.
type teller interface {
	// generation differs before and after a reload.
	generation(ctx context.Context) (int, error)
	// tell adds what it does to s; out are the backends that it was told are out.
	tell(ctx context.Context, c Config, out map[string]bool, s *Status) error
	tick() error // is called every second
	close()
}

// Times of a start and a reload.
const (
	startLimit  = 10 * time.Second
	reloadLimit = 3 * time.Second // of one try
	reloadTries = 3
	askAgain    = 10 * time.Millisecond
)

// Run runs a balancer until ctx ends (it finishes its requests, for at most
// Timeouts.Drain, and Run returns nil) or the balancer does (an error with what it
// said). Nothing of it is left behind, no file and no process.
func Run(ctx context.Context, cfg RunConfig) error {
	r, err := prepare(ctx, cfg)
	if err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	if err := r.start(ctx); err != nil {
		return err
	}
	defer r.teller.close()
	defer func() { r.child.end(r.graceful(), r.patience(ctx)) }()
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	if r.now.Kind == Nginx {
		r.checks.watch(inner, r.now)
		defer r.checks.end()
	}
	return r.serve(inner)
}

// prepare does everything that can fail before anything runs.
func prepare(ctx context.Context, cfg RunConfig) (*running, error) {
	if err := cfg.Config.Validate(); err != nil {
		return nil, err
	}
	c, err := cfg.Config.WithDefaults().absolute()
	if err != nil {
		return nil, err
	}
	if c.Kind == NodeBalancer {
		return nil, errors.New("kind: a nodebalancer runs at Linode, not here")
	}
	if cfg.Binary == "" {
		if cfg.Binary, err = Binary(c.Kind); err != nil {
			return nil, err
		}
	}
	cfg.Machine = cmp.Or(cfg.Machine, ThisMachine())
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if c, err = c.Settled(ctx); err != nil {
		return nil, err
	}
	if err := Try(ctx, cfg.Binary, c, cfg.Machine, nil); err != nil {
		return nil, err
	}
	dir, err := privateDir(cfg.Machine, "loadctl-balancer-")
	if err != nil {
		return nil, err
	}
	return &running{cfg: cfg, dir: dir, now: c, started: time.Now(), checks: newChecker(cfg.Log), changes: make(chan change)}, nil
}

// Settled is the configuration with a free port where it has port 0, which no
// balancer can. It fails when the port it has is in use.
func (c Config) Settled(ctx context.Context) (Config, error) {
	c = c.WithDefaults()
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return c, fmt.Errorf("listening on %s: the port is in use", c.Listen)
	}
	if err != nil {
		return c, fmt.Errorf("listening on %s: %w", c.Listen, err)
	}
	at := ln.Addr().String()
	if err := ln.Close(); err != nil {
		return c, fmt.Errorf("listening on %s: %w", c.Listen, err)
	}
	if _, port, _ := net.SplitHostPort(c.Listen); port == "0" {
		c.Listen = at
	}
	return c, nil
}

// privateDir is where the balancer's files are. Workers that root started are not
// root: they may pass through it, and see nothing there.
func privateDir(m Machine, prefix string) (string, error) {
	if at := os.TempDir(); !plainPath(at) {
		return "", fmt.Errorf("starting the balancer: %q cannot be written into a configuration: set TMPDIR to a folder without spaces, quotes and ;{}#$", at)
	}
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return "", fmt.Errorf("starting the balancer: %w", err)
	}
	mode := os.FileMode(0o700)
	if m.User != "" {
		mode = 0o711
	}
	if err := os.Chmod(dir, mode); err != nil {
		return "", fmt.Errorf("starting the balancer: %w", err)
	}
	const longest = 90 // of the path of a Unix socket, with a name in this directory
	if len(dir) > longest {
		os.RemoveAll(dir)
		return "", fmt.Errorf("starting the balancer: %s is too long for the path of a Unix socket: set TMPDIR to a shorter one", dir)
	}
	return dir, nil
}

// argv is the command line of the balancer in the foreground.
func (c Config) argv(binary, file string) []string {
	if c.Kind == HAProxy {
		return []string{binary, "-W", "-db", "-f", file}
	}
	return []string{binary, "-e", "stderr", "-c", file}
}
