package wire

import (
	"errors"
	"math"
	"time"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/stats"
)

// EncodeVitals gives the message of what a process and its machine went through; of
// nothing known it is nil.
func EncodeVitals(v *stats.Vitals) *loadctlpb.Vitals {
	if *v == (stats.Vitals{}) {
		return nil
	}
	return &loadctlpb.Vitals{
		KernelJitterNs: nanoseconds(v.KernelJitter), StallCpuNs: nanoseconds(v.StallCPU), GoJitterNs: nanoseconds(v.GoJitter),
		SchedP99Ns: nanoseconds(v.SchedP99), GcPauseNs: nanoseconds(v.GCPause), GcPauseMaxNs: nanoseconds(v.GCPauseMax),
		GcShare: pointer(v.GCShare), Throttled: pointer(v.Throttled), ThrottledNs: nanoseconds(v.ThrottledFor),
		LoopBusy: pointer(v.LoopBusy),
		Machine:  encodeMachine(&v.Machine),
	}
}

func encodeMachine(m *stats.MachineVitals) *loadctlpb.MachineVitals {
	if *m == (stats.MachineVitals{}) {
		return nil
	}
	return &loadctlpb.MachineVitals{
		Cores: pointer(m.Cores), Busy: pointer(m.Busy), BusiestCore: pointer(m.BusiestCore), Steal: pointer(m.Steal), SoftIrq: pointer(m.SoftIRQ),
		Pressure: pointer(m.Pressure), Segments: pointer(m.Segments), Retransmitted: pointer(m.Retransmitted),
		ListenOverflows: pointer(m.ListenOverflows), ListenDrops: pointer(m.ListenDrops),
		Packets: pointer(m.Packets), Drops: pointer(m.Drops), LinkShare: pointer(m.LinkShare),
		Received: pointer(m.Received), Sent: pointer(m.Sent),
	}
}

func nanoseconds(r stats.Reading[time.Duration]) *int64 {
	if !r.Known {
		return nil
	}
	ns := int64(r.Value)
	return &ns
}

func pointer[T uint64 | float64](r stats.Reading[T]) *T {
	if !r.Known {
		return nil
	}
	return &r.Value
}

// decodeVitals checks a message; of none nothing is known.
func decodeVitals(m *loadctlpb.Vitals) (v stats.Vitals, err error) {
	if m == nil {
		return v, nil
	}
	v = stats.Vitals{
		KernelJitter: long(m.KernelJitterNs, &err), StallCPU: long(m.StallCpuNs, &err), GoJitter: long(m.GoJitterNs, &err),
		SchedP99: long(m.SchedP99Ns, &err), GCPause: long(m.GcPauseNs, &err), GCPauseMax: long(m.GcPauseMaxNs, &err),
		GCShare: share(m.GcShare, &err), Throttled: number(m.Throttled), ThrottledFor: long(m.ThrottledNs, &err),
		LoopBusy: share(m.LoopBusy, &err),
	}
	if m := m.GetMachine(); m != nil {
		v.Machine = stats.MachineVitals{
			Cores: number(m.Cores), Busy: share(m.Busy, &err), BusiestCore: share(m.BusiestCore, &err), Steal: share(m.Steal, &err),
			SoftIRQ: share(m.SoftIrq, &err), Pressure: share(m.Pressure, &err), Segments: number(m.Segments), Retransmitted: number(m.Retransmitted),
			ListenOverflows: number(m.ListenOverflows), ListenDrops: number(m.ListenDrops),
			Packets: number(m.Packets), Drops: number(m.Drops), LinkShare: share(m.LinkShare, &err),
			Received: number(m.Received), Sent: number(m.Sent),
		}
	}
	return v, err
}

func long(p *int64, err *error) (r stats.Reading[time.Duration]) {
	if p == nil {
		return r
	}
	if *p < 0 {
		*err = errors.New("vitals: a time below 0")
	}
	return stats.Read(time.Duration(*p))
}

func share(p *float64, err *error) (r stats.Reading[float64]) {
	if p == nil {
		return r
	}
	if math.IsNaN(*p) || math.IsInf(*p, 0) || *p < 0 {
		*err = errors.New("vitals: a share that is none")
	}
	return stats.Read(*p)
}

func number(p *uint64) (r stats.Reading[uint64]) {
	if p == nil {
		return r
	}
	return stats.Read(*p)
}
