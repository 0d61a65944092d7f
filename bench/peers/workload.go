package main

import (
	"fmt"
	"strings"
	"time"
)

// A workload is one row of questions: what every client is asked to do.
type workload struct {
	name  string
	what  string
	conns int
	nginx bool
	// rich: loadctl does a scenario's work, the others still a bare GET.
	rich bool
	goal float64 // the most loadctl may spend, in CPU of the base for each request
}

// base is the client that loadctl is held against.
const base = "wrk"

var workloads = []workload{
	{name: "closed-64", what: "closed loop, 64 connections, bare GET, tiny server", conns: 64, goal: 1.0},
	{name: "closed-64-nginx", what: "closed loop, 64 connections, bare GET, nginx", conns: 64, nginx: true, goal: 1.0},
	{name: "closed-1000", what: "closed loop, 1,000 connections, bare GET, tiny server", conns: 1000, goal: 1.0},
	{name: "closed-10000", what: "closed loop, 10,000 connections, bare GET, tiny server", conns: 10000, goal: 1.0},
	{name: "scenario-64", what: "closed loop, 64 connections: loadctl runs two weighted tasks with a templated path, three headers, " +
		"a status and a JSON check; the others a bare GET", conns: 64, rich: true, goal: 1.0},
}

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
target: {base_url: "%s"}%s
phases: [{name: load, user: u, executor: constant-vus, vus: %d, duration: %v}]
slo: {response_time: [p(50)<60s]}
agents: {min: 1}
`, url, user, w.conns, took)) + "\n"
}
