package rental

import (
	"strings"
	"testing"
)

func TestConfigTellsAllThatIsWrong(t *testing.T) {
	_, err := New(Config{Run: "no", MinAgents: 3, Wants: []Want{
		{Kind: "disk", Role: "agent", Number: 1},
		{Kind: Instance, Role: "Agent", Number: 0},
		{Kind: Instance, Role: "a", Number: 1},
		{Kind: Instance, Role: "a", Number: 1, Reach: ToRun},
	}})
	for _, part := range []string{`run "no"`, "expires", "min agents 3", `wants[0]: "disk"`, `wants[1]: role "Agent"`, "number 0", "wants[3]: the same as wants[2]"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not told: %v", part, err)
		}
	}
}
