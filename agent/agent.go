// Package agent is one agent process: it takes its share of a scenario from its
// host, drives one loop a thread with it, and hands in what they measured, merged,
// second by second. It decides nothing about the run. It obeys its host alone,
// over one inherited socket: when that ends, or when the host has nothing more to
// say of the coordinator, the agent stops its load and ends.
package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/agent/internal/frame"
	"github.com/loadctl/loadctl/agent/profile"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// Socket is the file descriptor of an agent process's inherited socket.
const Socket = 3

// DefaultSilence is how long an agent goes on without hearing of its coordinator.
// An agent must stop within 15 s of losing it; this leaves time to do so.
const DefaultSilence = 13 * time.Second

// Config is what an agent process is started with; the rest its host says.
type Config struct {
	Conn    net.Conn      // to the host; Run closes it
	Version string        // of loadctl, with its commit
	Silence time.Duration // 0 = DefaultSilence

	// Profiles is a directory for profiles of this process, called after the agent;
	// "" = none are made. An agent that is killed loses that of its processor.
	Profiles string

	// Taps is a directory for a row of each request, in a file a loop: AGENT-LOOP.csv,
	// loops counted from 1; "" = none are written.
	Taps string
}

// Inherited is the socket an agent process was given as a file descriptor.
func Inherited(fd int) (net.Conn, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("inherited socket %d: %w (an agent is started by its host)", fd, err)
	}
	f := os.NewFile(uintptr(fd), "host")
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("inherited socket %d: %w (an agent is started by its host)", fd, err)
	}
	return conn, nil
}

// Run is the whole life of an agent. It blocks until the load is drained or
// stopped, and returns nil when everything was handed in. Losing the host is an
// error, since what was measured went nowhere.
func Run(ctx context.Context, c Config) error {
	if c.Silence <= 0 {
		c.Silence = DefaultSilence
	}
	a := &agent{
		cfg:   c,
		up:    frame.NewWriter(c.Conn),
		down:  make(chan *loadctlpb.AgentDown),
		ended: make(chan struct{}),
		heard: time.Now(),
	}
	var reader sync.WaitGroup
	reader.Go(a.read)
	defer reader.Wait()
	defer c.Conn.Close()
	defer close(a.ended)
	return a.run(ctx)
}

type agent struct {
	cfg   Config
	up    *frame.Writer
	down  chan *loadctlpb.AgentDown
	ended chan struct{} // nobody reads down any more
	heard time.Time     // when the host said something last
	load  *load
}

// errHostGone ends an agent whose host is.
var errHostGone = errors.New("the host is gone")

func (a *agent) run(ctx context.Context) error {
	prepare, err := a.awaitPrepare(ctx)
	if err != nil {
		return err
	}
	if a.load, err = newLoad(prepare, a.cfg.Taps); err != nil {
		return a.cannot(err)
	}
	defer a.load.close()
	observed, err := profile.Start(a.cfg.Profiles, a.load.name)
	if err != nil {
		return a.cannot(err)
	}
	if err := a.say(&loadctlpb.AgentUp{Message: &loadctlpb.AgentUp_Hello{Hello: a.hello("")}}); err != nil {
		return err
	}
	err = a.drive(ctx)
	if werr := errors.Join(observed.Stop(), a.load.taps.close()); werr != nil {
		err = errors.Join(err, a.warn(werr.Error()))
	}
	if err != nil {
		return err
	}
	return a.say(&loadctlpb.AgentUp{Message: &loadctlpb.AgentUp_Done{Done: &loadctlpb.AgentDone{Usage: a.load.total()}}})
}

// cannot says why this agent cannot run its part.
func (a *agent) cannot(err error) error {
	return errors.Join(err, a.say(&loadctlpb.AgentUp{Message: &loadctlpb.AgentUp_Hello{Hello: a.hello(err.Error())}}))
}

// warn tells of what does not spoil the run.
func (a *agent) warn(text string) error {
	return a.say(&loadctlpb.AgentUp{Message: &loadctlpb.AgentUp_Notice{Notice: wire.EncodeNotice(0, &stats.Event{
		At: a.load.now(), Level: stats.Warning, Kind: "note", Text: a.load.name + ": " + text,
	})}})
}

func (a *agent) hello(failed string) *loadctlpb.AgentHello {
	return &loadctlpb.AgentHello{Protocol: wire.Protocol, Version: a.cfg.Version, Failed: failed}
}

// read forwards what the host says until the socket ends.
func (a *agent) read() {
	defer close(a.down)
	r := frame.NewReader(a.cfg.Conn)
	for {
		m := &loadctlpb.AgentDown{}
		if r.Read(m) != nil {
			return
		}
		select {
		case a.down <- m:
		case <-a.ended:
			return
		}
	}
}

// lastWords is how long a host that was silent for too long may still take to read
// what was measured.
const lastWords = time.Second

// say tells the host something. A host that neither reads nor says anything for as
// long as silence may last is gone: waiting for it must not keep the load on.
func (a *agent) say(m *loadctlpb.AgentUp) error {
	by := a.heard.Add(a.cfg.Silence)
	if soon := time.Now().Add(lastWords); by.Before(soon) {
		by = soon
	}
	if err := a.cfg.Conn.SetWriteDeadline(by); err != nil {
		return err
	}
	err := a.up.Write(m)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		a.cfg.Conn.Close() // nothing is understood after a part of a message
	}
	return err
}

func (a *agent) awaitPrepare(ctx context.Context) (*loadctlpb.AgentPrepare, error) {
	silence := time.NewTimer(a.cfg.Silence)
	defer silence.Stop()
	for {
		select {
		case m, ok := <-a.down:
			if !ok || m.GetStop() != nil {
				return nil, errHostGone
			}
			a.heard = time.Now()
			if m.GetPrepare() != nil {
				return m.GetPrepare(), nil
			}
		case <-silence.C:
			return nil, fmt.Errorf("%w: it said nothing for %s", errHostGone, a.cfg.Silence)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// drive relays orders down and measurements up until every loop has returned. A
// reason to end early stops the loops; what they hand in then is still taken.
func (a *agent) drive(ctx context.Context) (failed error) {
	silence := time.NewTimer(a.cfg.Silence)
	defer silence.Stop()
	clock := time.NewTicker(watchEvery)
	defer clock.Stop()
	down, done := a.down, ctx.Done()
	end := func(err error) {
		failed = errors.Join(failed, err)
		a.load.stop()
	}
	a.load.start()
	for a.load.running > 0 {
		select {
		case m, ok := <-down:
			if !ok {
				down = nil
				end(errHostGone)
				break
			}
			a.heard = time.Now()
			silence.Reset(a.cfg.Silence)
			if err := a.load.order(m); err != nil {
				end(err)
			}
		case e := <-a.load.events:
			if err := a.tell(a.load.take(e)); err != nil {
				end(err)
			}
		case <-clock.C:
			a.load.clock.look(a.load.epoch)
		case <-silence.C:
			end(fmt.Errorf("nothing was heard of the coordinator for %s", a.cfg.Silence))
		case <-done:
			done = nil
			end(ctx.Err())
		}
	}
	return failed
}

func (a *agent) tell(news []*loadctlpb.AgentUp, err error) error {
	for _, m := range news {
		if serr := a.say(m); serr != nil {
			return errors.Join(err, serr)
		}
	}
	return err
}
