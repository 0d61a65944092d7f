package rental

import (
	"slices"
	"time"
)

// A listing is what is known of the lists of one kind.
type listing struct {
	n         int       // the one under way; 0 = none
	begun     time.Time // when the last was asked for
	asked     time.Time // when the last that was answered was asked for: it shows no later state
	notBefore time.Time
	failures  int // in a row
	strikes   int
	refused   string    // why there will be none
	changed   time.Time // a confirming list is to be asked for after this: something was deleted
	settled   time.Time // and after this: what was lost or unknown shows by then
}

// hopes is how often in a row something may be refused before it is believed.
const hopes = 3

// doubt: until Settle from now a list of this kind may lack what exists.
func (r *Rental) doubt(k Kind, now time.Time) {
	if l, at := r.lists[k], now.Add(r.cfg.Limits.Settle); at.After(l.settled) {
		l.settled = at
	}
}

// list asks for the lists that something waits for: one for a kind, whatever the number of its resources.
func (r *Rental) list(now time.Time) {
	for _, k := range kinds() {
		l := r.lists[k]
		if l.n != 0 || l.refused != "" || now.Before(l.notBefore) || now.Sub(l.begun) < r.cfg.Limits.ListEvery || !r.awaits(k, now) {
			continue
		}
		l.begun = now
		l.n = r.request(askList, k, nil, now)
		r.do(List{N: l.n, Kind: k})
	}
}

// awaits: a list of this kind would tell something.
func (r *Rental) awaits(k Kind, now time.Time) bool {
	l := r.lists[k]
	switch {
	case r.state == Surveying:
		return l.asked.Before(r.surveyed()) && !now.Before(r.surveyed())
	case r.state == GivingBack && l.asked.Before(r.since):
		return true
	case slices.ContainsFunc(r.things, func(t *thing) bool { return t.kind == k && r.waits(t) }):
		return true
	case l.asked.Before(l.settled):
		return !now.Before(l.settled)
	}
	return r.state == GivingBack && !r.openOf(k) && l.asked.Before(l.changed)
}

// waits: a thing waits for a list to tell of it.
func (r *Rental) waits(t *thing) bool {
	switch t.stage {
	case booting, deleted:
		return true
	case doubtful, idle:
		return t.id == 0 && t.ticket == 0
	}
	return false
}

func (r *Rental) openOf(k Kind) bool {
	return slices.ContainsFunc(r.things, func(t *thing) bool { return t.kind == k && t.stage.open() })
}

func (r *Rental) notListed(k Kind, f Failure, now time.Time) {
	l := r.lists[k]
	l.failures++
	l.notBefore = now.Add(pause(l.failures))
	if f.Class == Wait {
		l.notBefore = now.Add(f.wait())
	}
	if !f.hopeless() {
		return
	}
	if l.strikes++; l.strikes < hopes {
		return
	}
	l.refused = f.Text
	if r.state < Ready {
		r.fatal(now, "no list of kind %s is to be had: %s", k, f.Text)
		return
	}
	r.say("no list of kind %s is to be had: %s", k, f.Text) // a fleet at work does without
}

func (e Listed) apply(r *Rental, now time.Time) {
	q := r.answered(e.N, askList)
	if q == nil || q.over {
		return
	}
	l := r.lists[q.kind]
	l.asked, l.failures, l.strikes = q.at, 0, 0
	shown := map[*thing]bool{}
	for _, s := range e.Seen {
		if s.Kind == q.kind && s.ID > 0 {
			shown[r.sight(s, q.at, now)] = true
		}
	}
	for _, t := range slices.Clone(r.things) {
		if t.kind == q.kind && !shown[t] {
			r.missed(t, q.at, now)
		}
	}
	r.weigh(now)
}

// missed is a thing that a list does not show. Of what has an id this proves nothing, as lists are late; it is only
// believed of what was deleted.
func (r *Rental) missed(t *thing, asked, now time.Time) {
	switch {
	case t.stage == deleted && !asked.Before(t.since):
		r.end(t, now)
	case t.id != 0 || t.ticket != 0 || t.doubt.IsZero() || asked.Before(t.doubt):
	case r.state == Building && t.stage == doubtful && r.fills(t):
		r.askAgain(t, asked, now)
	case r.state >= Building && (t.stage == doubtful || t.stage == idle) && !asked.Before(t.doubt.Add(r.cfg.Limits.Settle)):
		r.end(t, now)
	}
}

// askAgain goes back to asking for what a list did not show: labels are unique, so that with the same label there
// cannot be two. While the cloud itself says that the label is in use, lists are late.
func (r *Rental) askAgain(t *thing, asked, now time.Time) {
	if t.taken && asked.Before(t.doubt.Add(r.cfg.Limits.Settle)) {
		return
	}
	t.taken = false
	t.stage = asking
	t.rest(now)
}

// fills: the thing is what its slot has.
func (r *Rental) fills(t *thing) bool {
	s := r.holder(t)
	return s != nil && s.thing == t && !s.out
}
