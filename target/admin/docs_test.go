package admin

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// The page about the target lists every setting, route and metric, as they are.
func TestThePageListsWhatThereIs(t *testing.T) {
	text, err := os.ReadFile("../../docs/target.md")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.Split(string(text), "\n")
	rows := append(settingRows(), metricRows(t)...)
	for _, row := range rows {
		if !slices.Contains(page, row) {
			t.Errorf("docs/target.md lacks\n%s", row)
		}
	}
	listed := 0
	for _, line := range page {
		if strings.HasPrefix(line, "| `"+prefix) {
			listed++
		}
	}
	if want := len(metricRows(t)); len(machine()) > 0 && listed != want {
		t.Errorf("docs/target.md has %d metrics, and there are %d", listed, want)
	}
}

func settingRows() (rows []string) {
	for _, k := range knobs.All() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |", k.Name, strings.ReplaceAll(k.Kind, "|", ", "), cmp.Or(k.Default, "—"), k.Help))
	}
	return rows
}

// metricRows are those of a target of which everything was asked.
func metricRows(t *testing.T) (rows []string) {
	m := newMaster(t)
	for r := range counts.Routes {
		m.slot.Answered[r][2].Add(1)
		m.slot.Took[r].Add(time.Millisecond)
	}
	seen := map[string]bool{}
	for _, one := range append(m.Stats().Metrics(m.settings.Database), machine()...) {
		if seen[one.Name] {
			continue
		}
		seen[one.Name] = true
		var labels []string
		for _, l := range one.Labels {
			labels = append(labels, l.Name)
		}
		kind := [...]string{counts.Gauge: "gauge", counts.Counter: "counter", counts.Histogram: "histogram"}[one.Kind]
		rows = append(rows, fmt.Sprintf("| `%s%s` | %s | %s | %s |", prefix, one.Name, kind, cmp.Or(strings.Join(labels, ", "), "—"), one.Help))
	}
	return rows
}
