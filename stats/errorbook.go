package stats

import (
	"slices"
	"strconv"
	"strings"
)

// An errorBook groups the failures of one window as they come. A failure of a
// known kind allocates nothing, so an error storm costs the loop no more than
// success does.
type errorBook struct {
	groups map[errorKey]*openGroup
	named  int            // groups not of kind OtherErrors
	kinds  map[int]string // "status 503", made once
}

// An openGroup is a group whose examples are still bytes.
type openGroup struct {
	count                uint64
	first, slowest, last example
}

type example struct {
	at, response Offset
	detail       []byte
}

func (b *errorBook) record(s *Sample) {
	g := b.group(errorKey{s.Cell, s.Class, s.Status, b.kind(s)})
	g.count++
	e := example{s.Done, s.ResponseTime(), s.Detail[:min(len(s.Detail), MaxErrorDetail)]}
	switch {
	case g.count == 1:
		g.first.set(e)
		g.slowest.set(e)
		g.last.set(e)
		return
	case e.compare(g.first) < 0:
		g.first.set(e)
	case e.compare(g.last) > 0:
		g.last.set(e)
	}
	if e.response > g.slowest.response || e.response == g.slowest.response && e.compare(g.slowest) > 0 {
		g.slowest.set(e)
	}
}

// kind is what the sample says went wrong, or what its class and status say.
func (b *errorBook) kind(s *Sample) string {
	switch {
	case s.Err != "":
		return s.Err
	case s.Class == HTTPError:
		return b.statusKind(s.Status)
	case s.Class == NotSent:
		return "not sent in time"
	case s.Class == Censored:
		return "still open at the end"
	}
	return s.Class.String()
}

func (b *errorBook) statusKind(status int) string {
	kind, ok := b.kinds[status]
	if !ok {
		if b.kinds == nil {
			b.kinds = map[int]string{}
		}
		kind = "status " + strconv.Itoa(status)
		b.kinds[status] = kind
	}
	return kind
}

// group finds or makes the group of a key; past MaxErrorGroups new kinds go to
// the row's OtherErrors.
func (b *errorBook) group(k errorKey) *openGroup {
	if g, ok := b.groups[k]; ok {
		return g
	}
	if b.groups == nil {
		b.groups = map[errorKey]*openGroup{}
	}
	if b.named >= MaxErrorGroups && k.kind != OtherErrors {
		return b.group(errorKey{k.cell, k.class, 0, OtherErrors})
	}
	if k.kind != OtherErrors {
		b.named++
	}
	g := &openGroup{}
	b.groups[k] = g
	return g
}

// cut gives the groups in order of key and starts afresh.
func (b *errorBook) cut(agent string) []ErrorGroup {
	if len(b.groups) == 0 {
		return nil
	}
	list := make([]ErrorGroup, 0, len(b.groups))
	for k, g := range b.groups {
		list = append(list, g.close(k, agent))
	}
	slices.SortFunc(list, func(a, b ErrorGroup) int { return compareKeys(a.key(), b.key()) })
	clear(b.groups)
	b.named = 0
	return list
}

func (g *openGroup) close(k errorKey, agent string) ErrorGroup {
	samples := []ErrorSample{g.first.close(agent), g.slowest.close(agent), g.last.close(agent)}
	return ErrorGroup{
		Cell: k.cell, Class: k.class, Status: k.status, Kind: k.kind,
		Count: g.count, First: g.first.at, Last: g.last.at,
		Samples: pickSamples(samples),
	}
}

// set copies e, into the space the example before it used.
func (x *example) set(e example) {
	x.at, x.response = e.at, e.response
	x.detail = append(x.detail[:0], e.detail...)
}

// compare orders like compareSamples within one agent.
func (x example) compare(y example) int {
	switch {
	case x.at != y.at:
		return sign(x.at < y.at)
	case x.response != y.response:
		return sign(x.response < y.response)
	}
	return slices.Compare(x.detail, y.detail)
}

func sign(less bool) int {
	if less {
		return -1
	}
	return 1
}

// close makes the example text: valid, whatever bytes the target sent, and short.
func (x *example) close(agent string) ErrorSample {
	detail := strings.ToValidUTF8(string(x.detail), "\uFFFD")
	if len(detail) > MaxErrorDetail {
		detail = strings.ToValidUTF8(detail[:MaxErrorDetail], "")
	}
	return ErrorSample{At: x.at, Response: x.response, Agent: agent, Detail: detail}
}
