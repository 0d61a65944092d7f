package balancer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// A health is what checks of one backend have told. The zero value is in, as
// nothing is known against it.
type health struct {
	Out    bool
	streak int // results in a row that speak against the present state
}

// saw takes one result and says whether it turned the state.
func (h *health) saw(well bool, c Check) (turned bool) {
	if well != h.Out {
		h.streak = 0
		return false
	}
	h.streak++
	if h.Out && h.streak < c.Rise || !h.Out && h.streak < c.Fall {
		return false
	}
	h.Out, h.streak = !h.Out, 0
	return true
}

// A checker asks backends of a balancer that does not ask by itself.
type checker struct {
	turned chan struct{} // told when the balancer must be told
	log    *slog.Logger
	client func(timeout time.Duration) *http.Client

	mu   sync.Mutex
	seen map[string]*seen // by address

	stop context.CancelFunc
	done sync.WaitGroup
}

// seen is a backend's health with its last result.
type seen struct {
	health
	last  string
	since time.Time
	// cut says that the balancer must be told that it is out.
	cut bool
}

// decide cuts off what is out, until it is well again. A refused connection alone is
// left to passive checks: they notice with the next request, and lose none.
func (s *seen) decide(c Config, err error) {
	if !s.Out {
		s.cut = false
	} else if c.Passive.Off || err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
		s.cut = true
	}
}

func newChecker(log *slog.Logger) *checker {
	return &checker{log: log, turned: make(chan struct{}, 1), seen: map[string]*seen{}, stop: func() {}, client: oneShot}
}

// oneShot asks on a new connection each time, as a new client would, and takes a
// redirect for an answer.
func oneShot(timeout time.Duration) *http.Client {
	return &http.Client{Timeout: timeout, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// watch begins to check the backends of a configuration, and no others. What is
// known of those it checked before stays known.
func (k *checker) watch(ctx context.Context, c Config) {
	k.end()
	if c.Check.Off {
		c.Backends = nil
	}
	ctx, k.stop = context.WithCancel(ctx)
	client := k.client(c.Check.Timeout)
	known := map[string]*seen{}
	for _, b := range c.Backends {
		s := k.seen[b.Address]
		if s == nil {
			s = &seen{since: time.Now()}
		}
		known[b.Address] = s
		k.done.Go(func() { k.tend(ctx, client, c, b, s) })
	}
	k.mu.Lock()
	k.seen = known
	k.mu.Unlock()
}

// end stops checking and waits until nobody does.
func (k *checker) end() {
	k.stop()
	k.done.Wait()
}

func (k *checker) tend(ctx context.Context, client *http.Client, c Config, b Backend, s *seen) {
	tick := time.NewTicker(c.Check.Interval)
	defer tick.Stop()
	for {
		said, err := probe(ctx, client, c.Check, b)
		if ctx.Err() != nil {
			return
		}
		k.note(c, b, s, said, err)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// note takes one result, and tells of it when it makes a difference to the balancer.
func (k *checker) note(c Config, b Backend, s *seen, said string, err error) {
	k.mu.Lock()
	before := s.cut
	s.last = said
	if s.saw(err == nil, c.Check) {
		s.since = time.Now()
		k.log.Warn("backend turned", "backend", b.Name, "address", b.Address, "state", either(s.Out, "down", "up"), "check", said)
	}
	s.decide(c, err)
	turned := before != s.cut
	k.mu.Unlock()
	if turned {
		k.tell()
	}
}

func (k *checker) tell() {
	select {
	case k.turned <- struct{}{}:
	default: // is told already
	}
}

// probe makes one check; no error means that the backend is well.
func probe(ctx context.Context, client *http.Client, c Check, b Backend) (said string, err error) {
	r, err := http.NewRequestWithContext(ctx, c.Method, "http://"+b.Address+c.Path, nil)
	if err != nil {
		return err.Error(), err
	}
	r.Host = "loadctl"
	answer, err := client.Do(r)
	if err != nil {
		return err.Error(), err
	}
	answer.Body.Close()
	said = fmt.Sprintf("%s %s: %s", c.Method, c.Path, answer.Status)
	if answer.StatusCode < 200 || answer.StatusCode >= 400 {
		return said, errors.New(said)
	}
	return said, nil
}

// out are the names of the backends that the balancer must be told are out.
func (k *checker) out(c Config) map[string]bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := map[string]bool{}
	for _, b := range c.Backends {
		if s := k.seen[b.Address]; s != nil && s.cut {
			out[b.Name] = true
		}
	}
	return out
}

// of tells what is known of a backend; false = it is not checked.
func (k *checker) of(b Backend) (seen, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.seen[b.Address]
	if s == nil {
		return seen{}, false
	}
	return *s, true
}
