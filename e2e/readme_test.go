//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// elsewhere are commands of README that other tests run, because they take long or for ever.
var elsewhere = map[string]string{
	"make demo": "TestMakeDemo",
	"make test": "CI",
	"bin/loadctl run scenarios/hold-50k.yaml":                                         "TestHold50k",
	"bin/loadctl target queue --servers 8 --mean 10ms":                                "TestQueueServesUntilItIsTold",
	"bin/loadctl doctor --null mine.yaml":                                             "TestNullRun",
	"bin/loadctl capacity mine.yaml":                                                  "TestCapacityOfAKnownQueue",
	"bin/loadctl gate mine.yaml --baseline cmd:main.yaml --candidate cmd:branch.yaml": "TestTheTemplatesOfCIServersGate",
	"bin/loadctl baseline set main runs/<search>":                                     "cmd/loadctl: baseline.txtar",
	"bin/loadctl tune tuning/queue.yaml --dry-run":                                    "TestReadyTuningFilesTellWhatTheyWouldDo of cmd/loadctl",
}

// TestReadmeCommands runs the commands README shows, on the scenario it shows, as
// they stand but for a free port and a shorter load.
func TestReadmeCommands(t *testing.T) {
	b, err := os.ReadFile(repo(t, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(b), "duration: 30s", "duration: 3s")
	target := serve(t, "serve", "--listen", "127.0.0.1:0")
	mine := strings.ReplaceAll(fenced(text, "yaml")[0], "http://127.0.0.1:8080", target.url)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.yaml"), []byte(mine), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(repo(t, "scenarios"), filepath.Join(dir, "scenarios")); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, line := range commands(text) {
		if elsewhere[line] != "" || strings.Contains(line, "target serve") {
			continue // the latter is what mine.yaml is driven at
		}
		ran++
		t.Run(line, func(t *testing.T) { readmeCommand(t, dir, line) })
	}
	if ran < 5 {
		t.Errorf("only %d commands found", ran)
	}
}

func readmeCommand(t *testing.T, dir, line string) {
	args := strings.Fields(strings.TrimPrefix(line, "bin/loadctl "))
	again(t, func() []string {
		p := start(t, dir, args...)
		return passed(t, dir, p.wait(3*time.Minute), p.stdout.String()+p.stderr.String())
	})
}

// passed fails unless a command exited 0, or its run, the last below dir, was late and
// nothing else: that is returned.
func passed(t *testing.T, dir string, code int, text string) (late []string) {
	t.Helper()
	if code == 97 {
		var s summary
		readJSON(t, filepath.Join(lastRun(t, dir), "summary.json"), &s)
		if late, _, other := s.reasons(); len(late) > 0 && len(other) == 0 {
			return late
		}
	}
	if code != 0 {
		t.Errorf("exit %d\n%s", code, text)
	}
	return nil
}

// lastRun is the latest run below a directory: their names begin with the time.
func lastRun(t *testing.T, dir string) string {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(dir, "runs", "*", "summary.json"))
	if len(names) == 0 {
		t.Fatalf("no run in %s", dir)
	}
	return filepath.Dir(names[len(names)-1])
}

// fenced are the blocks of a language.
func fenced(text, language string) (blocks []string) {
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// commands are the lines of all sh blocks without their comments.
func commands(text string) (lines []string) {
	for _, block := range fenced(text, "sh") {
		for line := range strings.Lines(block) {
			line, _, _ = strings.Cut(line, " #")
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
