package view

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// A Host is a machine that ran agents: its process there, what the machine did meanwhile, and what became of it.
type Host struct {
	Process
	Machine  stats.Machine
	Agents   int
	Requests uint64

	// Of the whole machine, whoever used it: shares of all its cores, and of a link's speed.
	Busy, BusyMost, StealMost, LinkMost stats.Reading[float64]
	Received, Sent                      stats.Reading[uint64] // bytes, by all links but the loopback

	Streams, Connections int // how often these were taken up again after they broke
	Lost                 string
	LostAt               stats.Offset
	Late                 *stats.LateTotal // what it had kept when it was lost; nil = nothing
}

func hostOf(r *stats.Run, u stats.Usage, seconds float64) Host {
	h := Host{Process: process(u, seconds), Machine: u.Machine, Streams: u.Streams, Connections: u.Connections, Lost: u.Lost, LostAt: u.LostAt}
	for i := range r.Agents {
		if r.Agents[i].Host == u.Name {
			h.Agents, h.Requests = h.Agents+1, h.Requests+r.Agents[i].Requests
		}
	}
	for i := range r.Late {
		if r.Late[i].Host == u.Name {
			h.Late = &r.Late[i]
		}
	}
	h.machine(r)
	return h
}

// machine adds up what the machine told, which is the same for every agent on it.
func (h *Host) machine(r *stats.Run) {
	sum, windows := 0.0, 0
	for i := range r.Windows {
		m := machineIn(&r.Windows[i], h.Name)
		if m == nil {
			continue
		}
		if m.Busy.Known && m.Cores.Value > 0 {
			share := m.Busy.Value / float64(m.Cores.Value)
			sum, windows = sum+share, windows+1
			h.BusyMost = h.BusyMost.Max(stats.Read(share))
		}
		h.StealMost, h.LinkMost = h.StealMost.Max(m.Steal), h.LinkMost.Max(m.LinkShare)
		h.Received, h.Sent = h.Received.Plus(m.Received), h.Sent.Plus(m.Sent)
	}
	if windows > 0 {
		h.Busy = stats.Read(sum / float64(windows))
	}
}

func machineIn(w *stats.Window, host string) *stats.MachineVitals {
	for i := range w.Agents {
		if a := &w.Agents[i]; a.Host == host && a.Vitals.Machine != (stats.MachineVitals{}) {
			return &a.Vitals.Machine
		}
	}
	return nil
}

// ShowsHosts says whether there is something to say of hosts: there are several, or one had trouble.
func (v *View) ShowsHosts() bool {
	for i := range v.Hosts {
		if v.Hosts[i].Trouble() != "" {
			return true
		}
	}
	return len(v.Hosts) > 1
}

// Trouble says in words what became of a host, "" where nothing did.
func (h *Host) Trouble() string {
	var all []string
	if h.Lost != "" {
		all = append(all, fmt.Sprintf("lost at %s: %s", Clock(h.LostAt), h.Lost))
	}
	if l := h.Late; l != nil && l.Windows > 0 {
		all = append(all, fmt.Sprintf("went on until %s, and handed that in late", Clock(l.Until)))
	}
	for _, broken := range []struct {
		n    int
		what string
	}{{h.Streams, "stream"}, {h.Connections, "connection"}} {
		if broken.n == 1 {
			all = append(all, "its "+broken.what+" broke once")
		} else if broken.n > 1 {
			all = append(all, fmt.Sprintf("its %s broke %d times", broken.what, broken.n))
		}
	}
	return strings.Join(all, "; ")
}

// lateNotes say what is in counts alone.
func lateNotes(v *View) (n []string) {
	for i := range v.Hosts {
		h := &v.Hosts[i]
		if h.Late == nil {
			continue
		}
		if l := h.Late; l.Windows > 0 {
			n = append(n, fmt.Sprintf("Host %s was lost, and went on until %s. What it measured from %s on came late, when the run was over: its %s requests are in every count, and in no time, rate or share.",
				h.Name, Clock(l.Until), Clock(l.From), Group(l.Requests)))
		}
		if !h.Late.Whole {
			n = append(n, fmt.Sprintf("Not all that host %s did before it ended is known.", h.Name))
		}
	}
	return n
}

// SummaryTraffic is what a machine sent and received, by whomever; what is absent is not known.
type SummaryTraffic struct {
	Received *uint64  `json:"bytes_received,omitempty"`
	Sent     *uint64  `json:"bytes_sent,omitempty"`
	Link     *float64 `json:"link_share_most,omitempty"`
}

// SummaryHostMachine is what a host ran on, and how busy that was.
type SummaryHostMachine struct {
	OS        string   `json:"os,omitempty"`
	Arch      string   `json:"arch,omitempty"`
	Kernel    string   `json:"kernel,omitempty"`
	Version   string   `json:"loadctl,omitempty"`
	Cores     uint64   `json:"cores,omitempty"`
	Memory    uint64   `json:"memory_bytes,omitempty"`
	Busy      *float64 `json:"busy_share,omitempty"`
	BusyMost  *float64 `json:"busy_share_most,omitempty"`
	StealMost *float64 `json:"steal_most,omitempty"`
}

// SummaryLate is what a host that was lost handed in when the run was over.
type SummaryLate struct {
	Windows  int     `json:"windows"`
	FromS    float64 `json:"from_s"`
	UntilS   float64 `json:"until_s"`
	Requests uint64  `json:"requests"`
	Settled  uint64  `json:"settled"`
	Whole    bool    `json:"whole"`
}

// SummaryHost is one host.
type SummaryHost struct {
	SummaryProcess

	Clock       SummaryClock       `json:"clock"`
	Agents      int                `json:"agents"`
	Requests    uint64             `json:"requests"`
	Machine     SummaryHostMachine `json:"machine,omitzero"`
	Network     SummaryTraffic     `json:"network,omitzero"`
	Streams     int                `json:"streams_broken"`
	Connections int                `json:"connections_broken"`
	Lost        string             `json:"lost,omitempty"`
	LostAtS     *float64           `json:"lost_at_s,omitempty"`
	Late        *SummaryLate       `json:"late,omitempty"`
}

func summaryHost(h *Host) SummaryHost {
	m := &h.Machine
	s := SummaryHost{
		SummaryProcess: summaryProcess(h.Process),
		Clock:          SummaryClock{round(1000 * h.ClockAhead.Seconds()), round(1000 * h.Apart.Seconds())},
		Agents:         h.Agents, Requests: h.Requests,
		Machine: SummaryHostMachine{m.OS, m.Arch, m.Kernel, m.Version, m.Cores, m.Memory, fraction(h.Busy), fraction(h.BusyMost), fraction(h.StealMost)},
		Network: SummaryTraffic{number(h.Received), number(h.Sent), fraction(h.LinkMost)},
		Streams: h.Streams, Connections: h.Connections, Lost: h.Lost,
	}
	if h.Lost != "" {
		s.LostAtS = offset(h.LostAt)
	}
	if l := h.Late; l != nil {
		s.Late = &SummaryLate{Windows: l.Windows, Requests: l.Requests, Settled: l.Settled, Whole: l.Whole}
		if l.Windows > 0 {
			s.Late.FromS, s.Late.UntilS = round(l.From.Seconds()), round(l.Until.Seconds())
		}
	}
	return s
}
