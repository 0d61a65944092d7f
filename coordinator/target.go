package coordinator

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/scenarios/secure"
)

func (w World) withDefaults() World {
	if w.Listen == nil {
		w.Listen = func() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
	}
	if w.Resolve == nil {
		w.Resolve = systemResolver
	}
	if w.Dial == nil {
		w.Dial = (&net.Dialer{}).DialContext
	}
	return w
}

// probeWithin is how long a target may take to answer before the run.
const probeWithin = 5 * time.Second

// clearUnlessStopped clears the target, which may take long when nobody answers,
// and gives up when ctx is cancelled or somebody wishes to stop.
func (c *Coordinator) clearUnlessStopped(ctx context.Context) (aim plan.Clearance, stopped bool, err error) {
	within, cancel := context.WithCancel(ctx)
	wished := make(chan bool)
	go func() {
		wish := wishToStop(within, c.cfg.Controls)
		cancel()
		wished <- wish
	}()
	aim, err = c.clear(within)
	cancel()
	return aim, <-wished || ctx.Err() != nil, err
}

// wishToStop waits for a wish that ends a run, false when ctx is over first.
func wishToStop(ctx context.Context, controls <-chan Control) bool {
	for {
		select {
		case c, ok := <-controls:
			if !ok {
				controls = nil
			} else if c == Stop || c == Kill {
				return true
			}
		case <-ctx.Done():
			return false
		}
	}
}

// MayLoad refuses what a run would refuse of its target, for whoever has to pay for something before that run: nothing else
// of the Config is looked at. A target that has to answer for itself is asked; to any other nothing is sent.
func MayLoad(ctx context.Context, c Config) error {
	private, mistakes := secure.Client(&c.Scenario.Target, c.TLS)
	if len(mistakes) > 0 {
		return &UsageError{c.Scenario.Wrong(c.File, mistakes)}
	}
	c.World = c.World.withDefaults()
	one := &Coordinator{cfg: c, private: private}
	target, aim, err := one.aim(ctx)
	if err == nil && aim.NeedsProof {
		_, err = one.find(ctx, target, aim)
	}
	return err
}

// clear makes sure that the target may be loaded and is there. Nothing is sent
// to an address before all rules have allowed it, and what follows is sent to
// exactly these addresses.
func (c *Coordinator) clear(ctx context.Context) (plan.Clearance, error) {
	target, aim, err := c.aim(ctx)
	if err != nil {
		return plan.Clearance{}, err
	}
	return c.find(ctx, target, aim)
}

// aim judges the target by its addresses and by what is said for it. Nothing is sent.
func (c *Coordinator) aim(ctx context.Context) (plan.Target, plan.Clearance, error) {
	target, err := plan.TargetOf(c.cfg.baseURL())
	if err != nil {
		return target, plan.Clearance{}, &UsageError{err}
	}
	aim, err := c.resolve(ctx, target)
	if err == nil && aim.NeedsProof && c.cfg.Token == "" {
		err = &UsageError{target.Proven(0, "", "")}
	}
	return target, aim, err
}

// find makes sure that the target is there, and asks it for its proof where that is needed.
func (c *Coordinator) find(ctx context.Context, target plan.Target, aim plan.Clearance) (plan.Clearance, error) {
	aim, err := c.probe(ctx, target, aim)
	if err != nil {
		return plan.Clearance{}, err
	}
	if aim.NeedsProof {
		if err := c.prove(ctx, target, aim); err != nil {
			return plan.Clearance{}, &UsageError{err}
		}
	}
	return aim, nil
}

// probe connects once to each address, and keeps those that answer: localhost is
// often two of which a service listens on one. A target that is not there at all is
// said so before anything is started. It is no load, and counted nowhere.
func (c *Coordinator) probe(ctx context.Context, target plan.Target, aim plan.Clearance) (plan.Clearance, error) {
	var errs []error
	var there []netip.AddrPort
	for _, a := range aim.Addresses {
		if err := c.connectOnce(ctx, a); err != nil {
			errs = append(errs, fmt.Errorf("target %s is not reachable: %w", target, err))
			aim.Silent = append(aim.Silent, a)
			continue
		}
		there = append(there, a)
	}
	if len(there) == 0 {
		return plan.Clearance{}, errors.Join(errs...)
	}
	aim.Addresses = there
	return aim, nil
}

func (c *Coordinator) connectOnce(ctx context.Context, a netip.AddrPort) error {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	conn, err := c.dial(ctx, a)
	if err != nil {
		return err
	}
	defer conn.Close()
	return refusedLate(conn)
}

// prove asks a public target whether it may be loaded, at every address of it.
func (c *Coordinator) prove(ctx context.Context, target plan.Target, aim plan.Clearance) error {
	for _, a := range aim.Addresses {
		status, body, err := c.askProof(ctx, target, a)
		if err != nil {
			return fmt.Errorf("target %s is public and does not answer for itself at %s: %w", target, plan.ProofPath, err)
		}
		if err := target.Proven(status, body, c.cfg.Token); err != nil {
			return err
		}
	}
	return nil
}

// askProof makes the one request without a client that would follow redirects,
// use proxies or resolve the name again.
func (c *Coordinator) askProof(ctx context.Context, target plan.Target, a netip.AddrPort) (int, string, error) {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	conn, err := c.dial(ctx, a)
	if err != nil {
		return 0, "", err
	}
	defer conn.Close()
	// The end of ctx, by time or by a wish to stop, ends whatever is waited for.
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: loadctl\r\nConnection: close\r\n\r\n", plan.ProofPath, target); err != nil {
		return 0, "", err
	}
	resp, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, 64<<10)), nil)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	return resp.StatusCode, string(body), err
}
