package stats

import (
	"fmt"
	"time"
)

// Limits of what the vitals of a window may be. A beat that is later than graveJitter is
// an effect on the measurement; everything else explains, and degrades at most.
const (
	slightJitter = 5 * time.Millisecond
	graveJitter  = 20 * time.Millisecond

	mostGC    = 0.10
	MostSteal = 0.02
	mostLost  = 0.001 // of packets and segments
	leastLost = 10    // fewer are no share of anything
)

// vitalChecks lists those of a window's vitals.
func vitalChecks() []windowCheck {
	return []windowCheck{
		{name: "heartbeat jitter", vital: true, of: kernelJitter},
		{name: "busy", vital: true, explains: true, in: closedAlone, of: busyLoop},
		{name: "garbage collection", vital: true, explains: true, of: collection},
		{name: "steal", vital: true, explains: true, of: steal},
		{name: "throttling", vital: true, explains: true, of: throttling},
		{name: "dropped packets", vital: true, explains: true, of: droppedPackets},
		{name: "retransmissions", vital: true, explains: true, of: retransmissions},
	}
}

// JitterLimit is how late a beat of an agent's own may be for want of a core: 5 ms, or
// 1 % of the heartbeats' interval where nothing else is sent.
func (i *Info) JitterLimit() time.Duration { return max(slightJitter, i.Beat/100) }

// kernelJitter of several seconds counts as that many: a process that stood still reports one
// window in which it is all. It lies in as many windows as it has seconds begun, at least.
// Where connections are held and nothing else is sent, it is judged as lag is: by the
// heartbeats' interval, and where they have none it spoils no time.
//
// What Go then keeps the same thread waiting judges nothing. It waits for the one
// processor that loops leave to all else of an agent, while they have their own.
func kernelJitter(r *Run, _ *Window, a *AgentWindow) finding {
	late := a.Vitals.KernelJitter
	f := finding{size: float64(late.Value), seconds: secondsOf(late.Value), lasted: late.Value,
		text: fmt.Sprintf("the machine gave it no core for %s", short(rounded(late.Value)))}
	switch {
	case late.Over(max(graveJitter, lagFactor*r.Info.Beat/100)) && !r.onlyHolds():
		f.grade = Grave
	case late.Over(r.Info.JitterLimit()) && !a.inTime(r):
		f.grade = Slight
	}
	return f
}

// manyInTime is how many requests of a second say more than one thread does: as many as a 99th
// percentile is one of.
const manyInTime = 100

// inTime says whether the lag of many requests shows that loops had a core when they needed
// one. What a beat is for is what shows no lag: users who wait, connections that are held.
func (w *AgentWindow) inTime(r *Run) bool {
	return w.PacerLag.Count() >= manyInTime && w.PacerLag.Percentile(99) <= r.Info.LagLimit()
}

// onlyHolds says that a run sends nothing that is timed: its connections have no heartbeats.
func (r *Run) onlyHolds() bool {
	return r.Info.Beat == 0 && r.Layout != nil && len(r.Layout.Phases) > 0 && r.Layout.onlyHolds()
}

// rounded is to a tenth of a millisecond or better: no stall is known more exactly.
func rounded(d time.Duration) time.Duration {
	if d >= WindowLength {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(100 * time.Microsecond)
}

// over is a slight finding where a reading is over a limit.
func over[T uint64 | float64 | time.Duration](r Reading[T], limit T, text string) finding {
	f := finding{size: float64(r.Value), text: text}
	if r.Over(limit) {
		f.grade = Slight
	}
	return f
}

func collection(_ *Run, _ *Window, a *AgentWindow) finding {
	r := a.Vitals.GCShare
	return over(r, mostGC, "Go's garbage collection took "+percent(r.Value)+" of its CPU time")
}

func steal(_ *Run, _ *Window, a *AgentWindow) finding {
	r := a.Vitals.Machine.Steal
	return over(r, MostSteal, "the hypervisor gave "+percent(r.Value)+" of the machine's cores to others")
}

func throttling(_ *Run, _ *Window, a *AgentWindow) finding {
	v := &a.Vitals
	f := over(v.Throttled, 0, fmt.Sprintf("its control group had used up its CPU quota and was throttled, for %s over all cores", short(rounded(v.ThrottledFor.Value))))
	f.size = float64(v.ThrottledFor.Value)
	return f
}

func droppedPackets(_ *Run, _ *Window, a *AgentWindow) finding {
	m := &a.Vitals.Machine
	return lossy(m.Drops, m.Packets, "network interfaces of the machine dropped %s of their packets")
}

// retransmissions leave out what was sent again because a queue of this very machine was
// full: a target that runs here and is asked too much is no fault of the measurement.
func retransmissions(_ *Run, _ *Window, a *AgentWindow) finding {
	m := &a.Vitals.Machine
	again := m.Retransmitted
	again.Value -= min(m.ListenDrops.Value, again.Value)
	return lossy(again, m.Segments, "%s of the machine's TCP segments had to be sent again, which the network or the target lost")
}

func lossy(lost, of Reading[uint64], text string) finding {
	share := float64(lost.Value) / float64(max(of.Value, 1))
	f := finding{size: share, text: fmt.Sprintf(text, percent(share))}
	if lost.Over(leastLost-1) && of.Known && share > mostLost {
		f.grade = Slight
	}
	return f
}

// percent has two digits below ten, and none behind the point above.
func percent(share float64) string {
	if p := 100 * share; p < 9.95 {
		return fmt.Sprintf("%.2g %%", p)
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}
