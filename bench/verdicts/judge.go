package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// A row is a bar and what there is of it.
type row struct{ name, must, measured, kept string }

// write tells what there is, and writes it beside the lines.
func write(results string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Answers beside the truth, live\n\nWritten by `go run ./bench/verdicts`; a line of each answer is in this folder. The queue is M/M/8 of 10 ms, held to p(99)<100ms: it holds %.2f/s.\n\n", truth())
	b.WriteString("| study | must | measured | |\n|---|---|---|---|\n")
	for _, s := range studies() {
		lines, err := read(filepath.Join(results, s.name+".ndjson"))
		if err != nil {
			return err
		}
		r := judged(s, lines)
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.name, r.must, r.measured, r.kept)
		fmt.Println(r.name+":", r.measured, "("+r.must+")", r.kept)
	}
	if err := os.MkdirAll(results, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(results, "verdicts.md"), []byte(b.String()), 0o644)
}

func judged(s study, lines []Line) row {
	r := row{name: s.name, measured: "not yet"}
	good := 0
	switch s.name {
	case "capfind":
		r.must = "5 searches, all within 5 %, valid"
		worst := 0.0
		for _, l := range lines {
			off := l.Value/l.Truth - 1
			if math.Abs(off) <= 0.05 && l.Verdict == "found" {
				good++
			}
			if math.Abs(off) > math.Abs(worst) {
				worst = off
			}
		}
		r.measured = fmt.Sprintf("%d of %d within 5 %%, at most %+.1f %% off; %s", good, len(lines), 100*worst, spread(lines))
	case "gate-aa":
		r.must = "20 gates, no regression"
		r.measured, good = counted(lines), count(lines, "pass")+count(lines, "inconclusive")
	case "gate-ab":
		r.must = "10 gates, at least 9 regressions"
		r.measured, good = counted(lines), count(lines, "regression")
		if 10*good >= 9*len(lines) {
			good = len(lines)
		}
	case "tune":
		r.must = "the known optimum, or its plateau"
		for _, l := range lines {
			if l.Truth == 1 {
				good++
			}
			r.measured = l.text()
		}
	}
	if len(lines) >= s.n {
		r.kept = map[bool]string{true: "kept", false: "missed"}[good == len(lines)]
	}
	return r
}

func count(lines []Line, verdict string) (n int) {
	for _, l := range lines {
		if l.Verdict == verdict {
			n++
		}
	}
	return n
}

func counted(lines []Line) string {
	var all []string
	for _, v := range []string{"pass", "regression", "inconclusive", "invalid"} {
		if n := count(lines, v); n > 0 {
			all = append(all, fmt.Sprintf("%d %s", n, v))
		}
	}
	return fmt.Sprintf("of %d: %s; %s", len(lines), strings.Join(all, ", "), spread(lines))
}

// spread is how long answers took.
func spread(lines []Line) string {
	if len(lines) == 0 {
		return "none yet"
	}
	least, most, trials, void := math.Inf(1), 0.0, 0, 0
	for _, l := range lines {
		least, most, trials, void = min(least, l.Took), max(most, l.Took), trials+l.Trials, void+l.Void
	}
	return fmt.Sprintf("%.0f to %.0f s each, %d trials, %d of them invalid or not made", least, most, trials, void)
}
