package stats

import (
	"math"
	"testing"
)

// Of published tables.
func TestStudentTIsThatOfTables(t *testing.T) {
	for _, c := range []struct{ p, freedom, want float64 }{
		{0.975, 1, 12.7062}, {0.975, 2, 4.30265}, {0.975, 3, 3.18245}, {0.975, 10, 2.22814}, {0.975, 30, 2.04227}, {0.975, 1e6, 1.95997},
		{0.975, 19, 2.09302}, {0.975, 29, 2.04523}, {0.95, 1, 6.31375}, {0.95, 9, 1.83311}, {0.99, 5, 3.36493}, {0.999, 4, 7.17318}, {0.5, 7, 0}, {0.025, 1, -12.7062},
	} {
		got := StudentT(c.p, c.freedom)
		if math.Abs(got-c.want) > 1e-4*max(1, math.Abs(c.want)) {
			t.Errorf("p=%v, ν=%v: %v, not %v", c.p, c.freedom, got, c.want)
		}
		if back := StudentTail(got, c.freedom); math.Abs(back-(1-c.p)) > 1e-9 {
			t.Errorf("p=%v, ν=%v: tail %v", c.p, c.freedom, back)
		}
	}
}
