package linodetest

import (
	"net/http"
	"strconv"
	"time"
)

// A Fault befalls some of the requests that come. Where neither Drop, Hang nor Status is set, nothing changes.
type Fault struct {
	On          string // the operation, as "POST /linode/instances" or "DELETE /vpcs/{id}"; "" = any
	From, Times int    // the first of its calls that it befalls, from 1, and how many in a row: 0 = 1, -1 = all that follow

	Done bool // the request is done nevertheless: only its answer is another
	Drop bool // the connection is closed without an answer
	Hang bool // nothing comes until the client goes away

	Status        int
	Reason, Field string        // of the one error in the answer
	Text          string        // the answer in place of such an error, as text/html
	RetryAfter    time.Duration // in the header of that name; 0 = none
	Reset         time.Duration // until X-RateLimit-Reset, with no requests left; 0 = none

	befalls bool
	calls   int
}

// TooMany is an answer 429 that asks to wait, in both ways that Linode has.
func TooMany(on string, wait time.Duration) Fault {
	return Fault{On: on, Status: http.StatusTooManyRequests, Reason: "Too many requests", RetryAfter: wait, Reset: wait}
}

// Befall adds a fault. Its calls are counted from now.
func (s *Simulator) Befall(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.From = max(f.From, 1)
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults = append(s.faults, &f)
}

// befalls is the fault of the next call of an operation. Each fault counts, so that one does not shift another.
func (s *Simulator) befalls(on string) (first Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.On != "" && f.On != on {
			continue
		}
		f.calls++
		if now := f.calls >= f.From && (f.Times < 0 || f.calls < f.From+f.Times); now && !first.befalls {
			first = *f
			first.befalls = true
		}
	}
	return first
}

// answer is what comes in place of a, or with it where the fault has no answer of its own.
func (f Fault) answer(now time.Time, a answer) answer {
	switch {
	case f.Drop || f.Hang:
		return answer{}
	case f.Status != 0 && f.Text != "":
		a = answer{status: f.Status, body: f.Text, header: map[string]string{"Content-Type": "text/html"}}
	case f.Status != 0:
		a = refused(f.Status, f.Field, f.Reason)
	}
	return limited(a, now, f.RetryAfter, f.Reset)
}

func limited(a answer, now time.Time, after, reset time.Duration) answer {
	if a.header == nil {
		a.header = map[string]string{}
	}
	if after > 0 {
		a.header["Retry-After"] = strconv.Itoa(int((after + time.Second - 1) / time.Second))
	}
	if reset > 0 {
		a.header["X-RateLimit-Limit"], a.header["X-RateLimit-Remaining"] = "20", "0"
		a.header["X-RateLimit-Reset"] = strconv.FormatInt(now.Add(reset+time.Second-1).Unix(), 10)
	}
	return a
}

func tooMany(now time.Time, wait time.Duration) answer {
	return limited(refused(http.StatusTooManyRequests, "", "Too many requests"), now, wait, wait)
}
