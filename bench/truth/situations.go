package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/loadctl/loadctl/bench/internal/fit"
	"github.com/loadctl/loadctl/bench/internal/known"
	"github.com/loadctl/loadctl/bench/internal/queued"
	"github.com/loadctl/loadctl/bench/internal/tools"
	"github.com/loadctl/loadctl/bench/internal/virtual"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/target/queue"
)

// Three are p50, p99 and p99.9.
type three [3]tools.Time

var ranks = [3]float64{50, 99, 99.9}

// of asks for each of the three.
func of(percentile func(p float64) tools.Time) (t three) {
	for i, p := range ranks {
		t[i] = percentile(p)
	}
	return t
}

// A situation is one load on one target, whose times are known.
type situation struct {
	name, what string
	load       tools.Load
	queue      []string      // of the target
	freezeAt   time.Duration // into what a tool records; 0: never
	freezeFor  time.Duration
	stopFor    time.Duration // the tool itself, amid its load
	truth      func(t tools.Tool, c queued.Counts) three
}

const stall = 2 * time.Second

// situations are short when they only have to show that they can be made.
func situations(short bool) []situation {
	times := time.Duration(1)
	if short {
		times = 5
	}
	return []situation{
		freezeWithin(30*time.Second/times, stall),
		freezeAtEnd(20*time.Second/times, 6500*time.Millisecond),
		eightServers(25 * time.Second / times),
		refusing(12 * time.Second / times),
		stopped(15*time.Second/times, stall),
	}
}

// steady is a target that answers in 5 ms, and 1,000 requests a second.
func steady(length time.Duration) (s situation) {
	s.load = tools.Load{Rate: 1000, Length: length, Usual: 5 * time.Millisecond}
	s.queue = []string{"--service", "const", "--mean", s.load.Usual.String(), "--servers", "0"}
	s.truth = func(tools.Tool, queued.Counts) three {
		return of(func(float64) tools.Time { return tools.Of(s.load.Usual) })
	}
	return s
}

func freezeWithin(length, lasts time.Duration) situation {
	s := steady(length)
	s.name = "freeze"
	s.what = fmt.Sprintf("1,000 requests a second for %s; the target answers in 5 ms, and stands still for %s in the middle", length, lasts)
	s.freezeAt, s.freezeFor = length/2, lasts
	s.truth = frozen(known.Freeze{Length: length, Stall: lasts, Service: s.load.Usual})
	return s
}

func freezeAtEnd(length, lasts time.Duration) situation {
	const met = 1500 * time.Millisecond
	s := steady(length)
	s.name = "freeze-end"
	s.what = fmt.Sprintf("1,000 requests a second for %s; the target answers in 5 ms, and stands still for %s from %s before the end on", length, lasts, met)
	s.freezeAt, s.freezeFor = length-met, lasts
	s.truth = frozen(known.Freeze{Length: length, Stall: lasts, Met: met, Service: s.load.Usual})
	return s
}

func frozen(f known.Freeze) func(tools.Tool, queued.Counts) three {
	return func(tools.Tool, queued.Counts) three {
		return of(func(p float64) tools.Time { return tools.Of(f.Percentile(p)) })
	}
}

// eightServers has two truths, one for each law of arrivals.
func eightServers(length time.Duration) (s situation) {
	law := queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: 10 * time.Millisecond}, Servers: 8, Seed: 1}
	s.name = "queue"
	s.what = fmt.Sprintf("560 requests a second for %s; eight servers, exponential service of 10 ms. Poisson arrivals by loadctl, constant ones by the others", length)
	s.load = tools.Load{Rate: 560, Length: length, Usual: 10400 * time.Microsecond, Poisson: true}
	s.queue = []string{"--service", "exp", "--mean", law.Law.Mean.String(), "--servers", fmt.Sprint(law.Servers)}
	exact := queue.MMc{Servers: law.Servers, Arrivals: s.load.Rate, Rate: 1 / law.Law.Mean.Seconds()}
	poisson := of(func(p float64) tools.Time { return tools.MS(1e3 * exact.Quantile(p/100)) })
	constant := sync.OnceValue(func() three { // it takes a second
		all := virtual.Run{Rate: s.load.Rate, Law: arrival.Uniform, Length: 30 * time.Minute, Seed: 1, Settings: law}.Responses()
		return of(func(p float64) tools.Time { return tools.MS(fit.Percentile(all, p)) })
	})
	s.truth = func(t tools.Tool, _ queued.Counts) three {
		if t.Poisson {
			return poisson
		}
		return constant()
	}
	return s
}

// refusing has a truth for each tool: how many are refused depends on how even its
// arrivals are, and the target has counted them.
func refusing(length time.Duration) (s situation) {
	const servers = 20
	s.name = "refusals"
	s.what = fmt.Sprintf("1,000 requests a second for %s; twenty servers, exponential service of 15.25 ms, and 503 at once when all are busy, "+
		"to 1 in 20 of Poisson arrivals. Who is refused is never served; how many were, by the target's count, is part of the truth", length)
	s.load = tools.Load{Rate: 1000, Length: length, Usual: 15250 * time.Microsecond, AtLeast: servers + 4, Poisson: true}
	s.queue = []string{"--service", "exp", "--mean", s.load.Usual.String(), "--servers", fmt.Sprint(servers), "--capacity", fmt.Sprint(servers)}
	s.truth = func(_ tools.Tool, c queued.Counts) three {
		return of(func(p float64) tools.Time {
			if t, never := known.Refusing(s.load.Usual, c.RefusedShare(), p); !never {
				return tools.Of(t)
			}
			return tools.Never()
		})
	}
	return s
}

func stopped(length, lasts time.Duration) situation {
	s := steady(length)
	s.name = "stopped"
	s.what = fmt.Sprintf("1,000 requests a second for %s; the target answers in 5 ms, and all processes of the tool stand still for %s in the middle (SIGSTOP)", length, lasts)
	s.stopFor = lasts
	return s
}
