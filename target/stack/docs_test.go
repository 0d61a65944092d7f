package stack

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestTheDocumentIsTrue holds what docs/topology.md says of starts and ends.
func TestTheDocumentIsTrue(t *testing.T) {
	text, err := os.ReadFile("../../docs/topology.md")
	if err != nil {
		t.Fatal(err)
	}
	postgres, err := (&Postgres{Name: "x", Dir: os.TempDir(), Address: "127.0.0.1:1"}).Part()
	if err != nil || postgres.Within != time.Minute || deathWindow != time.Minute {
		t.Errorf("%v, %s, %s", err, postgres.Within, deathWindow)
	}
	for _, fact := range []string{
		fmt.Sprintf("not well within %.0f s (PostgreSQL: one minute)", defaultWithin.Seconds()),
		fmt.Sprintf("at once the first time, then after %d ms and twice as long", firstPause.Milliseconds()),
		fmt.Sprintf("One that dies %d times within one minute ends everything", mostDeaths),
	} {
		if !strings.Contains(strings.ReplaceAll(string(text), "\n", " "), fact) {
			t.Errorf("it does not say: %s", fact)
		}
	}
}
