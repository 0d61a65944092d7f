package main

import (
	"sync"
	"time"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// windows are what all sessions hand in. Those of one variant share one message: a fleet that encoded a thousand would
// take the cores that the coordinator needs.
type windows struct {
	shape   shape
	seconds int64

	mu     sync.Mutex
	layout *stats.Layout
	once   []*stats.Snapshot // of the first window, by variant
	health []stats.AgentWindow
	made   map[int64][]*loadctlpb.Snapshot
}

// prepare makes what is handed in from the scenario, once.
func (w *windows) prepare(p *loadctlpb.Prepare) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.layout != nil {
		return nil
	}
	s, err := scenarios.Parse(p.GetFile(), p.GetSource(), wire.DecodeOptions(p))
	if err != nil {
		return err
	}
	w.layout, w.made = s.Layout, map[int64][]*loadctlpb.Snapshot{}
	for v := range variants {
		one := measured(s.Layout, w.shape, v)
		w.once = append(w.once, one)
		w.health = append(w.health, healthOf(one, s.Layout, w.shape))
	}
	return nil
}

// healthOf is what one agent tells of itself in a second. Several agents of a host share its requests.
func healthOf(s *stats.Snapshot, l *stats.Layout, of shape) stats.AgentWindow {
	h := s.Health(l)
	n := uint64(of.Agents)
	h.State, h.CPU, h.RSS = "ok", 300*time.Millisecond, 40<<20
	h.Intended, h.Requests, h.Failed = h.Intended/n, h.Requests/n, h.Failed/n
	h.RecordedRequests, h.RecordedEnded, h.RecordedFailed = h.RecordedRequests/n, h.RecordedEnded/n, h.RecordedFailed/n
	h.Ports = 64512
	h.Arrivals = []stats.ArrivalTest{{Due: h.Intended, N: h.Intended, D: 0.01, Steepest: 1, Dispersion: 1, Bins: 100, MaxGap: 3 * time.Millisecond}}
	h.Vitals = stats.Vitals{
		KernelJitter: stats.Read(200 * time.Microsecond), StallCPU: stats.Read(100 * time.Microsecond),
		GoJitter: stats.Read(150 * time.Microsecond), SchedP99: stats.Read(80 * time.Microsecond),
		GCPause: stats.Read(90 * time.Microsecond), GCPauseMax: stats.Read(60 * time.Microsecond), GCShare: stats.Read(0.01),
		Throttled: stats.Read[uint64](0), ThrottledFor: stats.Read(time.Duration(0)), LoopBusy: stats.Read(0.3),
		Machine: stats.MachineVitals{
			Cores: stats.Read[uint64](4), Busy: stats.Read(0.6), BusiestCore: stats.Read(0.3), Steal: stats.Read(0.001), SoftIRQ: stats.Read(0.02),
			Pressure: stats.Read(0.01), Segments: stats.Read[uint64](11000), Retransmitted: stats.Read[uint64](2),
			ListenOverflows: stats.Read[uint64](0), ListenDrops: stats.Read[uint64](0), Packets: stats.Read[uint64](22000),
			Drops: stats.Read[uint64](0), LinkShare: stats.Read(0.02),
		},
	}
	return h
}

// of is a report of a session; its number is the session's.
func (w *windows) of(window int64, variant int, agents []string) *loadctlpb.Report {
	merged := w.merged(window, variant)
	r := &loadctlpb.Report{Merged: merged}
	for _, name := range agents {
		h := stats.AgentWindow{Name: name, State: "ok"}
		if window < w.seconds {
			h = w.health[variant]
			h.Name = name
		}
		r.Agents = append(r.Agents, wire.EncodeAgentWindow(&h))
	}
	return r
}

func (w *windows) merged(window int64, variant int) *loadctlpb.Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.made[window] == nil {
		for v := range variants {
			s := nothing(w.layout, window)
			if window < w.seconds {
				s = inWindow(w.once[v], window)
			}
			w.made[window] = append(w.made[window], wire.EncodeSnapshot(s))
		}
		delete(w.made, window-10)
	}
	return w.made[window][variant]
}
