package balancer

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Problem is one thing that is wrong with a configuration.
type Problem struct {
	Field string // such as backends[2].address
	Text  string
	Hint  string // such as did you mean "source"?, or ""
}

func (p *Problem) Error() string {
	if p.Hint == "" {
		return p.Field + ": " + p.Text
	}
	return p.Field + ": " + p.Text + " (" + p.Hint + ")"
}

// problems gathers what is wrong, so that a person sees all of it at once.
type problems []error

func (p *problems) add(field, text string, args ...any) {
	*p = append(*p, &Problem{Field: field, Text: fmt.Sprintf(text, args...)})
}

// word notes a value that is not among those there are.
func word[T ~string](p *problems, field string, got T, there ...T) {
	if slices.Contains(there, got) {
		return
	}
	words := make([]string, len(there))
	for i, w := range there {
		words[i] = string(w)
	}
	*p = append(*p, &Problem{field, fmt.Sprintf("must be %s, got %q", strings.Join(words, ", "), got), ask(string(got), words)})
}

func (p *problems) within(field string, got, low, high int) {
	if got < low || got > high {
		p.add(field, "must be between %d and %d, got %d", low, high, got)
	}
}

func (p *problems) lasts(field string, got time.Duration) {
	if got < time.Millisecond {
		p.add(field, "must be at least 1ms, got %s", got)
	}
}

// Validate reports everything that is wrong with a configuration, each time as a
// *Problem joined by errors.Join.
func (c Config) Validate() error {
	c = c.WithDefaults()
	var p problems
	word(&p, "kind", c.Kind, Nginx, HAProxy, NodeBalancer)
	word(&p, "algorithm", c.Algorithm, RoundRobin, LeastConns, Source, RandomTwo)
	p.listen(c.Listen)
	p.backends(c.Backends)
	p.check(c.Check)
	p.times(c)
	p.tls(c.TLS)
	p.rate(c.RateLimit)
	p.within("workers", c.Workers, 0, 64)
	p.within("connections", c.Connections, 0, 10_000_000)
	p.within("keep_alive.connections", c.KeepAlive.Connections, 1, 100_000)
	p.together(c)
	return errors.Join(p...)
}

func (p *problems) listen(at string) {
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		p.add("listen", "must be an IP address and a port, such as 127.0.0.1:8080, got %q", at)
		return
	}
	if host != "" && !isAddress(host) {
		p.add("listen", "must begin with an IP address, or with : for all of them, got %q", at)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		p.add("listen", "port must be between 0 and 65535, got %q", port)
	} else if n == 0 && host == "" {
		p.add("listen", "a free port (0) needs an address beside it, got %q", at)
	}
}

// mostBackends is what the largest NodeBalancer has.
const mostBackends = 2000

func (p *problems) backends(all []Backend) {
	if len(all) == 0 || len(all) > mostBackends {
		p.add("backends", "must name at least one%s", either(len(all) > 0, fmt.Sprintf(" and at most %d, got %d", mostBackends, len(all)), ""))
		return
	}
	seen, at := map[string]bool{}, map[string]bool{}
	in := 0
	for i, b := range all {
		p.backend(fmt.Sprintf("backends[%d]", i), b)
		if seen[b.Name] {
			p.add(fmt.Sprintf("backends[%d].name", i), "%q is another backend's name already", b.Name)
		}
		if at[b.Address] && b.Address != "" {
			p.add(fmt.Sprintf("backends[%d].address", i), "%s is another backend's address already: give one a weight instead", b.Address)
		}
		seen[b.Name], at[b.Address] = true, true
		if !b.Backup {
			in++
		}
	}
	if in == 0 {
		p.add("backends", "all are backups: at least one must not be")
	}
}

