package workers

import "time"

// Limits bound what a worker may take.
type Limits struct {
	Grace   time.Duration // from being asked to finish to being killed
	Timeout time.Duration // a worker whose heartbeat stands still for longer is killed; 0 = never
}

// Times of a group.
const (
	startLimit = 30 * time.Second // to become ready, or Limits.Timeout if that is longer
	abortLimit = time.Second      // from ABRT, which lets a worker say where it hangs, to KILL
)

// A roster is which processes there are, and decides what is to be done. It has no
// clock and starts nothing.
type roster struct {
	limits  Limits
	linger  time.Duration // how long a connection may still come to a place that is not chosen any more
	slots   int           // processes at once
	want    int           // places to fill
	open    int           // places that new connections are given to: the first ones
	current int           // generation
	places  []place
	members []*member // in the order in which they were started
	ending  bool      // none is wanted any more
	quick   bool      // and none may finish
}

// A place is the position of a worker in its group. Processes come and go in it.
type place struct {
	pause  backoff
	due    time.Duration // before which no process is started here
	ever   bool          // a process was ready here once
	closed time.Duration // since when it is not chosen any more
}

func newRoster(want, slots int) *roster {
	return &roster{want: want, open: want, slots: slots, places: make([]place, want)}
}

// A deed is something to do.
type deed struct {
	do    verb
	m     *member // start, leave, abort, kill
	place int     // choose: so many; vacate: this one, the last
}

type verb int

const (
	start  verb = iota // a process for m
	leave              // ask m to finish
	abort              // have m say where it hangs, and die
	kill               // end m
	choose             // give new connections to the first places only
	vacate             // close the socket of the last place
)

// settle decides what to do now, and notes it as done. The function says how many
// connections wait in the queue of a place.
func (r *roster) settle(now time.Duration, waiting func(place int) int) []deed {
	deeds := r.overdue(now)
	if r.ending {
		return append(deeds, r.end(now)...)
	}
	for len(r.places) < r.want {
		r.places = append(r.places, place{})
	}
	for i := range r.want {
		deeds = append(deeds, r.fill(i, now)...)
	}
	deeds = append(deeds, r.retire(now)...)
	deeds = append(deeds, r.choice(now)...)
	return append(deeds, r.clear(now, waiting)...)
}

// overdue are those to be killed.
func (r *roster) overdue(now time.Duration) (deeds []deed) {
	for _, m := range r.members {
		lasted := now - m.since
		switch {
		case m.killed:
		case m.state == Starting && lasted > max(startLimit, r.limits.Timeout),
			m.state == Serving && r.limits.Timeout > 0 && m.silent > r.limits.Timeout:
			r.places[m.place].due = now + r.places[m.place].pause.died(now-m.born)
			m.become(Hung, now)
			deeds = append(deeds, deed{do: abort, m: m})
		case m.state == Hung && lasted > abortLimit, m.state == Leaving && (r.quick || lasted > r.limits.Grace):
			m.killed = true
			deeds = append(deeds, deed{do: kill, m: m})
		}
	}
	return deeds
}

// end asks all to finish, or kills them.
func (r *roster) end(now time.Duration) (deeds []deed) {
	for _, m := range r.members {
		if r.quick && !m.killed {
			m.killed = true
			deeds = append(deeds, deed{do: kill, m: m})
		} else if !r.quick && (m.state == Starting || m.state == Serving) {
			deeds = append(deeds, m.asked(now))
		}
	}
	return deeds
}

func (m *member) asked(now time.Duration) deed {
	m.become(Leaving, now)
	return deed{do: leave, m: m}
}

// fill starts a process where one is lacking, at once, and where one is to be replaced,
// when no other replacement is about to start: a reload takes no more of the machine
// than one process does.
func (r *roster) fill(i int, now time.Duration) []deed {
	serving, starting := r.at(i, Serving), r.at(i, Starting)
	planned := serving != nil
	if starting != nil || now < r.places[i].due || planned && (!r.stale(serving) || r.replacing()) {
		return nil
	}
	return r.start(i, planned, now)
}

func (r *roster) start(i int, planned bool, now time.Duration) []deed {
	slot, ok := r.free()
	if !ok {
		return nil // when one that leaves has left
	}
	m := &member{slot: slot, place: i, generation: r.current, planned: planned, born: now, since: now}
	r.members = append(r.members, m)
	return []deed{{do: start, m: m}}
}

// at is the newest process of a place in a state.
func (r *roster) at(i int, s State) (found *member) {
	for _, m := range r.members {
		if m.place == i && m.state == s {
			found = m
		}
	}
	return found
}

func (r *roster) stale(m *member) bool { return m.wish || m.generation < r.current }

func (r *roster) replacing() bool {
	for _, m := range r.members {
		if m.state == Starting && m.planned {
			return true
		}
	}
	return false
}

// free is the first slot that no process has.
func (r *roster) free() (slot int, ok bool) {
	used := make([]bool, r.slots)
	for _, m := range r.members {
		used[m.slot] = true
	}
	for i, u := range used {
		if !u {
			return i, true
		}
	}
	return 0, false
}

// retire asks those to finish whose replacement serves.
func (r *roster) retire(now time.Duration) (deeds []deed) {
	for _, m := range r.members {
		if m.state == Serving && r.at(m.place, Serving) != m {
			deeds = append(deeds, m.asked(now))
		}
	}
	return deeds
}

// choice gives new connections to the places that are wanted, and to a new one once a
// process serves it.
func (r *roster) choice(now time.Duration) []deed {
	open := min(r.open, r.want)
	for open < r.want && r.at(open, Serving) != nil {
		open++
	}
	if open == r.open {
		return nil
	}
	for i := open; i < r.open; i++ {
		r.places[i].closed = now
	}
	r.open = open
	return []deed{{do: choose, place: open}}
}

// clear empties the places that are wanted no more: their processes go on until no
// connection waits for them and none can come any more. Then the socket is closed, the
// last first, so that those that remain keep their positions.
func (r *roster) clear(now time.Duration, waiting func(place int) int) (deeds []deed) {
	for i := len(r.places) - 1; i >= r.want; i-- {
		since := now - r.places[i].closed
		if since < r.linger {
			continue
		}
		empty := waiting(i) == 0
		m := r.at(i, Serving)
		if m == nil {
			m = r.at(i, Starting)
		}
		switch {
		case m != nil && (empty || since > r.linger+r.limits.Grace):
			deeds = append(deeds, m.asked(now))
		case m != nil || r.occupied(i):
		case !empty && now >= r.places[i].due:
			deeds = append(deeds, r.start(i, false, now)...) // it died before it had served them
		case empty && i == len(r.places)-1:
			r.places = r.places[:i]
			deeds = append(deeds, deed{do: vacate, place: i})
		}
	}
	return deeds
}

func (r *roster) occupied(i int) bool {
	for _, m := range r.members {
		if m.place == i {
			return true
		}
	}
	return false
}
