package balancer

import (
	"cmp"
	"math"
	"time"
)

// A Kind is what does the balancing.
type Kind string

// The kinds there are.
const (
	Nginx        Kind = "nginx"
	HAProxy      Kind = "haproxy"
	NodeBalancer Kind = "nodebalancer"
)

// An Algorithm says which backend the next request goes to.
type Algorithm string

// The algorithms there are. Weights count in each of them.
const (
	RoundRobin Algorithm = "round_robin"       // one after the other
	LeastConns Algorithm = "least_connections" // the one with the fewest requests in flight
	Source     Algorithm = "source"            // always the same one for the same client address
	RandomTwo  Algorithm = "random_two"        // the less busy one of two drawn at random
)

// Config is a balancer. The zero value of a field means the default its comment
// states; Backends have none.
type Config struct {
	Kind      Kind      `yaml:"kind"`      // nginx
	Listen    string    `yaml:"listen"`    // IP:port, or :port for all addresses; 127.0.0.1:0, a free port
	Algorithm Algorithm `yaml:"algorithm"` // round_robin
	Backends  []Backend `yaml:"backends"`
	Check     Check     `yaml:"check"`
	Passive   Passive   `yaml:"passive"`
	KeepAlive KeepAlive `yaml:"keep_alive"`
	Timeouts  Timeouts  `yaml:"timeouts"`
	WebSocket *bool     `yaml:"websocket"` // true: requests may upgrade to WebSocket
	Forwarded *bool     `yaml:"forwarded"` // true: X-Forwarded-For, -Proto, -Host and X-Request-Id are sent to backends
	TLS       TLS       `yaml:"tls"`
	RateLimit RateLimit `yaml:"rate_limit"`
	// Workers is the number of nginx worker processes or HAProxy threads; one for each core.
	Workers int `yaml:"workers"`
	// Connections is how many clients may be connected at once; as many as the
	// machine's file limit allows.
	Connections int `yaml:"connections"`
}

// A Backend is one address requests go to.
type Backend struct {
	Name           string `yaml:"name"`            // b1, b2 and so on by its place
	Address        string `yaml:"address"`         // host:port
	Weight         int    `yaml:"weight"`          // 1; up to 256
	MaxConnections int    `yaml:"max_connections"` // at once; no limit
	Backup         bool   `yaml:"backup"`          // used only while no other backend is up
}

// A Check asks every backend again and again whether it is well; an answer of 2xx
// or 3xx says so. A backend is out after Fall failures in a row, and in after Rise
// successes: out at most Fall × Interval + Timeout after it died.
type Check struct {
	Off      bool          `yaml:"off"`
	Method   string        `yaml:"method"`   // HEAD
	Path     string        `yaml:"path"`     // /health
	Interval time.Duration `yaml:"interval"` // 2s
	Timeout  time.Duration `yaml:"timeout"`  // 1s
	Fall     int           `yaml:"fall"`     // 3
	Rise     int           `yaml:"rise"`     // 2
}

// Out is how long a dead backend may stay in; nginx needs the time of a reload more.
func (c Check) Out() time.Duration { return time.Duration(c.Fall)*c.Interval + c.Timeout }

// Passive takes a backend out by what happens to the requests themselves: after
// MaxFails of them could not be delivered, for FailTimeout (nginx), or until Rise
// checks succeed (HAProxy).
type Passive struct {
	Off         bool          `yaml:"off"`
	MaxFails    int           `yaml:"max_fails"`    // 1
	FailTimeout time.Duration `yaml:"fail_timeout"` // Check.Interval; 10s where checks are off
}

// KeepAlive is what becomes of connections to backends after an answer.
type KeepAlive struct {
	Off         bool `yaml:"off"`
	Connections int  `yaml:"connections"` // kept idle: by each nginx worker in all, by HAProxy for each backend; 64
}

