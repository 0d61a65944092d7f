package main

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/bench/internal/judge"
	"github.com/loadctl/loadctl/bench/internal/queued"
	"github.com/loadctl/loadctl/bench/internal/tools"
)

// TestSituationsKnowTheirTruth: by the closed formula, the published table of M/M/8, and
// the target's own count of whom it refused.
func TestSituationsKnowTheirTruth(t *testing.T) {
	for name, want := range map[string]string{
		"freeze":     "5.00 / 1705 / 1975",
		"freeze-end": "5.00 / 6305 / 6485",
		"queue":      "8.17 / 47.8 / 70.8",
		"refusals":   "11.4 / never / never",
		"stopped":    "5.00 / 5.00 / 5.00",
	} {
		found := false
		for _, s := range situations(false) {
			if s.name != name {
				continue
			}
			found = true
			if got := s.truth(tools.Tool{Poisson: true}, queued.Counts{Arrived: 1000, Refused: 50}).String(); got != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
		if !found {
			t.Errorf("there is no situation %s", name)
		}
	}
}

// TestConstantArrivalsWaitLess than Poisson ones at the same queue.
func TestConstantArrivalsWaitLess(t *testing.T) {
	s := eightServers(time.Second)
	constant, poisson := s.truth(tools.Tool{}, queued.Counts{}), s.truth(tools.Tool{Poisson: true}, queued.Counts{})
	for i := range constant {
		if constant[i].MS >= poisson[i].MS || constant[i].MS < 0.8*poisson[i].MS {
			t.Errorf("p%v: constant %v, Poisson %v", ranks[i], constant[i], poisson[i])
		}
	}
}

func TestAnAnswerStandsBesideTheTruth(t *testing.T) {
	truth := three{tools.MS(5), tools.MS(1705), tools.Never()}
	for _, c := range []struct {
		a    answer
		want string
	}{
		{answer{Told: three{tools.MS(5.5), tools.MS(1.705), tools.MS(9)}, Truth: truth},
			"5.50 / 1.71 / 9.00|5.00 / 1705 / never|+10.0 % / -99.9 % / -100.0 %|exit 0"},
		{answer{Told: three{tools.MS(5), {}, tools.Never()}, Truth: truth, Exit: 97, Notes: []string{"validity invalid", "a|b"}},
			"5.00 / – / never|5.00 / 1705 / never|+0.0 % / – / +0.0 %|exit 97; validity invalid; a/b"},
		{answer{Told: three{tools.MS(100), tools.Never(), {}}, Truth: truth, Exit: 1, Broken: "says no percentile"},
			"100 / never / –|5.00 / 1705 / never|× 20 / +∞ / –|exit 1; says no percentile"},
	} {
		if got := strings.Join(c.a.cells()[3:7], "|"); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestSituationsReplaceThemselves(t *testing.T) {
	var r peersReport
	for _, s := range []said{{Name: "stopped"}, {Name: "gone"}, {Name: "freeze"}, {Name: "stopped", Day: "today"}} {
		r.put(s)
	}
	if len(r.Situations) != 2 || r.Situations[0].Name != "freeze" || r.Situations[1].Day != "today" {
		t.Errorf("%+v", r.Situations)
	}
	if page := r.markdown(); !strings.Contains(page, "## stopped") {
		t.Errorf("no table of what is there:\n%s", page)
	}
}

var rewrite = flag.Bool("rewrite", false, "put the results into docs/measurement.md")

// TestDocsShowWhatToolsSaid: the table of docs/measurement.md is that of bench/results.
func TestDocsShowWhatToolsSaid(t *testing.T) {
	const page = "../../docs/measurement.md"
	r, err := judge.Load[peersReport]("../results/truth-peers")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want, err := judge.Insert(string(b), "bench/results/truth-peers.json", r.page())
	if err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(b) != want {
		t.Errorf("docs/measurement.md lacks this; make bench-readme puts it there\n%s", r.page())
	}
}
