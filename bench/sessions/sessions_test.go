package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/bench/internal/judge"
	"github.com/loadctl/loadctl/stats"
)

// TestMain lets the tests be the fleet that they start.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == fleetPart {
		if err := fleet(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestWhatHostsMeasureIsKnown: a window has as many requests as its series say, the same whenever it is made, moved to its
// second with all that has a time.
func TestWhatHostsMeasureIsKnown(t *testing.T) {
	s := shape{Hosts: 11, Agents: 1, Series: 20, Seconds: 3}
	sc, err := s.scenario("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	one, again := measured(sc.Layout, s, 3), measured(sc.Layout, s, 3)
	moved := inWindow(one, 7)
	for i := range one.Cells {
		a, b, c := &one.Cells[i], &again.Cells[i], &moved.Cells[i]
		if int(a.Ended()) != s.ofSeries(i) || !a.Response.Equal(b.Response) || !a.Response.Equal(c.Response) {
			t.Errorf("series %d: %d requests, want %d, the same each time", i, a.Ended(), s.ofSeries(i))
		}
		if first := c.Bins[0].Bin; first < 70 || first >= 80 {
			t.Errorf("series %d: bin %d in window 7", i, first)
		}
	}
	for _, e := range moved.Errors {
		if e.First < 7*stats.WindowLength || e.Last < e.First {
			t.Errorf("an error from %s to %s in window 7", e.First, e.Last)
		}
	}
	all := s.expected(sc.Layout)
	for i := range all.Cells {
		if n := int(all.Cells[i].Ended()); n != s.Hosts*s.Seconds*s.ofSeries(i) {
			t.Errorf("series %d: %d requests of all hosts, want %d", i, n, s.Hosts*s.Seconds*s.ofSeries(i))
		}
	}
}

var rewrite = flag.Bool("rewrite", false, "put the results into docs/scale.md")

const docs = "../../docs/scale.md"

// TestDocsShowWhatWasMeasured: the tables of docs/scale.md are those of bench/results, and the tree's arithmetic is right.
func TestDocsShowWhatWasMeasured(t *testing.T) {
	r, err := judge.Load[table]("../results/sessions")
	if err != nil {
		t.Fatal(err)
	}
	n, err := r.sizes()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for name, text := range map[string]string{"bench/results/sessions.json": r.caption() + r.rows(), "the tree": r.tree(n, r.session())} {
		if page, err = judge.Insert(page, name, text); err != nil {
			t.Fatal(err)
		}
	}
	if *rewrite {
		if err := os.WriteFile(docs, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if page != string(b) {
		t.Error("docs/scale.md shows other figures than bench/results; `make bench-readme` puts them in")
	}
}

func TestATableSaysWhatWasMissed(t *testing.T) {
	good := weight{CPU: 0.5, Seconds: 10, Windows: 10, Memory: 5e8, Late: []float64{0.1, 0.4, 0.2}}
	bad := weight{CPU: 1.5, Seconds: 10, Windows: 10, Memory: 2e9, Late: []float64{0.1, 4, 0.2}, Lost: 1, Wrong: 1}
	for _, c := range []struct {
		w      weight
		missed int
	}{{good, 0}, {bad, 6}} {
		tab := table{shape: shape{Hosts: 1000, Seconds: 3}, Rounds: []weight{c.w}}
		tab.Verdicts = tab.verdicts()
		if n := strings.Count(tab.markdown(), "MISSED"); n != c.missed {
			t.Errorf("%d goals missed, want %d:\n%s", n, c.missed, tab.text())
		}
	}
}
