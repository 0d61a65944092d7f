package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// TestStories runs testdata/: files in, what Parse says of them out.
//
//	parse [e=(name=value,…)] [url=…]   mistakes, or a summary of the scenario
//	excerpts                            mistakes as people see them
//	rows                                the layout
//	requests [n=…] [closing]            bytes of each request, drawn n times
//	plan                                planned times
//	closes                              connections that are closed here first
//	monitors                            what is sampled
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, tell)
	})
}

func tell(t *testing.T, d *datadriven.TestData) string {
	s, err := Parse("x.yaml", []byte(d.Input), storyOptions(d))
	if err != nil {
		return toldMistakes(d, err)
	}
	switch d.Cmd {
	case "rows":
		return toldRows(s)
	case "requests":
		return toldRequests(t, d, s)
	case "plan":
		return toldPlan(s)
	case "closes":
		return toldCloses(s)
	case "monitors":
		return toldMonitors(s)
	}
	return toldScenario(s)
}

func storyOptions(d *datadriven.TestData) Options {
	o := Options{Vars: map[string]string{}, Env: map[string]string{}, File: storyFile}
	for _, arg := range d.CmdArgs {
		for _, v := range arg.Vals {
			name, value, _ := strings.Cut(v, "=")
			switch arg.Key {
			case "e":
				o.Vars[name] = value
			case "env":
				o.Env[name] = value
			case "url":
				o.BaseURL = v
			}
		}
	}
	return o
}

// storyFile finds pictures, of a thousand bytes.
func storyFile(name string) (path string, size int64, err error) {
	if !strings.HasSuffix(name, ".jpg") {
		return "", 0, fmt.Errorf("%s: no such file", name)
	}
	return "/stories/" + name, 1000, nil
}

func toldMistakes(d *datadriven.TestData, err error) string {
	var all *Errors
	if d.Cmd == "excerpts" && errors.As(err, &all) {
		return all.Excerpts()
	}
	return err.Error() + "\n"
}

func toldScenario(s *Scenario) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: target %s", s.Name, s.Target.BaseURL)
	if s.Target.Bundled {
		fmt.Fprintf(&b, "bundled, %d workers", s.Target.Workers)
	}
	if s.Target.ResolveEvery > 0 {
		fmt.Fprintf(&b, ", resolved every %v", s.Target.ResolveEvery)
	}
	fmt.Fprintf(&b, ", timeout %v, connect %v, expect %v\n", s.HTTP.Timeout, s.HTTP.ConnectTimeout, s.HTTP.ExpectStatus)
	if s.Target.TLS != nil {
		fmt.Fprintf(&b, "tls: %+v\n", *s.Target.TLS)
	}
	for _, u := range s.Users {
		fmt.Fprintf(&b, "user %s: wait %+v, weights %d\n", u.Name, u.Wait, u.TotalWeight)
		for _, task := range u.Tasks {
			for _, step := range task.Steps {
				fmt.Fprintf(&b, "  %s: %s %s as %q, think %+v, timeout %v, cells %v", task.Name, step.Method, step.Path, step.Name, step.Think, step.Timeout, step.Cells)
				for _, c := range step.Checks {
					fmt.Fprintf(&b, ", check %s", c.Name)
				}
				if step.Network.Slow() {
					fmt.Fprintf(&b, ", network %+v", step.Network)
				}
				b.WriteString("\n")
			}
		}
	}
	for _, p := range s.Phases {
		fmt.Fprintf(&b, "phase %s: %s user %d start %+v over %d record %v", p.Name, executors[p.Executor], p.User, p.Start, p.Over, p.Record)
		if p.Executor == HeldConnections {
			fmt.Fprintf(&b, " connections %d at %g/s hold %v", p.Connections, p.ConnectRate, p.Hold)
			if p.Heartbeat != nil {
				fmt.Fprintf(&b, " heartbeat %+v", *p.Heartbeat)
			}
		} else {
			fmt.Fprintf(&b, " profile %v %s vus %d lag %v", p.Profile, p.Arrivals, p.MaxVUs, p.MaxLag)
			if usual := (Pool{Reuse: p.Executor.usualReuse()}); p.Over < 0 && p.Pool != usual {
				fmt.Fprintf(&b, " pool %+v", p.Pool)
			}
		}
		b.WriteString("\n")
	}
	for _, l := range s.Thresholds {
		fmt.Fprintf(&b, "threshold line %d: %s %+v %s abort %v after %v slo %v\n", l.Line, l.Metric, l.Tags, l.Expr, l.AbortOnFail, l.Delay, l.SLO)
	}
	for _, w := range s.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", w)
	}
	return b.String()
}

func toldRows(s *Scenario) string {
	var b strings.Builder
	for i, c := range s.Layout.Cells {
		fmt.Fprintf(&b, "%d: %s %s %s recorded %v heartbeat %v\n", i, s.Layout.Phases[c.Phase].Name, c.Method, c.Name, c.Recorded, c.Heartbeat)
	}
	return b.String()
}

func toldRequests(t *testing.T, d *datadriven.TestData, s *Scenario) string {
	n := 1
	d.MaybeScanArgs(t, "n", &n)
	r := arrival.NewRand(7)
	var b strings.Builder
	for _, u := range s.Users {
		for _, task := range u.Tasks {
			for i := range task.Steps {
				for k := range n {
					write := task.Steps[i].AppendRequest
					if d.HasArg("closing") {
						write = task.Steps[i].AppendClosing
					}
					bytes := write(nil, &Values{Rand: &r, VU: 3, Iteration: uint64(k)})
					text := strings.ReplaceAll(string(bytes), "\r\n", "⏎\n")
					b.WriteString(text + "┃\n")
				}
			}
		}
	}
	return b.String()
}

func toldCloses(s *Scenario) string {
	var b strings.Builder
	for i := range s.Phases {
		fmt.Fprintf(&b, "%s: %.4g an iteration\n", s.Phases[i].Name, s.closes(&s.Phases[i]))
	}
	fmt.Fprintf(&b, "%d within a second, %d within 2 s, %d within a minute\n", s.ClosedFirst(time.Second), s.ClosedFirst(2*time.Second), s.ClosedFirst(time.Minute))
	return b.String()
}

func toldPlan(s *Scenario) string {
	var b strings.Builder
	for i, t := range s.Plan() {
		fmt.Fprintf(&b, "%s: begin %v, connected %v, end %v\n", s.Phases[i].Name, t.Begin, t.Connected, t.End)
	}
	fmt.Fprintf(&b, "%s, %v, %d connections, %d busy, %g/s, smallest limit %v\n",
		s.Model(), s.PlannedDuration(), s.MaxConnections(), s.MaxBusy(), s.PeakRate(), s.SmallestResponseLimit())
	for _, w := range s.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", w)
	}
	return b.String()
}
