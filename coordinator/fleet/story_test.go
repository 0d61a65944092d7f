package fleet

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// Stories: "fleet" makes one, a line for each host with its agents; "step" tells it
// things, one a line with its time; "shares" shows who runs what.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/fleet", func(t *testing.T, path string) {
		var f *Fleet
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "fleet":
				f = enlisted(t, d.Input)
				return ""
			case "step":
				return steps(t, f, d.Input)
			case "shares":
				return shares(f)
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

func enlisted(t *testing.T, hosts string) *Fleet {
	f := New(Limits{})
	for line := range strings.Lines(hosts) {
		words := strings.Fields(line)
		if err := errors.Join(f.Expect(words[0], 0), f.Enlist(words[0], words[1:]...)); err != nil {
			t.Fatal(err)
		}
	}
	f.Divide()
	return f
}

func steps(t *testing.T, f *Fleet, input string) string {
	var b strings.Builder
	for line := range strings.Lines(input) {
		words := strings.Fields(line)
		at, err := time.ParseDuration(words[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, said := range step(t, f, at, words[1], words[2:]) {
			fmt.Fprintf(&b, "%s %s\n", at, said)
		}
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

func step(t *testing.T, f *Fleet, at time.Duration, what string, args []string) []string {
	switch what {
	case "join":
		return failed(f.Join(args[0], at))
	case "hear":
		return told(f.Heard(args[0], at))
	case "report": // host window agents…
		var window int64
		_, _ = fmt.Sscan(args[1], &window)
		f.Heard(args[0], at)
		if missing := f.Report(args[0], window, args[2:], at); len(missing) > 0 {
			return []string{fmt.Sprint("missing ", missing)}
		}
		return nil
	case "tick":
		return told(f.Tick(at, len(args) == 0))
	case "lose":
		return told(f.LoseAgent(args[0], strings.Join(args[1:], " ")))
	case "finish":
		f.Finish(args[0])
		return nil
	case "redistribute":
		var names []string
		for _, a := range f.Redistribute(args...) {
			names = append(names, a.Name)
		}
		return []string{fmt.Sprint("grown ", names)}
	}
	t.Fatalf("unknown step %s", what)
	return nil
}

func failed(err error) []string {
	if err == nil {
		return nil
	}
	return []string{"error: " + err.Error()}
}

func told(changes []Change) (said []string) {
	for _, c := range changes {
		said = append(said, fmt.Sprintf("%s%v → %s from window %d: %s", c.Host, c.Agents, c.To, c.Window, c.Why))
	}
	return said
}

func shares(f *Fleet) string {
	var b strings.Builder
	for _, a := range f.Agents() {
		fmt.Fprintf(&b, "%s %s", a.Name, a.State)
		for _, s := range a.Share {
			fmt.Fprintf(&b, " %d/%d", s.Index, s.Of)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestSharesPartitionWhoeverIsLost: after any losses in any order, every key is
// run by exactly one of those who are left.
func TestSharesPartitionWhoeverIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 9).Draw(t, "agents")
		f := New(Limits{})
		_ = f.Expect("h", 0)
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprint("a", i)
		}
		_ = f.Enlist("h", names...)
		f.Divide()
		order := rapid.Permutation(names).Draw(t, "order")
		for _, name := range order[:rapid.IntRange(0, n-1).Draw(t, "losses")] {
			f.LoseAgent(name, "gone")
			f.Redistribute(name)
			f.Redistribute(name) // what is given away once is not given again
		}
		for key := range uint64(2 * 9 * 8 * 7 * 6) {
			if owners := ownersOf(f, key); len(owners) != 1 || owners[0].State == Lost {
				t.Fatalf("key %d is run by %d agents", key, len(owners))
			}
		}
	})
}

func ownersOf(f *Fleet, key uint64) (owners []*Agent) {
	for _, a := range f.Agents() {
		if a.Share.Owns(key) {
			owners = append(owners, a)
		}
	}
	return owners
}

func TestNamesAreUnique(t *testing.T) {
	f := New(Limits{})
	if err := f.Enlist("nowhere", "a"); err == nil {
		t.Error("an agent of no host was enlisted")
	}
	if f.Expect("h", 0) != nil || f.Expect("h", 0) == nil {
		t.Error("a host can be expected once")
	}
	if f.Enlist("h", "a") != nil || f.Enlist("h", "a") == nil {
		t.Error("an agent can be enlisted once")
	}
}
