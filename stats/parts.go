package stats

import "time"

// Parts are where the time of requests went, as sums over Requests of them: exact,
// as histograms keep exact sums, and so are the means that follow, but where Limit.Shared
// says otherwise. Percentiles of parts do not add up to that of the whole, and are not
// asked.
//
//	Response = Lag + Waiting + Connecting + Service + Unanswered
type Parts struct {
	Requests   uint64 // ended, failed ones included
	Response   time.Duration
	Lag        time.Duration // the generator's own lateness
	Waiting    time.Duration // for a free connection, or the turn to open one
	Connecting time.Duration // TCP and TLS, and up to the first byte written
	Service    time.Duration // the target's, of whole answers
	Unanswered time.Duration // what failed requests took that none of these accounts for
}

// Mean is a part's mean over the requests, 0 without any.
func (p *Parts) Mean(sum time.Duration) time.Duration {
	if p.Requests == 0 {
		return 0
	}
	return sum / time.Duration(p.Requests)
}

// Share is a part of the whole response time, 0 to 1.
func (p *Parts) Share(sum time.Duration) float64 {
	if p.Response <= 0 {
		return 0
	}
	return float64(sum) / float64(p.Response)
}

// add counts the requests of a row.
func (p *Parts) add(c *CellStats) {
	p.Requests += c.Response.Count() + c.Failed.Count()
	p.Response += c.Response.Sum() + c.Failed.Sum()
	p.Service += c.Service.Sum()
}

// addPhase counts what only phases know, of all their requests together.
func (p *Parts) addPhase(s *PhaseStats) {
	p.Lag += s.PacerLag.Sum()
	p.Waiting += s.PoolWait.Sum()
	p.Connecting += s.Connect.Sum() + s.TLS.Sum()
}

// rest makes the parts add up. Where every request was answered, what is left is
// connecting, exactly; connections that were opened for later count in no response.
func (p *Parts) rest(allAnswered bool) {
	left := max(0, p.Response-p.Lag-p.Waiting-p.Service)
	if allAnswered {
		p.Connecting = left
		return
	}
	p.Connecting = min(p.Connecting, left)
	p.Unanswered = left - p.Connecting
}

// split gives rows of phases the parts that only phases know: what their requests took
// beyond service, which is exact, in the proportion of all requests of these phases. Of
// that no more was unanswered than what those of their requests took that failed.
func (p *Parts) split(whole *Parts, failed time.Duration) {
	left, before := max(0, p.Response-p.Service), whole.Lag+whole.Waiting+whole.Connecting
	p.Unanswered = min(portion(left, whole.Unanswered, before+whole.Unanswered), failed)
	left -= p.Unanswered
	p.Lag = portion(left, whole.Lag, before)
	p.Waiting = min(portion(left, whole.Waiting, before), left-p.Lag)
	p.Connecting = left - p.Lag - p.Waiting
}

// portion is as much of d as part is of whole.
func portion(d, part, whole time.Duration) time.Duration {
	if whole <= 0 {
		return 0
	}
	return min(time.Duration(float64(d)*(float64(part)/float64(whole))), d)
}
