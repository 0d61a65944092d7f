package wire

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/stats"
)

// maxArrivalTests is more than a scenario has phases.
const maxArrivalTests = 1 << 12

func encodeArrivals(tests []stats.ArrivalTest) []*loadctlpb.ArrivalTest {
	var list []*loadctlpb.ArrivalTest
	for _, t := range tests {
		list = append(list, &loadctlpb.ArrivalTest{
			Phase: uint32(t.Phase), Due: t.Due, Overdue: t.Overdue,
			N: t.N, Distance: t.D, Steepest: t.Steepest, Dispersion: t.Dispersion, Bins: uint32(t.Bins),
			MaxGapNs: int64(t.MaxGap), GapNs: int64(t.Gap),
		})
	}
	return list
}

func decodeArrivals(list []*loadctlpb.ArrivalTest) ([]stats.ArrivalTest, error) {
	if len(list) > maxArrivalTests {
		return nil, fmt.Errorf("%d tests of arrivals, more than %d", len(list), maxArrivalTests)
	}
	var tests []stats.ArrivalTest
	for _, m := range list {
		t := stats.ArrivalTest{
			Phase: int(m.GetPhase()), Due: m.GetDue(), Overdue: m.GetOverdue(),
			N: m.GetN(), D: m.GetDistance(), Steepest: m.GetSteepest(), Dispersion: m.GetDispersion(), Bins: int(m.GetBins()),
			MaxGap: time.Duration(m.GetMaxGapNs()), Gap: time.Duration(m.GetGapNs()),
		}
		if err := t.Validate(); err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	return tests, nil
}
