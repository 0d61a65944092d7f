package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// Exit codes, one table for every command.
const (
	exitHeld         = 0   // everything held
	exitFailed       = 1   // could not be done
	exitUsage        = 2   // wrong usage, or an invalid file
	exitInconclusive = 3   // not enough to say
	exitInvalid      = 97  // the generator, not the target, was measured
	exitRegression   = 98  // worse than the baseline
	exitBroken       = 99  // a threshold or SLO broke
	exitInterrupted  = 130 // Ctrl-C
)

// weightiest is the exit code that counts when several things are so.
func weightiest(codes ...int) int {
	for _, c := range []int{exitInterrupted, exitUsage, exitFailed, exitInvalid, exitBroken, exitRegression, exitInconclusive} {
		if slices.Contains(codes, c) {
			return c
		}
	}
	return exitHeld
}

// A failure is an error that knows its exit code and what the person can do.
type failure struct {
	code int
	err  error // nil: everything was said already
	hint string
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit %d", f.code)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// usage marks err as the person's to mend: exit 2.
func usage(err error, hint string) error { return &failure{exitUsage, err, hint} }

// cannot marks err as something that could not be done: exit 1.
func cannot(err error, hint string) error { return &failure{exitFailed, err, hint} }

// ended carries a run's own exit code; the run has said why.
func ended(code int) error {
	if code == exitHeld {
		return nil
	}
	return &failure{code: code}
}

func exitCode(err error) int {
	if err == nil {
		return exitHeld
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f.code
	}
	return exitUsage // cobra's own: unknown command, wrong arguments
}

func printError(w io.Writer, err error) {
	f, ok := errors.AsType[*failure](err)
	if ok && f.err == nil {
		return
	}
	fmt.Fprintf(w, "loadctl: %v\n", err)
	if ok && f.hint != "" {
		fmt.Fprintf(w, "  hint: %s\n", f.hint)
	}
}
