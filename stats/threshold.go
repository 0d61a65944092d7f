package stats

import "time"

// A Threshold is one limit a run must hold, such as
//
//	response_time{name:/items/{id}}: p(99)<150ms
//
// Limits are kept in base units: seconds for times, a fraction for rates of
// something (0.001 for 0.1%), per second for requests rate, plain numbers else.
type Threshold struct {
	Metric string // one of the metric names of the house
	Tags   Tags
	Agg    string  // p, min, max, avg, med, count, rate, value
	P      float64 // 0..100, with Agg "p"
	Op     string  // < <= > >= == !=
	Limit  float64

	Expr        string // as written: "p(99)<150ms"
	AbortOnFail bool
	Delay       time.Duration // not judged for abort before this much of the run
	SLO         bool          // written under slo:
	Line        int           // in the scenario file
}

// Tags narrow a threshold; empty fields match everything.
type Tags struct{ Phase, Name, Status, Agent string }

// A Verdict is a threshold and what was seen of it.
type Verdict struct {
	Threshold Threshold
	Value     float64 // base units; +Inf when failed requests reach into the percentile
	NoData    bool    // nothing to judge: a threshold without data is not held
	Held      bool
	FirstFail Offset // when it was first seen broken, Never if it was not
}
