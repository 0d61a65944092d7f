package stats

import (
	"encoding/json"
	"time"
)

// A Reading is a figure that may not be known: nothing told it, or a kernel has no such
// thing. The zero value says so, because 0 would be an answer.
type Reading[T uint64 | float64 | time.Duration] struct {
	Value T
	Known bool
}

// Read is a reading that is known.
func Read[T uint64 | float64 | time.Duration](v T) Reading[T] { return Reading[T]{v, true} }

// Over says whether it is known to be above a limit.
func (r Reading[T]) Over(limit T) bool { return r.Known && r.Value > limit }

// Max is the larger of two readings, or the one that is known.
func (r Reading[T]) Max(other Reading[T]) Reading[T] {
	if !r.Known || other.Over(r.Value) {
		return other
	}
	return r
}

// Plus is the sum of two readings, or the one that is known.
func (r Reading[T]) Plus(other Reading[T]) Reading[T] {
	return Reading[T]{r.Value + other.Value, r.Known || other.Known}
}

// Since is by how much a counter grew: not known when it went back, as it is another one
// then.
func (r Reading[T]) Since(then Reading[T]) Reading[T] {
	if !r.Known || !then.Known || r.Value < then.Value {
		return Reading[T]{}
	}
	return Read(r.Value - then.Value)
}

// MarshalJSON gives the number, or null when it is not known.
func (r Reading[T]) MarshalJSON() ([]byte, error) {
	if !r.Known {
		return []byte("null"), nil
	}
	return json.Marshal(r.Value)
}

// UnmarshalJSON takes what MarshalJSON gives.
func (r *Reading[T]) UnmarshalJSON(b []byte) error {
	*r = Reading[T]{}
	if string(b) == "null" {
		return nil
	}
	err := json.Unmarshal(b, &r.Value)
	r.Known = err == nil
	return err
}
