package runfile

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/stats"
)

// TestSplitsAreReadBack: a run that asked its target has the same split when it is read,
// spoilt seconds left out, and its file has all there is of it.
func TestSplitsAreReadBack(t *testing.T) {
	dir, r := save(t, sample.Story{Seconds: 60, Rate: 100, Stall: 30, Errors: true, Timed: true})
	got, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	same(t, r, got)
	all := func(stats.CellKey) bool { return true }
	want, failed := r.Split(all)
	back, failedBack := got.Split(all)
	if !reflect.DeepEqual(back, want) || failed != failedBack || want.Total().Count == 0 || len(r.Gaps()) != 1 {
		t.Errorf("%d requests were read, %d written", back.Total().Count, want.Total().Count)
	}
	total := want.Total()
	var sum, rest int64
	lines := strings.Split(strings.TrimSpace(unzipped(t, filepath.Join(dir, "split.jsonl.gz"))), "\n")
	for _, text := range lines[1:] {
		var l splitLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		parts := l.LagNS + l.WaitingNS + l.ConnectNS + l.RestNS
		for _, ns := range l.TargetNS {
			parts += ns
		}
		if parts != l.ResponseNS || l.ResponseNS < l.FromNS*int64(l.Count) || l.ResponseNS > l.ToNS*int64(l.Count) || l.Name == "" {
			t.Fatalf("does not add up: %s", text)
		}
		sum, rest = sum+l.ResponseNS, rest+l.RestNS
	}
	if sum != int64(total.Response) || rest != int64(total.Rest()) || !strings.Contains(lines[0], SplitSchema) {
		t.Errorf("the file has %d ns, %d rest, the run %d and %d; %s", sum, rest, total.Response, total.Rest(), lines[0])
	}
}

// TestNoSplitFileUnasked.
func TestNoSplitFileUnasked(t *testing.T) {
	dir, _ := save(t, sample.Story{Seconds: 5})
	if _, err := os.Stat(filepath.Join(dir, "split.jsonl.gz")); !os.IsNotExist(err) {
		t.Errorf("there is one: %v", err)
	}
}
