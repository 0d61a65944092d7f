package apply

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestEnvironmentFilesKeepAllElse: of any file, a key that is set is read as it was set,
// all other lines stay, and what was there before comes back.
func TestEnvironmentFilesKeepAllElse(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.OneOf(rapid.StringMatching(`(export )?(A|B|KEY)=["']?[a-z $]{0,5}["']?`), rapid.StringMatching(`[# a-z=]{0,8}`))
		before := []byte(strings.Join(rapid.SliceOfN(line, 0, 6).Draw(t, "lines"), "\n") + rapid.SampledFrom([]string{"", "\n"}).Draw(t, "end"))
		value := rapid.StringMatching(`[ -~]{1,10}`).Draw(t, "value")
		path := filepath.Join(dir, "env")
		if err := os.WriteFile(path, before, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := setKey(path, "KEY", value); err != nil {
			t.Fatal(err)
		}
		after, _ := os.ReadFile(path)
		got, err := getKey(path, "KEY")
		if err != nil || got != strings.TrimSpace(value) && got != value {
			t.Fatalf("%q was set, %q is read of %q (%v)", value, got, after, err)
		}
		if a, b := otherLines(before), otherLines(after); a != b {
			t.Fatalf("%q became %q", a, b)
		}
		if back := withLineOf(after, before, "KEY"); strings.TrimRight(string(back), "\n") != strings.TrimRight(string(before), "\n") {
			t.Fatalf("%q came back as %q", before, back)
		}
	})
}

// otherLines are those that are not the last of the key.
func otherLines(text []byte) string {
	lines := split(text)
	if at := lineOf(lines, "KEY"); at >= 0 {
		lines = append(lines[:at:at], lines[at+1:]...)
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func TestEnvironmentFileThatIsNotThereIsAnError(t *testing.T) {
	if _, err := getKey(filepath.Join(t.TempDir(), "a"), "A"); err == nil || !strings.Contains(err.Error(), "make it first") {
		t.Error(err)
	}
	if _, err := getKey(t.TempDir(), "A"); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Error(err)
	}
}
