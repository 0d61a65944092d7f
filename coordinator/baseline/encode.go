package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// mostBytes is far more than a whole file has.
const mostBytes = 1 << 20

// Encode writes a baseline, a run a line, so that a commit shows which were added. The error names all that is
// wrong with it.
func (b *Baseline) Encode() ([]byte, error) {
	whole := *b
	whole.Schema = Schema
	if err := whole.Validate(); err != nil {
		return nil, err
	}
	runs := whole.Runs
	whole.Runs = []Run{}
	head, err := json.MarshalIndent(&whole, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing baseline %s: %w", b.Name, err)
	}
	var lines []string
	for _, r := range runs {
		line, err := json.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("writing run %s of baseline %s: %w", r.ID, b.Name, err)
		}
		lines = append(lines, "    "+string(line))
	}
	if len(lines) > 0 {
		head = bytes.TrimSuffix(head, []byte("[]\n}"))
		head = append(head, "[\n"+strings.Join(lines, ",\n")+"\n  ]\n}"...)
	}
	return append(head, '\n'), nil
}

// Decode reads a baseline. Keys that it does not know, and another schema, are refused; else all that is wrong is
// told at once.
func Decode(data []byte) (*Baseline, error) {
	if len(data) > mostBytes {
		return nil, fmt.Errorf("it is no baseline: it has %d bytes, of at most %d", len(data), mostBytes)
	}
	var head struct{ Schema string }
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("it is no baseline: %w", where(data, err))
	}
	if head.Schema != Schema {
		return nil, fmt.Errorf("schema: must be %q, got %q: it is no baseline, or one of another loadctl", Schema, head.Schema)
	}
	var b Baseline
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		return nil, where(data, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the baseline: a merge gone wrong?")
	}
	return &b, b.Validate()
}

// where adds the line and column to an error that knows its place.
func where(data []byte, err error) error {
	offset := int64(-1)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	}
	if offset < 0 || offset > int64(len(data)) {
		return err
	}
	before := data[:offset]
	return fmt.Errorf("%d:%d: %w", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n')-1, err)
}

// Validate names everything that is wrong.
func (b *Baseline) Validate() error {
	var all []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			all = append(all, fmt.Errorf(format, args...))
		}
	}
	refuse(b.Schema != Schema, "schema: must be %q, got %q", Schema, b.Schema)
	refuse(b.Name == "", "name: is missing")
	refuse(b.Scenario == "", "scenario: is missing")
	refuse(!hash(b.ScenarioHash), "scenario_sha256: must be 64 hexadecimal digits, got %q", b.ScenarioHash)
	refuse(b.Fingerprint.Cores < 0 || b.Fingerprint.MemoryMiB < 0, "fingerprint: cores and memory_mib must be >= 0")
	refuse(b.Capacity == nil && len(b.Runs) == 0, "there is neither a capacity nor a run in it")
	if c := b.Capacity; c != nil {
		refuse(!figure(c.Value) || c.Value == 0, "capacity.value: must be > 0, got %v", c.Value)
		refuse(!figure(c.Low) || c.Low > c.Value, "capacity.low: must be from 0 to the value, got %v", c.Low)
		refuse(!figure(c.High) || c.High != 0 && c.High < c.Value, "capacity.high: must be 0 (not known) or at least the value, got %v", c.High)
		refuse(!figure(c.Elasticity) || !figure(c.Clump), "capacity: elasticity and clump must be >= 0")
		refuse(len(c.Clauses) == 0, "capacity.clauses: are missing: a capacity is one of an SLO")
		for i, clause := range c.Clauses {
			refuse(!figure(clause.Allowed) || clause.Allowed >= 1, "capacity.clauses[%d].allowed: must be a share, got %v", i, clause.Allowed)
		}
	}
	ids := map[string]bool{}
	for i, r := range b.Runs {
		refuse(r.ID == "", "runs[%d].id: is missing", i)
		refuse(r.ID != "" && ids[r.ID], "runs[%d].id: %s is there twice", i, r.ID)
		ids[r.ID] = true
		refuse(r.Time.IsZero(), "runs[%d].time: is missing", i)
		refuse(r.Trials < 0, "runs[%d].trials: must be >= 0, got %d", i, r.Trials)
		refuse(!figure(r.Failed) || r.Failed > 1, "runs[%d].failed: must be a share, got %v", i, r.Failed)
		for _, f := range []float64{r.Rate, r.P50MS, r.P99MS, r.Throughput, r.CPU} {
			refuse(!figure(f), "runs[%d]: rate, p50_ms, p99_ms, throughput and cpu must be >= 0, got %v", i, f)
		}
	}
	return errors.Join(all...)
}

func figure(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }

func hash(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}
