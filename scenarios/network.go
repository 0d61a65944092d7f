package scenarios

import (
	"strings"
	"time"
)

// A Network is how fast a user's side of a connection is, in bytes a second; 0 = as
// fast as it goes.
type Network struct {
	ReadRate  float64 // of answers
	WriteRate float64 // of requests, their heads included
}

// Slow says whether anything is.
func (n Network) Slow() bool { return n != Network{} }

// Slow says whether a user has a request with a slow network.
func (u *User) Slow() bool {
	return u.fastest(func(n Network) float64 { return max(n.ReadRate, n.WriteRate) }) > 0
}

// SlowestBuffer is how much a slow reader may have received and not read: a tenth of a
// second of its fastest reading, but no less than a page. 0 = it reads as it comes.
func (u *User) SlowestBuffer() int {
	rate := u.fastest(func(n Network) float64 { return n.ReadRate })
	if rate == 0 {
		return 0
	}
	return int(min(max(rate*readAhead.Seconds(), 4<<10), 1<<20))
}

const readAhead = 100 * time.Millisecond

// fastest is the highest of a rate of its requests.
func (u *User) fastest(rate func(Network) float64) (most float64) {
	for i := range u.Tasks {
		for j := range u.Tasks[i].Steps {
			most = max(most, rate(u.Tasks[i].Steps[j].Network))
		}
	}
	return most
}

// Bounds of the rates of a network.
const (
	slowestRate = 1
	fastestRate = 1e9
)

// readNetwork reads network: over what the user has, key by key.
func (p *parser) readNetwork(at *node, n Network) Network {
	o := p.object(at, "network", grammar.network)
	for key, to := range map[string]*float64{"read_rate": &n.ReadRate, "write_rate": &n.WriteRate} {
		if v := o.get(key); v != nil {
			p.byteRate(v, key, to)
		}
	}
	return n
}

var byteUnits = map[string]float64{
	"b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
}

// byteRate reads 100B/s, 10KB/s, 1.5MB/s; 0 is no limit.
func (r *reader) byteRate(n *node, what string, to *float64) {
	text, ok := r.text(n, what)
	if !ok {
		return
	}
	rest, perSecond := strings.CutSuffix(text, "/s")
	number := strings.TrimRight(rest, "BKMGikmgb ")
	v, ok := parseNumber(number)
	unit, known := byteUnits[strings.ToLower(strings.TrimSpace(rest[len(number):]))]
	switch {
	case ok && v == 0:
		*to = 0
	case !ok || !known || !perSecond:
		r.hinted(n, "such as 100B/s, 10KB/s or 1.5MB/s", "%s: %q is not a number of bytes a second", what, shorten(text))
	case v*unit < slowestRate || v*unit > fastestRate:
		r.wrong(n, "%s: must be between 1B/s and 1GB/s, or 0 for no limit, got %s", what, text)
	default:
		*to = v * unit
	}
}
