package coordinator

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/stats"
)

// A finding is what came of asking for the target's name once more.
type finding struct {
	addresses []netip.AddrPort // that may be loaded from now on; nil = as before
	silent    []netip.AddrPort // new ones at which nobody answers
	err       error            // the name was not found
	refused   error            // it was, and may not be loaded as it is now
}

// A nameWatch asks for the name of a target again and again. What it finds passes the
// rules of the start: agents are told of nothing else.
// Where agents are aimed the driver alone knows: it may not be able to take all of them.
type nameWatch struct {
	c      *Coordinator
	target plan.Target
	kind   plan.Kind        // of the addresses of the start
	known  []netip.AddrPort // what the name had when it was last asked, and may be loaded
	found  chan finding
}

// watchName begins to ask, where the scenario wants it and there is a name to ask for.
// It ends with ctx, and stop waits for it.
func (c *Coordinator) watchName(ctx context.Context, aim plan.Clearance) (found <-chan finding, stop func()) {
	every := c.cfg.Scenario.Target.ResolveEvery
	target, err := plan.TargetOf(c.cfg.baseURL())
	if _, isAddress := netip.ParseAddr(target.Host); every <= 0 || err != nil || isAddress == nil || len(c.cfg.Addresses) > 0 {
		return nil, func() {}
	}
	w := &nameWatch{c: c, target: target, kind: aim.Kind, known: aim.Addresses, found: make(chan finding)}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.run(ctx, every)
	}()
	return w.found, func() { cancel(); <-ended }
}

func (w *nameWatch) run(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		f := w.ask(ctx)
		select {
		case w.found <- f:
		case <-ctx.Done():
			return
		}
	}
}

// ask looks the name up and judges what it has become.
func (w *nameWatch) ask(ctx context.Context) finding {
	addrs, err := w.c.lookup(ctx, w.target)
	if err != nil {
		return finding{err: err}
	}
	aim, err := w.target.Clear(addrs, w.c.permission())
	if err == nil && aim.Kind != w.kind {
		err = fmt.Errorf("target %s was %s and is %s now (%s): this is how a name is bent to reach what it should not", w.target, w.kind, aim.Kind, aim.Addresses[0])
	}
	if err != nil {
		return finding{refused: err}
	}
	return w.take(ctx, aim)
}

// take keeps addresses there were, and of new ones those at which the target is.
func (w *nameWatch) take(ctx context.Context, aim plan.Clearance) finding {
	var f finding
	var there []netip.AddrPort
	for _, a := range aim.Addresses {
		if !slices.Contains(w.known, a) {
			if err := w.c.connectOnce(ctx, a); err != nil {
				f.silent = append(f.silent, a)
				continue
			}
			if err := w.proven(ctx, aim, a); err != nil {
				return finding{refused: err}
			}
		}
		there = append(there, a)
	}
	if len(there) > 0 && !sameSet(there, w.known) {
		w.known, f.addresses = there, there
	}
	return f
}

func (w *nameWatch) proven(ctx context.Context, aim plan.Clearance, a netip.AddrPort) error {
	if !aim.NeedsProof {
		return nil
	}
	aim.Addresses = []netip.AddrPort{a}
	return w.c.prove(ctx, w.target, aim)
}

func sameSet(a, b []netip.AddrPort) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(x netip.AddrPort) bool { return !slices.Contains(b, x) })
}

// named is what a driver remembers of how the name fared.
type named struct {
	failures    int
	first, last stats.Offset
	told        string           // the last refusal, so that it is said once
	silent      []netip.AddrPort // the last that nobody answered at, likewise
}

// readdress takes a finding. A name that is not found, or not allowed, leaves the
// addresses as they were; it is said once until it changes, and at last for how long.
func (d *driver) readdress(f finding) {
	now := d.machine.Offset(d.now())
	switch {
	case f.err != nil:
		d.nameFailed(now, f.err)
		return
	case f.refused != nil:
		if text := f.refused.Error(); text != d.named.told {
			d.named.told = text
			d.say(stats.Warning, "dns", text+"; the addresses of before are kept")
		}
		return
	}
	d.named.told = ""
	d.nameFound()
	if len(f.silent) > 0 && !sameSet(f.silent, d.named.silent) {
		d.say(stats.Warning, "dns", fmt.Sprintf("nobody answers at %v, which the target's name has now: left out", f.silent))
	}
	d.named.silent = f.silent
	if len(f.addresses) > 0 {
		d.moveTo(f.addresses)
	}
}

func (d *driver) nameFailed(now stats.Offset, err error) {
	n := &d.named
	if n.failures == 0 {
		n.first = now
		d.say(stats.Warning, "dns", err.Error()+"; the addresses of before are kept")
	}
	n.failures, n.last = n.failures+1, now
}

// nameFound tells of failures that are over, or of the end of the run.
func (d *driver) nameFound() {
	n := &d.named
	if n.failures > 0 {
		d.say(stats.Informative, "dns", fmt.Sprintf("the target's name was not found %s, first at %s and last at %s",
			times(n.failures), n.first.Round(time.Second), n.last.Round(time.Second)))
	}
	n.failures = 0
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// moveTo gives the agents other addresses. Where they connect from addresses of their
// own, only those of the same family can be reached.
func (d *driver) moveTo(has []netip.AddrPort) {
	addresses := has
	if d.sourced {
		four := d.aim.Addresses[0].Addr().Is4()
		addresses = slices.DeleteFunc(slices.Clone(addresses), func(a netip.AddrPort) bool { return a.Addr().Is4() != four })
	}
	if len(addresses) == 0 {
		d.say(stats.Warning, "dns", fmt.Sprintf("the target's name has %v now, which cannot be reached from the addresses that agents connect from; the addresses of before are kept", has))
		return
	}
	d.aim.Addresses = addresses
	texts := make([]string, len(addresses))
	for i, a := range addresses {
		texts[i] = a.String()
	}
	d.say(stats.Informative, "dns", fmt.Sprintf("new connections go to %v from now on", addresses))
	d.broadcast(func() *loadctlpb.SessionResponse {
		return &loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Readdress{Readdress: &loadctlpb.Readdress{Addresses: texts}}}
	})
}
