package upstream

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

// arrive sends requests at the given distances, and hands over what each came to.
func arrive(s *Simulator, gaps []time.Duration) []outcome {
	out := make([]outcome, len(gaps))
	born := time.Now()
	var all sync.WaitGroup
	for n, gap := range gaps {
		time.Sleep(gap)
		all.Go(func() {
			came := time.Since(born)
			w := ask(s, "GET", "/items/1")
			out[n] = outcome{came, time.Since(born), w.Code}
		})
		synctest.Wait()
	}
	all.Wait()
	return out
}

type outcome struct {
	came, left time.Duration
	status     int
}

func gaps(n int, mean time.Duration) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = Exponential(mean).Draw(99, uint64(i))
	}
	return out
}

// TestTheQueueIsThatOfTheTruth: with the same seed and arrivals `loadctl target queue`
// answers at the same nanoseconds, with a freeze and when it is full, too.
func TestTheQueueIsThatOfTheTruth(t *testing.T) {
	const mean = 10 * time.Millisecond
	for spec, set := range map[string]queue.Settings{
		"queue:servers=8,service=exponential:10ms":            {Servers: 8},
		"queue:servers=1,service=exponential:10ms":            {Servers: 1},
		"queue:servers=2,capacity=5,service=exponential:10ms": {Servers: 2, Capacity: 5},
		"exponential:10ms": {},
	} {
		synctest.Test(t, func(t *testing.T) {
			set.Law, set.Seed = queue.Law{Kind: queue.Exp, Mean: mean}, 7
			truth := queue.New(set)
			freeze := Freeze{At: time.Second, For: 100 * time.Millisecond}
			truth.Freeze(freeze.At, freeze.For)
			s := New(Config{Settings: Settings{Delay: parsed(t, spec), Seed: 7}, Freeze: freeze})
			s.Start()
			statuses := map[int]int{}
			for n, got := range arrive(s, gaps(1000, mean/max(1, time.Duration(set.Servers)))) {
				job := truth.Arrive(got.came)
				if want := truth.Leaves(job); got.left != want || (job.Fate == queue.Refused) != (got.status == 503) {
					t.Errorf("%s: request %d came at %s, left at %s with %d; the truth has %s, fate %d", spec, n, got.came, got.left, got.status, want, job.Fate)
				}
				statuses[got.status]++
			}
			if st := s.Stats(); st.Served != uint64(statuses[200]) || st.Refused != uint64(statuses[503]) || (st.Refused > 0) != (set.Capacity > 0) {
				t.Errorf("%s: %v and %+v", spec, statuses, st)
			}
			time.Sleep(time.Hour)
		})
	}
}

func parsed(t *testing.T, spec string) Delay {
	t.Helper()
	d, err := ParseDelay(spec)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestServersComeAndGo while requests stand in the queue: what was decided stays.
func TestServersComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Settings: Settings{Delay: parsed(t, "queue:servers=1,service=1s")}})
		left := make([]time.Duration, 7)
		born := time.Now()
		var all sync.WaitGroup
		come := func(n int) {
			all.Go(func() { ask(s, "GET", "/items/1"); left[n] = time.Since(born) })
			synctest.Wait()
		}
		change := func(form string) {
			if err := s.Change(form); err != nil {
				t.Error(err)
			}
		}
		come(0)
		come(1)
		if st := s.Stats(); st.Inside != 2 || st.InFlight != 2 {
			t.Errorf("%+v", st)
		}
		change("delay=queue:servers=2,service=1s")
		come(2) // the second server is free
		come(3) // it will be first
		change("delay=5s")
		come(4)
		change("delay=queue:servers=1,service=100ms")
		come(5)
		time.Sleep(500 * time.Millisecond)
		change("freeze-for=1s") // all that is under way, too
		come(6)
		all.Wait()
		for n, want := range []time.Duration{2000, 3000, 2000, 3000, 6000, 100, 1600} {
			if left[n] != want*time.Millisecond {
				t.Errorf("request %d left at %s, want %dms", n, left[n], want)
			}
		}
		time.Sleep(time.Hour)
	})
}

// TestWhoGoesKeepsItsServer: the upstream does not know that nobody waits for its work.
func TestWhoGoesKeepsItsServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Settings: Settings{Delay: parsed(t, "queue:servers=1,service=1s")}})
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/items/1", nil))
		if took := time.Since(began); took != 100*time.Millisecond {
			t.Errorf("who has gone was kept for %s", took)
		}
		if ask(s, "GET", "/items/1"); time.Since(began) != 2*time.Second {
			t.Errorf("the next was answered at %s", time.Since(began))
		}
	})
}

