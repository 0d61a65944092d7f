package tui

// What the keys that reach the run do. A run is stopped in three steps, each by
// asking once more: let it drain, stop at once, leave the dashboard.

// stopping is how far a person has gone in stopping the run.
type stopping uint8

const (
	notStopping stopping = iota
	stopGently
	stopAtOnce
)

func (m *model) started() bool   { return m.run.Layout != nil }
func (m *model) over() bool      { return m.run.Result != nil }
func (m *model) live() bool      { return !m.over() }
func (m *model) stoppable() bool { return m.live() && m.stopping == notStopping }

func (m *model) pausable() bool {
	return m.stoppable() && m.started() && (m.doing() == "running" || m.doing() == "paused")
}

// askStop asks before a stop that would cut a phase short.
func (m *model) askStop() {
	if m.pic.Elapsed < m.pic.Planned && m.started() {
		m.asking = true
		return
	}
	m.stop()
}

func (m *model) stop() {
	m.asking = false
	if m.stopping == notStopping && m.live() {
		m.stopping = stopGently
		m.controls(Stop)
	}
}

func (m *model) stopNow() {
	m.asking = false
	if m.stopping != stopAtOnce && m.live() {
		m.stopping = stopAtOnce
		m.controls(StopNow)
	}
}

// interrupt is ctrl-c: gently, then at once, then out of the dashboard, should
// the run not have ended by itself.
func (m *model) interrupt() {
	switch {
	case m.over(), m.stopping == stopAtOnce:
		m.leave = true
	case m.stopping == stopGently:
		m.stopNow()
	default:
		m.stop()
	}
}

// pause turns the start of new work off and on. The state shown changes only
// when the run says so.
func (m *model) pause() {
	if m.doing() == "paused" {
		m.controls(Resume)
		return
	}
	m.controls(Pause)
}

// freezable: a picture that will not move any more cannot be frozen.
func (m *model) freezable() bool { return m.started() && (m.live() || m.frozen) }

// moving says whether the picture follows the run.
func (m *model) moving() bool { return m.started() && !m.frozen }

// doing is what the run does, in its own words.
func (m *model) doing() string {
	if m.run.State == "" {
		return "starting"
	}
	return m.run.State
}
