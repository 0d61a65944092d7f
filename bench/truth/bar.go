package main

import (
	"encoding/json"
	"fmt"
	"math"
)

// A bar is one figure beside what it must be.
type bar struct {
	Name     string  `json:"bar"`
	Measured figure  `json:"measured"`
	True     *figure `json:"true,omitempty"` // nil: there is none
	Unit     unit    `json:"unit"`
	Must     string  `json:"must,omitempty"` // empty: it is shown, no more
	Kept     bool    `json:"kept"`
	// exact figures are accounts: whatever goes on beside them they hold.
	exact bool
	// excused were missed in a trial that was disturbed, as all before it were.
	excused bool
}

// A figure may be no number, which JSON writes as null.
type figure float64

// MarshalJSON is json.Marshaler's.
func (f figure) MarshalJSON() ([]byte, error) {
	if v := float64(f); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return json.Marshal(v)
	}
	return []byte("null"), nil
}

// UnmarshalJSON is json.Unmarshaler's.
func (f *figure) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*f = figure(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(f))
}

// A unit says how a figure is written, such as {"%.3f", " ms"}.
type unit struct {
	Format string `json:"format"`
	Name   string `json:"name"`
}

var (
	ms      = unit{"%.3f", " ms"}
	count   = unit{"%.0f", ""}
	percent = unit{"%.1f", " %"}
	ratio   = unit{"%.3f", ""}
	ns      = unit{"%.0f", " ns"}
)

func (u unit) write(v float64) string { return fmt.Sprintf(u.Format, v) + u.Name }

// atMost wants a figure to be no more than most. One that is no number is missed.
func atMost(name string, measured, most float64, u unit) bar {
	return bar{Name: name, Measured: figure(measured), Unit: u, Must: "≤ " + u.write(most), Kept: measured <= most}
}

// atLeast wants a figure to be no less than least.
func atLeast(name string, measured, least float64, u unit) bar {
	return bar{Name: name, Measured: figure(measured), Unit: u, Must: "≥ " + u.write(least), Kept: measured >= least}
}

// within wants a figure no farther from the truth than a share of it, and so much more.
func within(name string, measured, truth, share, more float64, u unit) bar {
	b := bar{Name: name, Measured: figure(measured), Unit: u, Must: fmt.Sprintf("± %g %%", 100*share)}
	b.Kept = math.Abs(measured-truth) <= share*math.Abs(truth)+more
	if more > 0 {
		b.Must += " + " + u.write(more)
	}
	return b.beside(truth)
}

// exactly wants it to be the truth.
func exactly(name string, measured, truth uint64) bar {
	b := bar{Name: name, Measured: figure(measured), Unit: count, Must: "the same", Kept: measured == truth, exact: true}
	return b.beside(float64(truth))
}

// none wants there to be none of what is counted.
func none(name string, measured int) bar {
	return bar{Name: name, Measured: figure(measured), Unit: count, Must: "none", Kept: measured == 0, exact: true}
}

// shown has nothing to keep.
func shown(name string, measured float64, u unit) bar {
	return bar{Name: name, Measured: figure(measured), Unit: u, Kept: true}
}

// beside has the truth stand beside a figure.
func (b bar) beside(truth float64) bar {
	f := figure(truth)
	b.True = &f
	return b
}

// in has figures written in a unit.
func (b bar) in(u unit) bar {
	b.Unit = u
	return b
}

// cells are a bar's line in a table: bar, measured, true, error, must, and the verdict.
func (b bar) cells() []string {
	measured := float64(b.Measured)
	return []string{b.Name, b.Unit.write(measured), b.truth(), b.off(), b.Must, b.word()}
}

func (b bar) truth() string {
	if b.True == nil {
		return ""
	}
	return b.Unit.write(float64(*b.True))
}

// off is the error, as a share of the truth where that is not zero.
func (b bar) off() string {
	switch {
	case b.True == nil || b.Measured == *b.True:
		return ""
	case *b.True == 0:
		return b.Unit.write(float64(b.Measured))
	}
	return fmt.Sprintf("%+.2f %%", 100*(float64(b.Measured / *b.True)-1))
}

func (b bar) word() string {
	switch {
	case b.Must == "":
		return ""
	case b.Kept:
		return "kept"
	}
	return "MISSED"
}
