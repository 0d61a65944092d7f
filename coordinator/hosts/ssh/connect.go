package ssh

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ServerName is the name the coordinator's certificate carries by default.
const ServerName = "coordinator"

// Defaults of a Config.
const (
	// DefaultGrace is how long a host that is told to end may take: it gives its agents 3 s.
	DefaultGrace = 4 * time.Second
	// DefaultGiveUp is how long a broken connection is made anew: a host that hears nothing has ended by then.
	DefaultGiveUp = 15 * time.Second
)

// Config says how to reach machines and what to run there.
type Config struct {
	Who
	Executable string        // this program; those for other architectures lie beside it, as `make dist` calls them
	Programs   *Shelf        // what machines are given, where many are reached one after the other; nil = a shelf of Executable
	ServerName string        // that the coordinator's certificate bears; "" = ServerName
	GivenBack  bool          // machines are deleted when they are not needed any more: nobody can look there later
	Direct     bool          // hosts dial the address that Start is given; false = a port of their own loopback, which leads there
	Grace      time.Duration // 0 = DefaultGrace
	GiveUp     time.Duration // 0 = DefaultGiveUp
	// Pushed is told of each program of so many bytes that was sent, packed into fewer where the machine can unpack it; nil
	// = nobody is. Connect calls it once at a time.
	Pushed func(to Address, size, sent int64)
}

func (c Config) withDefaults() Config {
	if c.ServerName == "" {
		c.ServerName = ServerName
	}
	if c.Grace <= 0 {
		c.Grace = DefaultGrace
	}
	if c.GiveUp <= 0 {
		c.GiveUp = DefaultGiveUp
	}
	if c.Pushed == nil {
		c.Pushed = func(Address, int64, int64) {}
	}
	if c.Programs == nil {
		c.Programs = NewShelf(c.Executable)
	}
	return c
}

// Connect connects to all machines at once and has the program lie on each. Its error says of every machine what is wrong
// with it; then all connections are closed again. Hosts that it gives are to be closed, started or not.
func Connect(ctx context.Context, c Config, to []Address) ([]*Host, error) {
	c = c.withDefaults()
	said := &sync.Mutex{}
	hosts, errs := make([]*Host, len(to)), make([]error, len(to))
	var all sync.WaitGroup
	for i, a := range to {
		all.Go(func() {
			var err error
			if hosts[i], err = connect(ctx, &c, said, a); err != nil {
				errs[i] = fmt.Errorf("host %s (%s): %w", a.Name, a, err)
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		Close(hosts...)
		return nil, err
	}
	return hosts, nil
}

func connect(ctx context.Context, cfg *Config, said *sync.Mutex, a Address) (*Host, error) {
	c, err := dial(ctx, a, cfg.Who, dialWithin)
	if err != nil {
		return nil, err
	}
	p, err := cfg.Programs.of(c.uname)
	sent := int64(0)
	if err == nil {
		sent, err = c.push(ctx, p)
	}
	if err != nil {
		c.leave()
		return nil, err
	}
	if sent > 0 {
		said.Lock()
		cfg.Pushed(a, p.size, sent)
		said.Unlock()
	}
	return newHost(cfg, a, programAt(p.sum), c), nil
}

// Close closes all hosts at once, and waits for it. Those that are nil are passed over.
func Close(hosts ...*Host) {
	var all sync.WaitGroup
	for _, h := range hosts {
		if h != nil {
			all.Go(h.Close)
		}
	}
	all.Wait()
}
