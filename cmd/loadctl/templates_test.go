package main

import (
	"os"
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
