package plan

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/loadctl/loadctl/scenarios"
)

// What work is planned with, of a core. A request over a connection that is kept takes
// less than a fifth of it. Connections are the client's CPU by bench/peers, less that of a
// request: connecting and closing some 35 µs, a handshake that takes up a session some
// 250 µs (tls-64-anew) and a full one some 500 µs (tls-64-anew-full), of which twice is
// planned: the margin is what keeps the generator out of its own numbers.
const (
	requestCPU = time.Second / 20_000
	connectCPU = 70 * time.Microsecond
	resumedCPU = 500 * time.Microsecond
	fullCPU    = 1000 * time.Microsecond
)

// Work is the most that is done within a second, and what for.
type Work struct {
	scenarios.Work
	Shakes  bool // each connection that is opened takes a handshake
	Resumes bool // which takes up a session, but for the first of each loop
}

// workOf is the work of the moment that takes most.
func workOf(s *scenarios.Scenario) (most Work) {
	tls := s.Target.TLS
	for _, w := range s.Work() {
		one := Work{Work: w, Shakes: tls != nil, Resumes: tls != nil && tls.Resume}
		if one.cores() > most.cores() {
			most = one
		}
	}
	return most
}

// shakeCPU is what the handshake of a connection takes.
func (w Work) shakeCPU() time.Duration {
	switch {
	case !w.Shakes:
		return 0
	case w.Resumes:
		return resumedCPU
	}
	return fullCPU
}

// cores is how many cores the work is planned with.
func (w Work) cores() float64 {
	return w.Requests*requestCPU.Seconds() + w.Opened*(connectCPU+w.shakeCPU()).Seconds()
}

// loops is how many loops each of so many agents needs for the work. What is more by a
// rounding error is not more.
func (w Work) loops(agents int) int {
	return int(math.Ceil(w.cores()/float64(max(agents, 1)) - 1e-9))
}

// words is the arithmetic of the cores, empty where nothing is known to be done.
func (w Work) words() string {
	if w.loops(1) == 0 {
		return ""
	}
	var parts []string
	add := func(n float64, what string, each time.Duration) {
		if n > 0 && each > 0 {
			parts = append(parts, fmt.Sprintf("%s %s/s × %d µs", Thousands(int(math.Ceil(n))), what, each.Microseconds()))
		}
	}
	add(w.Requests, "requests", requestCPU)
	add(w.Opened, "new connections", connectCPU)
	shakes := "full TLS handshakes"
	if w.Resumes {
		shakes = "resumed TLS handshakes"
	}
	add(w.Opened, shakes, w.shakeCPU())
	return strings.Join(parts, " + ") + " = " + times(w.loops(1), "core")
}
