package tools

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// vegeta attacks, and reports on what it wrote: two processes and a shell between them.
func vegeta() Tool {
	const both = `"$0" attack -rate="$1" -duration="$2" -targets="$3" | "$0" report -type=json`
	return Tool{Name: "vegeta", Binary: "vegeta", Read: readVegeta,
		Makes: func(Load) string { return "constant rate, as many workers as it takes" },
		Words: func(l Load) ([]string, error) {
			file, err := l.write("targets", "GET "+l.URL+"\n")
			return []string{"sh", "-c", both, "vegeta", fmt.Sprintf("%g", l.Rate), l.Length.String(), file}, err
		}}
}

func readVegeta(out, _ string) (s Said, err error) {
	var r struct {
		Latencies struct {
			P50 time.Duration `json:"50th"`
			P99 time.Duration `json:"99th"`
		}
		Codes  map[string]int `json:"status_codes"`
		Errors []string
	}
	begin := strings.IndexByte(out, '{')
	if err := json.Unmarshal([]byte(out[max(begin, 0):]), &r); err != nil {
		return s, fmt.Errorf("vegeta: %w\n%s", err, out)
	}
	s.P50, s.P99 = Of(r.Latencies.P50), Of(r.Latencies.P99)
	for code, n := range r.Codes {
		if code != "200" {
			s.Notes = append(s.Notes, fmt.Sprintf("%d × status %s", n, code))
		}
	}
	slices.Sort(s.Notes)
	s.Notes = append(s.Notes, r.Errors...)
	return s, nil
}
