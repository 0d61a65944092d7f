package wire

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/stats"
)

// EncodeAgentWindow gives the message of one agent's window. Its host is not in
// it, because the stream says which host it comes from.
func EncodeAgentWindow(w *stats.AgentWindow) *loadctlpb.AgentWindow {
	return &loadctlpb.AgentWindow{
		Name: text(w.Name), State: w.State,
		CpuNs: int64(w.CPU), Rss: w.RSS,
		Intended: w.Intended, Requests: w.Requests, Failed: w.Failed,
		Connections: w.Connections, Held: w.Held, Lost: w.Lost,
		RecordedRequests: w.RecordedRequests, RecordedEnded: w.RecordedEnded, RecordedFailed: w.RecordedFailed,
		PacerLag: w.PacerLag.Sparse(), Response: w.Response.Sparse(),
		Ports: w.Ports, PortsKept: w.PortsKept,
		Vitals:      EncodeVitals(&w.Vitals),
		Arrivals:    encodeArrivals(w.Arrivals),
		ClockStepNs: int64(w.ClockStep), ClockStepAt: int64(w.ClockStepAt), ClockAheadNs: int64(w.ClockAhead),
	}
}

// DecodeAgentWindow checks a message and gives its window, of an agent of host.
func DecodeAgentWindow(m *loadctlpb.AgentWindow, host string) (stats.AgentWindow, error) {
	w := stats.AgentWindow{
		Name: m.GetName(), Host: host, State: m.GetState(),
		CPU: time.Duration(m.GetCpuNs()), RSS: m.GetRss(),
		Intended: m.GetIntended(), Requests: m.GetRequests(), Failed: m.GetFailed(),
		Connections: m.GetConnections(), Held: m.GetHeld(), Lost: m.GetLost(),
		Ports: m.GetPorts(), PortsKept: m.GetPortsKept(),
		RecordedRequests: m.GetRecordedRequests(), RecordedEnded: m.GetRecordedEnded(), RecordedFailed: m.GetRecordedFailed(),
		ClockStep: time.Duration(m.GetClockStepNs()), ClockStepAt: stats.Offset(m.GetClockStepAt()), ClockAhead: time.Duration(m.GetClockAheadNs()),
	}
	err := decodeTimes(
		times{"pacer lag", &w.PacerLag, m.GetPacerLag()},
		times{"response", &w.Response, m.GetResponse()})
	if err == nil {
		w.Arrivals, err = decodeArrivals(m.GetArrivals())
	}
	if err == nil {
		w.Vitals, err = decodeVitals(m.GetVitals())
	}
	if err != nil {
		return stats.AgentWindow{}, fmt.Errorf("window of agent %q: %w", w.Name, err)
	}
	return w, nil
}

// EncodeReport gives the message of a host's closed window.
func EncodeReport(seq uint64, merged *stats.Snapshot, agents []stats.AgentWindow) *loadctlpb.Report {
	m := &loadctlpb.Report{Seq: seq, Merged: EncodeSnapshot(merged)}
	for i := range agents {
		m.Agents = append(m.Agents, EncodeAgentWindow(&agents[i]))
	}
	return m
}

// DecodeReport checks a host's closed window.
func DecodeReport(m *loadctlpb.Report, host string, l *stats.Layout) (*stats.Snapshot, []stats.AgentWindow, error) {
	merged, err := DecodeSnapshot(m.GetMerged(), l)
	if err != nil {
		return nil, nil, err
	}
	agents := make([]stats.AgentWindow, len(m.GetAgents()))
	for i, a := range m.GetAgents() {
		if agents[i], err = DecodeAgentWindow(a, host); err != nil {
			return nil, nil, err
		}
	}
	return merged, agents, nil
}

// EncodeAgentLost gives the message of an agent's loss.
func EncodeAgentLost(seq uint64, l *stats.AgentLoss) *loadctlpb.AgentLost {
	return &loadctlpb.AgentLost{
		Seq: seq, Name: text(l.Agent), Why: text(l.Why), At: int64(l.At),
		Missing: EncodeSnapshot(&stats.Snapshot{Cells: l.Missing, Phases: l.Phases}),
	}
}

// DecodeAgentLost checks the message of an agent's loss. An agent that was lost
// before it counted anything has no missing counts.
func DecodeAgentLost(m *loadctlpb.AgentLost, l *stats.Layout) (*stats.AgentLoss, error) {
	loss := &stats.AgentLoss{Agent: m.GetName(), Why: m.GetWhy(), At: stats.Offset(m.GetAt())}
	if len(m.GetMissing().GetCells()) == 0 && len(m.GetMissing().GetPhases()) == 0 {
		return loss, nil
	}
	missing, err := DecodeSnapshot(m.GetMissing(), l)
	if err != nil {
		return nil, fmt.Errorf("loss of agent %q: %w", loss.Agent, err)
	}
	loss.Missing, loss.Phases = missing.Cells, missing.Phases
	return loss, nil
}

// EncodeAgentTotal gives the message of what one agent was and used.
func EncodeAgentTotal(a *stats.AgentTotal) *loadctlpb.AgentFinished {
	return &loadctlpb.AgentFinished{
		Name: text(a.Name), Pid: int32(a.PID), CpuNs: int64(a.CPU), MaxRss: a.MaxRSS,
		Requests: a.Requests, PeakConnections: a.PeakConnections, Lost: text(a.Lost), Due: a.Due, ByTicks: a.ByTicks,
	}
}

// DecodeAgentTotal gives what one agent of host was and used. When it was lost is
// not in the message; the run knows.
func DecodeAgentTotal(m *loadctlpb.AgentFinished, host string) stats.AgentTotal {
	return stats.AgentTotal{
		Name: m.GetName(), Host: host, PID: int(m.GetPid()),
		CPU: time.Duration(m.GetCpuNs()), MaxRSS: m.GetMaxRss(),
		Requests: m.GetRequests(), PeakConnections: m.GetPeakConnections(),
		Due: m.GetDue(), ByTicks: m.GetByTicks(),
		Lost: m.GetLost(), LostAt: stats.Never,
	}
}

// EncodeFinished gives a host's last message.
func EncodeFinished(seq uint64, agents []stats.AgentTotal, host stats.Usage) *loadctlpb.Finished {
	m := &loadctlpb.Finished{Seq: seq, CpuNs: int64(host.CPU), MaxRss: host.MaxRSS}
	for i := range agents {
		m.Agents = append(m.Agents, EncodeAgentTotal(&agents[i]))
	}
	return m
}

// DecodeFinished gives what a host and its agents used.
func DecodeFinished(m *loadctlpb.Finished, host string) ([]stats.AgentTotal, stats.Usage) {
	var agents []stats.AgentTotal
	for _, a := range m.GetAgents() {
		agents = append(agents, DecodeAgentTotal(a, host))
	}
	return agents, stats.Usage{Name: host, CPU: time.Duration(m.GetCpuNs()), MaxRSS: m.GetMaxRss()}
}

// EncodeNotice gives the message of an event.
func EncodeNotice(seq uint64, e *stats.Event) *loadctlpb.Notice {
	return &loadctlpb.Notice{Seq: seq, At: int64(e.At), Level: uint32(e.Level), Kind: text(e.Kind), Text: text(e.Text)}
}

// DecodeNotice gives an event; a level there is none of is the gravest.
func DecodeNotice(m *loadctlpb.Notice) stats.Event {
	level := stats.Level(min(m.GetLevel(), uint32(stats.Severe)))
	return stats.Event{At: stats.Offset(m.GetAt()), Level: level, Kind: m.GetKind(), Text: m.GetText()}
}
