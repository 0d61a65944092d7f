package main

import (
	"os"
	"strconv"
	"testing"

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
const disturbed, tries = "97", 4

// exits runs a command and compares its exit code: `exits 2 loadctl run missing.yaml`.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG…]")
	}
	got := ""
	for range tries {
		if got = code(ts.Exec(args[1], args[2:]...)); got == args[0] {
			return
		}
		if got != disturbed {
			break
		}
		_ = os.RemoveAll(ts.MkAbs("runs")) // what it wrote is no result either
	}
	ts.Fatalf("%v exited %s, want %s", args[1:], got, args[0])
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
