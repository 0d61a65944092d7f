package runfile

import (
	"encoding/json"
	"io"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// SplitSchema names the format of split.jsonl.gz.
const SplitSchema = "loadctl.split/v1"

// A splitLine is one line of split.jsonl.gz: requests of one name that took from FromNS to
// ToNS, and the sums of their times in ns, which add up to ResponseNS.
type splitLine struct {
	Name       string           `json:"name"`
	FromNS     int64            `json:"from_ns"`
	ToNS       int64            `json:"to_ns"`
	Count      uint64           `json:"count"`
	Untold     uint64           `json:"untold"`
	Odd        uint64           `json:"odd"`
	Over       uint64           `json:"over"`
	ResponseNS int64            `json:"response_ns"`
	LagNS      int64            `json:"pacer_lag_ns"`
	WaitingNS  int64            `json:"pool_wait_ns"`
	ConnectNS  int64            `json:"connect_ns"`
	TargetNS   map[string]int64 `json:"target_ns"`
	RestNS     int64            `json:"rest_ns"`
}

// splitFiles is where the time went, of a run that asked.
func splitFiles(v *view.View) []Extra {
	if len(v.Where) == 0 {
		return nil
	}
	return []Extra{{"split.jsonl.gz", func(to io.Writer) error {
		return zipped(to, func(to io.Writer) error { return writeSplit(to, v) })
	}}}
}

// writeSplit writes those of single names: all together are their sum.
func writeSplit(to io.Writer, v *view.View) error {
	e := json.NewEncoder(to)
	err := e.Encode(schemaLine{SplitSchema, v.Info.RunID})
	for _, w := range v.Where {
		for i := 0; w.Name != "" && i < len(w.Split.Buckets) && err == nil; i++ {
			err = e.Encode(splitLineOf(w.Name, w.Split, &w.Split.Buckets[i]))
		}
	}
	return err
}

func splitLineOf(name string, s *stats.Split, b *stats.SplitBucket) splitLine {
	low, high := stats.SplitEdges(b.Bucket)
	l := splitLine{
		Name: name, FromNS: int64(low), ToNS: int64(high), Count: b.Count, Untold: b.Untold, Odd: b.Odd, Over: b.Over,
		ResponseNS: int64(b.Response), LagNS: int64(b.Lag), WaitingNS: int64(b.Waiting), ConnectNS: int64(b.Connecting),
		TargetNS: map[string]int64{}, RestNS: int64(b.Rest()),
	}
	for i, part := range s.Columns() {
		l.TargetNS[part] = int64(s.ToldBy(&b.SplitSums, i))
	}
	return l
}
