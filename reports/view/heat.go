package view

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// The rows of a heat map: three to each doubling, from 1 µs to past an hour, so
// that a row is 26 % high and every heat map has the same ones.
const (
	heatRowsPerOctave = 3
	heatRows          = 33 * heatRowsPerOctave
)

// A heatmap grows a column a window; columns are never changed later.
type heatmap struct {
	begin     stats.Offset
	columns   [][]uint64 // full height
	fail      []uint64
	low, high int // rows in use: [low, high)
	max       uint64
}

func heatRow(d time.Duration) int {
	us := max(float64(d)/1e3, 1)
	return min(int(math.Log2(us)*heatRowsPerOctave), heatRows-1)
}

func heatEdge(row int) float64 {
	return math.Exp2(float64(row)/heatRowsPerOctave) / 1e6
}

// add appends windows as one column.
func (h *heatmap) add(l *stats.Layout, w []stats.Window) {
	if len(h.columns) == 0 {
		h.begin, h.low, h.high = time.Duration(w[0].Index)*time.Second, heatRows, 0
	}
	all := together(l, cellsOf(w), requests)
	column := make([]uint64, heatRows)
	all.Response.Each(func(low, high time.Duration, n uint64) {
		row := heatRow(low + (high-low)/2)
		column[row] += n
		h.low, h.high = min(h.low, row), max(h.high, row+1)
		h.max = max(h.max, column[row])
	})
	h.columns, h.fail = append(h.columns, column), append(h.fail, all.Bad())
}

// grid cuts the columns to the rows in use.
func (h *heatmap) grid() Heat {
	if h.high <= h.low {
		return Heat{}
	}
	g := Heat{Begin: h.begin, Step: 1, Max: h.max, Fail: h.fail[:len(h.fail):len(h.fail)]}
	for row := h.low; row <= h.high; row++ {
		g.Edges = append(g.Edges, heatEdge(row))
	}
	g.Cells = make([][]uint64, len(h.columns))
	for i, c := range h.columns {
		g.Cells[i] = c[h.low:h.high]
	}
	return g
}

// maxHeatColumns bounds the columns of a report's heat map.
const maxHeatColumns = 150

// heatOf is the whole run in at most maxHeatColumns columns.
func heatOf(r *stats.Run) Heat {
	step := max(1, (len(r.Windows)+maxHeatColumns-1)/maxHeatColumns)
	var h heatmap
	for i := 0; i < len(r.Windows); i += step {
		h.add(r.Layout, r.Windows[i:min(i+step, len(r.Windows))])
	}
	g := h.grid()
	g.Step = step
	return g
}
