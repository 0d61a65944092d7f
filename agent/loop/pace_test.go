package loop

import (
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// TestAutoTicksWhereWakingIsDear walks a pace through loads of some requests a
// second, each of which costs so much beside the waking.
func TestAutoTicksWhereWakingIsDear(t *testing.T) {
	type stretch struct {
		rate          int
		request, wake time.Duration
		ticks         bool // at its end
	}
	us := time.Microsecond
	for name, c := range map[string]struct {
		limit     time.Duration // smallest of an SLO
		tight     bool
		stretches []stretch
	}{
		"few requests":                         {stretches: []stretch{{500, 6 * us, 30 * us, false}}},
		"many requests":                        {stretches: []stretch{{20_000, 6 * us, 30 * us, true}}},
		"just dear enough":                     {stretches: []stretch{{10_000, 6 * us, 26 * us, true}}},
		"just cheap enough":                    {stretches: []stretch{{10_000, 6 * us, 24 * us, false}}},
		"up and down":                          {stretches: []stretch{{500, 6 * us, 30 * us, false}, {20_000, 6 * us, 30 * us, true}, {500, 6 * us, 30 * us, false}}},
		"a little less is not less enough":     {stretches: []stretch{{10_000, 6 * us, 26 * us, true}, {9_000, 6 * us, 26 * us, true}, {7_000, 6 * us, 26 * us, false}}},
		"dear requests, whose waking is cheap": {stretches: []stretch{{3_000, 90 * us, 20 * us, false}}},
		"no requests":                          {stretches: []stretch{{0, 0, 0, false}}},
		"a limit that ticks would break":       {limit: 49 * time.Millisecond, stretches: []stretch{{20_000, 6 * us, 30 * us, false}}},
		"a limit far above a tick":             {limit: 50 * time.Millisecond, stretches: []stretch{{20_000, 6 * us, 30 * us, true}}},
		"users that never rest":                {tight: true, stretches: []stretch{{20_000, 6 * us, 30 * us, false}}},
	} {
		p := pace{tick: DefaultTick, ticked: usualRequest, exact: c.limit > 0 && c.limit < ticksShow}
		now, spent := stats.Offset(0), int64(0)
		for i, s := range c.stretches {
			for range 100 {
				now += judgeEvery
				p.counted = s.rate / 10
				each := s.request
				if !p.ticking {
					each += s.wake
				}
				spent += int64(p.counted) * int64(each)
				if !p.judgeable(now, c.tight) {
					t.Fatal("not judged")
				}
				p.judge(now, spent, 0, c.tight)
			}
			if p.ticking != s.ticks {
				t.Errorf("%s: stretch %d: ticks: %t", name, i, p.ticking)
			}
		}
	}
}

// TestAutoSaysThatItTicks, once, or that it does not since a limit forbids it.
func TestAutoSaysThatItTicks(t *testing.T) {
	for _, c := range []struct {
		limit string
		rate  string
		says  string
	}{
		{"response_time: [p(99)<1s]", "30000/s", "by ticks of 1ms"},
		{"response_time: [p(99)<49ms]", "30000/s", "wakes for each request"},
		{"service_time: [p(99)<49ms]", "30000/s", "wakes for each request"},
		{"response_time: [p(99)<1s]", "100/s", ""},
	} {
		s := parse(t, `
version: 1
name: pace
target: {base_url: "http://127.0.0.1:1"}
users:
  u: {tasks: {get: {steps: [{get: /x}]}}}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: `+c.rate+`, duration: 3s}
slo: {`+c.limit+`}
`)
		p := stage(t, s, newWorld(target{}), nil).run(t, Begin{0, 0}, Drain{At: 3 * time.Second, Deadline: 4 * time.Second})
		var said []string
		for _, n := range p.notices {
			if text, is := strings.CutPrefix(n.Text, "pacing auto: "); is {
				said = append(said, text)
			}
		}
		if c.says == "" && len(said) > 0 || c.says != "" && (len(said) != 1 || !strings.HasPrefix(said[0], c.says)) {
			t.Errorf("%s with %s: said %q, want %q", c.rate, c.limit, said, c.says)
		}
		p.checkIdentity(t, s)
	}
}

// TestLoopCountsWhatItTookByTicks: every request that became due, and those of them that
// did while the loop ticked. Auto begins by waking for each.
func TestLoopCountsWhatItTookByTicks(t *testing.T) {
	for _, c := range []struct {
		pacing, rate string
		all, some    bool
	}{
		{"auto", "100/s", false, false}, {"auto", "30000/s", false, true}, {"ticks", "100/s", true, true}, {"precise", "30000/s", false, false},
	} {
		s := parse(t, `
version: 1
name: pace
target: {base_url: "http://127.0.0.1:1"}
users:
  u: {tasks: {get: {steps: [{get: /x}]}}}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: `+c.rate+`, duration: 3s}
`)
		p := stage(t, s, newWorld(target{}), func(o *Config) { o.Pacing = c.pacing }).run(t, Begin{0, 0}, Drain{At: 3 * time.Second, Deadline: 4 * time.Second})
		due, byTicks := p.loop.Paced()
		if due != p.total.Cells[0].Intended || (byTicks == due) != c.all || (byTicks > 0) != c.some {
			t.Errorf("%s, %s: %d of %d by ticks, %d intended", c.pacing, c.rate, byTicks, due, p.total.Cells[0].Intended)
		}
	}
}
