package scenarios

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// minimal is a scenario around one step.
func minimal(step string) string {
	return "target: {base_url: \"http://127.0.0.1:8080\"}\n" +
		"users: {u: {tasks: {t: {steps: [" + step + "]}}}}\n" +
		"phases: [{name: p, executor: constant-vus, vus: 1, duration: 1s}]\n"
}

func oneStep(t testing.TB, step string) *Step {
	t.Helper()
	s, err := Parse("x.yaml", []byte(minimal(step)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &s.Users[0].Tasks[0].Steps[0]
}

func TestContentLengthIsTheBodysLength(t *testing.T) {
	s := oneStep(t, `{post: /a, body: "x${rand.int(1, 1000000)}y${rand.uuid}z"}`)
	form := regexp.MustCompile(`(?s)^POST /a HTTP/1\.1\r\n.*\r\nContent-Length: (\d+)\r\n\r\n(x\d+y[-0-9a-f]{36}z)$`)
	r := arrival.NewRand(1)
	for range 2000 {
		request := s.AppendRequest([]byte("before"), &Values{Rand: &r})
		m := form.FindStringSubmatch(strings.TrimPrefix(string(request), "before"))
		if m == nil || m[1] != fmt.Sprint(len(m[2])) {
			t.Fatalf("%q", request)
		}
	}
}

func TestRequestsAllocateNothing(t *testing.T) {
	s := oneStep(t, `{post: "/items/${rand.int(1, 100000)}/${rand.zipf(1000, 1)}", json: {id: "${rand.uuid}", vu: "${vu.id}.${vu.iteration}"}}`)
	r := arrival.NewRand(1)
	v := Values{Rand: &r}
	room := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(1000, func() { room = s.AppendRequest(room[:0], &v) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func TestRandIntCoversItsRangeEvenly(t *testing.T) {
	s := oneStep(t, `{get: "/${rand.int(-2, 2)}"}`)
	r := arrival.NewRand(3)
	seen := map[string]int{}
	for range 50_000 {
		request := string(s.AppendRequest(nil, &Values{Rand: &r}))
		path, _, _ := strings.Cut(strings.TrimPrefix(request, "GET /"), " ")
		seen[path]++
	}
	for _, want := range []string{"-2", "-1", "0", "1", "2"} {
		if n := seen[want]; math.Abs(float64(n)-10_000) > 500 || len(seen) != 5 {
			t.Fatalf("%v", seen)
		}
	}
}

// TestZipfFollowsItsLaw compares frequencies of ranks with 1/kˢ by χ².
func TestZipfFollowsItsLaw(t *testing.T) {
	for _, s := range []float64{0.5, 0.9, 1, 1.3, 3} {
		z := newZipf(50, s)
		total := 0.0
		for k := 1; k <= 50; k++ {
			total += math.Pow(float64(k), -s)
		}
		const draws = 200_000
		seen := make([]float64, 51)
		r := arrival.NewRand(uint64(s * 100))
		for range draws {
			seen[z.rank(&r)]++
		}
		chi2, rest := 0.0, 0.0
		for k := 1; k <= 50; k++ {
			want := draws * math.Pow(float64(k), -s) / total
			if want < 5 {
				rest += want
				continue
			}
			chi2 += (seen[k] - want) * (seen[k] - want) / want
		}
		if chi2 > 95 { // 49 degrees of freedom: p < 1e-4
			t.Errorf("s = %v: χ² = %v (%v expected in the tail)", s, chi2, rest)
		}
	}
}

func TestZipfScramblesByAPermutation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(1, 3000).Draw(t, "n")
		z := newZipf(n, 1)
		seen := make([]bool, n)
		for k := range n {
			to := z.scramble(k)
			if to >= n || seen[to] {
				t.Fatalf("%d goes to %d, again or outside", k, to)
			}
			seen[to] = true
		}
	})
}

func TestZipfTakesLargeKeySpaces(t *testing.T) {
	r := arrival.NewRand(1)
	for _, n := range []uint64{1, 2, 3, maxZipf} {
		z := newZipf(n, 0.01)
		for range 1000 {
			if k := z.draw(&r); k < 1 || k > n {
				t.Fatalf("n = %d: drew %d", n, k)
			}
		}
	}
}

func TestPickFollowsWeights(t *testing.T) {
	u := User{TotalWeight: 4, Tasks: []Task{{Weight: 3}, {Weight: 0}, {Weight: 1}}}
	r := arrival.NewRand(5)
	seen := make([]int, 3)
	for range 40_000 {
		seen[u.Pick(&r)]++
	}
	if seen[1] != 0 || math.Abs(float64(seen[0])-30_000) > 600 {
		t.Fatalf("%v", seen)
	}
}

func TestWaits(t *testing.T) {
	r := arrival.NewRand(5)
	sum, between := time.Duration(0), Wait{Between, time.Second, 3 * time.Second}
	for range 10_000 {
		d := between.Draw(&r)
		if d < time.Second || d > 3*time.Second {
			t.Fatal(d)
		}
		sum += Wait{Kind: Exponential, Min: time.Second}.Draw(&r)
	}
	if mean := sum / 10_000; mean < 960*time.Millisecond || mean > 1040*time.Millisecond {
		t.Errorf("exponential waits of mean 1s have mean %v", mean)
	}
	if d := (Wait{Between, time.Second, time.Second}).Draw(&r); d != time.Second {
		t.Errorf("between 1s and 1s: %v", d)
	}
}

func BenchmarkAppendRequest(b *testing.B) {
	s := oneStep(b, `{get: "/items/${rand.int(1, 100000)}"}`)
	r := arrival.NewRand(1)
	v := Values{Rand: &r}
	room := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		room = s.AppendRequest(room[:0], &v)
	}
}

func BenchmarkZipf(b *testing.B) {
	z := newZipf(100_000, 0.9)
	r := arrival.NewRand(1)
	for b.Loop() {
		z.draw(&r)
	}
}

func TestACheckedStatusIsExpected(t *testing.T) {
	s := oneStep(t, `{get: /, check: [{status: [404, 2xx]}]}`)
	if !s.Expects(404) || !s.Expects(204) || !s.Expects(301) || s.Expects(400) {
		t.Errorf("expects %v", s.Expect)
	}
	if s = oneStep(t, `{get: /, expect: {status: 200}, check: [{status: 404}]}`); s.Expects(404) {
		t.Error("expect: of the step rules")
	}
}
