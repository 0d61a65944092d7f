package store

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestDatabasesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/databases.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := strings.Join(strings.Fields(string(text)), " ")
	for _, want := range []string{
		fmt.Sprintf("a time-out of its own, %.0f s", connectTimeout.Seconds()),
		fmt.Sprintf("every %s |", strings.Replace(pause.String(), "ms", " ms", 1)),
		fmt.Sprintf("left alone for %.0f s, twice as long each time up to %.0f s", firstLeave.Seconds(), mostLeave.Seconds()),
		fmt.Sprintf("wait for that up to %.0f s", tablesTimeout.Seconds()),
		fmt.Sprintf("version of the tables (%d)", schemaVersion),
		fmt.Sprintf("at most %d bytes", longest),
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("docs/databases.md does not say %q", want)
		}
	}
	for _, id := range []string{"1", "2", "3", "10000", "order-7", "ä"} {
		row := fmt.Sprintf("| `%s` | `%016x` | %d | %d | %d |", id, stirred(fnv1a(id)), shardOf(id, 2)+1, shardOf(id, 3)+1, shardOf(id, 4)+1)
		if !strings.Contains(string(text), row+"\n") {
			t.Errorf("docs/databases.md lacks\n%s", row)
		}
	}
}
