package run

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// Stories: "new" makes a machine from phases, one a line; "step" feeds events,
// one a line with its time; "until" ticks every 100 ms up to a time. What the
// machine does about it is printed.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var m *Machine
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "new":
				m = New(configOf(t, d))
				return ""
			case "step":
				return steps(t, m, d.Input)
			case "until":
				return until(m, dur(t, d.CmdArgs[0].Key), dur(t, d.CmdArgs[1].Key))
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

func configOf(t *testing.T, d *datadriven.TestData) Config {
	c := Config{Lead: time.Second}
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "hosts":
			c.Hosts = a.Vals
		case "policy":
			c.OnLoss = map[string]scenarios.OnLoss{"fail": scenarios.Fail, "degrade": scenarios.Degrade, "redistribute": scenarios.Redistribute}[a.Vals[0]]
		case "min":
			c.Min, _ = strconv.Atoi(a.Vals[0])
		}
	}
	for line := range strings.Lines(d.Input) {
		c.Phases = append(c.Phases, phaseOf(t, strings.Fields(line)))
	}
	return c
}

func phaseOf(t *testing.T, f []string) Phase {
	p := Phase{Name: f[0], Over: -1, Start: scenarios.Start{With: -1}, ConnectWithin: 20 * time.Second, DrainWithin: 10 * time.Second}
	for _, w := range f[1:] {
		k, v, _ := strings.Cut(w, "=")
		switch k {
		case "hold":
			p.Holds, p.Duration = true, dur(t, v)
		case "for":
			p.Duration = dur(t, v)
		case "over":
			p.Over, _ = strconv.Atoi(v)
		case "with":
			p.Start.With, _ = strconv.Atoi(v)
		case "after":
			p.Start.After = map[string]scenarios.StartEvent{"begin": scenarios.AfterBegin, "connected": scenarios.AfterConnected,
				"finished": scenarios.AfterFinished, "drained": scenarios.AfterDrained}[v]
		case "delay":
			p.Start.Delay = dur(t, v)
		default:
			t.Fatalf("unknown word %q", w)
		}
	}
	return p
}

func dur(t *testing.T, s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func steps(t *testing.T, m *Machine, input string) string {
	var b strings.Builder
	for line := range strings.Lines(input) {
		f := strings.Fields(line)
		at := dur(t, f[0])
		show(&b, at, m.Step(at, eventOf(t, f[1], f[2:])))
	}
	return ending(&b, m)
}

func until(m *Machine, from, to time.Duration) string {
	var b strings.Builder
	for at := from; at <= to && !m.Ended(); at += 100 * time.Millisecond {
		show(&b, at, m.Step(at, Tick{}))
	}
	return ending(&b, m)
}

func ending(b *strings.Builder, m *Machine) string {
	if m.Ended() {
		r := m.Outcome().Result(nil, stats.Validity{}, 0)
		fmt.Fprintf(b, "result: %s exit=%d %s\n", r.Verdict, r.ExitCode, r.Reason)
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

func eventOf(t *testing.T, word string, f []string) Event {
	num := func(i int) int {
		n, err := strconv.Atoi(f[i])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	switch word {
	case "joined":
		return Joined{f[0]}
	case "ready":
		return Ready{f[0]}
	case "unable":
		return Unable{f[0], strings.Join(f[1:], " ")}
	case "reported":
		return Reported{Host: f[0], Window: int64(num(1)), Partial: len(f) > 2}
	case "connected":
		return Connected{f[0], num(1), dur(t, f[2])}
	case "drained":
		return Drained{f[0], num(1), dur(t, f[2])}
	case "lost-agent":
		return Lost{Agents: f[:1], Window: int64(num(1)), Live: num(2), Why: "killed"}
	case "lost-host":
		return Lost{Host: f[0], Agents: []string{f[0] + "-1"}, Window: int64(num(1)), Live: num(2), Why: "silent"}
	case "finished":
		return Finished{f[0]}
	case "broken":
		return Broken{strings.Join(f, " ")}
	case "interrupt":
		return Interrupt{}
	case "kill":
		return Kill{"killed"}
	case "pause":
		return Pause{}
	case "resume":
		return Resume{}
	case "tick":
		return Tick{}
	}
	t.Fatalf("unknown event %s", word)
	return nil
}

func show(b *strings.Builder, at time.Duration, actions []Action) {
	for _, a := range actions {
		fmt.Fprintf(b, "%s %s\n", at, actionText(a))
	}
}

func actionText(a Action) string {
	switch a := a.(type) {
	case Become:
		return "→ " + a.State.String()
	case Close:
		text := fmt.Sprintf("close %d", a.Window)
		if a.Partial {
			text += " partial"
		}
		if a.Paused > 0 {
			text += " paused " + a.Paused.String()
		}
		return text
	case Span:
		s := a.Span
		return fmt.Sprintf("span %d begin=%s connected=%s end=%s finish=%s", s.Phase, known(s.Begin), known(s.Connected), known(s.End), known(s.Finish))
	case Say:
		return fmt.Sprintf("say %s: %s", a.Event.Kind, a.Event.Text)
	case Prepare:
		return "prepare"
	}
	return strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T %+v", a, a), "run."))
}

func known(o stats.Offset) string {
	if o == stats.Never {
		return "-"
	}
	return o.String()
}
