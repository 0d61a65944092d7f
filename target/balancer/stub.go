package balancer

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// nginxTeller asks a running nginx: its stub_status, its log, and our own checks.
type nginxTeller struct {
	client *http.Client
	tally  *tally
	checks *checker

	mu  sync.Mutex
	own int64 // requests that we made ourselves, each on a connection of its own
}

func newNginxTeller(dir string, child *child, checks *checker) *nginxTeller {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(dir, statusSocket))
	}
	return &nginxTeller{checks: checks,
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}},
		tally:  newTally(filepath.Join(dir, countsFile), func() { child.signal(syscall.SIGUSR1) })}
}

// generation is the number that the configuration in force has.
func (n *nginxTeller) generation(ctx context.Context) (int, error) {
	text, err := n.get(ctx, "/generation")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(text)
}

func (n *nginxTeller) get(ctx context.Context, path string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://nginx"+path, nil)
	if err != nil {
		return "", err
	}
	answer, err := n.client.Do(r)
	if err != nil {
		return "", fmt.Errorf("asking nginx: %w", err)
	}
	defer answer.Body.Close()
	n.mu.Lock()
	n.own++
	n.mu.Unlock()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	if err != nil || answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("asking nginx: %s: %w", answer.Status, err)
	}
	return string(body), nil
}

func (n *nginxTeller) tick() error { return n.tally.catchUp() }
func (n *nginxTeller) close()      { n.tally.close() }

func (n *nginxTeller) tell(ctx context.Context, c Config, out map[string]bool, s *Status) error {
	text, err := n.get(ctx, "/status")
	if err != nil {
		return err
	}
	stub, err := parseStub(text)
	if err != nil {
		return err
	}
	if err := n.tally.catchUp(); err != nil {
		return err
	}
	n.mu.Lock()
	own := n.own
	n.mu.Unlock()
	// The request that asks is one of the active, the accepted and the requests.
	s.Connections.Active, s.Connections.Waiting = stub.active-1, &stub.waiting
	s.Connections.Accepted, s.Requests = stub.accepted-own, stub.requests-own
	s.Denied = ptr(n.tally.refused(c.RateLimit.Status))
	for _, b := range c.Backends {
		s.Backends = append(s.Backends, n.backend(ctx, b, out))
	}
	s.Unknown = []string{
		"requests in flight and connections of each backend: open-source nginx does not tell them",
		"errors of a backend are its attempts that ended in 502 or 504, its own answers of these included; its other answers of 5xx are not told",
		"counts of backends lag behind by at most a second, in which a worker keeps lines of its log",
	}
	return nil
}

func (n *nginxTeller) backend(ctx context.Context, b Backend, out map[string]bool) Upstream {
	u := upstream(b)
	for _, address := range addresses(ctx, b.Address) {
		c := n.tally.of(address)
		u.Requests, u.Errors = u.Requests+c.requests, u.Errors+c.errors
	}
	u.State = "unchecked"
	if s, ok := n.checks.of(b); ok {
		// Not before the reload that takes it out, where it needs one.
		u.State, u.Check = either(out[b.Name] || s.Out && !s.cut, "down", "up"), s.last
		u.ForSeconds = time.Since(s.since).Seconds()
	}
	return u
}

func upstream(b Backend) Upstream {
	return Upstream{Name: b.Name, Address: b.Address, Weight: b.Weight, Backup: b.Backup}
}

// addresses are those nginx may have found for an address by name.
func addresses(ctx context.Context, address string) (all []string) {
	host, port, _ := net.SplitHostPort(address)
	if net.ParseIP(host) != nil {
		return []string{address}
	}
	ips, _ := net.DefaultResolver.LookupHost(ctx, host) // what has no address has no requests
	for _, ip := range ips {
		all = append(all, net.JoinHostPort(ip, port))
	}
	return all
}

// stub is what nginx's stub_status tells.
type stub struct{ active, accepted, requests, waiting int64 }

// parseStub reads
//
//	Active connections: 291
//	server accepts handled requests
//	 16630948 16630948 31070465
//	Reading: 6 Writing: 179 Waiting: 106
func parseStub(text string) (s stub, err error) {
	f := strings.Fields(text)
	if len(f) != 16 {
		return s, fmt.Errorf("the status of nginx has a form of its own: %q", text)
	}
	for i, to := range map[int]*int64{2: &s.active, 7: &s.accepted, 9: &s.requests, 15: &s.waiting} {
		if *to, err = strconv.ParseInt(f[i], 10, 64); err != nil {
			return s, fmt.Errorf("the status of nginx has a form of its own: %q", text)
		}
	}
	return s, nil
}
