package price

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// Stories: "estimate" reckons an order, a resource a line ("4 g6-dedicated-4 agents egress=100"), with budget= also against
// one; "bill" reckons what exists, a resource a line ("NAME TYPE CREATED [DELETED]", before now), "size" and "cheapest" ask how many
// machines a load takes, "carries" asks NodeBalancers. All by the built-in catalogue, in us-ord unless told otherwise.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			tell := &teller{t: t, d: d}
			switch d.Cmd {
			case "estimate":
				return estimateStory(tell)
			case "bill":
				return billStory(tell)
			case "size":
				return sizeStory(tell)
			case "cheapest":
				return cheapestStory(tell)
			case "carries":
				return carriesStory(tell)
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

// A teller reads the words behind a command.
type teller struct {
	t *testing.T
	d *datadriven.TestData
}

func (w *teller) text(key, def string) string {
	for _, a := range w.d.CmdArgs {
		if a.Key == key {
			return strings.Join(a.Vals, ",")
		}
	}
	return def
}

func (w *teller) number(key string) float64 {
	f, err := strconv.ParseFloat(w.text(key, "0"), 64)
	w.must(err)
	return f
}

func (w *teller) count(key string) int { return int(w.number(key)) }

func (w *teller) span(key string) time.Duration {
	d, err := time.ParseDuration(w.text(key, "0s"))
	w.must(err)
	return d
}

func (w *teller) must(err error) {
	if err != nil {
		w.t.Fatalf("%s: %v", w.d.Pos, err)
	}
}

func estimateStory(w *teller) string {
	o := Order{Planned: w.span("planned"), TTL: w.span("ttl")}
	for line := range strings.Lines(w.d.Input) {
		f := strings.Fields(line)
		r := Resource{Type: f[1], Role: f[2], Region: w.text("region", "us-ord"), Distributed: w.d.HasArg("distributed")}
		r.Count, _ = strconv.Atoi(f[0])
		for _, more := range f[3:] {
			if v, is := strings.CutPrefix(more, "egress="); is {
				r.Egress, _ = strconv.ParseInt(v, 10, 64)
			}
		}
		o.Resources = append(o.Resources, r)
	}
	c := Builtin()
	if w.text("transfers", "") == "none" {
		c.Transfers = nil
	}
	e, err := c.Estimate(o)
	if err != nil {
		return err.Error() + "\n"
	}
	budget := w.text("budget", "")
	if budget == "" {
		return e.String()
	}
	most, err := ParseUSD(budget)
	w.must(err)
	if err := e.Within(most); err != nil {
		return err.Error() + "\n"
	}
	return "within " + most.String() + "\n"
}

func billStory(w *teller) string {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ago := func(text string) time.Time {
		if text == "?" {
			return time.Time{}
		}
		d, err := time.ParseDuration(text)
		w.must(err)
		return now.Add(-d)
	}
	var held []Held
	for line := range strings.Lines(w.d.Input) {
		f := strings.Fields(line)
		h := Held{Name: f[0], Type: f[1], Region: w.text("region", "us-ord"), Created: ago(f[2])}
		if len(f) > 3 {
			h.Deleted = ago(f[3])
		}
		held = append(held, h)
	}
	b := Builtin().Bill(now, held)
	var out strings.Builder
	for _, i := range b.Items {
		fmt.Fprintf(&out, "%s: %s, %s", i.Name, many(i.Hours, "hour"), i.Cost)
		if !i.PaidUntil.IsZero() {
			fmt.Fprintf(&out, ", paid for %s more", span(i.PaidUntil.Sub(now)))
		}
		fmt.Fprintln(&out)
	}
	for _, u := range b.Unknown {
		fmt.Fprintln(&out, u)
	}
	return out.String() + b.String() + "\n"
}

func (w *teller) load() (Load, Setup) {
	return Load{
			Rate: w.number("rate"), Connections: w.count("connections"), Opened: w.number("opened"), Closed: w.number("closed"),
			Up: w.count("up"), Down: w.count("down"), RequestCPU: w.span("request_cpu"), ConnectionCPU: w.span("connection_cpu"),
			ConnectionMemory: w.count("connection_memory"),
		}, Setup{
			Ports: w.count("ports"), Addresses: w.count("addresses"), Destinations: w.count("destinations"), Kept: w.span("kept"),
			Files: w.count("files"), Processes: w.count("processes"), HeadRoom: w.number("head_room"), Least: w.count("least"),
		}
}

func sizeStory(w *teller) string {
	l, s := w.load()
	p, is := Builtin().Plan(w.text("plan", "g6-dedicated-4"))
	if !is {
		w.t.Fatalf("%s: no such plan", w.d.Pos)
	}
	z, err := Size(l, s, p, w.text("region", "us-ord"))
	if err != nil {
		return err.Error() + "\n"
	}
	return fmt.Sprintf("%s  each sends at most %s bytes a second\n", z, thousands(z.Egress))
}

func cheapestStory(w *teller) string {
	l, s := w.load()
	var plans []Plan
	for _, id := range strings.Fields(w.d.Input) {
		p, is := Builtin().Plan(id)
		if !is {
			w.t.Fatalf("%s: no plan %s", w.d.Pos, id)
		}
		plans = append(plans, p)
	}
	c, err := Cheapest(l, s, plans, w.text("region", "us-ord"))
	if err != nil {
		return err.Error() + "\n"
	}
	return c.String()
}

func carriesStory(w *teller) string {
	notes, err := Builtin().Carries(Crowd{
		Class: w.text("class", "common"), Count: w.count("count"), Region: w.text("region", "us-ord"), Connections: w.count("connections"),
		Opened: w.number("opened"), Sources: w.count("sources"), Backends: w.count("backends"), Throttle: w.count("throttle"),
	})
	if err != nil {
		return err.Error() + "\n"
	}
	return strings.Join(notes, "\n") + "\n"
}
