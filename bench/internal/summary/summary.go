// Package summary reads of a run's summary.json what benches hold against what they know. It
// has a decoder of its own: a name that changes there is seen here.
package summary

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// ExitInvalid is loadctl's exit code of a run that measured the generator. Its figures are
// there all the same.
const ExitInvalid = 97

// A Summary is what is read.
type Summary struct {
	Validity struct {
		Verdict string
		Reasons []string
	}
	Accounting struct{ Intended, OK uint64 }
	Failed     float64 `json:"failed_rate"`
	Response   Times   `json:"response_ms"`
	Service    Times   `json:"service_ms"`
	FirstByte  Times   `json:"first_byte_ms"`
	Connect    Times   `json:"connect_ms"`
	PoolWait   Times   `json:"pool_wait_ms"`
	PacerLag   Times   `json:"pacer_lag_ms"`
	Confidence []struct {
		P        float64
		Withheld bool
	}
}

// Times are milliseconds, as loadctl tells them. A percentile is null there where failed
// requests reach into it, and where there are too few requests to name it.
type Times struct {
	Count                uint64
	Mean, P50, P99, P999 *float64
}

// At is percentile 50, 99 or 99.9; one that is not told is infinite.
func (t Times) At(p float64) float64 {
	v := map[float64]*float64{50: t.P50, 99: t.P99, 99.9: t.P999}[p]
	if v == nil {
		return math.Inf(1)
	}
	return *v
}

// Withheld says whether there were too few requests to name a percentile of response time.
func (s *Summary) Withheld(p float64) bool {
	for _, c := range s.Confidence {
		if c.P == p {
			return c.Withheld
		}
	}
	return false
}

// Read finds the one run in a folder of runs: its own folder, and its summary.
func Read(runs string) (dir string, s Summary, err error) {
	files, err := filepath.Glob(filepath.Join(runs, "*", "summary.json"))
	if err != nil || len(files) != 1 {
		return "", s, fmt.Errorf("%d summaries of loadctl in %s, not one", len(files), runs)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		return "", s, err
	}
	s, err = Parse(b)
	return filepath.Dir(files[0]), s, err
}

// Parse reads the text of a summary.json.
func Parse(b []byte) (s Summary, err error) {
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("loadctl's summary: %w", err)
	}
	return s, nil
}