func (p *problems) backend(field string, b Backend) {
	// What is written into a configuration must not be able to end a word of it.
	if !regexp.MustCompile(`^[A-Za-z0-9_.-]{1,32}$`).MatchString(b.Name) {
		p.add(field+".name", "must be 1 to 32 letters, digits, _, . or -, got %q", b.Name)
	}
	host, port, err := net.SplitHostPort(b.Address)
	n, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || n == 0 || !hostName(host) {
		p.add(field+".address", "must be host:port, such as 127.0.0.1:8001, got %q", b.Address)
	}
	p.within(field+".weight", b.Weight, 1, 256)
	p.within(field+".max_connections", b.MaxConnections, 0, 1_000_000)
}

// isAddress takes no zones, which may be any text, and which neither program knows.
func isAddress(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.Zone() == ""
}

func hostName(host string) bool {
	return isAddress(host) || regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`).MatchString(host)
}

func (p *problems) check(c Check) {
	if c.Off {
		return
	}
	word(p, "check.method", c.Method, "HEAD", "GET")
	if !regexp.MustCompile(`^/[A-Za-z0-9/%?&=._~-]*$`).MatchString(c.Path) {
		p.add("check.path", "must begin with / and hold only letters, digits and /%%?&=._~-, got %q", c.Path)
	}
	p.lasts("check.interval", c.Interval)
	p.lasts("check.timeout", c.Timeout)
	if c.Timeout > c.Interval {
		p.add("check.timeout", "must not be longer than check.interval, %s, got %s", c.Interval, c.Timeout)
	}
	p.within("check.fall", c.Fall, 1, 100)
	p.within("check.rise", c.Rise, 1, 100)
}

func (p *problems) times(c Config) {
	p.lasts("timeouts.connect", c.Timeouts.Connect)
	p.lasts("timeouts.read", c.Timeouts.Read)
	p.lasts("timeouts.send", c.Timeouts.Send)
	p.lasts("timeouts.idle", c.Timeouts.Idle)
	p.lasts("timeouts.tunnel", c.Timeouts.Tunnel)
	p.lasts("timeouts.drain", c.Timeouts.Drain)
	if !c.Passive.Off {
		p.within("passive.max_fails", c.Passive.MaxFails, 1, 1000)
		p.lasts("passive.fail_timeout", c.Passive.FailTimeout)
	}
}

func (p *problems) tls(t TLS) {
	if t.Certificate == "" && t.Key == "" {
		return
	}
	p.file("tls.certificate", t.Certificate)
	p.file("tls.key", t.Key)
	word(p, "tls.min_version", t.MinVersion, "1.2", "1.3")
}

func (p *problems) file(field, path string) {
	if path == "" {
		p.add(field, "must name a file: a certificate and its key go together")
	} else if !plainPath(path) {
		p.add(field, "must be a path without spaces, quotes and ;{}#$, got %q", path)
	}
}

// plainPath says that a path is one word of a configuration, however it is read.
func plainPath(path string) bool { return !strings.ContainsAny(path, " \t\r\n\"'\\;{}#$") }

func (p *problems) rate(r RateLimit) {
	if r.Requests != 0 && !(r.Requests >= 0.1 && r.Requests <= 1e6) {
		p.add("rate_limit.requests", "must be between 0.1 and 1000000 a second, got %g", r.Requests)
	}
	p.within("rate_limit.burst", r.Burst, 0, 1_000_000)
	if r.Burst > 0 && r.Requests == 0 {
		p.add("rate_limit.burst", "means nothing without rate_limit.requests")
	}
	p.within("rate_limit.connections", r.Connections, 0, 1_000_000)
	if r.Status != 429 && r.Status != 503 {
		p.add("rate_limit.status", "must be 429 or 503, got %d", r.Status)
	}
}

// together notes what is fine alone and cannot be had together.
func (p *problems) together(c Config) {
	if c.Kind != Nginx || c.Algorithm != Source && c.Algorithm != RandomTwo {
		return
	}
	for i, b := range c.Backends {
		if b.Backup {
			p.add(fmt.Sprintf("backends[%d].backup", i), "nginx has no backups beside the algorithm %s: use round_robin, least_connections, or haproxy", c.Algorithm)
		}
	}
}
