package capacity

import (
	"testing"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// TestAFigureIsToldWithWhatStoodBeside, and with no confidence that nothing is behind.
func TestAFigureIsToldWithWhatStoodBeside(t *testing.T) {
	for want, r := range map[string]Result{
		"749 iterations a second (95 % interval 730 to 760), held at 735":                      {Axis: Rate, Capacity: 749, Low: 730, High: 760, Confidence: 0.95, Verified: 735},
		"12000 iterations a second with 50000 connections held (95 % interval 11800 to 12345)": {Axis: Rate, Beside: trial.Load{Connections: 50_000}, Capacity: 12_000, Low: 11_800, High: 12_345, Confidence: 0.95},
		"2000 connections at 0.5/s (1990 held and 2010 broke, in single trials)":               {Axis: Connections, Beside: trial.Load{Rate: 0.5}, Capacity: 2000, Low: 1990, High: 2010},
		"730 iterations a second or more with 1 connection held":                               {Axis: Rate, Beside: trial.Load{Connections: 1}, Outcome: AtLeast, Capacity: 730, Low: 730},
		"": {Axis: Rate, Beside: trial.Load{Connections: 1}, Outcome: Nothing, High: 3},
	} {
		if got := r.Words(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestAResultSaysWhatStoodBesideIt, on either axis.
func TestAResultSaysWhatStoodBesideIt(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   trial.Load
	}{
		{Config{Connections: 10_000}, trial.Load{Connections: 10_000}},
		{Config{Axis: Connections, Rate: 200}, trial.Load{Rate: 200}},
		{Config{}, trial.Load{}},
	} {
		if got := New(c.config).Result().Beside; got != c.want {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
}
