package view

import (
	"fmt"
	"math"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// ClosedHeading stands above every report of a run whose recorded load is closed.
const ClosedHeading = "closed model: throughput valid; latency is per-user service time and hides queueing"

// heading is what must stand above the figures of a run, "" for nothing.
func heading(l *stats.Layout) string {
	if l.ClosedOnly() {
		return ClosedHeading
	}
	return ""
}

// closedNotes say what closed phases cannot tell, beside what the heading says.
func closedNotes(l *stats.Layout) []string {
	switch {
	case l.ClosedOnly():
		return []string{"No capacity under an SLO follows from closed load, whether or not its limits held: that takes arrivals that do not wait."}
	case anyClosed(l):
		return []string{"Some recorded phases are closed: their response times hide queueing, because a slow target slows the users down."}
	}
	return nil
}

func anyClosed(l *stats.Layout) bool {
	for _, p := range l.Phases {
		if p.Recorded && p.Closed {
			return true
		}
	}
	return false
}

// A law is Little's, N = X·(R+Z), with the figures of a run: users, requests a second,
// mean response time, and the mean wait that goes with each request.
type law struct {
	users, rate    float64
	response, wait time.Duration
	iterations     float64 // that ended
	seconds        float64
	known          bool // the wait is the scenario's; else it is what the law asks for
}

// little is the consistency line of a closed model. R is known of successful requests
// only, so there is none when many failed.
func little(v *View, r *stats.Run) string {
	const fewFailed = 0.01
	users := meanUsers(r)
	if !r.Layout.ClosedOnly() || v.Throughput <= 0 || v.ErrorRate > fewFailed || users == 0 {
		return ""
	}
	w := law{users: users, rate: v.Throughput, response: v.ResponseOK.Mean, seconds: v.LoadTime.Seconds(),
		iterations: float64(v.Iterations.Completed + v.Iterations.Aborted)}
	w.wait = time.Duration(w.users/w.rate*1e9) - w.response
	if idle := r.Info.Idle; idle != nil && w.iterations > 0 {
		w.known, w.wait = true, time.Duration(float64(*idle)*w.iterations/(w.rate*w.seconds))
	}
	return w.words()
}

func (w *law) words() string {
	if !w.known {
		return fmt.Sprintf("Little's law, N = X·(R+Z): %s users made %s requests/s with a mean response time of %s, so between requests each waited %s in the mean; the scenario fixes no wait to hold that against.",
			Number(w.users), Number(w.rate), Span(w.response), Span(w.wait))
	}
	verdict := "it holds"
	if !w.holds() {
		verdict = "it does NOT hold, so users did something else than to ask and to wait as the scenario says"
	}
	return fmt.Sprintf("Little's law, N = X·(R+Z): %s users, and %s requests/s × (%s response + %s wait) = %s: %s (%s apart, up to %s is chance).",
		Number(w.users), Number(w.rate), Span(w.response), Span(w.wait), Number(w.found()), verdict, Percent(w.apart()), Percent(w.bound()))
}

// found is X·(R+Z).
func (w *law) found() float64 { return w.rate * (w.response + w.wait).Seconds() }

func (w *law) apart() float64 { return math.Abs(w.found()-w.users) / w.users }

func (w *law) holds() bool { return w.apart() <= w.bound() }

// bound is how far apart both sides may be by chance: each user is in the middle of an
// iteration when the load ends, which is one of N·T/I seconds; random waits have a
// standard deviation of at most their mean (exponential), so that of I of them is off by
// 3/√I at most; and 2 % are for gauges that are read once a second and for the
// user's own pace between answer and next start.
func (w *law) bound() float64 {
	b := 0.02 + w.users/w.iterations
	if w.wait > 0 {
		b += 3 / math.Sqrt(w.iterations)
	}
	return b
}

// meanUsers is the mean number of closed users, over the seconds that had any.
func meanUsers(r *stats.Run) float64 {
	n, windows := 0.0, 0
	for i := range r.Windows {
		if m := r.Windows[i].Merged; m != nil {
			if vus := recordedVUs(r.Layout, m); vus > 0 {
				n, windows = n+vus, windows+1
			}
		}
	}
	if windows == 0 {
		return 0
	}
	return n / float64(windows)
}

func recordedVUs(l *stats.Layout, m *stats.Snapshot) (n float64) {
	for i := range m.Phases {
		if i < len(l.Phases) && l.Phases[i].Recorded && l.Phases[i].Closed {
			n += float64(m.Phases[i].VUs)
		}
	}
	return n
}
