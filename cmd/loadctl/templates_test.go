package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/loadctl/loadctl/coordinator/sides"
)

const templates = "../../ci-templates/"

func template(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(templates + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheSidesOfTheTemplatesAreRead(t *testing.T) {
	files, _ := filepath.Glob(templates + "sides/*.yaml")
	if len(files) < 2 {
		t.Fatalf("only %v", files)
	}
	for _, file := range files {
		if s, err := sides.Read("cmd:" + file); err != nil || s.Command.Ready.URL == "" {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// The example workflow gives the action what it takes, and does not call green what it does not know.
func TestTheWorkflowFitsTheAction(t *testing.T) {
	var action struct {
		Inputs map[string]struct{ Required bool }
	}
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct{ With map[string]any }
		}
	}
	for name, to := range map[string]any{"github/action.yml": &action, "github/workflow.yml": &workflow} {
		if err := yaml.Load(template(t, name), to); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	steps := workflow.Jobs["gate"].Steps
	with := steps[len(steps)-1].With
	for name := range with {
		if _, is := action.Inputs[name]; !is {
			t.Errorf("the action takes no %s", name)
		}
	}
	for name, in := range action.Inputs {
		if _, given := with[name]; in.Required && !given {
			t.Errorf("the workflow gives no %s", name)
		}
	}
	if with["on-inconclusive"] != "keep" || !slices.Contains(whatToDo, "keep") {
		t.Errorf("an inconclusive gate is %v", with["on-inconclusive"])
	}
}

// A loadctl of one ref is not taken for that of another, and latest is not yesterday's.
func TestTemplatesKeepALoadctlByItsRef(t *testing.T) {
	for _, name := range []string{"github/action.yml", "gitlab/loadctl-gate.yml", "jenkins/Jenkinsfile"} {
		text := string(template(t, name))
		if strings.Contains(text, ".loadctl/bin") || !strings.Contains(text, ".loadctl/$REF/loadctl") || !strings.Contains(text, `"$REF" = latest`) {
			t.Errorf("%s keeps one loadctl for all refs", name)
		}
		if strings.Contains(text, "loadctl-gate/junit.xml") && strings.Contains(text, "$OUT") {
			t.Errorf("%s writes to $OUT, and keeps what is in loadctl-gate", name)
		}
	}
}

// TestTheActionGetsALoadctlWhereThereIsNone: of a ref it is built once, of latest each time, and never over one that was given.
func TestTheActionGetsALoadctlWhereThereIsNone(t *testing.T) {
	var action struct {
		Runs struct {
			Steps []struct{ ID, Run string }
		}
	}
	if err := yaml.Load(template(t, "github/action.yml"), &action); err != nil {
		t.Fatal(err)
	}
	script := ""
	for _, s := range action.Runs.Steps {
		if s.ID == "get" {
			script = s.Run
		}
	}
	for _, c := range []struct {
		name, ref   string
		kept, given bool
		builds      bool
	}{
		{"a ref, nothing kept", "v1.0", false, false, true},
		{"a ref, kept", "v1.0", true, false, false},
		{"latest, nothing kept", "latest", false, false, true},
		{"latest, yesterday's", "latest", true, false, true},
		{"given", "latest", false, true, false},
		{"given, beside a ref", "v1.0", false, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &workspace{t: t, dir: t.TempDir()}
			w.program("path/go", fmt.Sprintf("echo \"$GOBIN $*\" > %q; mkdir -p \"$GOBIN\"; printf '#!/bin/sh\\n' > \"$GOBIN/loadctl\"; chmod +x \"$GOBIN/loadctl\"\n", filepath.Join(w.dir, "built")))
			given := ""
			if c.given {
				given = w.program("mine", "")
			}
			if c.kept {
				w.program(".loadctl/"+c.ref+"/loadctl", "")
			}
			got := w.play(script, given, c.ref)
			want := cmp.Or(given, filepath.Join(w.dir, ".loadctl", c.ref, "loadctl"))
			if got != "bin="+want {
				t.Errorf("the step says %s, want bin=%s", got, want)
			}
			built, err := os.ReadFile(filepath.Join(w.dir, "built"))
			if c.builds != (err == nil) || c.builds && !strings.Contains(string(built), "cmd/loadctl@"+c.ref) {
				t.Errorf("built %q", built)
			}
		})
	}
}

// A workspace is where a step of a template runs.
type workspace struct {
	t   *testing.T
	dir string
}

// program writes a shell script, and gives its path.
func (w *workspace) program(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// play runs a step as GitHub does, and gives what it says to the next ones.
func (w *workspace) play(script, given, ref string) string {
	w.t.Helper()
	said := filepath.Join(w.dir, "output")
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(w.dir, "path")+":"+os.Getenv("PATH"), "GIVEN="+given, "REF="+ref, "GITHUB_OUTPUT="+said)
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(said)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}
