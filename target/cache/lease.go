package cache

import (
	"context"
	"time"
)

// How the workers load once in all. Who finds nothing under a key puts a lease there, if
// still nothing is there (or the same useless record), and loads. Whoever finds a lease
// that holds waits. The value takes the place of the lease only while that is there:
// Drop takes it away, so that what was loaded before a change is not kept after it (the
// leases of Nishtala et al., Scaling Memcache at Facebook, NSDI 2013). An owner that
// dies leaves a lease that ends by itself.
const (
	leaseFor  = 2 * time.Second // a load that takes longer is begun once more by another worker
	longWait  = 2 * leaseFor    // for other workers, one dead owner included; then a call loads by itself
	firstPoll = time.Millisecond
	slowPoll  = 25 * time.Millisecond
)

func (s *shared) fillAlone(ctx context.Context, key string, seen []byte, load load) filled {
	var asking time.Duration
	poll := firstPoll
	for began := time.Now(); time.Since(began) < longWait && ctx.Err() == nil; {
		if s.leased(seen) {
			pause(ctx, poll)
			poll = min(poll*3/2, slowPoll)
		} else {
			asked := time.Now()
			lease := newLease(s.now().Add(leaseFor))
			got, err := s.of(key).swap(ctx, key, seen, lease, leaseFor)
			asking += time.Since(asked)
			switch {
			case err != nil:
				return s.bypass(ctx, load, asking)
			case got:
				f := s.fillLeased(ctx, key, lease, load)
				f.took += asking
				return f
			}
		}
		asked := time.Now()
		value, raw, err := s.look(ctx, key)
		asking += time.Since(asked)
		switch {
		case err != nil:
			return s.bypass(ctx, load, asking)
		case value != nil:
			return filled{value: value, how: Coalesced, took: asking}
		}
		seen = raw
	}
	value, err := load(ctx)
	return filled{value: value, how: Miss, took: asking, err: err}
}

// bypass loads after the cache was asked for so long.
func (s *shared) bypass(ctx context.Context, load load, asking time.Duration) filled {
	f := bypass(ctx, load)
	f.took = asking
	return f
}

// fillLeased loads as the owner of a lease.
func (s *shared) fillLeased(ctx context.Context, key string, lease []byte, load load) filled {
	f := filled{how: Miss}
	f.value, f.err = load(ctx)
	begun, at := time.Now(), s.of(key)
	if f.err == nil {
		raw := record{valueKind, s.now(), f.value}.bytes()
		_, err := at.swap(ctx, key, lease, raw, longest(s.terms.TTL())) // counted; the value is there all the same
		if err != nil && at.client.answered(err) {
			s.endLease(ctx, key, lease) // it is too large, say: nobody must wait for it
		}
	} else {
		s.endLease(context.WithoutCancel(ctx), key, lease)
	}
	f.took = time.Since(begun)
	return f
}

// endLease puts one that ends now into the place of a lease instead of taking it away,
// which memcached has no conditional command for. Whoever waits tries by itself.
func (s *shared) endLease(ctx context.Context, key string, lease []byte) {
	_, _ = s.of(key).swap(ctx, key, lease, newLease(s.now()), time.Second)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
