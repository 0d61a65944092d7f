package view

import "github.com/loadctl/loadctl/stats"

// A Threshold is one limit as a reader sees it.
type Threshold struct {
	Name     string // the selector, such as response_time{name:/items/{id}}
	Expr     string // such as p(99)<150ms
	Observed string // the value seen with its unit, "no data", or "failed requests"
	Held     bool
	NoData   bool
	SLO      bool
	// Margin is how far the value is from the limit as a share of it: 0.2 is 20 % to
	// spare, −0.1 is 10 % over. NaN when it means nothing (no data, a limit of 0).
	Margin    float64
	FirstFail stats.Offset // Never if it was never broken
	Verdict   stats.Verdict

	// Slower is how sure the run is of the limit; nil where that is not known, and while the
	// run goes on.
	Slower *stats.LimitInterval
}

// An ErrorRow is one kind of failure of one request.
type ErrorRow struct {
	Name, Phase string
	Class       stats.Class
	Status      int
	Kind        string
	Count       uint64
	Share       float64 // of all failures
	First, Last stats.Offset
	Recorded    bool
	Samples     []stats.ErrorSample
}

// Heat is response time over time as a grid: Cells[column][row] requests,
// Columns of Step seconds each, rows rising from Low by Ratio.
type Heat struct {
	Begin stats.Offset
	Step  int       // seconds a column
	Edges []float64 // lower edges of the rows in seconds, and one upper edge: len = rows + 1
	Cells [][]uint64
	Fail  []uint64 // failed requests of each column, which have no response time
	Max   uint64   // the fullest cell
}
