package scenarios

import "strings"

// String gives the executor's name in files, such as "constant-vus".
func (e Executor) String() string {
	if int(e) < len(executors) {
		return executors[e]
	}
	return "unknown"
}

// Origin is scheme, host and port of the base URL: what no redirect leaves.
func (t *Target) Origin() string {
	scheme, rest, _ := strings.Cut(t.BaseURL, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

// MaxConnections is how many connections of its own the phase has open at once, at
// most: see Scenario.MaxConnections.
func (p *Phase) MaxConnections() int { return p.connections() }
