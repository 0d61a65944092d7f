package arrival

import (
	"testing"
	"time"
)

var hour = Profile{{From: 100, To: 100_000, Duration: time.Hour}, {From: 100_000, To: 100_000, Duration: 100 * time.Hour}}

func benchmarkNext(b *testing.B, law Law, share Share) {
	s := New(hour, law, 1, share)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := s.Next(); !ok {
			b.Fatal("no more arrivals")
		}
	}
}

func BenchmarkNextUniform(b *testing.B)      { benchmarkNext(b, Uniform, Whole()) }
func BenchmarkNextUniformTenth(b *testing.B) { benchmarkNext(b, Uniform, Whole().Split(10)[3]) }
func BenchmarkNextPoisson(b *testing.B)      { benchmarkNext(b, Poisson, Whole()) }
func BenchmarkNextPoissonTenth(b *testing.B) { benchmarkNext(b, Poisson, Whole().Split(10)[3]) }

func BenchmarkRand(b *testing.B) {
	r := NewRand(1)
	for b.Loop() {
		r.Uint64()
	}
}

func TestNextAllocatesNothing(t *testing.T) {
	for _, law := range []Law{Uniform, Poisson} {
		s := New(hour, law, 1, Whole().Split(3)[1])
		if n := testing.AllocsPerRun(1000, func() { s.Next() }); n != 0 {
			t.Errorf("%v: %v allocations", law, n)
		}
	}
}
