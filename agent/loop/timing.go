package loop

import (
	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// timings are what answers tell of their target's time, read one at a time.
type timings struct {
	read []http1.Timing
	told []stats.Told
}

// readTimings adds to a sample what its answer tells. Names lie in the answer's head until
// the sample is recorded.
func (l *Loop) readTimings(s *stats.Sample, wanted *scenarios.Timing, parser *http1.Parser) {
	t := &l.timings
	all, whole := parser.Timings(t.read[:0])
	t.read, t.told = all, t.told[:0]
	for i := range all {
		if wanted.Wants(all[i].Name) {
			t.told = append(t.told, stats.Told(all[i]))
		}
	}
	s.Told, s.ToldOddly = t.told, !whole
}
