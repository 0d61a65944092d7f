package upstream

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// TestALimitKeepsItsRate: no stretch of time has more than its burst and its rate, whoever
// keeps to the rate is never limited, and what is limited is told exactly when to come.
func TestALimitKeepsItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]float64{0.5, 1, 3, 7, 10, 1000, 1e6}).Draw(t, "rate")
		burst := rapid.IntRange(1, 5).Draw(t, "burst")
		every := float64(time.Second) / rate
		l := newLimit(rate, burst)
		at, passed := time.Duration(0), []time.Duration{}
		for range 60 {
			at += time.Duration(rapid.Float64Range(0, 1.5).Draw(t, "gap") * every)
			retry, ok := l.take(at)
			if ok {
				passed = append(passed, at)
				continue
			}
			early, then := l, l
			if _, ok := early.take(at + retry - 1); ok {
				t.Fatalf("told to wait %s, and a nanosecond less does", retry)
			}
			if _, ok := then.take(at + retry); !ok {
				t.Fatalf("limited after the %s it was told", retry)
			}
		}
		for i := burst; i < len(passed); i++ {
			if got := passed[i] - passed[i-burst]; float64(got) < every-1 {
				t.Fatalf("%d passed within %s at %g/s", burst+1, got, rate)
			}
		}
		kept := newLimit(rate, burst)
		for n := range 1000 {
			if _, ok := kept.take(time.Duration(math.Round(float64(n) * every))); !ok {
				t.Fatalf("number %d keeps to %g/s and is limited", n, rate)
			}
		}
	})
}

// TestTheRateLimitIsExact: ten a second and three at once, asked a hundred times a second.
func TestTheRateLimitIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Settings: Settings{RateLimit: 10, RateBurst: 3}})
		var passed []int
		for n := range 1000 {
			switch w := ask(s, "GET", "/items/1"); w.Code {
			case http.StatusOK:
				passed = append(passed, n)
			case http.StatusTooManyRequests:
				if w.Header().Get("Retry-After") != "1" {
					t.Fatalf("number %d: Retry-After %q", n, w.Header().Get("Retry-After"))
				}
			default:
				t.Fatal(w.Code)
			}
			if w := ask(s, "GET", "/health"); w.Code != 200 {
				t.Fatalf("/health: %d", w.Code)
			}
			time.Sleep(10 * time.Millisecond)
		}
		for i, n := range passed {
			want := i // the burst
			if i >= 3 {
				want = 10 * (i - 2)
			}
			if n != want {
				t.Fatalf("number %d that passed came as %d, want %d", i, n, want)
			}
		}
		if st := s.Stats(); len(passed) != 102 || st.Served != 102 || st.Limited != 898 || st.Responses["4xx"] != 898 || st.Requests != 2000 {
			t.Errorf("%d passed; %+v", len(passed), st)
		}
	})
}

func TestRetryAfterIsInWholeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Settings: Settings{RateLimit: 0.1}})
		ask(s, "GET", "/items/1")
		for _, want := range []int{10, 9, 8} {
			time.Sleep(500 * time.Millisecond) // 9.5, 8.5, 7.5 are left
			if got := ask(s, "GET", "/items/1").Header().Get("Retry-After"); got != strconv.Itoa(want) {
				t.Errorf("Retry-After %s, want %d", got, want)
			}
			time.Sleep(500 * time.Millisecond)
		}
	})
}

// TestAFrozenLimitSeesAllAtItsEnd, when its bucket is full.
func TestAFrozenLimitSeesAllAtItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Settings: Settings{RateLimit: 1, RateBurst: 2}, Freeze: Freeze{At: time.Second, For: 10 * time.Second}})
		ask(s, "GET", "/items/1")
		ask(s, "GET", "/items/1")
		time.Sleep(2 * time.Second)
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				began := time.Now()
				if ask(s, "GET", "/items/1"); time.Since(began) != 9*time.Second {
					t.Errorf("waited %s", time.Since(began))
				}
			})
		}
		all.Wait()
		if st := s.Stats(); st.Served != 4 || st.Limited != 3 {
			t.Errorf("%+v", st)
		}
	})
}
