//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// laborious requests take the generator longer to make than a null target to answer, which
// looks at nothing but their end.
func laborious(url, name, users string) string {
	return fmt.Sprintf(`
version: 1
name: %s
target: {base_url: %q}
users: {u: {tasks: {t: {steps: [{post: /x, body: %q}]}}, %s}}
phases:
  - {name: warmup, executor: constant-vus, user: u, vus: 20, duration: 1s, record: false}
  - {name: load, executor: constant-vus, user: u, vus: 200, duration: 4s}
`, name, url, strings.Repeat("${rand.int(1, 1000000)} ", 6000), users)
}

// TestASaturatedGeneratorIsNoSlowTarget: closed users who ask as fast as one loop lets them
// wait for it most of the time, and nothing but how busy it is can tell. Users who pause
// leave it time.
func TestASaturatedGeneratorIsNoSlowTarget(t *testing.T) {
	t.Parallel()
	target := serve(t, "null")
	once := func(name, users string) finished {
		return run(t, time.Minute, "run", "--ui", "none", "--agents", "1", "--loops", "1", scenario(t, laborious(target.url, name, users)))
	}
	again(t, func() []string {
		f := once("saturated", "")
		f.identity(t)
		late, little, _ := f.summary.reasons()
		disturbed := append(late, little...)
		switch s := &f.summary; {
		case busy(s) && s.Limit.Who == "generator" && (s.Validity.Verdict == "degraded" && f.code == 0 || len(disturbed) > 0):
			return nil
		case len(disturbed) == 0:
			t.Errorf("exit %d, validity %+v, limit %+v", f.code, s.Validity, s.Limit)
		}
		return disturbed
	})
	if f := once("patient", "wait_time: {constant: 2s}"); busy(&f.summary) {
		t.Errorf("users who pause: %+v", f.summary.Validity)
	}
}

func busy(s *summary) bool {
	return slices.ContainsFunc(s.Validity.Reasons, func(r string) bool { return strings.Contains(r, "one of its loops was busy for ") })
}
