package baseline

import (
	"maps"
	"strings"
	"testing"
)

func TestRunsOfAnotherLoadAreRefused(t *testing.T) {
	b := &Baseline{Runs: []Run{{Rate: 90}, {Rate: 92}, {Rate: 100}, {}}}
	if err := b.AtLoad(90); err == nil || !strings.Contains(err.Error(), "2 of its 4 runs") {
		t.Errorf("at 90/s: %v", err)
	}
	b.Runs = b.Runs[:2]
	if err := b.AtLoad(90); err != nil {
		t.Errorf("within three per cent: %v", err)
	}
}

func TestWhatARunDoesNotTellIsNoValue(t *testing.T) {
	r := Run{P50MS: 10, Throughput: 90}
	if got, want := r.Values(), map[string]float64{"failed": 0, "p50": 0.01, "throughput": 90}; !maps.Equal(got, want) {
		t.Errorf("values are %v, want %v", got, want)
	}
}

// The same file with other variables is another load.
func TestOtherVariablesAreRefused(t *testing.T) {
	file, peak := &Baseline{}, &Baseline{Vars: map[string]string{"peak": "9"}}
	if all := file.Differences(peak); len(all) != 1 || !all[0].Refuses || !strings.Contains(all[0].What, "peak=9 here, those of the file in the baseline") {
		t.Errorf("differences are %v", all)
	}
	if all := peak.Differences(peak); len(all) != 0 {
		t.Errorf("the same differ: %v", all)
	}
}
