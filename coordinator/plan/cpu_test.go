package plan

import (
	"testing"

	"github.com/loadctl/loadctl/scenarios"
)

// requests is so many of them a second, over connections that are kept.
func requests(rate float64) Work { return Work{Work: scenarios.Work{Requests: rate}} }

const secret = `base_url: "https://10.0.0.9"`

// TestConnectionsAndHandshakesCostCores: 20,000 arrivals a second with a TLS connection
// for each were said to take one core, as 20,000 iterations were all that counted.
func TestConnectionsAndHandshakesCostCores(t *testing.T) {
	const flow, hold = "name: f, executor: constant-arrival-rate, duration: 5s, max_vus: 1000, rate: 20000/s", "name: h, executor: held-connections, hold: 50s, connections: 40000"
	for name, c := range map[string]struct {
		target, phase string
		level         Level
		sum           string
	}{
		"kept":      {elsewhere, flow, Fine, "20,000 requests/s × 50 µs = 1 core"},
		"anew":      {elsewhere, flow + ", pool: {reuse: none}", Tight, "20,000 requests/s × 50 µs + 20,000 new connections/s × 70 µs = 3 cores"},
		"anew, TLS": {secret, flow + ", pool: {reuse: none}", Tight, "20,000 requests/s × 50 µs + 20,000 new connections/s × 70 µs + 20,000 resumed TLS handshakes/s × 500 µs = 13 cores"},
		"full handshakes": {secret + ", tls: {resume: false}", flow + ", pool: {reuse: none, connect_rate: 1000/s}", Tight,
			"20,000 requests/s × 50 µs + 1,000 new connections/s × 70 µs + 1,000 full TLS handshakes/s × 1000 µs = 3 cores"},
		"heartbeats": {elsewhere, hold + ", user: u, heartbeat: {task: a, every: 1s}", Fine, "40,000 requests/s × 50 µs = 2 cores"},
		"held over TLS": {secret, hold + ", connect_rate: 5000/s", Tight,
			"5,000 new connections/s × 70 µs + 5,000 resumed TLS handshakes/s × 500 µs = 3 cores"},
		"held as fast as it goes": {elsewhere, hold, Fine, ""},
		"and users who never pause": {elsewhere, flow + ", pool: {reuse: none}}\n  - {name: c, executor: constant-vus, vus: 1, duration: 5s", Tight,
			"20,000 requests/s × 50 µs + 20,000 new connections/s × 70 µs = 3 cores; users who never pause take every core that they get: what they reach depends on it"},
	} {
		d := &Demand{Scenario: scenario(t, c.target, c.phase), To: ports("10.0.0.9:80", "10.0.0.10:80", "10.0.0.11:80")}
		if f := Diagnose(healthy(), d).of(t, "CPU"); f.Level != c.level || f.Sum != c.sum {
			t.Errorf("%s: %s, %q; want %s, %q", name, f.Level, f.Sum, c.level, c.sum)
		}
	}
}

// TestLoopsAreThereForHandshakes: a loop was planned for every 20,000 iterations, whatever
// they did.
func TestLoopsAreThereForHandshakes(t *testing.T) {
	m := laptop
	m.Cores = 32
	s := scenario(t, secret, "name: f, executor: constant-arrival-rate, duration: 5s, max_vus: 1000, rate: 20000/s, pool: {reuse: none}")
	places, err := Fit(NeedOf(s), Wish{}, []Machine{m})
	if err != nil || places[0].Agents != 2 || places[0].Loops != 7 {
		t.Errorf("%+v, %v; want 2 agents × 7 loops for 13 cores", places, err)
	}
}