// Timeouts bound what may take long.
type Timeouts struct {
	Connect time.Duration `yaml:"connect"` // to a backend; 2s
	Read    time.Duration `yaml:"read"`    // until a backend answers, and between two of its bytes; 30s
	Send    time.Duration `yaml:"send"`    // between two writes of a request to a backend; 30s
	Idle    time.Duration `yaml:"idle"`    // of a client that asks nothing; 75s
	Tunnel  time.Duration `yaml:"tunnel"`  // of a silent WebSocket; 1h
	// Drain is how long requests and WebSockets that are open at a reload, or at the
	// end, may take to finish; 30s.
	Drain time.Duration `yaml:"drain"`
}

// TLS is used when it names a certificate. Connections to backends have none.
type TLS struct {
	Certificate string `yaml:"certificate"` // file, PEM, with the chain
	Key         string `yaml:"key"`         // file, PEM
	MinVersion  string `yaml:"min_version"` // 1.2 or 1.3; 1.2
	HTTP2       *bool  `yaml:"http2"`       // true
}

// RateLimit bounds what one client address may ask for; zeros mean no limit.
type RateLimit struct {
	Requests    float64 `yaml:"requests"`    // a second
	Burst       int     `yaml:"burst"`       // further requests at once; 0 allows none
	Connections int     `yaml:"connections"` // of one client address
	Status      int     `yaml:"status"`      // of the answer to what is too much; 429
}

// WithDefaults is the configuration with every default written out.
func (c Config) WithDefaults() Config {
	yes := true
	c.Kind = cmp.Or(c.Kind, Nginx)
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:0")
	c.Algorithm = cmp.Or(c.Algorithm, RoundRobin)
	c.WebSocket = cmp.Or(c.WebSocket, &yes)
	c.Forwarded = cmp.Or(c.Forwarded, &yes)
	c.TLS.HTTP2 = cmp.Or(c.TLS.HTTP2, &yes)
	c.TLS.MinVersion = cmp.Or(c.TLS.MinVersion, "1.2")
	c.RateLimit.Status = cmp.Or(c.RateLimit.Status, 429)
	c.KeepAlive.Connections = cmp.Or(c.KeepAlive.Connections, 64)
	c.Passive.MaxFails = cmp.Or(c.Passive.MaxFails, 1)
	c.Check = c.Check.withDefaults()
	c.Passive.FailTimeout = cmp.Or(c.Passive.FailTimeout, c.patience())
	c.Timeouts = c.Timeouts.withDefaults()
	c.Backends = named(c.Backends)
	return c
}

// patience is short where checks take a silent backend out: then the one request that
// nginx tries a dead one with, each FailTimeout, can only meet a refused connection.
func (c Config) patience() time.Duration {
	if c.Check.Off {
		return 10 * time.Second
	}
	return c.Check.Interval
}

func (c Check) withDefaults() Check {
	c.Method = cmp.Or(c.Method, "HEAD")
	c.Path = cmp.Or(c.Path, "/health")
	c.Interval = cmp.Or(c.Interval, 2*time.Second)
	c.Timeout = cmp.Or(c.Timeout, time.Second)
	c.Fall = cmp.Or(c.Fall, 3)
	c.Rise = cmp.Or(c.Rise, 2)
	return c
}

func (t Timeouts) withDefaults() Timeouts {
	t.Connect = cmp.Or(t.Connect, 2*time.Second)
	t.Read = cmp.Or(t.Read, 30*time.Second)
	t.Send = cmp.Or(t.Send, 30*time.Second)
	t.Idle = cmp.Or(t.Idle, 75*time.Second)
	t.Tunnel = cmp.Or(t.Tunnel, time.Hour)
	t.Drain = cmp.Or(t.Drain, 30*time.Second)
	return t
}

func named(backends []Backend) []Backend {
	all := make([]Backend, len(backends))
	for i, b := range backends {
		b.Name = cmp.Or(b.Name, "b"+itoa(i+1))
		b.Weight = cmp.Or(b.Weight, 1)
		all[i] = b
	}
	return all
}

// most is how many requests a client address may make within a window.
func (r RateLimit) most() int { return int(math.Ceil(r.Requests)) + r.Burst }

// window is the time in which the rate alone allows the most: no longer stretch of
// time has more requests than the rate gives, and one burst.
func (r RateLimit) window() time.Duration {
	if r.Requests == 0 {
		return time.Second
	}
	return time.Duration(float64(r.most()) / r.Requests * float64(time.Second))
}
