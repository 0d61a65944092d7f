package scenarios

import (
	"os"
	"strings"
	"testing"
)

// TestDocumentedScenarios: what docs/http.md shows can be used as it stands.
func TestDocumentedScenarios(t *testing.T) {
	page, err := os.ReadFile("../docs/http.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```yaml\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("the page shows no scenario")
	}
	for _, b := range blocks {
		text, _, _ := strings.Cut(b, "```")
		if _, err := Parse("http.md", []byte(text), Options{File: storyFile}); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}
