package wire

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/stats"
)

func encodeErrors(groups []stats.ErrorGroup) []*loadctlpb.ErrorGroup {
	if len(groups) == 0 {
		return nil
	}
	list := make([]*loadctlpb.ErrorGroup, len(groups))
	for i := range groups {
		list[i] = encodeError(&groups[i])
	}
	return list
}

func encodeError(g *stats.ErrorGroup) *loadctlpb.ErrorGroup {
	m := &loadctlpb.ErrorGroup{
		Cell: uint32(g.Cell), Class: uint32(g.Class), Status: int32(g.Status), Kind: text(g.Kind),
		Count: g.Count, First: int64(g.First), Last: int64(g.Last),
	}
	for _, s := range g.Samples {
		m.Samples = append(m.Samples, &loadctlpb.ErrorSample{
			At: int64(s.At), Response: int64(s.Response), Agent: text(s.Agent), Detail: text(s.Detail),
		})
	}
	return m
}

// text makes a string fit for a message, which holds nothing but valid UTF-8.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// decodeErrors demands the order that merging relies on.
func decodeErrors(list []*loadctlpb.ErrorGroup, l *stats.Layout) ([]stats.ErrorGroup, error) {
	if len(list) == 0 {
		return nil, nil
	}
	if most := stats.MaxErrorGroups + len(l.Cells)*stats.Classes; len(list) > most {
		return nil, fmt.Errorf("%d error groups, more than %d", len(list), most)
	}
	groups := make([]stats.ErrorGroup, len(list))
	for i, m := range list {
		if err := decodeError(&groups[i], m, l); err != nil {
			return nil, fmt.Errorf("error group %d: %w", i, err)
		}
		if i > 0 && stats.CompareErrors(&groups[i-1], &groups[i]) >= 0 {
			return nil, fmt.Errorf("error group %d: out of order", i)
		}
	}
	return groups, nil
}

func decodeError(g *stats.ErrorGroup, m *loadctlpb.ErrorGroup, l *stats.Layout) error {
	switch {
	case uint64(m.GetCell()) >= uint64(len(l.Cells)):
		return fmt.Errorf("no row %d", m.GetCell())
	case m.GetClass() >= stats.Classes:
		return fmt.Errorf("no class %d", m.GetClass())
	case m.GetStatus() < 0 || m.GetStatus() > maxStatus:
		return fmt.Errorf("no status %d", m.GetStatus())
	case len(m.GetSamples()) > stats.MaxErrorSamples:
		return fmt.Errorf("%d examples", len(m.GetSamples()))
	}
	*g = stats.ErrorGroup{
		Cell: int(m.GetCell()), Class: stats.Class(m.GetClass()), Status: int(m.GetStatus()), Kind: m.GetKind(),
		Count: m.GetCount(), First: stats.Offset(m.GetFirst()), Last: stats.Offset(m.GetLast()),
	}
	for _, s := range m.GetSamples() {
		if len(s.GetDetail()) > stats.MaxErrorDetail {
			return fmt.Errorf("an example of %d bytes", len(s.GetDetail()))
		}
		g.Samples = append(g.Samples, stats.ErrorSample{
			At: stats.Offset(s.GetAt()), Response: stats.Offset(s.GetResponse()), Agent: s.GetAgent(), Detail: s.GetDetail(),
		})
	}
	return nil
}
