package known

import (
	"math"
	"testing"
	"time"
)

// TestFreezesOfTheDesign: figures that other tests and documents go by.
func TestFreezesOfTheDesign(t *testing.T) {
	middle := Freeze{Length: time.Minute, Stall: 2 * time.Second, Service: time.Millisecond}
	end := Freeze{Length: time.Minute, Stall: 6500 * time.Millisecond, Met: 1500 * time.Millisecond, Service: time.Millisecond}
	for _, c := range []struct {
		f    Freeze
		p    float64
		want time.Duration
	}{
		{middle, 50, time.Millisecond}, {middle, 99, 1401 * time.Millisecond}, {middle, 99.9, 1941 * time.Millisecond},
		{end, 50, time.Millisecond}, {end, 97, time.Millisecond}, {end, 99, 5901 * time.Millisecond}, {end, 99.9, 6441 * time.Millisecond},
	} {
		if got := c.f.Percentile(c.p); got.Round(time.Millisecond) != c.want {
			t.Errorf("%+v: p%v is %v, want %v", c.f, c.p, got, c.want)
		}
	}
}

func TestRefusedAreNeverServed(t *testing.T) {
	for _, c := range []struct {
		refused, p, want float64
		never            bool
	}{{0, 50, 6.931, false}, {0.05, 50, 7.472, false}, {0.05, 99, 0, true}, {0.05, 95, 0, true}, {0.6, 50, 0, true}} {
		got, never := Refusing(10*time.Millisecond, c.refused, c.p)
		if math.Abs(1e3*got.Seconds()-c.want) > 0.001 || never != c.never {
			t.Errorf("%+v: %v, %v", c, got, never)
		}
	}
}
