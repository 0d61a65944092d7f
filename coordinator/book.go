package coordinator

import "github.com/loadctl/loadctl/stats"

// A book keeps what each host has counted so far, without times: if the host is
// lost, what it had in flight by its last report is known, and is censored.
type book struct {
	layout *stats.Layout
	hosts  map[string][]account
}

// An account is intended and ended of one row.
type account struct{ intended, ended uint64 }

func (b *book) of(host string) []account {
	if b.hosts == nil {
		b.hosts = map[string][]account{}
	}
	if b.hosts[host] == nil {
		b.hosts[host] = make([]account, len(b.layout.Cells))
	}
	return b.hosts[host]
}

func (b *book) add(host string, cells []stats.CellStats) {
	rows := b.of(host)
	for i := range min(len(cells), len(rows)) {
		rows[i].intended += cells[i].Intended
		rows[i].ended += cells[i].Ended()
	}
}

// report books a window.
func (b *book) report(host string, s *stats.Snapshot) { b.add(host, s.Cells) }

// lost books what a dead agent had not reported.
func (b *book) lost(host string, l *stats.AgentLoss) { b.add(host, l.Missing) }

// inFlight is what a host had counted as intended and not as ended, censored.
func (b *book) inFlight(host string) []stats.CellStats {
	rows := b.of(host)
	cells := make([]stats.CellStats, len(rows))
	for i, r := range rows {
		if r.intended > r.ended {
			cells[i].Classes[stats.Censored] = r.intended - r.ended
		}
	}
	return cells
}
