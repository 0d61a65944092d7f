package stats

import "time"

// Vitals are what an agent's process and its machine went through in one window: evidence
// for what the generator may have done to the measurement. What is not known stays so.
type Vitals struct {
	// KernelJitter is the most that the agent was late at a beat due every 10 ms while nothing
	// of it had a core: a stop of at least 30 ms shows as more than 20.
	KernelJitter Reading[time.Duration] `json:",omitzero"`
	// StallCPU is the CPU time that the process used meanwhile. A process that uses
	// none for long stood still.
	StallCPU Reading[time.Duration] `json:",omitzero"`
	// GoJitter is the most that it was late at a beat while something else of it ran.
	GoJitter Reading[time.Duration] `json:",omitzero"`
	// SchedP99 is the 99th percentile of how long goroutines waited to run.
	SchedP99 Reading[time.Duration] `json:",omitzero"`
	// GCPause and GCPauseMax are the sum and the longest of the pauses that Go's
	// collector made, GCShare the part of the CPU time this process may use that
	// collections took which ended in the window.
	GCPause    Reading[time.Duration] `json:",omitzero"`
	GCPauseMax Reading[time.Duration] `json:",omitzero"`
	GCShare    Reading[float64]       `json:",omitzero"`
	// Throttled is in how many periods the process's control group, or one above it,
	// had used up its CPU quota, ThrottledFor how long it had to wait, added up over cores.
	Throttled    Reading[uint64]        `json:",omitzero"`
	ThrottledFor Reading[time.Duration] `json:",omitzero"`

	// LoopBusy is the largest share of the window in which a loop of it had something to do:
	// it did not wait, nor spin up to a moment. It is never told too large.
	LoopBusy Reading[float64] `json:",omitzero"`

	Machine MachineVitals `json:",omitzero"`
}

// MachineVitals are those of the whole machine: the same for every agent on it. Shares
// are of 1.
type MachineVitals struct {
	Cores       Reading[uint64]  `json:",omitzero"`
	Busy        Reading[float64] `json:",omitzero"` // cores' worth of work, of all programs
	BusiestCore Reading[float64] `json:",omitzero"` // share
	Steal       Reading[float64] `json:",omitzero"` // share of all cores that the hypervisor gave to others
	SoftIRQ     Reading[float64] `json:",omitzero"` // largest share of a core
	Pressure    Reading[float64] `json:",omitzero"` // share of the time in which something waited for a core (PSI some)

	// Of TCP, by this machine to whomever, the target's part included where it runs here.
	Segments        Reading[uint64] `json:",omitzero"` // sent
	Retransmitted   Reading[uint64] `json:",omitzero"` // of them, again
	ListenOverflows Reading[uint64] `json:",omitzero"` // connections that came to a full queue
	ListenDrops     Reading[uint64] `json:",omitzero"` // and those dropped for any reason

	// Of network interfaces, the loopback included.
	Packets   Reading[uint64]  `json:",omitzero"` // both ways
	Drops     Reading[uint64]  `json:",omitzero"` // that the interfaces lost
	LinkShare Reading[float64] `json:",omitzero"` // largest share of a link's speed, of one way
	Received  Reading[uint64]  `json:",omitzero"` // bytes, by all interfaces but the loopback
	Sent      Reading[uint64]  `json:",omitzero"`
}

// Worst adds a window up with others: the largest of each reading, and the sum of what
// is counted.
func (v *Vitals) Worst(w *Vitals) {
	if w.KernelJitter.Known && !v.KernelJitter.Over(w.KernelJitter.Value) {
		v.StallCPU = w.StallCPU
	}
	v.KernelJitter, v.GoJitter = v.KernelJitter.Max(w.KernelJitter), v.GoJitter.Max(w.GoJitter)
	v.SchedP99 = v.SchedP99.Max(w.SchedP99)
	v.GCPause, v.GCPauseMax, v.GCShare = v.GCPause.Plus(w.GCPause), v.GCPauseMax.Max(w.GCPauseMax), v.GCShare.Max(w.GCShare)
	v.Throttled, v.ThrottledFor = v.Throttled.Plus(w.Throttled), v.ThrottledFor.Plus(w.ThrottledFor)
	v.LoopBusy = v.LoopBusy.Max(w.LoopBusy)
	v.Machine.worst(&w.Machine)
}

func (m *MachineVitals) worst(w *MachineVitals) {
	m.Cores, m.Busy, m.BusiestCore = m.Cores.Max(w.Cores), m.Busy.Max(w.Busy), m.BusiestCore.Max(w.BusiestCore)
	m.Steal, m.SoftIRQ, m.Pressure = m.Steal.Max(w.Steal), m.SoftIRQ.Max(w.SoftIRQ), m.Pressure.Max(w.Pressure)
	m.Segments, m.Retransmitted = m.Segments.Plus(w.Segments), m.Retransmitted.Plus(w.Retransmitted)
	m.ListenOverflows, m.ListenDrops = m.ListenOverflows.Plus(w.ListenOverflows), m.ListenDrops.Plus(w.ListenDrops)
	m.Packets, m.Drops, m.LinkShare = m.Packets.Plus(w.Packets), m.Drops.Plus(w.Drops), m.LinkShare.Max(w.LinkShare)
	m.Received, m.Sent = m.Received.Plus(w.Received), m.Sent.Plus(w.Sent)
}
