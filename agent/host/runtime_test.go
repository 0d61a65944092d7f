package host

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// TestRuntimeOfAgents: what is set is set once, and what the person set stays.
func TestRuntimeOfAgents(t *testing.T) {
	none := func(string) (string, bool) { return "", false }
	env := runtimeOf(&loadctlpb.AgentPlan{Loops: 2}, 4, none)
	for _, want := range []string{"GOGC=50", "GODEBUG=asyncpreemptoff=1", "GOMAXPROCS=3"} {
		if !slices.Contains(env, want) {
			t.Errorf("%q lacks %s", env, want)
		}
	}
	if len(env) != 4 || !strings.HasPrefix(env[3], "GOMEMLIMIT=") {
		t.Errorf("%q has no limit of memory", env)
	}
	theirs := func(name string) (string, bool) { return "x", name != "GOMAXPROCS" }
	if env := runtimeOf(&loadctlpb.AgentPlan{}, 1, theirs); !slices.Equal(env, []string{"GOMAXPROCS=2"}) {
		t.Errorf("%q: the rest was the person's", env)
	}
}

// TestRuntimeIsDocumented: the table of docs/engine.md has the value in force.
func TestRuntimeIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/engine.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"GOGC": gogc, "GODEBUG": godebug} {
		if want := "\n| `" + name + "` | " + value + " |"; !strings.Contains(string(doc), want) {
			t.Errorf("docs/engine.md lacks %q", want[1:])
		}
	}
}
