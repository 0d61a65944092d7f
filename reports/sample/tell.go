package sample

import (
	"fmt"
	"math"
	"time"

	"github.com/loadctl/loadctl/stats"
)

func (t *tale) add(u stats.Update) { t.updates = append(t.updates, u) }

func (t *tale) event(at stats.Offset, level stats.Level, kind, text string) {
	t.add(stats.Update{Event: &stats.Event{At: at, Level: level, Kind: kind, Text: text}})
}

func (t *tale) tell() {
	t.add(stats.Update{Started: &stats.Started{Info: t.info(), Layout: t.layout, Agents: t.agents()}})
	t.add(stats.Update{State: &stats.State{Name: "running"}})
	spans := []stats.Span{stats.NoSpan(0), stats.NoSpan(1), stats.NoSpan(2)}
	for s := range t.seconds() {
		t.spans(s, spans)
		t.arrivals(s)
		t.finish(s)
		t.cut(s)
		t.add(stats.Update{Verdicts: t.judge(s)})
	}
	if !t.Unfinished {
		t.end()
	}
}

// spans moves the phases along.
func (t *tale) spans(s int, spans []stats.Span) {
	set := func(p int, change func(*stats.Span)) {
		change(&spans[p])
		span := spans[p]
		t.add(stats.Update{Span: &span})
	}
	if t.Warmup > 0 && s == 0 {
		set(0, func(p *stats.Span) { p.Begin = 0 })
		t.event(0, stats.Informative, "phase", "phase warmup begins: 20 users, not recorded")
	}
	if t.Warmup > 0 && s == t.Warmup {
		set(0, func(p *stats.Span) { p.End, p.Finish = second(s), second(s) })
	}
	if t.Connections > 0 && s == t.Warmup {
		set(1, func(p *stats.Span) { p.Begin = second(s) })
		t.event(second(s), stats.Informative, "phase", fmt.Sprintf("phase connect-and-hold begins: %d connections at 400/s", t.Connections))
	}
	if t.Connections > 0 && s == t.steadyAt {
		set(1, func(p *stats.Span) { p.Connected = second(s) })
		t.event(second(s), stats.Informative, "phase", fmt.Sprintf("phase connect-and-hold: all %d connections are open", t.Connections))
	}
	if s == t.steadyAt {
		set(2, func(p *stats.Span) { p.Begin = second(s) })
		t.event(second(s), stats.Informative, "phase", fmt.Sprintf("phase steady begins: %.0f arrivals a second", t.Rate))
	}
	if s == t.steadyAt+t.Seconds {
		set(2, func(p *stats.Span) { p.End, p.Finish = second(s), second(s+1) })
		t.add(stats.Update{State: &stats.State{Name: "draining"}})
	}
	if t.Connections > 0 && s == t.steadyAt+t.Seconds+1 {
		set(1, func(p *stats.Span) { p.End, p.Finish = second(s), second(s) })
	}
}

// arrivals makes the requests that become due in second s.
func (t *tale) arrivals(s int) {
	if s < t.Warmup {
		t.many(60, s, func() int { return warmItem })
	}
	if t.Connections > 0 && s >= t.steadyAt && s <= t.steadyAt+t.Seconds {
		t.many(t.Connections/20, s, func() int { return beat })
	}
	if s >= t.steadyAt && s < t.steadyAt+t.Seconds {
		n := int(t.Rate + math.Sqrt(t.Rate)*t.random.NormFloat64()/2)
		t.many(n, s, t.pick)
	}
}

func (t *tale) pick() int {
	switch f := t.random.Float64(); {
	case f < 0.55:
		return item
	case f < 0.80:
		return list
	case f < 0.92:
		return create
	}
	return health
}

