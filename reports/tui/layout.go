package tui

// A panel is one box of the dashboard. Its number is the key that zooms it, the
// same at every size of the terminal.
type panel uint8

const (
	none panel = iota
	panelRate
	panelResponse
	panelConnections
	panelRequests
	panelAgents
	panelHealth
	panelThresholds
	panelHeat

	lastNumbered = panelHeat
	panelErrors  = panelHeat + 1 // opened by its own key
)

// The smallest terminal that is drawn on, and the size from which on panels
// stand three abreast.
const (
	leastWidth, leastHeight = 60, 16
	wideWidth, wideHeight   = 120, 34
	oneLineWidth            = 140 // load and traffic fit into one line of the header
)

// A place is where a panel is drawn.
type place struct {
	panel      panel
	x, y, w, h int
}

// A plan is where everything is drawn on a terminal of one size.
type plan struct {
	header int // lines
	places []place
	events int // lines above the keys
	wide   bool
}

// A band is a row of panels of one height.
type band struct {
	panels          []panel
	least, want, at int // lines: no band below least, none needs more than want
	drop            int // the highest is left out first when there is no room
}

// arrange plans a terminal of w×h cells for a run with the given number of rows
// in its requests table. It is only asked for terminals that are large enough.
func arrange(w, h, rows int, holdOnly bool) plan {
	p := plan{header: 4, events: 1, wide: w >= wideWidth && h >= wideHeight}
	var bands []band
	switch {
	case holdOnly:
		bands = holdBands(p.wide)
	case p.wide:
		bands = wideBands(rows)
	default:
		bands = narrowBands(rows)
	}
	if w >= oneLineWidth {
		p.header = 3
	}
	if h >= 40 {
		p.events = 2
	}
	room := h - p.header - p.events - 1
	bands = settle(bands, room)
	y := p.header
	for _, b := range bands {
		p.places = append(p.places, abreast(b, y, w)...)
		y += b.at
	}
	return p
}

func narrowBands(rows int) []band {
	return []band{
		{panels: []panel{panelRate, panelResponse}, least: 5, want: 7, drop: 0},
		{panels: []panel{panelConnections, panelHeat}, least: 7, want: 9, drop: 4},
		{panels: []panel{panelRequests}, least: 5, want: rows + 3, drop: 0},
		{panels: []panel{panelThresholds, panelHealth}, least: 5, want: 7, drop: 2},
		{panels: []panel{panelAgents, panelErrors}, least: 6, want: 8, drop: 3},
	}
}

func wideBands(rows int) []band {
	return []band{
		{panels: []panel{panelRate, panelResponse, panelConnections}, least: 6, want: 10},
		{panels: []panel{panelRequests}, least: 5, want: rows + 3},
		{panels: []panel{panelAgents, panelHealth, panelThresholds}, least: 6, want: 9, drop: 1},
		{panels: []panel{panelHeat}, least: 7, want: 10, drop: 2},
	}
}

// holdBands are for a run that sends no requests but heartbeats.
func holdBands(wide bool) []band {
	chart := band{panels: []panel{panelConnections}, least: 5, want: 10}
	if wide {
		return []band{chart, {panels: []panel{panelAgents, panelHealth, panelThresholds}, least: 6, want: 12, drop: 1}}
	}
	return []band{chart,
		{panels: []panel{panelThresholds, panelHealth}, least: 5, want: 8, drop: 1},
		{panels: []panel{panelAgents, panelErrors}, least: 5, want: 8, drop: 2},
	}
}

// settle leaves out bands there is no room for, gives every other what it wants
// as far as the room goes, and the rest to the charts.
func settle(bands []band, room int) []band {
	for need(bands) > room {
		worst := -1
		for i, b := range bands {
			if b.drop > 0 && (worst < 0 || b.drop > bands[worst].drop) {
				worst = i
			}
		}
		if worst < 0 {
			break
		}
		bands = append(bands[:worst], bands[worst+1:]...)
	}
	left := room
	for i := range bands {
		bands[i].at = bands[i].least
		left -= bands[i].least
	}
	return grow(bands, left)
}

func need(bands []band) (n int) {
	for _, b := range bands {
		n += b.least
	}
	return n
}

// grow hands out lines: first to the requests, whose rows are what people look
// for, then in turns to bands below what they want, then to the charts, which
// can use any number. The first band is always one of charts.
func grow(bands []band, left int) []band {
	for i := range bands {
		if bands[i].panels[0] == panelRequests {
			more := max(0, min(bands[i].want-bands[i].at, left))
			bands[i].at, left = bands[i].at+more, left-more
		}
	}
	for left > 0 {
		before := left
		for i := range bands {
			if left > 0 && bands[i].at < bands[i].want {
				bands[i].at++
				left--
			}
		}
		if left == before {
			break
		}
	}
	for i := 0; left > 0; i++ {
		if b := &bands[i%len(bands)]; b.charts() {
			b.at++
			left--
		}
	}
	return bands
}

func (b band) charts() bool {
	p := b.panels[0]
	return p == panelRate || p == panelConnections || p == panelHeat
}

// abreast puts the panels of a band side by side, the first ones a cell wider
// where the width does not divide.
func abreast(b band, y, w int) (places []place) {
	x := 0
	for i, p := range b.panels {
		next := w * (i + 1) / len(b.panels)
		places = append(places, place{p, x, y, next - x, b.at})
		x = next
	}
	return places
}
