package main

import (
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts, and the children a run starts, call this very
// binary as loadctl.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"loadctl": main})
}

// TestSessions plays the sessions of testdata/script: what a person types, sees
// and gets as exit code.
func TestSessions(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// disturbed is the exit code of a run whose generator was late: what runs beside the
// test took its core. Such a run says nothing, and is made again.
const disturbed, tries = "97", 5

// exits runs a command and compares its exit code: `exits 2 loadctl run missing.yaml`.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG…]")
	}
	rest := func(d time.Duration) {
		_ = os.RemoveAll(ts.MkAbs("runs")) // what a disturbed try wrote is no result either
		time.Sleep(d)
	}
	got := settled(args[0], rest, func() string { return code(ts.Exec(args[1], args[2:]...)) })
	if got != args[0] {
		ts.Fatalf("%v exited %s, want %s", args[1:], got, args[0])
	}
}

// settled is the exit code of once, called again while it is that of a disturbed run and
// another is wanted. It rests longer each time: short runs are over before a bad minute is.
func settled(want string, rest func(time.Duration), once func() string) (got string) {
	for i := range tries {
		if got = once(); got == want || got != disturbed {
			return got
		}
		if i+1 < tries {
			rest(time.Second << i)
		}
	}
	return got
}

func TestADisturbedSessionIsPlayedAgain(t *testing.T) {
	for _, c := range []struct {
		want   string
		codes  []string
		rests  []time.Duration
		settle string
	}{
		{"0", []string{"0"}, nil, "0"},
		{"97", []string{"97"}, nil, "97"},
		{"99", []string{"97", "97", "99"}, []time.Duration{time.Second, 2 * time.Second}, "99"},
		{"0", []string{"97", "1"}, []time.Duration{time.Second}, "1"},
		{"0", slices.Repeat([]string{"97"}, tries), []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, "97"},
	} {
		n, rests := 0, []time.Duration(nil)
		got := settled(c.want, func(d time.Duration) { rests = append(rests, d) }, func() string { n++; return c.codes[n-1] })
		if got != c.settle || n != len(c.codes) || !slices.Equal(rests, c.rests) {
			t.Errorf("%v, want %s: %s after %d tries and rests of %v", c.codes, c.want, got, n, rests)
		}
	}
}

func code(err error) string {
	if err == nil {
		return "0"
	}
	type coder interface{ ExitCode() int }
	if c, ok := err.(coder); ok {
		return strconv.Itoa(c.ExitCode())
	}
	return err.Error()
}

// TestEnvironmentSetsFlags: LOADCTL_<FLAG> stands in for a flag, and the flag wins.
func TestEnvironmentSetsFlags(t *testing.T) {
	t.Setenv("LOADCTL_UI", "json")
	t.Setenv("LOADCTL_SEED", "7")
	c := newRun()
	if err := c.ParseFlags([]string{"--seed", "9"}); err != nil {
		t.Fatal(err)
	}
	if err := fromEnvironment(c.Flags()); err != nil {
		t.Fatal(err)
	}
	if got := c.Flag("ui").Value.String(); got != "json" {
		t.Errorf("ui is %q, want json", got)
	}
	if got := c.Flag("seed").Value.String(); got != "9" {
		t.Errorf("seed is %q, want 9: the flag wins", got)
	}
}

func TestChooseUI(t *testing.T) {
	none := func(string) string { return "" }
	if got, err := chooseUI("auto", os.Stdin, none); got != "plain" || err != nil {
		t.Errorf("auto without a terminal is %q, %v: want plain", got, err)
	}
	for _, asked := range []string{"tui", "curses"} {
		if _, err := chooseUI(asked, os.Stdin, none); exitCode(err) != exitUsage {
			t.Errorf("--ui %s: %v, want a usage error", asked, err)
		}
	}
}
