package trial

import "time"

// A Search says which trial is next, and takes what came of it. Given the same answers it
// asks the same questions.
type Search interface {
	// Next is what to try now; asked again before Tell it says the same. Not ok: the
	// search is over.
	Next() (Ask, bool)
	// Tell takes what came of the trial that Next asked for.
	Tell(Told)
}

// An Ask is one trial: a steady load, for a while, at one target in one setting.
type Ask struct {
	Number int    `json:"number"` // of the search, from 1
	Kind   string `json:"kind"`   // what the search wants it for, such as "ramp" or "refine"

	// Side is which of two targets is asked, "base" or "candidate"; "" where there is one.
	Side string `json:"side,omitempty"`
	// Setting is what the target is to be set to before; nil = it is left alone.
	Setting map[string]string `json:"setting,omitempty"`
	// Restart wants the target started anew before it is set.
	Restart bool `json:"restart,omitempty"`

	Load

	Settle time.Duration `json:"settle_ns"` // of the load, before it is recorded
	Length time.Duration `json:"length_ns"` // recorded

	// GiveUp is the share of bad requests, by any clause, from which a trial says all it
	// can say and may end early: after 3 s of recorded load and more than 200 bad requests. 0 = never
	GiveUp float64 `json:"give_up,omitempty"`
}

// A Load is how much is asked of a target.
type Load struct {
	Rate        float64 `json:"rate,omitempty"`        // of iterations a second, of all users in the file's proportions; 0 = closed users
	Users       int     `json:"users,omitempty"`       // closed: all of them; 0 = open
	Connections int     `json:"connections,omitempty"` // held open meanwhile; 0 = as many as the file holds
}

// A Told is what came of a trial.
type Told struct {
	// Broken says why there was no trial at all, such as a target that cannot be reached or
	// a hook that failed; all else is zero then, but for Took.
	Broken string `json:"broken,omitempty"`

	Validity string   `json:"validity"`          // stats.Valid, Degraded or Invalid
	Reasons  []string `json:"reasons,omitempty"` // for it
	// Generator says that an invalid trial is so because the generator was at its limit, so that more load
	// will not be had by trying again.
	Generator bool `json:"generator,omitempty"`

	Counts []Count `json:"counts"` // by clause of the search
	// Broke names limits of another kind that the trial broke, which cannot be counted in requests:
	// connections that could not be opened, or were dropped.
	Broke []string `json:"broke,omitempty"`

	Measured time.Duration `json:"measured_ns"` // recorded: shorter than asked where it gave up
	GaveUp   bool          `json:"gave_up,omitempty"`
	Growing  bool          `json:"growing,omitempty"` // requests in the target became more and more
	Slope    float64       `json:"slope,omitempty"`   // by how many a second

	Iterations float64 `json:"iterations"` // a second that were due: the load that was offered
	Offered    float64 `json:"offered"`    // requests a second that became due
	Throughput float64 `json:"throughput"` // OK requests a second
	Good       float64 `json:"good"`       // OK requests a second that no clause calls bad
	Requests   uint64  `json:"requests"`   // recorded
	Failed     float64 `json:"failed"`     // share of those that ended

	Mean      time.Duration `json:"mean_ns"` // response time, of OK requests
	P50       time.Duration `json:"p50_ns"`  // response time, failed ones infinitely slow: then 0
	P90       time.Duration `json:"p90_ns"`
	P99       time.Duration `json:"p99_ns"`
	InFlight  float64       `json:"in_flight"`           // in the target or waiting for it, in the mean over seconds
	TargetCPU float64       `json:"cores,omitempty"`     // of the target, where a monitor tells; 0 = not known
	Saturated []Saturated   `json:"saturated,omitempty"` // what was at its bound, first first
	Limiter   string        `json:"limiter,omitempty"`   // stats.Limiter
	Took      time.Duration `json:"took_ns"`             // by the wall, with start, settling and drain
	Run       string        `json:"run,omitempty"`       // the trial's run directory, below the search's
}

// A Saturated is a part of the system that was at its bound during a trial.
type Saturated struct {
	Part  string        `json:"part"`    // generator, balancer, workers, pool, upstream, database, cpu, memory, …
	What  string        `json:"what"`    // in words: "worker 0: 105 of 105 connections: those beyond wait in its queue"
	From  time.Duration `json:"from_ns"` // since the load began
	Share float64       `json:"share"`   // of the samples from then on
}

// A Clause is one limit of the SLO as a search counts it: which share of requests may be
// bad.
type Clause struct {
	Expr    string  `json:"expr"`    // as people write it: "response_time: p(99)<200ms"
	Allowed float64 `json:"allowed"` // 0.01 of p(99)

	// Time says that it limits a time, which users who saturate a service break in any setting.
	Time bool `json:"time,omitempty"`
}

// A Count is what a trial saw of a clause. Bad requests come in clusters, so that their
// number varies Clump times as much as if each stood alone: 1 of independent ones.
type Count struct {
	N     uint64  `json:"n"`
	Bad   uint64  `json:"bad"`
	Clump float64 `json:"clump"`
}

// Share is Bad of N, 0 of nothing.
func (c Count) Share() float64 {
	if c.N == 0 {
		return 0
	}
	return float64(c.Bad) / float64(c.N)
}

// GiveUpFrom is Ask.GiveUp for clauses: a fifth, or where one of them allows many, well above that, so that no
// trial gives up which holds them.
func GiveUpFrom(clauses []Clause) float64 {
	share := 0.2
	for _, c := range clauses {
		if c.Allowed > share/2 {
			share = max(share, (1+c.Allowed)/2)
		}
	}
	return share
}

// When a trial that may give up does so, beside Ask.GiveUp: not before so long a recorded
// load, and so many bad requests.
const (
	GiveUpAfter = 3 * time.Second
	GiveUpBad   = 200
)
