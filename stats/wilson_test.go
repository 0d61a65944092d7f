package stats

import (
	"math"
	"testing"
)

func TestWilsonIsThatOfTables(t *testing.T) {
	for _, c := range []struct{ k, n, low, high float64 }{{0, 60, 0, 0.0602}, {0, 300, 0, 0.0126}, {9, 10, 0.5958, 0.9821}, {0, 0, 0, 1}, {1, 10, 0.0179, 0.4042}, {5, 10, 0.2366, 0.7634}, {10, 10, 0.7225, 1}} {
		if low, high := Wilson(c.k, c.n); math.Abs(low-c.low) > 1e-4 || math.Abs(high-c.high) > 1e-4 {
			t.Errorf("%v of %v: [%v, %v], not [%v, %v]", c.k, c.n, low, high, c.low, c.high)
		}
	}
}
