package cache

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/knobs"
)

// TestDocumentedFigures holds what docs/caching.md says of times, formulas and settings.
func TestDocumentedFigures(t *testing.T) {
	raw, err := os.ReadFile("../../docs/caching.md")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.Join(strings.Fields(string(raw)), " ")
	said := []string{
		fmt.Sprintf("ends after %s", leaseFor), fmt.Sprintf("never longer than %s", longWait),
		fmt.Sprintf("after %d failures", tolerated), fmt.Sprintf("pinged every %s", retryEvery), fmt.Sprintf("takes longer than %s", patience),
		fmt.Sprintf("between %g and %g of `cache_ttl`", 1-spread/2, 1+spread/2), fmt.Sprintf("at most %gs", longestLoad.Seconds()),
	}
	for _, k := range knobs.All() {
		if k.Group == "cache" {
			said = append(said, fmt.Sprintf("| `%s` | %s |", k.Name, orNone(k.Default)))
		}
	}
	p := Zipf(10_000, 1)
	for _, rate := range []float64{10, 100, 1000} {
		for _, ttl := range []time.Duration{time.Second, 30 * time.Second} {
			said = append(said, fmt.Sprintf("| %g/s | %s | %.1f %% |", rate, ttl, 100*p.Aged(rate, ttl, 0)))
		}
	}
	for _, entries := range []int{100, 1000, 5000} {
		said = append(said, fmt.Sprintf("| %d | %.1f %% | %.1f %% |", entries, 100*p.Recent(entries), 100*p.Best(entries)))
	}
	said = append(said, fmt.Sprintf("20,000 requests ask %.0f of them", p.Distinct(20_000)))
	for _, s := range said {
		if !strings.Contains(page, s) {
			t.Errorf("docs/caching.md does not say: %s", s)
		}
	}
}

func orNone(text string) string {
	if text == "" {
		return "(none)"
	}
	return text
}