func (t *tale) many(n, s int, cell func() int) {
	for i := range n {
		at := second(s) + time.Duration(float64(i)+t.random.Float64())*time.Second/time.Duration(n+1)
		sample := t.request(cell(), at)
		who := t.random.IntN(t.alive())
		t.recorders[who].Intend(sample.Cell)
		if sample.Cell > beat {
			t.due[who]++
		}
		if sample.Cell == beat {
			t.recorders[who].HeartbeatSent(1)
		} else {
			t.recorders[who].Iteration(t.layout.Cells[sample.Cell].Phase, stats.IterIntended)
		}
		end := min(int(sample.Done/time.Second), t.seconds()-1)
		t.pending[end] = append(t.pending[end], owned{sample, who})
	}
}

// request plays one request through.
func (t *tale) request(cell int, at stats.Offset) stats.Sample {
	lag := time.Duration(150+t.random.IntN(500)) * time.Microsecond
	if from := second(t.steadyAt + t.Stall); t.Stall > 0 && at >= from && at < from+900*time.Millisecond {
		lag = from + 900*time.Millisecond - at
	}
	x := stats.Sample{Cell: cell, Class: stats.OK, Status: 200, Reused: t.random.Float64() < 0.97, Intended: at, Scheduled: at + lag}
	wait := time.Duration(0)
	if from := second(t.steadyAt + t.Freeze); t.Freeze > 0 && at >= from && at < from+2*time.Second {
		wait = from + 2*time.Second - at
	}
	if !x.Reused {
		x.ConnectTime = time.Duration(120+t.random.IntN(400)) * time.Microsecond
	}
	x.Connected = x.Scheduled + wait*19/20 + x.ConnectTime
	x.Written = x.Connected + 20*time.Microsecond
	service := t.serve(cell, at) + wait/20
	x.FirstByte, x.Done = x.Written+service*9/10, x.Written+service
	x.BytesOut, x.BytesIn, x.ChecksPassed = 180, int64(300+t.random.IntN(900)), 1
	if t.Timed {
		x.Told = parts(cell, service, wait/20)
	}
	if t.Errors && cell > beat {
		t.spoil(&x)
	}
	return x
}

// parts are what the target tells of a request: slow ones waited for its pool. It tells
// nothing of its health, and counts what it does for lists twice.
func parts(cell int, service, frozen time.Duration) []stats.Told {
	busy := service - frozen
	pool := max(0, busy-25*time.Millisecond) * 9 / 10
	told := []stats.Told{{Name: []byte("pool"), Took: pool + frozen}, {Name: []byte("upstream"), Took: (busy - pool) / 2}}
	switch cell {
	case health:
		return nil
	case list:
		return append(told, stats.Told{Name: []byte("db"), Took: (busy - pool) * 3 / 5})
	}
	return append(told, stats.Told{Name: []byte("db"), Took: (busy - pool) / 4})
}

// spoil makes some requests fail, in each way there is.
func (t *tale) spoil(x *stats.Sample) {
	switch f := t.random.Float64(); {
	case f < 0.0030:
		x.Class, x.Status, x.ChecksPassed, x.ChecksFailed = stats.HTTPError, 503, 0, 1
		x.Detail = []byte("GET /items/48213")
	case f < 0.0040:
		x.Class, x.Status = stats.HTTPError, 502
		x.Detail = []byte("upstream unreachable")
	case f < 0.0048:
		x.Class, x.Err, x.ChecksPassed, x.ChecksFailed = stats.CheckFailed, "json $.main_item.id", 0, 1
		x.Detail = []byte(`want 91, got "" <b>not html</b>`)
	case f < 0.0056:
		x.Class, x.Err, x.Status, x.FirstByte = stats.Timeout, "no answer in time", 0, stats.Never
		x.Done = x.Scheduled + timeout
	case f < 0.0066:
		x.Class, x.Err, x.Status, x.FirstByte = stats.ConnError, "connection reset", 0, stats.Never
	case f < 0.0072:
		x.Class, x.Err, x.Status = stats.NotSent, "no free connection", 0
		x.Scheduled, x.Connected, x.Written, x.FirstByte, x.Done = stats.Never, stats.Never, stats.Never, stats.Never, x.Intended+timeout
	}
}

func (t *tale) alive() int {
	if t.lost {
		return t.Agents - 1
	}
	return t.Agents
}
