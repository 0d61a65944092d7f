package store

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/loadctl/loadctl/target/catalogue"
)

// child names the database to a process that this test starts as one more worker.
const child = "LOADCTL_TEST_STORE"

// Worker processes make, read and write one file at the same time.
func TestProcessesShareAFile(t *testing.T) {
	if url := os.Getenv(child); url != "" {
		writeItems(t, url)
		return
	}
	url := sqliteURL(t, "shared.db")
	ids := make([][]string, 4)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcessesShareAFile$", "-test.v")
			cmd.Env = append(os.Environ(), child+"="+url)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			for line := range strings.Lines(string(out)) {
				if id, ok := strings.CutPrefix(line, "added "); ok {
					ids[i] = append(ids[i], strings.TrimSpace(id))
				}
			}
		})
	}
	all.Wait()
	s, _ := opened(t, settings(t, "database_url", url))
	for i, added := range ids {
		if len(added) != 25 {
			t.Errorf("process %d added %d", i, len(added))
		}
		for _, id := range added {
			if _, _, err := s.Item(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
	}
	if items, _, err := s.List(t.Context(), "", 1000); err != nil || len(items) != 200+4*25 {
		t.Errorf("%d items, %v", len(items), err)
	}
}

func writeItems(t *testing.T, url string) {
	s, _ := opened(t, settings(t, "database_url", url))
	for range 25 {
		item, _, err := s.Add(t.Context(), catalogue.Item{Name: "new"})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("added", item.ID)
		if _, _, err := s.Item(t.Context(), "200"); err != nil {
			t.Error(err)
		}
	}
}
