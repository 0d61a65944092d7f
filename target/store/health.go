package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
)

// A healthCache keeps what was found for a while, so that any number of questions asks
// the databases once.
type healthCache struct {
	mu    sync.Mutex
	of    *topology
	at    time.Time
	found []catalogue.Health
}

// Health is fresh for as long, and waits for a database no longer than this.
const healthFor = time.Second

// Health is the state of each database: primary, replicas, shards. It asks each at most
// once a second over a connection of its pool, and takes a pool whose places are all held
// by calls for one that works.
func (s *Store) Health(ctx context.Context) []catalogue.Health {
	now, leave, err := s.enter()
	if err != nil {
		return []catalogue.Health{{Name: "store", Detail: err.Error()}}
	}
	defer leave()
	h := &s.health
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of != now || time.Since(h.at) > healthFor {
		h.found = now.health(context.WithoutCancel(ctx))
		h.of, h.at = now, time.Now()
	}
	return append([]catalogue.Health(nil), h.found...)
}

func (t *topology) health(ctx context.Context) []catalogue.Health {
	ctx, cancel := context.WithTimeout(ctx, healthFor)
	defer cancel()
	all := t.databases()
	found := make([]catalogue.Health, len(all))
	var asking sync.WaitGroup
	for i, d := range all {
		asking.Go(func() { found[i] = d.health(ctx) })
	}
	asking.Wait()
	for i, r := range t.replicas {
		found[1+i] = seen(found[1+i], r.standing(), t.settings.ReplicaMaxLag)
	}
	return found
}

// seen adds what the monitor knows of a replica.
func seen(h catalogue.Health, s standing, most time.Duration) catalogue.Health {
	h.Lag = s.lag
	switch {
	case !h.OK:
	case s.fault != "":
		h.OK, h.Detail = false, s.fault
	case most > 0 && s.lag > most:
		h.Detail = fmt.Sprintf("it is %s behind and is not read: replica_max_lag is %s", s.lag.Round(time.Millisecond), most)
	}
	return h
}

func (d *database) health(ctx context.Context) catalogue.Health {
	h := catalogue.Health{Name: d.role}
	busy, err := d.look(ctx)
	switch {
	case err != nil:
		h.Detail = err.Error()
	case busy:
		h.OK, h.Detail = true, "all connections of its pool are in use"
	default:
		h.OK = true
	}
	if lack := d.room.fault(); err == nil && lack != "" {
		h.OK, h.Detail = false, lack
	}
	return h
}

// look tries a connection, if one can be had without waiting. It does not wait for one that
// is being opened for longer than ctx, as a call does.
func (d *database) look(ctx context.Context) (busy bool, err error) {
	if err := d.prepared(ctx); err != nil {
		return false, d.impatient(ctx, err)
	}
	tried := make(chan error, 1)
	d.work.Go(func() {
		c, err := d.pool.peek(ctx)
		switch {
		case c != nil:
			d.pool.give(c)
		case err == nil:
			err = errBusy
		}
		tried <- err
	})
	select {
	case err = <-tried:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if errors.Is(err, errBusy) {
		return true, nil
	}
	return false, d.impatient(ctx, err)
}

// errBusy: all places of the pool are held.
var errBusy = errors.New("all connections are in use")

func (d *database) impatient(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w: %s: no answer within %s", catalogue.ErrUnavailable, d.role, healthFor)
	}
	return err
}
