package runfile

import (
	"errors"
	"fmt"

	"github.com/loadctl/loadctl/stats"
)

// Bounds no real run comes near; past them a file is damaged or hostile.
const (
	maxRows   = 1 << 16
	maxWindow = 1 << 24 // seconds: half a year
)

// check says whether an update can be applied: everything in it that is an
// index must lie within the layout.
func check(u stats.Update, l *stats.Layout) error {
	switch {
	case u.Started != nil && l != nil:
		return errors.New("a run cannot start twice")
	case u.Started != nil:
		return checkLayout(u.Started.Layout)
	case l == nil:
		return errors.New("the run's layout must come first")
	case u.Window != nil:
		return checkWindow(u.Window, l)
	case u.Span != nil && (u.Span.Phase < 0 || u.Span.Phase >= len(l.Phases)):
		return fmt.Errorf("span of phase %d of %d", u.Span.Phase, len(l.Phases))
	case u.Lost != nil:
		return checkRows(u.Lost.Missing, u.Lost.Phases, l)
	case u.Late != nil:
		return checkLate(u.Late, l)
	case u.Settled != nil && len(u.Settled.Settled) > len(l.Cells):
		return fmt.Errorf("%d rows are settled, of %d", len(u.Settled.Settled), len(l.Cells))
	case u.Settled != nil:
		return checkRows(u.Settled.Missing, u.Settled.Phases, l)
	}
	return nil
}

func checkLayout(l *stats.Layout) error {
	if l == nil {
		return errors.New("no layout")
	}
	if len(l.Cells) > maxRows || len(l.Phases) > maxRows {
		return fmt.Errorf("a layout of %d rows and %d phases", len(l.Cells), len(l.Phases))
	}
	for _, c := range l.Cells {
		if c.Phase < 0 || c.Phase >= len(l.Phases) {
			return fmt.Errorf("row %q of phase %d of %d", c.Name, c.Phase, len(l.Phases))
		}
	}
	return nil
}

func checkWindow(w *stats.Window, l *stats.Layout) error {
	if w.Merged == nil || w.Index < 0 || w.Index > maxWindow {
		return fmt.Errorf("window %d is empty or out of range", w.Index)
	}
	if err := checkRows(w.Merged.Cells, w.Merged.Phases, l); err != nil {
		return err
	}
	for i, ladder := 0, l.Ladder(); i < len(w.Merged.Cells); i++ {
		if !w.Merged.Cells[i].Bins.Fit(ladder) {
			return fmt.Errorf("row %d has counts on rungs that there are not", i)
		}
	}
	for i := range w.Agents {
		if err := checkArrivals(w.Agents[i].Arrivals); err != nil {
			return fmt.Errorf("window %d, agent %s: %w", w.Index, w.Agents[i].Name, err)
		}
	}
	for _, g := range w.Merged.Errors {
		if g.Cell < 0 || g.Cell >= len(l.Cells) || g.Class >= stats.Classes {
			return fmt.Errorf("errors of row %d, class %d", g.Cell, g.Class)
		}
	}
	return nil
}

func checkLate(late *stats.Late, l *stats.Layout) error {
	if late.Merged == nil {
		return errors.New("what came late is empty")
	}
	return checkWindow(&stats.Window{Index: late.Merged.Window, Merged: late.Merged, Agents: late.Agents}, l)
}

func checkRows(cells []stats.CellStats, phases []stats.PhaseStats, l *stats.Layout) error {
	if len(cells) > len(l.Cells) || len(phases) > len(l.Phases) {
		return fmt.Errorf("%d rows and %d phases for a layout of %d and %d", len(cells), len(phases), len(l.Cells), len(l.Phases))
	}
	return nil
}

func checkArrivals(tests []stats.ArrivalTest) error {
	for i := range tests {
		if err := tests[i].Validate(); err != nil {
			return err
		}
	}
	return nil
}
