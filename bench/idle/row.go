package main

import (
	"fmt"
	"strings"
	"time"
)

// A row is one question: so many connections, held so long.
type row struct {
	name, what  string
	connections int
	agents      int
	hold        time.Duration
	every       time.Duration // a request on each connection; 0 = none
	rate        int           // connects a second; 0 = as fast as it goes
	goals       goals
}

// goals are what is to be reached; zero has no goal.
type goals struct {
	above   float64       // bytes of each connection above the agents with a handful
	each    float64       // bytes of each connection, the agents included
	opening time.Duration // of all connections
	floor   float64       // CPU for a request, as a share of bench/floor's
}

// apiece is how many connections a process holds: what it may open, less a margin for
// a kernel that spreads them by chance.
const apiece = 17_000

var rows = []row{
	{name: "idle-17000", what: "17,000 idle connections on one agent", connections: 17_000, agents: 1,
		hold: 5 * time.Second, goals: goals{above: 512}},
	{name: "beat-17000", what: "17,000 connections on one agent, a request each 10 s", connections: 17_000, agents: 1,
		hold: 23 * time.Second, every: 10 * time.Second, goals: goals{above: 1024, floor: 1.3}},
	{name: "open-50000", what: "50,000 connections opened, both ends on this machine", connections: 50_000, agents: 3,
		hold: 3 * time.Second, goals: goals{opening: 2 * time.Second}},
	{name: "open-200000", what: "200,000 connections opened, both ends on this machine", connections: 200_000, agents: 12,
		hold: 3 * time.Second, goals: goals{opening: 10 * time.Second}},
	{name: "hold-500000", what: "500,000 connections held for 60 s, a request each 60 s, both ends on this machine", connections: 500_000, agents: 30,
		hold: 60 * time.Second, every: 60 * time.Second, rate: gently, goals: goals{above: 512, each: 1024}},
}

// gently is a rate at which no server's queue of connections fills up while both ends
// share two cores: one that is not taken up in time is lost without a word.
const gently = 15_000

// try is a row of its own, for finding out what stops more.
func try(connections int) row {
	return row{name: fmt.Sprint("try-", connections), what: thousands(connections) + " connections held for 60 s, a request each 60 s, both ends on this machine",
		connections: connections, agents: max(1, ceilDiv(connections, apiece)), hold: 60 * time.Second, every: 60 * time.Second, rate: gently,
		goals: goals{above: 512, each: 1024}}
}

// scaled is the same with fewer connections, and as few agents as they need.
func (w row) scaled(share float64) row {
	if share == 1 {
		return w
	}
	w.connections = int(float64(w.connections) * share)
	w.agents = max(int(float64(w.agents)*share), ceilDiv(w.connections, apiece))
	w.what = fmt.Sprintf("%s: of these %s", w.what, thousands(w.connections))
	return w
}

// handful is so few connections on each agent that they weigh nothing.
const handful = 10

// few is the row with a handful: what the agents weigh by themselves.
func (w row) few() row {
	w.connections, w.hold = handful*w.agents, 5*time.Second
	return w
}

// servers is how many processes the other end takes.
func (w row) servers() int { return max(2, ceilDiv(w.connections, apiece)) }

// allowed is how long opening may take before it is given up.
func (w row) allowed() time.Duration {
	return 30*time.Second + time.Duration(w.connections)*200*time.Microsecond
}

// scenario is the row in loadctl's language.
func (w row) scenario(url string) string {
	beat := ""
	if w.every > 0 {
		beat = fmt.Sprintf(", user: u, heartbeat: {task: t, every: %v, jitter: 20%%}", w.every)
	}
	if w.rate > 0 {
		beat += fmt.Sprintf(", connect_rate: %d/s", w.rate)
	}
	return strings.TrimSpace(fmt.Sprintf(`
version: 1
name: idle
target: {base_url: "%s"}
http: {timeout: 30s, connect_timeout: 10s}
users: {u: {tasks: {t: {steps: [{get: /}]}}}}
phases:
  - {name: hold, executor: held-connections, connections: %d, hold: %v%s}
agents: {min: 1}
`, url, w.connections, w.hold, beat)) + "\n"
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// thousands writes 50000 as 50,000.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
