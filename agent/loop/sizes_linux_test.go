package loop

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"

	"github.com/loadctl/loadctl/agent/http1"
)

// TestSizesAreDocumented: docs/engine.md has the sizes of records, which are paid for
// each connection and user, the bounds of what is borrowed, and the limits of pacing.
func TestSizesAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/engine.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int{
		"conn": int(unsafe.Sizeof(conn{})), "task": int(unsafe.Sizeof(task{})), "timer": int(unsafe.Sizeof(timer{})),
		"seat":  int(unsafe.Sizeof(seat{})),
		"place": int(unsafe.Sizeof(place{})), "opening": int(unsafe.Sizeof(opening{})), "ringFile": int(unsafe.Sizeof(ringFile{})),
		"http1.Parser": int(unsafe.Sizeof(http1.Parser{})), "tunnel": int(unsafe.Sizeof(tunnel{})),
		"readBuffer": readBuffer, "MaxLine": http1.MaxLine, "MaxHead": http1.MaxHead, "MaxKeptBody": http1.MaxKeptBody,
		"defaultMemory": defaultMemory, "sliceReads": sliceReads, "maxRounds": maxRounds, "eventBatch": eventBatch,
		"maxBurst": maxBurst, "maxDialing": maxDialing, "mostBuffers": mostBuffers,
	} {
		if want := fmt.Sprintf("\n| `%s` | %d |", name, n); !strings.Contains(string(doc), want) {
			t.Errorf("docs/engine.md lacks the row %q", want[1:])
		}
	}
	for _, want := range []string{
		fmt.Sprintf("%d µs early", spinFor.Microseconds()), fmt.Sprintf("more than %.0f %% of a core", 100*tickAbove),
		fmt.Sprintf("stops below %.0f %%", 100*tickBelow), fmt.Sprintf("is under %d ms", ticksShow.Milliseconds()),
	} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("docs/engine.md does not say %q", want)
		}
	}
}
