//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asking has limits so wide that no machine is too late for them: whether a rate is kept
// is no matter here.
const asking = `
version: 1
name: asking
vars: {rate: 20}
target: {bundled: true, workers: 1}
users:
  client:
    tasks:
      both:
        steps:
          - {get: "/items/${rand.int(1, 9)}", check: [{json: $.id}]}
          - {post: /health, body: '{"n": ${vu.id}}', expect: {status: [405]}}
phases:
  - {name: open, executor: constant-arrival-rate, rate: "${vars.rate}/s", max_vus: 100, duration: 1s}
thresholds: {response_time: [p(99)<100s]}
`

// diagnosis is what of doctor's JSON is looked at.
type diagnosis struct {
	Fits    bool
	Ceiling *struct {
		Measured  time.Time
		Requests  float64 `json:"requests_per_s"`
		Saturated float64 `json:"saturated_per_s"`
		Without   []string
		Floor     struct {
			Requests int
			P50      int64 `json:"p50_ns"`
			P99      int64 `json:"p99_ns"`
			Target   int64 `json:"target_mean_ns"`
		}
	}
	Findings []struct{ Name, Level, Sum string }
}

func diagnose(t *testing.T, args ...string) (d diagnosis, stderr string) {
	t.Helper()
	p := start(t, t.TempDir(), append([]string{"doctor", "--json", "--trial", "200ms"}, args...)...)
	if code := p.wait(2 * time.Minute); code != 0 {
		t.Fatalf("%v: exit %d\n%s", args, code, p.stderr.String())
	}
	if err := json.Unmarshal(p.stdout.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	return d, p.stderr.String()
}

func (d diagnosis) headroom() (level, sum string) {
	for _, f := range d.Findings {
		if f.Name == "headroom" {
			return f.Level, f.Sum
		}
	}
	return "", ""
}

// TestNullRun measures once, is used until it is measured anew, and leaves nothing running.
func TestNullRun(t *testing.T) {
	t.Setenv("LOADCTL_CACHE", filepath.Join(t.TempDir(), "cache"))
	file := scenario(t, asking)
	if d, _ := diagnose(t, file); d.Ceiling != nil {
		t.Fatalf("nobody has measured %+v", d.Ceiling)
	}
	first, said := diagnose(t, "--null", file)
	c := first.Ceiling
	if c == nil || c.Requests <= 0 || c.Saturated < c.Requests || c.Floor.Requests == 0 || c.Floor.P50 <= 0 || c.Floor.P99 < c.Floor.P50 ||
		c.Floor.Target <= 0 || strings.Join(c.Without, " ") != "checks" {
		t.Fatalf("%+v\n%s", c, said)
	}
	if strings.Count(said, "null run: ") < 3 || !strings.Contains(said, "closed users made") {
		t.Errorf("it says %s", said)
	}
	if level, sum := first.headroom(); level != "fine" || !strings.HasPrefix(sum, "the file asks for at most 40/s") {
		t.Errorf("%s: %s", level, sum)
	}
	again, said := diagnose(t, "--null", file)
	if !again.Ceiling.Measured.Equal(c.Measured) || said != "" {
		t.Errorf("measured again: %+v\n%s", again.Ceiling, said)
	}
	if d, _ := diagnose(t, "--agents", "3", file); d.Ceiling != nil {
		t.Error("what two agents made is taken for three")
	}
	much, _ := diagnose(t, "-e", "rate=10000000", file)
	if level, sum := much.headroom(); level != "tight" || !strings.Contains(sum, "no room") || !much.Fits {
		t.Errorf("%s: %s", level, sum)
	}
	fresh, _ := diagnose(t, "--null", "--fresh", file)
	if !fresh.Ceiling.Measured.After(c.Measured) {
		t.Errorf("not measured again: %+v", fresh.Ceiling)
	}
}

// TestNullRunIsInterrupted: it keeps nothing, and leaves nobody behind.
func TestNullRunIsInterrupted(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache")
	t.Setenv("LOADCTL_CACHE", cache)
	p := start(t, t.TempDir(), "doctor", "--null", "--trial", "20s", scenario(t, asking))
	agents := func() []int { return children(t, p.cmd.Process.Pid, "agent") }
	eventually(t, 30*time.Second, "both agents run", func() bool { return len(agents()) == 2 })
	left := slices.Concat(agents(), children(t, p.cmd.Process.Pid, "host"), children(t, p.cmd.Process.Pid, "null"))
	p.signal(syscall.SIGINT)
	if code := p.wait(time.Minute); code != 130 || !strings.Contains(p.stderr.String(), "interrupted") {
		t.Errorf("exit %d\n%s", code, p.stderr.String())
	}
	eventually(t, 30*time.Second, "all have ended", func() bool { return !slices.ContainsFunc(left, alive) })
	if _, err := os.Stat(cache); err == nil {
		t.Error("something is kept")
	}
}
