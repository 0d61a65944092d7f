package arrival

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func all(s *Schedule) (list []Arrival) {
	for {
		a, ok := s.Next()
		if !ok {
			return list
		}
		list = append(list, a)
	}
}

// profiles draws small profiles of every shape: level, rising, falling, empty stretches.
func profiles() *rapid.Generator[Profile] {
	rate := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 300))
	return rapid.Custom(func(t *rapid.T) Profile {
		p := Profile{}
		for range rapid.IntRange(1, 5).Draw(t, "stages") {
			s := Stage{From: rate.Draw(t, "from"), To: rate.Draw(t, "to"),
				Duration: time.Duration(rapid.Int64Range(1, int64(3*time.Second)).Draw(t, "duration"))}
			if rapid.Bool().Draw(t, "level") {
				s.To = s.From
			}
			p = append(p, s)
		}
		return p
	})
}

func laws() *rapid.Generator[Law] { return rapid.SampledFrom([]Law{Poisson, Uniform}) }

func TestCountIsTheIntegralOfTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := profiles().Draw(t, "profile")
		list := all(New(p, Uniform, 1, Whole()))
		if want := math.Floor(p.Integral(p.Duration()) + countSlack); float64(len(list)) != want {
			t.Fatalf("%d arrivals, the integral is %v", len(list), p.Integral(p.Duration()))
		}
		for _, a := range list {
			if got := p.Integral(a.At); math.Abs(got-float64(a.Index)) > 1e-5 {
				t.Fatalf("arrival %d is due at %v, where %v are due", a.Index, a.At, got)
			}
		}
	})
}

func TestArrivalsAreInOrderAndReproducible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, law, seed := profiles().Draw(t, "profile"), laws().Draw(t, "law"), rapid.Uint64().Draw(t, "seed")
		list := all(New(p, law, seed, Whole()))
		if !slices.Equal(list, all(New(p, law, seed, Whole()))) {
			t.Fatal("two schedules of one seed differ")
		}
		if uint64(len(list)) != Count(p, law, seed) {
			t.Fatalf("%d arrivals, Count says %d", len(list), Count(p, law, seed))
		}
		for i, a := range list {
			if a.Index != uint64(i) || a.At < 0 || a.At > p.Duration() || i > 0 && a.At < list[i-1].At {
				t.Fatalf("arrival %d: %+v after %+v", i, a, list[max(i-1, 0)])
			}
		}
	})
}

// shares splits the whole again and again and joins some parts: any partition an
// allocation and its redistributions can come to.
func shares(t *rapid.T) []Share {
	parts := []Share{Whole()}
	for range rapid.IntRange(0, 4).Draw(t, "splits") {
		i := rapid.IntRange(0, len(parts)-1).Draw(t, "which")
		cut := parts[i].Split(rapid.IntRange(1, 5).Draw(t, "into"))
		parts = append(slices.Delete(parts, i, i+1), cut...)
		if len(parts) > 2 && rapid.Bool().Draw(t, "join") {
			joined := parts[0].Join(parts[1])
			parts = append(parts[2:], joined)
		}
	}
	return parts
}

func TestSharesPartitionTheSchedule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, law, seed := profiles().Draw(t, "profile"), laws().Draw(t, "law"), rapid.Uint64().Draw(t, "seed")
		var union []Arrival
		for _, s := range shares(t) {
			union = append(union, all(New(p, law, seed, s))...)
		}
		wantWhole(t, union, New(p, law, seed, Whole()))
	})
}

func wantWhole(t *rapid.T, union []Arrival, whole *Schedule) {
	t.Helper()
	slices.SortFunc(union, func(a, b Arrival) int { return int(a.Index) - int(b.Index) })
	if want := all(whole); !slices.Equal(union, want) {
		t.Fatalf("the shares give %d arrivals, the whole %d, and they differ", len(union), len(want))
	}
}

