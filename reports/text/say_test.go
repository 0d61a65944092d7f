package text

import (
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

func TestTargetsCountStandsUnderTheAccounts(t *testing.T) {
	r := sample.Run(sample.Story{})
	least, _ := r.Answers()
	for add, mark := range map[uint64]string{0: "✓", 1000: "✗"} {
		r.Apply(stats.Update{Counted: &stats.TargetCount{Requests: least + add}})
		var b strings.Builder
		if err := Summary(&b, view.New(r), Options{}); err != nil {
			t.Fatal(err)
		}
		want := "  target      " + view.Group(least+add) + " answers by its own count, " + view.Group(least) + " by these accounts " + mark + "\n"
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestWhyIsToldOnce(t *testing.T) {
	v := view.New(sample.Run(sample.Story{}))
	v.Validity = stats.Validity{Verdict: stats.Degraded, Reasons: []string{"late; meanwhile it stood still", "no core; meanwhile it stood still"}}
	var b strings.Builder
	if err := Summary(&b, v, Options{}); err != nil {
		t.Fatal(err)
	}
	if want := "late; meanwhile it stood still\n              no core\n"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%s", want, b.String())
	}
}
