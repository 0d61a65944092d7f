package scenarios

// String gives the executor's name in files, such as "constant-vus".
func (e Executor) String() string {
	if int(e) < len(executors) {
		return executors[e]
	}
	return "unknown"
}

// MaxConnections is how many connections of its own the phase has open at once, at
// most: see Scenario.MaxConnections.
func (p *Phase) MaxConnections() int { return p.connections() }
