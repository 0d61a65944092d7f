package view

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestFieldsOfTheSummaryAreDocumented: what scripts read of these parts is on the page about
// run directories, word for word.
func TestFieldsOfTheSummaryAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/run-format.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	want := []string{"clock_ahead_ms"}
	for key := range (&LimitedBy{}).summary().Shares {
		want = append(want, key)
	}
	for _, part := range []any{SummaryLimit{}, SummarySteady{}, SummaryWarmup{}, SummaryConserved{}, SummarySlower{},
		SummarySplit{}, SummaryBand{}, SummaryPart{}, SummaryMonitor{}, SummaryMonitorSeries{}, SummaryMonitorProfile{}, SummaryHostMachine{}, SummaryTraffic{}, SummaryLate{}} {
		kind := reflect.TypeOf(part)
		for i := range kind.NumField() {
			name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
			want = append(want, name)
		}
	}
	for _, name := range want {
		if !strings.Contains(page, "`"+name+"`") && !strings.Contains(page, "."+name+"`") {
			t.Errorf("docs/run-format.md does not tell of %s", name)
		}
	}
}
