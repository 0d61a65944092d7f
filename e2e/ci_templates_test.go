//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

// gatedLoad is a service of eight servers near 375 requests a second: a load that leaves the machine's cores to others.
const gatedLoad = `
version: 1
name: queue
target: {base_url: "http://%s", monitor: none}
users:
  u:
    tasks:
      item: {steps: [{get: "/", name: item}]}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: 100/s, duration: 10s}
slo:
  response_time: [p(99)<200ms]
`

// gatedCapacity is what M/M/8 with 20 ms holds of it by formula, a little below.
const gatedCapacity = "374"

// A checkout is a folder with a scenario and two builds of this repository's own target at one port,
// as a runner of a CI service has it.
type checkout struct {
	dir string
	env []string
}

// newCheckout has a candidate slowed by a factor.
func newCheckout(t *testing.T, slow string) *checkout {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	c := &checkout{dir: t.TempDir()}
	side := func(slow string) string {
		// By a shell that has something to do after: it must not be what is ended in place of the service.
		return fmt.Sprintf("start: %s target queue --listen %s --servers 8 --mean 20ms --slow %s; echo it ended\nurl: http://%s\nready: {within: 20s}\n", binary(t), at, slow, at)
	}
	for name, text := range map[string]string{"scenario.yaml": fmt.Sprintf(gatedLoad, at), "baseline.yaml": side("1"), "candidate.yaml": side(slow)} {
		if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c.serve(binary(t), "GITHUB_ACTIONS=true", "GITHUB_OUTPUT="+c.path("output"), "GITHUB_STEP_SUMMARY="+c.path("step.md"), "GITHUB_WORKSPACE="+c.dir,
		"GIVEN="+binary(t), "ON_INCONCLUSIVE=keep")
	return c
}

// serve has scripts see what a server sets, and what its job was configured with.
func (c *checkout) serve(bin string, set ...string) {
	ours := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GITHUB_") || strings.HasPrefix(v, "LOADCTL_") })
	c.env = append(ours, "CI=true", "BIN="+bin, "SCENARIO=scenario.yaml", "BASELINE=cmd:baseline.yaml", "CANDIDATE=cmd:candidate.yaml",
		"FLAGS=--short --elasticity 63 --capacity "+gatedCapacity, "OUT=loadctl-gate", "REF=none")
	c.env = append(c.env, set...)
}

// again is a loadctl whose gates go on with the one that was made here: it is over, so they make no trial.
func (c *checkout) again(t *testing.T) string {
	t.Helper()
	made, err := filepath.Glob(c.path("runs/*/study.json"))
	if err != nil || len(made) == 0 {
		t.Fatalf("no gate was made: %v", err)
	}
	script := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = gate ] && exec %q \"$@\" --resume %q\nexec %[1]q \"$@\"\n", binary(t), filepath.Dir(made[len(made)-1]))
	if err := os.WriteFile(c.path("again"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return c.path("again")
}

func (c *checkout) path(name string) string { return filepath.Join(c.dir, name) }

// play runs a script of a template as its service would, and gives the exit code.
func (c *checkout) play(t *testing.T, script string) (code int, said string) {
	t.Helper()
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Env = c.env
	p := startCommand(t, c.dir, cmd)
	code = p.wait(18 * time.Minute)
	return code, p.stdout.String() + p.stderr.String()
}

// output is a step's output, by name.
func (c *checkout) output(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(c.path("output"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^`+name+`=(.*)$`).FindAllStringSubmatch(string(b), -1)
	if len(m) == 0 {
		t.Fatalf("no output %s in %q", name, b)
	}
	return m[len(m)-1][1]
}

// githubSteps are the scripts of the action, in order.
func githubSteps(t *testing.T) (all []string) {
	t.Helper()
	var action struct {
		Runs struct {
			Steps []struct {
				Run string            `yaml:"run"`
				Env map[string]string `yaml:"env"`
			} `yaml:"steps"`
		} `yaml:"runs"`
	}
	readYAML(t, "../ci-templates/github/action.yml", &action)
	for _, s := range action.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("a script takes an input as text, which whoever chooses it can end: %s", s.Run)
		}
		if s.Run != "" {
			all = append(all, s.Run)
		}
	}
	return all
}

// gitlabSteps is the script of the job, with what comes before it.
func gitlabSteps(t *testing.T) []string {
	t.Helper()
	var file map[string]struct {
		Before []string `yaml:"before_script"`
		Script []string `yaml:"script"`
	}
	readYAML(t, "../ci-templates/gitlab/loadctl-gate.yml", &file)
	job := file[".loadctl-gate"]
	return []string{strings.Join(append(job.Before, job.Script...), "\n")}
}

// jenkinsSteps are the shell scripts of the pipeline, each with a shell of its own.
func jenkinsSteps(t *testing.T) (all []string) {
	t.Helper()
	b, err := os.ReadFile("../ci-templates/jenkins/Jenkinsfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?s)'''(.*?)'''`).FindAllStringSubmatch(string(b), -1) {
		all = append(all, m[1])
	}
	return all
}

func readYAML(t *testing.T, file string, to any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Load(b, to); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// TestTheTemplatesOfCIServersGate: what each template runs, run as its server would: this repository's own target
// against itself passes, and against a build slowed by a tenth is found. Each gate takes about three minutes, so GitHub's
// steps make it, and those of the others go on with it once it is over: what they say and leave is their own.
func TestTheTemplatesOfCIServersGate(t *testing.T) {
	for _, kind := range []struct {
		slow string
		want int
	}{{"1", 0}, {"1.1", 98}} {
		t.Run("slow-"+kind.slow, func(t *testing.T) {
			c := gatedByGitHub(t, kind.slow, kind.want)
			c.saysToGitHub(t, kind.want)
			c.serve(c.again(t), "GITLAB_CI=true", "CI_PIPELINE_SOURCE=merge_request_event", "CI_PROJECT_DIR="+c.dir, "CI_JOB_NAME=gate")
			c.passOn(t, gitlabSteps(t), kind.want)
			c.keptBy(t, "../ci-templates/gitlab/loadctl-gate.yml", `(?:junit|metrics): (\S+)|paths: \[(loadctl-gate)\]`, 3)
			c.serve(c.again(t), "JENKINS_URL=http://127.0.0.1/", "BUILD_NUMBER=7", "JOB_NAME=gate", "WORKSPACE="+c.dir)
			c.passOn(t, jenkinsSteps(t), kind.want)
			c.keptBy(t, "../ci-templates/jenkins/Jenkinsfile", `testResults: '([^']+)'|artifacts: '([^'*]+)/\*\*'`, 2)
		})
	}
}

// gatedByGitHub makes the gate. A busy machine's generator is late, and such a gate says nothing: it is
// made again. Whatever else is not as wanted is wrong.
func gatedByGitHub(t *testing.T, slow string, want int) *checkout {
	const tries = 3
	for try := 1; ; try++ {
		c := newCheckout(t, slow)
		code, said := c.steps(t, githubSteps(t))
		if code == 97 && try < tries {
			t.Logf("try %d of %d was invalid:\n%s", try, tries, said)
			continue
		}
		if code != want {
			t.Fatalf("exit %d, want %d:\n%s", code, want, said)
		}
		c.left(t, want)
		return c
	}
}

// steps plays scripts until one fails.
func (c *checkout) steps(t *testing.T, scripts []string) (code int, said string) {
	t.Helper()
	for _, script := range scripts {
		if code, said = c.play(t, script); code != 0 {
			break
		}
	}
	return code, said
}

// passOn plays the scripts of another server on the gate that is over.
func (c *checkout) passOn(t *testing.T, scripts []string, want int) {
	t.Helper()
	for _, name := range []string{"loadctl-gate", "output", "step.md"} {
		if err := os.RemoveAll(c.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	code, said := c.steps(t, scripts)
	if code != want {
		t.Errorf("exit %d, want %d:\n%s", code, want, said)
	}
	if !regexp.MustCompile(`(?m)^RESULT (pass|regression) exit=` + fmt.Sprint(want) + ` `).MatchString(said) {
		t.Errorf("no RESULT line with exit=%d in:\n%s", want, said)
	}
	if strings.Contains(said, "::error") {
		t.Errorf("another server is told what is GitHub's:\n%s", said)
	}
	c.left(t, want)
}

// keptBy looks for what a template has its server keep: it must be there under just these names.
func (c *checkout) keptBy(t *testing.T, template, pattern string, least int) {
	t.Helper()
	b, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(pattern).FindAllStringSubmatch(string(b), -1)
	if len(names) < least {
		t.Errorf("%s keeps %q", template, names)
	}
	for _, m := range names {
		if _, err := os.Stat(c.path(m[1] + m[2])); err != nil {
			t.Errorf("%s keeps what is not there: %v", template, err)
		}
	}
}

// saysToGitHub is what only GitHub is told.
func (c *checkout) saysToGitHub(t *testing.T, code int) {
	t.Helper()
	if got, want := c.output(t, "verdict"), verdictOf(code); got != want {
		t.Errorf("the output says %q, want %q", got, want)
	}
	if got := c.output(t, "capacity"); got != gatedCapacity {
		t.Errorf("the output says a capacity of %q, want %s", got, gatedCapacity)
	}
	if _, err := os.Stat(c.path(c.output(t, "report"))); err != nil {
		t.Errorf("the report that the output names: %v", err)
	}
	if b, err := os.ReadFile(c.path("step.md")); err != nil || !strings.Contains(strings.ToLower(string(b)), verdictOf(code)) {
		t.Errorf("the step summary does not say %s: %v\n%s", verdictOf(code), err, b)
	}
}

func verdictOf(code int) string { return map[int]string{0: "pass", 98: "regression"}[code] }

// left is what a gate leaves for its server.
func (c *checkout) left(t *testing.T, code int) {
	t.Helper()
	verdict := verdictOf(code)
	var result struct{ Verdict string }
	b, err := os.ReadFile(c.path("loadctl-gate/result.json"))
	if err != nil || json.Unmarshal(b, &result) != nil || result.Verdict != verdict {
		t.Errorf("the result is %q, %v", result.Verdict, err)
	}
	for _, name := range []string{"junit.xml", "metrics.txt", "summary.md", "report.html"} {
		if info, err := os.Stat(c.path("loadctl-gate/" + name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	junit, _ := os.ReadFile(c.path("loadctl-gate/junit.xml"))
	if failed := strings.Contains(string(junit), "<failure"); failed != (code == 98) {
		t.Errorf("JUnit has a failure: %v\n%s", failed, junit)
	}
}

// TestASideDiesWithItsGate: a gate that is killed outright leaves no build behind, which would answer in place of
// the next one.
func TestASideDiesWithItsGate(t *testing.T) {
	c := newCheckout(t, "1")
	p := start(t, c.dir, "gate", "scenario.yaml", "--baseline", "cmd:baseline.yaml", "--candidate", "cmd:candidate.yaml", "--short", "--capacity", gatedCapacity)
	var scenario struct {
		Target struct {
			URL string `yaml:"base_url"`
		} `yaml:"target"`
	}
	readYAML(t, c.path("scenario.yaml"), &scenario)
	at := strings.TrimPrefix(scenario.Target.URL, "http://")
	answers := func() bool {
		conn, err := net.DialTimeout("tcp", at, time.Second)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}
	eventually(t, 30*time.Second, "a side that answers", answers)
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the end of the side", func() bool { return !answers() })
}
