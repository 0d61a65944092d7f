package judge

import "testing"

var ms = Unit{"%.2f", " ms"}

func TestASpreadIsOfTheMiddle(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{3}, Spread{3, 3, 3}},
		{[]float64{9, 1, 2}, Spread{2, 1, 9}},
		{[]float64{4, 1, 2, 9}, Spread{3, 1, 9}},
	} {
		if got := Of(c.values); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.values, got, c.want)
		}
	}
}

func TestVerdictsSayWhetherTheGoalWasKept(t *testing.T) {
	for _, c := range []struct {
		v    Verdict
		want string
		kept bool
	}{
		{AtMost("lag", []float64{0.2, 0.3, 0.9}, 0.3, ms), "lag 0.30 (0.20–0.90) ms, goal ≤ 0.30 ms: kept", true},
		{AtMost("lag", []float64{0.31}, 0.3, ms), "lag 0.31 (0.31–0.31) ms, goal ≤ 0.30 ms: MISSED", false},
		{AtMost("lag", nil, 0.3, ms), "lag, goal ≤ 0.30 ms: not measured", false},
		{Within("rate", []float64{0.9995}, 1, 0.001, Unit{"%.4f", ""}), "rate 0.9995 (0.9995–0.9995), goal 1.0000 ± 0.0010: kept", true},
		{Within("rate", []float64{1.002}, 1, 0.001, Unit{"%.4f", ""}), "rate 1.0020 (1.0020–1.0020), goal 1.0000 ± 0.0010: MISSED", false},
		{Shown("lag", []float64{1}, ms), "lag 1.00 (1.00–1.00) ms: no goal", true},
		{Empty("CPU", "≤ 2.00 × wrk", "there are no scripts yet"), "CPU, goal ≤ 2.00 × wrk: there are no scripts yet", false},
	} {
		if c.v.String() != c.want || c.v.Kept != c.kept {
			t.Errorf("%q, kept %v; want %q, %v", c.v, c.v.Kept, c.want, c.kept)
		}
	}
}

func TestNothingIsADash(t *testing.T) {
	if s := (Spread{}).String(); s != "–" {
		t.Error(s)
	}
}

func TestATableGoesWhereThePageWantsIt(t *testing.T) {
	page := "a\n<!-- x -->\nold\n<!-- end of x -->\nb\n"
	got, err := Insert(page, "x", "| new |\n")
	if want := "a\n<!-- x -->\n\n| new |\n\n<!-- end of x -->\nb\n"; got != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if again, _ := Insert(got, "x", "| new |\n"); again != got {
		t.Errorf("twice: %q", again)
	}
	if none, _ := Insert(got, "x", ""); none != "a\n<!-- x -->\n<!-- end of x -->\nb\n" {
		t.Errorf("without a table: %q", none)
	}
	for _, bad := range []string{"", "<!-- x -->\n", "<!-- end of x -->"} {
		if got, err := Insert(bad, "x", ""); err == nil {
			t.Errorf("%q: %q", bad, got)
		}
	}
}
