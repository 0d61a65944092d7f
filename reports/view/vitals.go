package view

import (
	"time"

	"github.com/loadctl/loadctl/stats"
)

// Unknown stands where a figure is not known.
const Unknown = "–"

// Reading shows a figure that may not be known.
func Reading[T uint64 | float64 | time.Duration](r stats.Reading[T], show func(T) string) string {
	if !r.Known {
		return Unknown
	}
	return show(r.Value)
}

// VitalsOf is the worst of one agent's vitals over windows.
func VitalsOf(w []stats.Window, agent string) (v stats.Vitals) {
	for i := range w {
		for j := range w[i].Agents {
			if a := &w[i].Agents[j]; a.Name == agent {
				v.Worst(&a.Vitals)
			}
		}
	}
	return v
}

// SummaryVitals are an agent's vitals as files show them: what is absent is not known.
// Of several windows they are the largest, and of what is counted the sum.
type SummaryVitals struct {
	KernelJitterMS *float64 `json:"kernel_jitter_ms,omitempty"`
	StallCPUMS     *float64 `json:"stall_cpu_ms,omitempty"`
	GoJitterMS     *float64 `json:"go_jitter_ms,omitempty"`
	SchedP99MS     *float64 `json:"sched_p99_ms,omitempty"`
	GCPauseMS      *float64 `json:"gc_pause_ms,omitempty"`
	GCPauseMaxMS   *float64 `json:"gc_pause_max_ms,omitempty"`
	GCShare        *float64 `json:"gc_share,omitempty"`
	Throttled      *uint64  `json:"throttled,omitempty"`
	ThrottledMS    *float64 `json:"throttled_ms,omitempty"`
	LoopBusy       *float64 `json:"loop_busy,omitempty"`

	Machine SummaryMachine `json:"machine,omitzero"`
}

// SummaryMachine are those of the whole machine.
type SummaryMachine struct {
	Cores           *uint64  `json:"cores,omitempty"`
	Busy            *float64 `json:"busy_cores,omitempty"`
	BusiestCore     *float64 `json:"busiest_core,omitempty"`
	Steal           *float64 `json:"steal,omitempty"`
	SoftIRQ         *float64 `json:"softirq,omitempty"`
	Pressure        *float64 `json:"cpu_pressure,omitempty"`
	Segments        *uint64  `json:"tcp_segments,omitempty"`
	Retransmitted   *uint64  `json:"tcp_retransmitted,omitempty"`
	ListenOverflows *uint64  `json:"listen_overflows,omitempty"`
	ListenDrops     *uint64  `json:"listen_drops,omitempty"`
	Packets         *uint64  `json:"packets,omitempty"`
	Drops           *uint64  `json:"packets_dropped,omitempty"`
	LinkShare       *float64 `json:"link_share,omitempty"`
	Received        *uint64  `json:"bytes_received,omitempty"` // by links, the loopback left out
	Sent            *uint64  `json:"bytes_sent,omitempty"`
}

// SummaryOf gives vitals as files show them.
func SummaryOf(v *stats.Vitals) SummaryVitals {
	m := &v.Machine
	return SummaryVitals{
		KernelJitterMS: msOf(v.KernelJitter), StallCPUMS: msOf(v.StallCPU), GoJitterMS: msOf(v.GoJitter), SchedP99MS: msOf(v.SchedP99),
		GCPauseMS: msOf(v.GCPause), GCPauseMaxMS: msOf(v.GCPauseMax), GCShare: fraction(v.GCShare),
		Throttled: number(v.Throttled), ThrottledMS: msOf(v.ThrottledFor), LoopBusy: fraction(v.LoopBusy),
		Machine: SummaryMachine{
			Cores: number(m.Cores), Busy: fraction(m.Busy), BusiestCore: fraction(m.BusiestCore), Steal: fraction(m.Steal),
			SoftIRQ: fraction(m.SoftIRQ), Pressure: fraction(m.Pressure), Segments: number(m.Segments), Retransmitted: number(m.Retransmitted),
			ListenOverflows: number(m.ListenOverflows), ListenDrops: number(m.ListenDrops),
			Packets: number(m.Packets), Drops: number(m.Drops), LinkShare: fraction(m.LinkShare),
			Received: number(m.Received), Sent: number(m.Sent),
		},
	}
}

func msOf(r stats.Reading[time.Duration]) *float64 {
	if !r.Known {
		return nil
	}
	return millis(r.Value)
}

func fraction(r stats.Reading[float64]) *float64 {
	if !r.Known {
		return nil
	}
	f := round(r.Value)
	return &f
}

func number(r stats.Reading[uint64]) *uint64 {
	if !r.Known {
		return nil
	}
	return &r.Value
}
