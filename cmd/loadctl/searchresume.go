package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/tune"
	"github.com/loadctl/loadctl/stats"
)

// sameAsBegun refuses a file that is not what it was when a search began: its trials would be of
// another one.
func sameAsBegun(s *study.Study, file, command string) error {
	return sameSource(file, s.Head.Source, command+" FILE --resume "+s.Dir())
}

func sameSource(file, was, command string) error {
	src, err := os.ReadFile(file)
	if err != nil {
		return usage(fmt.Errorf("reading the file of the search: %w", err), "name the file where it is now: "+command)
	}
	if !bytes.Equal(src, []byte(was)) {
		return usage(fmt.Errorf("%s is not what it was when the search began: line %d differs. Its trials were made with the old one, and cannot be told beside those of another",
			file, firstDifference([]byte(was), src)), "begin another search, or put the file back: study.json has it")
	}
	return nil
}

func firstDifference(a, b []byte) int {
	x, y := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return i + 1
		}
	}
	return min(len(x), len(y)) + 1
}

// goOnFrom keeps the trials of a study that the search, as it is wanted now, would have made. changed says
// that it is wanted otherwise than before. Trials at the end that could not be made are no reason to make none, nor are
// invalid ones that ended it without an answer: what spoilt them may be gone.
func goOnFrom(s *study.Study, search func() trial.Search, wanted any, changed bool, errw io.Writer) error {
	if err := s.Hold(); err != nil {
		return cannot(err, "wait until it is over, or end it")
	}
	lines := s.Lines()
	was := search()
	n := s.Fits(was)
	if n < len(lines) && !changed {
		return usage(s.Replay(search()), "begin another search; what this one found so far is shown by: loadctl report "+s.Dir())
	}
	whole, again := n, spoilt(was)
	for whole > 0 && vain(&lines[whole-1].Told, again) {
		whole--
	}
	if whole == len(lines) && !changed {
		return nil
	}
	options, err := json.Marshal(wanted)
	if err != nil {
		return cannot(err, "")
	}
	if set := len(lines) - whole; set > 0 {
		fmt.Fprintf(errw, "loadctl: %s set aside: %s\n", countOf(set, "trial is", "trials are"), asideWhy(whole == n))
	}
	if err := s.Keep(whole, options); err != nil {
		return cannot(err, "")
	}
	return nil
}

// vain says that a trial told nothing of the target, and is to be made again.
func vain(t *trial.Told, invalid bool) bool {
	return t.Broken != "" || invalid && t.Validity == stats.Invalid
}

// spoilt says that a search is over without an answer, so that invalid trials at its end are what ended it. Of a capacity the
// generator's limit may be the answer; a tuning that ends with them gave the last setting up for them.
func spoilt(s trial.Search) bool {
	if _, more := s.Next(); more {
		return false
	}
	switch s := s.(type) {
	case capacityFinder:
		r, _ := s.latest()
		code := r.ExitCode()
		return code != exitHeld && code != exitBroken
	case *tune.Search:
		r := s.Result()
		n := len(r.Trials)
		return r.Outcome != tune.Better && n > 0 && (r.Trials[n-1].Rate == 0 || r.Outcome != tune.NoChange) // at a rate it is one of a search, whose answer it may be
	}
	return true
}

func asideWhy(other bool) string {
	if other {
		return "such a search would have gone on in another way before them"
	}
	return "they could not be made then, or were invalid"
}
