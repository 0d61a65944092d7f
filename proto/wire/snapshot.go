package wire

import (
	"errors"
	"fmt"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/stats"
)

// EncodeSnapshot gives the message of a snapshot; of nil it is nil.
func EncodeSnapshot(s *stats.Snapshot) *loadctlpb.Snapshot {
	if s == nil {
		return nil
	}
	return &loadctlpb.Snapshot{
		Window: s.Window,
		Cells:  encodeCells(s.Cells),
		Phases: encodePhases(s.Phases),
		Errors: encodeErrors(s.Errors),
	}
}

// DecodeSnapshot checks a message against the run's layout and gives its snapshot.
func DecodeSnapshot(m *loadctlpb.Snapshot, l *stats.Layout) (*stats.Snapshot, error) {
	if m == nil {
		return nil, errors.New("snapshot: missing")
	}
	s := &stats.Snapshot{Window: m.GetWindow()}
	var err error
	if s.Cells, err = decodeCells(m.GetCells(), l); err != nil {
		return nil, fmt.Errorf("snapshot of window %d: %w", s.Window, err)
	}
	if s.Phases, err = decodePhases(m.GetPhases(), l); err != nil {
		return nil, fmt.Errorf("snapshot of window %d: %w", s.Window, err)
	}
	if s.Errors, err = decodeErrors(m.GetErrors(), l); err != nil {
		return nil, fmt.Errorf("snapshot of window %d: %w", s.Window, err)
	}
	return s, nil
}

// encodeCells makes all messages in one piece of memory: there is one a row and
// second.
func encodeCells(cells []stats.CellStats) []*loadctlpb.CellStats {
	made := make([]loadctlpb.CellStats, len(cells))
	list := make([]*loadctlpb.CellStats, len(cells))
	for i := range cells {
		encodeCell(&made[i], &cells[i])
		list[i] = &made[i]
	}
	return list
}

func encodeCell(m *loadctlpb.CellStats, c *stats.CellStats) {
	m.Intended, m.BytesIn, m.BytesOut = c.Intended, c.BytesIn, c.BytesOut
	m.ChecksPassed, m.ChecksFailed, m.Redirects = c.ChecksPassed, c.ChecksFailed, c.Redirects
	m.Response, m.Service = c.Response.Sparse(), c.Service.Sparse()
	m.FirstByte, m.Failed = c.FirstByte.Sparse(), c.Failed.Sparse()
	m.Bins, m.Split = c.Bins.AppendSparse(nil), c.Split.AppendSparse(nil)
	if c.Classes != [stats.Classes]uint64{} {
		m.Classes = c.Classes[:]
	}
	for _, s := range c.Statuses {
		m.Statuses = append(m.Statuses, &loadctlpb.StatusCount{Status: uint32(s.Status), Count: s.Count})
	}
}

func decodeCells(list []*loadctlpb.CellStats, l *stats.Layout) ([]stats.CellStats, error) {
	if len(list) != len(l.Cells) {
		return nil, fmt.Errorf("%d rows where the scenario has %d", len(list), len(l.Cells))
	}
	cells, ladder := make([]stats.CellStats, len(list)), l.Ladder()
	for i, m := range list {
		if err := decodeCell(&cells[i], m, ladder); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
	}
	return cells, nil
}

func decodeCell(c *stats.CellStats, m *loadctlpb.CellStats, ladder *stats.Ladder) error {
	c.Intended, c.BytesIn, c.BytesOut = m.GetIntended(), m.GetBytesIn(), m.GetBytesOut()
	c.ChecksPassed, c.ChecksFailed, c.Redirects = m.GetChecksPassed(), m.GetChecksFailed(), m.GetRedirects()
	switch n := len(m.GetClasses()); n {
	case 0:
	case stats.Classes:
		copy(c.Classes[:], m.GetClasses())
	default:
		return fmt.Errorf("%d classes instead of %d", n, stats.Classes)
	}
	var err error
	if c.Statuses, err = decodeStatuses(m.GetStatuses()); err != nil {
		return err
	}
	if c.Bins, err = decodeBins(m.GetBins(), ladder); err != nil {
		return err
	}
	if c.Split, err = stats.ParseSplit(m.GetSplit()); err != nil {
		return err
	}
	return decodeTimes(
		times{"response", &c.Response, m.GetResponse()},
		times{"service", &c.Service, m.GetService()},
		times{"first byte", &c.FirstByte, m.GetFirstByte()},
		times{"failed", &c.Failed, m.GetFailed()})
}

func decodeStatuses(list []*loadctlpb.StatusCount) ([]stats.StatusCount, error) {
	if len(list) == 0 {
		return nil, nil
	}
	statuses := make([]stats.StatusCount, len(list))
	last := 0
	for i, m := range list {
		status := int(m.GetStatus())
		if status <= last || status > maxStatus {
			return nil, fmt.Errorf("status %d after %d", status, last)
		}
		statuses[i] = stats.StatusCount{Status: status, Count: m.GetCount()}
		last = status
	}
	return statuses, nil
}

func decodeBins(b []byte, ladder *stats.Ladder) (stats.BinCounts, error) {
	counts, err := stats.ParseBins(b)
	if err == nil && !counts.Fit(ladder) {
		err = errors.New("bins: a rung that the ladder does not have")
	}
	return counts, err
}

// maxStatus is the largest number an HTTP status has room for.
const maxStatus = 999

// times is a histogram to decode.
type times struct {
	name string
	to   **stats.Histogram
	from []byte
}

func decodeTimes(list ...times) error {
	for _, t := range list {
		h, err := stats.ParseSparse(t.from)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		*t.to = h
	}
	return nil
}
