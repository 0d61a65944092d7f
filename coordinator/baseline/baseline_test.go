package baseline

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/trial"
)

func stored() *Baseline {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return &Baseline{Schema: Schema, Name: "main", Scenario: "items", ScenarioHash: strings.Repeat("ab", 32), Target: "http://127.0.0.1:8080",
		Fingerprint: Fingerprint{CPU: "AMD EPYC 7713", Cores: 2, MemoryMiB: 3900, Kernel: "6.12.38", Version: "v1.0.0", Agents: "1 host, 2 agents of 1 loop"},
		Capacity:    &Capacity{Value: 749, Low: 731, High: 768, Elasticity: 60, Clump: 80, Clauses: []trial.Clause{{Expr: "response_time: p(99)<100ms", Allowed: 0.01}}},
		Runs: []Run{{ID: "a", Time: at, Host: "ci-1", Rate: 370, Trials: 7, P50MS: 7, P99MS: 46, Throughput: 370, CPU: 1.2},
			{ID: "b", Time: at.Add(24 * time.Hour), Host: "ci-2", Rate: 370, Trials: 7, P50MS: 7.1, P99MS: 47, Failed: 0.001, Throughput: 369}}}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := stored()
		b.Runs = b.Runs[:rapid.IntRange(0, 2).Draw(t, "runs")]
		b.Name, b.Target = rapid.StringN(1, 20, -1).Draw(t, "name"), rapid.SampledFrom([]string{"", "]", "[]\n}", "http://x"}).Draw(t, "target")
		data, err := b.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if len(b.Runs) == 0 {
			b.Runs = []Run{}
		}
		if diff := cmp.Diff(b, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestRunsAreALineEach(t *testing.T) {
	data, err := stored().Encode()
	if err != nil || strings.Count(string(data), `"id":`) != 2 {
		t.Fatalf("%s: %v", data, err)
	}
	for line := range strings.Lines(string(data)) {
		if strings.Count(line, `"id":`) > 1 {
			t.Errorf("%s", line)
		}
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	b := stored()
	b.Name, b.ScenarioHash, b.Capacity.Low, b.Capacity.Clauses, b.Runs[1].ID, b.Runs[1].Failed = "", "abc", 800, nil, "a", 2
	_, err := b.Encode()
	for _, want := range []string{"name: is missing", "scenario_sha256", "capacity.low", "capacity.clauses", "a is there twice", "runs[1].failed"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

func TestDamagedFilesAreRefusedWithTheirPlace(t *testing.T) {
	whole, _ := stored().Encode()
	for _, c := range []struct{ name, data, want string }{
		{"nothing", "", "no baseline"},
		{"other schema", `{"schema":"loadctl.baseline/v2"}`, `must be "loadctl.baseline/v1", got "loadctl.baseline/v2"`},
		{"unknown key", strings.Replace(string(whole), `"name"`, `"nam"`, 1), `unknown field "nam"`},
		{"wrong kind", strings.Replace(string(whole), `"cores": 2`, `"cores": "2"`, 1), "9:16: "},
		{"cut off", string(whole[:200]), "no baseline"},
		{"conflict", "<<<<<<< HEAD\n" + string(whole), "1:1"},
		{"more", string(whole) + "{}", "no baseline"},
		{"large", strings.Repeat(" ", mostBytes+1), "bytes"},
	} {
		if _, err := Decode([]byte(c.data)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	whole, _ := stored().Encode()
	f.Add(whole)
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Decode(data)
		if err != nil {
			return
		}
		if _, err := b.Encode(); err != nil {
			t.Errorf("read but not written: %v", err)
		}
	})
}

func TestUnlikePlacesAreRefusedOrWarnedOf(t *testing.T) {
	b := stored()
	other := *stored()
	other.Fingerprint = Fingerprint{CPU: "Intel Xeon", Cores: 4, MemoryMiB: 3950, Kernel: "6.12.41", Version: "v1.1.0"}
	other.ScenarioHash = strings.Repeat("cd", 32)
	other.Capacity = &Capacity{Clauses: []trial.Clause{{Expr: "response_time: p(99)<200ms", Allowed: 0.01}}}
	var got []string
	for _, d := range b.Differences(&other) {
		got = append(got, d.String())
	}
	want := []string{
		`refused: scenario: "items" is not what it was when the baseline was stored: its hash is cdcdcdcdcdcd here, abababababab in the baseline`,
		"refused: SLO: response_time: p(99)<200ms (0.01) here, response_time: p(99)<100ms (0.01) in the baseline",
		"refused: CPU model: Intel Xeon here, AMD EPYC 7713 in the baseline",
		"refused: cores: 4 here, 2 in the baseline",
		"warning: kernel: 6.12.41 here, 6.12.38 in the baseline",
		"warning: loadctl: v1.1.0 here, v1.0.0 in the baseline",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if u := b.Fingerprint.Unlike(b.Fingerprint); u != nil {
		t.Errorf("unlike itself: %v", u)
	}
}

func TestInvalidRunsAreNoBaseline(t *testing.T) {
	for _, c := range []struct {
		run  Judged
		want string
	}{
		{Judged{ID: "c", Validity: "valid", Verdict: "pass"}, ""},
		{Judged{ID: "c", Validity: "valid", Verdict: "inconclusive"}, ""},
		{Judged{ID: "c", Validity: "invalid", Reasons: []string{"the generator was late"}, Verdict: "invalid"}, "the generator was late"},
		{Judged{ID: "c", Validity: "degraded", Verdict: "pass"}, "degraded"},
		{Judged{ID: "c", Verdict: "pass"}, "unknown validity"},
		{Judged{ID: "c", Validity: "valid", Verdict: "fail"}, "its own limits"},
		{Judged{ID: "c", Validity: "valid", Verdict: "aborted"}, "aborted"},
		{Judged{ID: "a", Validity: "valid", Verdict: "pass"}, "already"},
		{Judged{ID: "c", Validity: "valid", Verdict: "pass", Scenario: strings.Repeat("ee", 32)}, "another scenario"},
	} {
		err := stored().Accept(c.run)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.run, err)
		}
	}
}

func TestPathsAreFileNames(t *testing.T) {
	for _, c := range [][3]string{{"items", "main", "baselines/items/main.json"}, {"../../etc", "a b/c", "baselines/etc/a-b-c.json"}, {"", "..", "baselines/unnamed/unnamed.json"}} {
		if got := Path(c[0], c[1]); got != c[2] {
			t.Errorf("%q, %q: %s", c[0], c[1], got)
		}
	}
}
