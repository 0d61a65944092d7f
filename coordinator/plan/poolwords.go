package plan

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/scenarios"
)

// poolWords says how a phase gets its connections, where that is not what every phase
// of its kind does.
func poolWords(p *scenarios.Phase) string {
	if p.Executor == scenarios.HeldConnections || p.Over >= 0 {
		return ""
	}
	o := p.Pool
	var parts []string
	add := func(is bool, format string, args ...any) {
		if is {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(o.Reuse == scenarios.ReuseNone, "a new connection for each request")
	add(o.Reuse == scenarios.ReuseUser && p.Executor.Open(), "a new connection for each iteration")
	add(o.Reuse == scenarios.ReuseShared && !p.Executor.Open(), "users share connections")
	add(o.Max > 0, "at most %s at once", times(o.Max, "connection"))
	add(o.ConnectRate > 0, "opened at no more than %s", perSecond(o.ConnectRate))
	add(o.MaxAge > 0, "closed at an age of %s", o.MaxAge)
	add(o.MaxRequests > 0, "closed after %s", times(o.MaxRequests, "request"))
	add(o.Reset, "reset when they are closed")
	return strings.Join(parts, ", ")
}
