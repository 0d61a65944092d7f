package rental

import (
	"testing"

	"github.com/loadctl/loadctl/coordinator/price"
)

// TestTheWorstCaseIsWhatIsDoneHere: what a budget promises holds replacements and giving back as they are decided here.
func TestTheWorstCaseIsWhatIsDoneHere(t *testing.T) {
	if back := ReapMargin + (Limits{}).withDefaults().BackWithin; back != price.Back {
		t.Errorf("given back %s after the TTL, in the worst case of price %s", back, price.Back)
	}
	for n := 1; n < 50; n++ {
		var c Config
		for i := range n {
			c.Wants = append(c.Wants, Want{Kind: Instance, Role: "agent", Number: i + 1})
		}
		if got, want := c.replacements(), price.Replacements(n); got != want {
			t.Errorf("of %d machines %d are replaced, in the worst case of price %d", n, got, want)
		}
	}
}
