package service

import (
	"strconv"
	"time"
)

// A part is a stretch of the time of one request.
type part int

const (
	partPool     part = iota // waiting for a connection to the upstream
	partUpstream             // the upstream call
	partDBPool               // waiting for a connection to the database
	partDB                   // its statements
	partCache                // asking the cache, and waiting for another request's load
	partWork                 // CPU time burnt on purpose
	partCount
)

var partNames = [partCount]string{"pool", "upstream", "dbpool", "db", "cache", "work"}

// parts are how long each took. Of what ran at once the longest branch counts, so that
// they never sum to more than the request took.
type parts [partCount]time.Duration

func (p *parts) sum() (all time.Duration) {
	for _, d := range p {
		all += d
	}
	return all
}

// timing is the Server-Timing header: milliseconds of each part that there was, and of
// the rest of the handler's time as app. "" = nothing to tell.
func (x *exchange) timing() string {
	known := x.parts.sum()
	if !x.ServerTiming || known == 0 {
		return ""
	}
	b := make([]byte, 0, 96)
	for i, d := range x.parts {
		if d > 0 {
			b = appendPart(b, partNames[i], d)
		}
	}
	return string(appendPart(b, "app", max(0, time.Since(x.began)-known)))
}

func appendPart(b []byte, name string, d time.Duration) []byte {
	if len(b) > 0 {
		b = append(b, ", "...)
	}
	b = append(append(b, name...), ";dur="...)
	return strconv.AppendFloat(b, float64(d)/float64(time.Millisecond), 'f', 3, 64)
}
