package tuning

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAFileThatNobodyReadsIsNoted: a number that is written and not read has all settings measure alike.
func TestAFileThatNobodyReadsIsNoted(t *testing.T) {
	const env = "env_file: {path: web.env, key: WORKERS}"
	for _, c := range []struct{ apply, top, want string }{
		{"{" + env + "}", "", "workers: nothing reads WORKERS of web.env anew when it is written, so that all its values measure alike: say unit: or restart: beside env_file (line 3)"},
		{"{" + env + ", health: \"http://127.0.0.1:8000/health\"}", "", "nothing reads WORKERS"},
		{"{" + env + "}", "restart: [docker, restart, web]", "as restart: at the top is run for a fresh start alone"},
		{"[{command: [stop-web]}, {" + env + "}]", "", "nothing reads WORKERS"},
		{"{" + env + ", unit: web.service}", "", ""},
		{"{" + env + ", restart: [docker, restart, web]}", "", ""},
		{"[{" + env + "}, {command: [start-web]}]", "", ""},
		{"[{" + env + "}, {http: {url: \"http://127.0.0.1:8000/reload\"}}]", "", ""},
		{"{command: [set-workers, \"${value}\"]}", "", ""},
	} {
		f := read(t, "scenario: a.yaml\nparams:\n  - {name: workers, values: [2, 4], current: 2, apply: "+c.apply+"}\n"+c.top+"\n")
		got := strings.Join(f.Notes(), "\n")
		if got == "" != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s %s: %q, want %q", c.apply, c.top, got, c.want)
		}
	}
}

// TestReadyFilesHaveNothingToNote, as they are copied.
func TestReadyFilesHaveNothingToNote(t *testing.T) {
	files, _ := filepath.Glob("*.yaml")
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Parse(name, src)
		if err != nil {
			t.Fatal(err)
		}
		if notes := f.Notes(); len(notes) > 0 {
			t.Errorf("%s: %q", name, notes)
		}
	}
}
