package loop

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

const openLoad = `
version: 1
name: arrivals
target: {base_url: "http://127.0.0.1:1"}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases: [{name: load, user: u, %s}]
`

// attend plays an open phase, and judges what the loop told as a run of its agent. Each
// of the stalls holds it up in the send of so many requests.
func attend(t *testing.T, phase string, stalls map[int]time.Duration, change func(*Config), commands ...Command) (*stats.Run, *play) {
	t.Helper()
	s := parse(t, fmt.Sprintf(openLoad, phase))
	var w *world
	w = newWorld(target{send: func(n int) syscall.Errno {
		w.stall(stalls[n])
		return 0
	}})
	p := stage(t, s, w, change)
	w.at(int64(30*time.Second), func() { p.loop.Do(Drain{At: 30 * time.Second, Deadline: 40 * time.Second}) }) // which ends pauses
	p.run(t, append(commands, Begin{0, 0})...)
	p.checkIdentity(t, s)
	r := &stats.Run{}
	r.Apply(stats.Update{Started: &stats.Started{Info: stats.Info{Tick: DefaultTick}, Layout: s.Layout}})
	for _, shot := range p.snapshots {
		s.Expect(shot.Taken) // as the agent does
		a := stats.AgentWindow{Name: "a", Arrivals: shot.ArrivalTests(DefaultTick)}
		r.Apply(stats.Update{Window: &stats.Window{Index: shot.Window, Merged: shot, Agents: []stats.AgentWindow{a}}})
	}
	return r, p
}

const level = "executor: constant-arrival-rate, rate: 1000/s, duration: 20s"

// TestArrivalsKeepToTheLaw, whatever the pacing, and the profile.
func TestArrivalsKeepToTheLaw(t *testing.T) {
	for _, pacing := range []string{"auto", "ticks", "precise"} {
		for _, phase := range []string{
			level,
			"executor: ramping-arrival-rate, start_rate: 0/s, stages: [{duration: 5s, target: 2000/s}, {duration: 5s, target: 2000/s}, {duration: 10s, target: 100/s}]",
		} {
			r, _ := attend(t, phase, nil, func(c *Config) { c.Pacing = pacing })
			v, p := r.Validity, r.Punctuality()
			if v.Verdict != stats.Valid || p.Tested < 19 || p.Passed < p.Tested-1 || p.Issued() != 1 || p.Dispersion < 0.9 || p.Dispersion > 1.1 {
				t.Errorf("%s, %s: %+v, %+v", pacing, phase, v, p)
			}
		}
	}
}

// TestDueIsTheSchedulesOwnCount: over whole windows, loops and stalls, but for what became
// due in the grace of the last.
func TestDueIsTheSchedulesOwnCount(t *testing.T) {
	stalls := map[int]time.Duration{900: 300 * time.Millisecond, 5000: 3 * time.Second, 12_000: 20 * time.Millisecond}
	r, p := attend(t, level, stalls, nil)
	due := r.Punctuality().Due
	if all := p.total.Phases[0].IterIntended; due > all || due+30 < all {
		t.Errorf("%d were due, of %d arrivals", due, all)
	}
}

// TestStalledLoopIsFound: what waited for the loop, and then came at once.
func TestStalledLoopIsFound(t *testing.T) {
	r, _ := attend(t, level, map[int]time.Duration{2300: 300 * time.Millisecond, 6300: 300 * time.Millisecond}, nil)
	grave := 0
	for i := range r.Windows {
		w := r.Windows[i]
		w.Agents[0].PacerLag = nil // lag sees it too
		if stats.JudgeWindow(r, &w, &w.Agents[0]).Verdict == stats.Invalid {
			grave++
		}
	}
	if p := r.Punctuality(); r.Validity.Verdict != stats.Invalid || grave != 2 || p.Overdue != 0 {
		t.Errorf("%d windows are grave, %+v, %+v", grave, r.Validity, p)
	}
}

// TestOverdueAtTheEndOfASecond: a loop that stands still over the end of seconds has not
// taken up what was due in them.
func TestOverdueAtTheEndOfASecond(t *testing.T) {
	r, p := attend(t, level, map[int]time.Duration{5000: 3 * time.Second}, nil)
	overdue, silent := uint64(0), 0
	for _, shot := range p.snapshots {
		for _, a := range shot.ArrivalTests(DefaultTick) {
			overdue += a.Overdue
			if a.Due > 900 && a.Overdue == a.Due {
				silent++
			}
		}
	}
	if r.Validity.Verdict != stats.Invalid || silent != 2 || overdue < 2000 || overdue > 3000 {
		t.Errorf("%d overdue, %d seconds without any in time; %+v", overdue, silent, r.Validity)
	}
}

