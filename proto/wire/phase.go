package wire

import (
	"fmt"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/stats"
)

func encodePhases(phases []stats.PhaseStats) []*loadctlpb.PhaseStats {
	list := make([]*loadctlpb.PhaseStats, len(phases))
	for i := range phases {
		list[i] = encodePhase(&phases[i])
	}
	return list
}

func encodePhase(p *stats.PhaseStats) *loadctlpb.PhaseStats {
	return &loadctlpb.PhaseStats{
		IterIntended: p.IterIntended, IterCompleted: p.IterCompleted, IterAborted: p.IterAborted,
		ConnOpened: p.ConnOpened, ConnDropped: p.ConnDropped, ConnFailed: p.ConnFailed,
		HeartbeatsSent: p.HeartbeatsSent, HeartbeatsAnswered: p.HeartbeatsAnswered,
		ConnOpen: p.ConnOpen, ConnHeld: p.ConnHeld,
		Vus: p.VUs, InFlight: p.InFlight, Queued: p.Queued,
		TlsHandshakes: p.TLSHandshakes, TlsResumed: p.TLSResumed,
		Connect: p.Connect.Sparse(), Tls: p.TLS.Sparse(), PoolWait: p.PoolWait.Sparse(), PacerLag: p.PacerLag.Sparse(),
		ConnEnded: encodeEnded(&p.Ended), DropIdle: p.DropIdle.Sparse(), DropAge: p.DropAge.Sparse(), TimeWait: p.TimeWait,
	}
}

func encodeEnded(n *[stats.Endings]uint64) []uint64 {
	if *n == [stats.Endings]uint64{} {
		return nil
	}
	return n[:]
}

func decodePhases(list []*loadctlpb.PhaseStats, l *stats.Layout) ([]stats.PhaseStats, error) {
	if len(list) != len(l.Phases) {
		return nil, fmt.Errorf("%d phases where the scenario has %d", len(list), len(l.Phases))
	}
	phases := make([]stats.PhaseStats, len(list))
	for i, m := range list {
		if err := decodePhase(&phases[i], m); err != nil {
			return nil, fmt.Errorf("phase %d: %w", i, err)
		}
	}
	return phases, nil
}

func decodePhase(p *stats.PhaseStats, m *loadctlpb.PhaseStats) error {
	*p = stats.PhaseStats{
		IterIntended: m.GetIterIntended(), IterCompleted: m.GetIterCompleted(), IterAborted: m.GetIterAborted(),
		ConnOpened: m.GetConnOpened(), ConnDropped: m.GetConnDropped(), ConnFailed: m.GetConnFailed(),
		HeartbeatsSent: m.GetHeartbeatsSent(), HeartbeatsAnswered: m.GetHeartbeatsAnswered(),
		TLSHandshakes: m.GetTlsHandshakes(), TLSResumed: m.GetTlsResumed(),
		ConnOpen: m.GetConnOpen(), ConnHeld: m.GetConnHeld(),
		VUs: m.GetVus(), InFlight: m.GetInFlight(), Queued: m.GetQueued(), TimeWait: m.GetTimeWait(),
	}
	switch n := len(m.GetConnEnded()); n {
	case 0:
	case stats.Endings:
		copy(p.Ended[:], m.GetConnEnded())
	default:
		return fmt.Errorf("%d endings of connections instead of %d", n, stats.Endings)
	}
	return decodeTimes(
		times{"connect", &p.Connect, m.GetConnect()},
		times{"tls", &p.TLS, m.GetTls()},
		times{"pool wait", &p.PoolWait, m.GetPoolWait()},
		times{"pacer lag", &p.PacerLag, m.GetPacerLag()},
		times{"drop idle", &p.DropIdle, m.GetDropIdle()},
		times{"drop age", &p.DropAge, m.GetDropAge()})
}
