package http1

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Timing is one part of a target's own time, as its Server-Timing header tells it.
type Timing struct {
	Name []byte // lies in the head
	Took time.Duration
}

// Bounds of a Server-Timing header. What is beyond is not read.
const (
	maxTimings = 64 // of an answer, names that come again included
	maxTook    = time.Hour
	maxNumber  = 32 // bytes
)

// Timings adds to dst what the answer's Server-Timing headers tell, each name once, in the
// order in which they come. A name that comes several times is taken to be branches that
// ran at the same time, and the longest counts. One without dur took no time. whole is false
// where something cannot be understood; what can be is told all the same. Needs
// Options.KeepHead.
//
//	Server-Timing: pool;dur=0.12, upstream;dur=3.41;desc="two, at once", cache
func (p *Parser) Timings(dst []Timing) (all []Timing, whole bool) {
	t := timings{all: dst, whole: true}
	for value, rest := field(fields(p.head), "Server-Timing"); value != nil; value, rest = field(rest, "Server-Timing") {
		t.read(value)
	}
	return t.all, t.whole
}

// timings are what was read of headers.
type timings struct {
	all   []Timing
	seen  int
	whole bool
}

func (t *timings) read(value []byte) {
	for len(value) > 0 {
		metric, rest, closed := untilOutside(value, ',')
		value = rest
		if metric = trim(metric); len(metric) == 0 {
			continue // RFC 9110, section 5.6.1: elements may be empty
		}
		t.seen++
		one, ok := parseTiming(metric)
		t.whole = t.whole && ok && closed && t.seen <= maxTimings
		if t.seen > maxTimings {
			return
		}
		if ok {
			t.all = longest(t.all, one)
		}
	}
}

// longest adds one, or lengthens that of the same name.
func longest(all []Timing, t Timing) []Timing {
	for i := range all {
		if bytes.Equal(all[i].Name, t.Name) {
			all[i].Took = max(all[i].Took, t.Took)
			return all
		}
	}
	return append(all, t)
}

// untilOutside splits at the first separator outside of quotes. closed is false where
// quotes do not end.
func untilOutside(b []byte, separator byte) (before, after []byte, closed bool) {
	quoted := false
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '"':
			quoted = !quoted
		case b[i] == '\\' && quoted:
			i++
		case b[i] == separator && !quoted:
			return b[:i], b[i+1:], true
		}
	}
	return b, nil, !quoted
}

// parseTiming reads a name and its parameters, of which the first dur counts.
func parseTiming(metric []byte) (t Timing, ok bool) {
	name, params, _ := untilOutside(metric, ';')
	if t.Name = trim(name); !isToken(t.Name) {
		return t, false
	}
	for len(params) > 0 {
		var param []byte
		param, params, _ = untilOutside(params, ';')
		key, value, _ := bytes.Cut(param, []byte{'='})
		if is(trim(key), "dur") {
			t.Took, ok = parseTook(unquoted(trim(value)))
			return t, ok
		}
	}
	return t, true
}

func isToken(b []byte) bool {
	for _, c := range b {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return len(b) > 0
}

func unquoted(b []byte) []byte {
	if n := len(b); n >= 2 && b[0] == '"' && b[n-1] == '"' {
		return b[1 : n-1]
	}
	return b
}

// parseTook reads milliseconds, with decimals, from 0 to an hour.
func parseTook(b []byte) (time.Duration, bool) {
	if len(b) == 0 || len(b) > maxNumber {
		return 0, false
	}
	for _, c := range b {
		if (c < '0' || c > '9') && c != '.' && c != 'e' && c != 'E' && c != '-' && c != '+' {
			return 0, false // as Inf, NaN and hexadecimal numbers are
		}
	}
	ms, err := strconv.ParseFloat(string(b), 64)
	if err != nil || ms < 0 || ms > float64(maxTook/time.Millisecond) {
		return 0, false
	}
	return time.Duration(math.Round(ms * 1e6)), true
}