// TestDisturbedWindowsAreNotTested: those with the begin or end of a phase, a pause, or
// a new share.
func TestDisturbedWindowsAreNotTested(t *testing.T) {
	half := arrival.Whole().Split(2)[0]
	for name, c := range map[string]struct {
		commands []Command
		without  map[int64]bool
	}{
		"whole":       {nil, map[int64]bool{}},
		"pause":       {[]Command{Pause{true, 3500 * time.Millisecond}, Pause{false, 5200 * time.Millisecond}}, map[int64]bool{3: true, 4: true, 5: true, 21: true}},
		"short pause": {[]Command{Pause{true, 3500 * time.Millisecond}, Pause{false, 3700 * time.Millisecond}}, map[int64]bool{3: true, 20: true}},
		"drain":       {[]Command{Drain{At: 7500 * time.Millisecond, Deadline: 9 * time.Second}}, map[int64]bool{7: true}},
	} {
		r, p := attend(t, level, nil, nil, c.commands...)
		if v := r.Validity; v.Verdict != stats.Valid {
			t.Errorf("%s: %+v", name, v)
		}
		end, _ := p.at(0, Finished)
		for _, shot := range p.snapshots {
			tested, want := len(shot.Taken) == 1, !c.without[shot.Window] && shot.Window < int64((end+time.Second-1)/time.Second)
			if tested != want {
				t.Errorf("%s, window %d: tested is %v", name, shot.Window, tested)
			}
		}
	}
	r, p := attend(t, level, nil, nil, Reshare{From: 4200 * time.Millisecond, Share: half})
	if len(p.snapshots[4].Taken) != 0 || len(p.snapshots[5].Taken) != 1 || r.Validity.Verdict != stats.Valid {
		t.Errorf("reshared in window 4: %+v", r.Validity)
	}
	if due := p.snapshots[8].Taken[0].Due; due < 400 || due > 600 {
		t.Errorf("%d were due in a second of half the load", due)
	}
}

// TestEvenArrivalsHaveGaps: of a share they are as wide as it is small.
func TestEvenArrivalsHaveGaps(t *testing.T) {
	quarter := func(c *Config) { c.Share = arrival.Whole().Split(4)[1] }
	r, p := attend(t, level+", arrivals: uniform", nil, quarter)
	a := p.snapshots[3].ArrivalTests(DefaultTick)[0]
	if r.Validity.Verdict != stats.Valid || a.N != 0 || a.Due != 250 || a.Gap != 4*time.Millisecond || a.MaxGap < 3*time.Millisecond || a.MaxGap > 5*time.Millisecond {
		t.Errorf("%+v, %+v", a, r.Validity)
	}
	_, p = attend(t, level+", arrivals: uniform", map[int]time.Duration{800: 100 * time.Millisecond}, quarter)
	if a := p.snapshots[3].ArrivalTests(DefaultTick)[0]; a.MaxGap < 95*time.Millisecond {
		t.Errorf("%+v, want a gap of the stall", a)
	}
}

// TestTheTurnOfASecondAsksNothingOfTheProfile: whatever that is, the loop makes a list of what
// it took up and nothing else.
func TestTheTurnOfASecondAsksNothingOfTheProfile(t *testing.T) {
	for name, phase := range map[string]string{
		"level":         level + ", arrivals: uniform",
		"ramp":          "executor: ramping-arrival-rate, start_rate: 0/s, stages: [{duration: 20s, target: 2000/s}]",
		"even ramp":     "executor: ramping-arrival-rate, start_rate: 0/s, arrivals: uniform, stages: [{duration: 20s, target: 2000/s}]",
		"level of many": "executor: ramping-arrival-rate, start_rate: 100/s, stages: [{duration: 2s, target: 200/s}, {duration: 18s, target: 200/s}]",
	} {
		s := parse(t, fmt.Sprintf(openLoad, phase))
		w := newWorld(target{})
		p := stage(t, s, w, nil)
		told := 0
		allocations := -1.
		w.at(int64(5500*time.Millisecond), func() {
			allocations = testing.AllocsPerRun(100, func() { told = len(p.loop.attended()) })
		})
		p.run(t, Begin{0, 0}, Drain{At: 20 * time.Second, Deadline: 30 * time.Second})
		if told != 1 || allocations != 1 {
			t.Errorf("%s: %d phases are told of, by %v allocations", name, told, allocations)
		}
	}
}
