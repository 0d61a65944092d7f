package coordinator

import (
	"testing"

	"github.com/loadctl/loadctl/stats"
)

// TestWhatAgentsTookByTicksIsTold, and stays unknown of one that was lost.
func TestWhatAgentsTookByTicksIsTold(t *testing.T) {
	var u usage
	u.finished([]stats.AgentTotal{{Name: "a", Due: 9, ByTicks: 4}}, stats.Usage{})
	all := u.totals([]stats.AgentTotal{{Name: "a", Requests: 8}, {Name: "b", Requests: 7}})
	if all[0].Due != 9 || all[0].ByTicks != 4 || all[1].Due != 0 || all[1].Requests != 7 {
		t.Errorf("%+v", all)
	}
}