// TestAStartEmptiesTheQueue and fills the limit's bucket; what is under way leaves as it would have.
func TestAStartEmptiesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Settings: Settings{Delay: parsed(t, "queue:servers=1,service=1s"), RateLimit: 0.01}})
		began := time.Now()
		var all sync.WaitGroup
		all.Go(func() {
			if w := ask(s, "GET", "/items/1"); w.Code != 200 || time.Since(began) != time.Second {
				t.Errorf("%d after %s", w.Code, time.Since(began))
			}
		})
		time.Sleep(500 * time.Millisecond)
		if ask(s, "POST", "/-/start"); s.Stats().Inside != 0 {
			t.Errorf("%+v", s.Stats())
		}
		if w := ask(s, "GET", "/items/1"); w.Code != 200 || time.Since(began) != 1500*time.Millisecond {
			t.Errorf("%d after %s", w.Code, time.Since(began))
		}
		all.Wait()
	})
}

// TestFreezesMayOverlap, and those that were due to leave wait for the last of them.
func TestFreezesMayOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{})
		began := time.Now()
		for _, form := range []string{"freeze-for=1s", "freeze-at=500ms&freeze-for=2s", "freeze_at=1s&freeze_for=100ms"} {
			if err := s.Change(form); err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		for _, path := range []string{"/items/1", "/health", "/none"} {
			all.Go(func() {
				if ask(s, "GET", path); time.Since(began) != 2500*time.Millisecond {
					t.Errorf("%s left after %s", path, time.Since(began))
				}
			})
		}
		synctest.Wait()
		if !s.Told().Frozen {
			t.Error("not frozen")
		}
		all.Wait()
		time.Sleep(time.Hour)
	})
}

// A slowReader is a ResponseWriter that notes when bytes came.
type slowReader struct {
	*httptest.ResponseRecorder
	born time.Time
	came []time.Duration // of each byte
}

func (r *slowReader) Write(p []byte) (int, error) {
	for range p {
		r.came = append(r.came, time.Since(r.born))
	}
	return r.ResponseRecorder.Write(p)
}

// WriteString is io.StringWriter's; the recorder's own would note nothing.
func (r *slowReader) WriteString(s string) (int, error) { return r.Write([]byte(s)) }

func read1000(s *Simulator) *slowReader {
	r := &slowReader{ResponseRecorder: httptest.NewRecorder(), born: time.Now()}
	s.ServeHTTP(r, httptest.NewRequest("GET", "/items/1", nil))
	return r
}

// TestSlowBytes leave as the rate says, and none in a freeze.
func TestSlowBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Settings: Settings{Delay: Fixed(100 * time.Millisecond), SlowBytes: 500, BodyBytes: 1000},
			Freeze: Freeze{At: 1101 * time.Millisecond, For: time.Minute}})
		r := read1000(s)
		if len(r.came) != 1000 || r.Header().Get("Content-Length") != "1000" || !r.Flushed {
			t.Fatalf("%d bytes of %s", len(r.came), r.Header().Get("Content-Length"))
		}
		for k, at := range r.came {
			due := 100*time.Millisecond + time.Duration(k+1)*2*time.Millisecond
			if due >= 1101*time.Millisecond {
				due += time.Minute
			}
			if at < due || at > due+50*time.Millisecond {
				t.Fatalf("byte %d came at %s, want %s or a twentieth of a second later", k, at, due)
			}
		}
		if last := r.came[999]; last != time.Minute+2100*time.Millisecond {
			t.Errorf("the last byte came at %s", last)
		}
		if err := s.Change("slow-bytes=0"); err != nil {
			t.Fatal(err)
		}
		if r := read1000(s); r.came[999] != 100*time.Millisecond {
			t.Errorf("the last byte came at %s, though they are not slow any more", r.came[999])
		}
		if st := s.Stats(); st.Dribbled != 1 || st.Served != 2 {
			t.Errorf("%+v", st)
		}
		time.Sleep(time.Hour)
	})
}

// TestTheSlowestBytes come one by one.
func TestTheSlowestBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Settings: Settings{SlowBytes: 1}})
		r := read1000(s)
		for k, at := range r.came {
			if at != time.Duration(k+1)*time.Second {
				t.Fatalf("byte %d came at %s", k, at)
			}
		}
	})
}

func TestBodiesHaveTheirSize(t *testing.T) {
	natural := ask(New(Config{}), "GET", "/items/1").Body.Len()
	for _, size := range []int{1, natural, natural + 1, natural + 13, natural + 14, 1000, 1 << 20} {
		w := ask(New(Config{Settings: Settings{BodyBytes: size}}), "GET", "/items/1")
		var item struct{ ID string }
		if got := w.Body.Len(); got != max(size, natural) {
			t.Errorf("%d bytes, want %d", got, size)
		}
		if body := w.Body.String(); !strings.HasSuffix(body, "}\n") {
			t.Errorf("it ends in %q", body[len(body)-5:])
		}
		if decode(w, &item); item.ID != "1" || w.Code != http.StatusOK {
			t.Errorf("%d bytes: %d %q", size, w.Code, item.ID)
		}
	}
}
