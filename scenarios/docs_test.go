package scenarios

import (
	"os"
	"strings"
	"testing"
)

// TestDocumentedScenarios: what pages of docs/ show can be used as it stands.
func TestDocumentedScenarios(t *testing.T) {
	for _, name := range []string{"http.md", "connections.md", "tls.md", "monitoring.md", "scenario.md", "coming-from.md", "fleet.md", "../README.md"} {
		page, err := os.ReadFile("../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		blocks := strings.Split(string(page), "```yaml\n")[1:]
		if len(blocks) == 0 {
			t.Fatalf("%s shows no scenario", name)
		}
		for _, b := range blocks {
			text, _, _ := strings.Cut(b, "```")
			s, err := Parse(name, []byte(text), Options{File: storyFile, Env: map[string]string{"token": "t"}})
			if err != nil {
				t.Errorf("%v\n%s", err, text)
			} else if len(s.Warnings) > 0 {
				t.Errorf("%s: %q\n%s", name, s.Warnings, text)
			}
		}
	}
}
