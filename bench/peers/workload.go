package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
)

// A workload is one row of questions: what every client is asked to do.
type workload struct {
	name  string
	what  string
	conns int
	nginx bool
	// tls: nginx over TLS 1.3; anew: it ends the connection with every answer; full:
	// loadctl takes up no sessions.
	tls, anew, full bool
	// rich: loadctl does a scenario's work, the others still a bare GET.
	rich bool
	// rate: an open load of so many requests a second over the connections, which
	// loadctl paces so. 0 = closed.
	rate   float64
	pacing string
	goals  []goal // the first whose client is there counts,
	every  bool   // or each of them
	// What an open load must keep beside that: the 99th percentile of the pacer's lag,
	// service times that are true by the server's own, and the rate.
	lag         time.Duration
	truth, held bool
	empty       string // why it is not measured
}

// A goal is the most loadctl may spend, as a share of another's CPU for a request.
type goal struct {
	Against string  `json:"against"`
	Most    float64 `json:"most"`
}

var workloads = []workload{
	{name: "closed-64", what: "closed loop, 64 connections, bare GET, tiny server", conns: 64, goals: []goal{{"wrk", 0.8}}},
	{name: "closed-64-nginx", what: "closed loop, 64 connections, bare GET, nginx", conns: 64, nginx: true, goals: []goal{{"wrk", 0.9}}},
	{name: "closed-1000", what: "closed loop, 1,000 connections, bare GET, tiny server", conns: 1000, goals: []goal{{"wrk", 0.8}}},
	{name: "closed-10000", what: "closed loop, 10,000 connections, bare GET, tiny server", conns: 10000, goals: []goal{{"wrk", 0.8}}},
	{name: "scenario-64", what: "closed loop, 64 connections: loadctl runs two weighted tasks with a templated path, three headers, " +
		"a status and a JSON check; the others a bare GET", conns: 64, rich: true, goals: []goal{{"wrk", 1}}},
	{name: "open-5000-ticks", what: "open model, Poisson arrivals, 5,000/s over 1,000 connections, loadctl by ticks of 1 ms",
		conns: 1000, rate: 5000, pacing: "ticks", goals: []goal{{"wrk2", 0.25}, {"h2load", 1.1}}, lag: 1500 * time.Microsecond, truth: true},
	{name: "open-5000-precise", what: "open model, Poisson arrivals, 5,000/s over 1,000 connections, loadctl precise",
		conns: 1000, rate: 5000, pacing: "precise", goals: []goal{{"wrk2", 0.8}}, lag: 300 * time.Microsecond, truth: true},
	{name: "open-50000", what: "open model, Poisson arrivals, 50,000/s over 1,000 connections, loadctl by ticks of 1 ms",
		conns: 1000, rate: 50000, pacing: "ticks", goals: []goal{{"wrk2", 0.4}, {"h2load", 0.65}}, held: true},
	{name: "tls-64", what: "closed loop over TLS 1.3, 64 connections, bare GET, nginx", conns: 64, tls: true, goals: overTLS, every: true},
	{name: "tls-64-anew", what: "closed loop over TLS 1.3, 64 at once, a connection for each bare GET, which nginx ends; loadctl resumes sessions. " + standIn,
		conns: 64, tls: true, anew: true, goals: anew, every: true},
	{name: "tls-64-anew-full", what: "closed loop over TLS 1.3, 64 at once, a connection for each bare GET, which nginx ends; loadctl resumes no sessions. " + standIn,
		conns: 64, tls: true, anew: true, full: true, goals: anew, every: true},
	{name: "scripted-64", what: "closed loop, 64 connections: loadctl runs a scripted check on every answer; the others a bare GET",
		conns: 64, goals: []goal{{"wrk", 2}}, empty: "there are no scripts yet"},
}

// The goals of loads over TLS, of which each counts. h2load opens no connection anew:
// there wrk, which has its TLS from the same library, stands for it.
var (
	overTLS = []goal{{"h2load", 1.2}, {"k6", 0.6}}
	anew    = []goal{{"wrk", 1.2}, {"k6", 0.6}}
)

const standIn = "h2load opens no connection anew, so that wrk, whose TLS is the same library's, takes its goal"

const bareUser = `
users: {u: {tasks: {t: {steps: [{get: /}]}}}}`

const richUser = `
http: {headers: {Accept: application/json, Accept-Language: en, X-Client: bench}}
users:
  u:
    tasks:
      get_item:
        weight: 3
        steps: [{get: "/items/${rand.int(1,100000)}", name: "/items/{id}", check: [{status: 200}, {json: $.id}]}]
      health:
        weight: 1
        steps: [{get: /health, check: [{status: 200}]}]`

// scenario is the workload in loadctl's language. The limit is one that nothing
// breaks: what is weighed is CPU, and thousands of users who all begin at once are
// late by themselves.
func (w workload) scenario(url string, took time.Duration) string {
	user := bareUser
	if w.rich {
		user = richUser
	}
	return strings.TrimSpace(fmt.Sprintf(`
version: 1
name: peers
target: {base_url: "%s"%s}%s
phases:
%s
slo: {response_time: [p(50)<60s]}
agents: {min: 1}
`, url, w.private(), user, w.phases(took))) + "\n"
}

// private is the target's tls, which the others do not check.
func (w workload) private() string {
	if !w.tls {
		return ""
	}
	return fmt.Sprintf(`, tls: {min_version: "1.3", skip_verify: true, resume: %v}`, !w.full)
}

func (w workload) phases(took time.Duration) string {
	if w.rate == 0 {
		return fmt.Sprintf("  - {name: load, user: u, executor: constant-vus, vus: %d, duration: %v}", w.conns, took)
	}
	return fmt.Sprintf(`  - {name: pool, executor: held-connections, connections: %d, hold: %v}
  - {name: load, user: u, executor: constant-arrival-rate, start: {with: pool, after: connected}, over: pool, rate: %g/s, arrivals: poisson, duration: %v}`,
		w.conns, took+2*time.Second, w.rate, took)
}

// seed is what arrivals are drawn from.
const seed = 1

// due is how many requests the schedule of an open load has: their number is random,
// but known before anything is run.
func (w workload) due(url string, took time.Duration) (uint64, error) {
	s, err := scenarios.Parse("peers.yaml", []byte(w.scenario(url, took)), scenarios.Options{})
	if err != nil {
		return 0, err
	}
	last := len(s.Phases) - 1
	p := &s.Phases[last]
	return arrival.Count(p.Profile, p.Arrivals, arrival.Mix(seed, uint64(last))), nil
}