// TestReshareKeepsThePartition moves every share to another loop at agreed moments,
// asked for before the loop comes there.
func TestReshareKeepsThePartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, law, seed := profiles().Draw(t, "profile"), laws().Draw(t, "law"), rapid.Uint64().Draw(t, "seed")
		first, second, third := shares(t), shares(t), shares(t)
		moment := rapid.Int64Range(0, int64(p.Duration()))
		a, b := time.Duration(moment.Draw(t, "a")), time.Duration(moment.Draw(t, "b"))
		a, b = min(a, b), max(a, b)
		var union []Arrival
		for i := range max(len(first), len(second), len(third)) {
			s := New(p, law, seed, part(first, i))
			for range rapid.IntRange(0, 50).Draw(t, "before") {
				if x, ok := s.Peek(); ok && x.At < a {
					s.Next()
					union = append(union, x)
				}
			}
			s.Reshare(a, part(second, i))
			s.Reshare(b, part(third, i))
			union = append(union, all(s)...)
		}
		wantWhole(t, union, New(p, law, seed, Whole()))
	})
}

func part(list []Share, i int) Share {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// TestLateReshareLosesNothing: the call comes after arrivals past its moment were given.
func TestLateReshareLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, law, seed := profiles().Draw(t, "profile"), laws().Draw(t, "law"), rapid.Uint64().Draw(t, "seed")
		from := time.Duration(rapid.Int64Range(0, int64(p.Duration())).Draw(t, "from"))
		s := New(p, law, seed, Whole().Split(2)[0])
		var list []Arrival
		for range rapid.IntRange(0, 300).Draw(t, "given") {
			if a, ok := s.Next(); ok {
				list = append(list, a)
			}
		}
		s.Reshare(from, Whole())
		list = append(list, all(s)...)
		want := all(New(p, law, seed, Whole()))
		want = slices.DeleteFunc(want, func(a Arrival) bool {
			return p.Integral(a.At) < p.Integral(from)-1e-6 && !slices.Contains(list, a)
		})
		wantEach(t, list, want)
	})
}

func wantEach(t *rapid.T, list, want []Arrival) {
	seen := map[uint64]bool{}
	for _, a := range list {
		if seen[a.Index] {
			t.Fatalf("arrival %d was given twice", a.Index)
		}
		seen[a.Index] = true
	}
	for _, a := range want {
		if !seen[a.Index] {
			t.Fatalf("arrival %d at %v is missing", a.Index, a.At)
		}
	}
}

func TestInverseUndoesIntegral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := profiles().Draw(t, "profile")
		n := rapid.Float64Range(0, 1).Draw(t, "n") * p.Integral(p.Duration())
		at, ok := p.Inverse(n)
		if !ok {
			if n < p.Integral(p.Duration()) {
				t.Fatalf("no inverse of %v", n)
			}
			return
		}
		if back := p.Integral(at); math.Abs(back-n) > 1e-5 {
			t.Fatalf("Λ(Λ⁻¹(%v)) = %v", n, back)
		}
	})
}

func TestLnAgreesWithTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := float64(rapid.Uint64().Draw(t, "bits")>>11+1) * 0x1p-53
		if got, want := ln(x), math.Log(x); math.Abs(got-want) > 4e-16*max(math.Abs(want), 1e-300) && got != want {
			t.Fatalf("ln(%v) = %v, want %v", x, got, want)
		}
	})
}

func TestRoundingNeverCostsAnArrival(t *testing.T) {
	p := make(Profile, 0, 100)
	for range 100 {
		p = append(p, Stage{0.1, 0.1, 100 * time.Millisecond})
	}
	if got := p.Count(); got != 1 {
		t.Fatalf("0.1/s for 10 s in 100 stages: %d arrivals, want 1", got)
	}
}

// TestSkipPassesOver what is due before a moment, and a copy leaves the schedule as it was.
func TestSkipPassesOver(t *testing.T) {
	for _, law := range []Law{Poisson, Uniform} {
		fresh := func() *Schedule {
			return New(Profile{{From: 0, To: 100, Duration: 10 * time.Second}}, law, 5, Whole().Split(3)[1])
		}
		s, list := fresh(), all(fresh())
		for moment := time.Duration(0); moment < 11*time.Second; moment += 700 * time.Millisecond {
			ahead := *s
			want := uint64(0)
			for _, a := range list {
				if a.At < moment {
					want++
				}
			}
			if got := ahead.Skip(moment); got != want || ahead.Skip(moment) != 0 {
				t.Errorf("%v: %d before %v, want %d", law, got, moment, want)
			}
			if a, ok := ahead.Peek(); ok && a.At < moment {
				t.Errorf("%v: %v is next, before %v", law, a.At, moment)
			}
		}
		if a, _ := s.Next(); a != list[0] {
			t.Errorf("%v: %v is first", law, a)
		}
	}
}
