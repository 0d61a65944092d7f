package workers

import (
	"slices"
	"time"
)

// ready notes that a process accepts connections.
func (r *roster) ready(m *member, now time.Duration) {
	if m.state == Starting {
		m.become(Serving, now)
		m.silent = 0
		r.places[m.place].ever = true
	}
}

// leaving notes that a process goes by itself. Its replacement is due at once.
func (r *roster) leaving(m *member, now time.Duration) {
	if m.state == Starting || m.state == Serving {
		m.become(Leaving, now)
	}
}

// ended notes that a process is gone. One that was not to go is replaced at once, ever
// later if its place keeps losing them.
func (r *roster) ended(m *member, now time.Duration) {
	r.members = slices.DeleteFunc(r.members, func(o *member) bool { return o == m })
	if m.why() == Crashed && m.place < len(r.places) {
		p := &r.places[m.place]
		p.due = now + p.pause.died(now-m.born)
	}
}

// begun says whether each place has had a process that was ready.
func (r *roster) begun() bool {
	for _, p := range r.places[:min(r.want, len(r.places))] {
		if !p.ever {
			return false
		}
	}
	return true
}

// still says whether nothing is under way.
func (r *roster) still() bool {
	if r.ending || len(r.members) != r.want || len(r.places) != r.want || r.open != r.want {
		return false
	}
	for _, m := range r.members {
		if m.state != Serving || r.stale(m) {
			return false
		}
	}
	return true
}
