package apply

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/tuning"
)

func TestWhatHooksLackIsNamed(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"set": 0o755, "plain": 0o644, "web.env": 0o644} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "tuning.yaml")
	for _, c := range []struct{ apply, more, want string }{
		{`{command: [./set, "${value}"]}`, "", ""},
		{`{command: [./nowhere, "${value}"]}`, "", path + ":3: there is no program ./nowhere"},
		{`{command: [./plain]}`, "", "./plain is not a program"},
		{`{command: [no-such-program]}`, "", "there is no program no-such-program"},
		{`{command: ["./${value}"]}`, "", ""},
		{`{command: './nowhere "$value"'}`, "", "there is no program ./nowhere"},
		{`{command: 'cd x; ./nowhere'}`, "", ""},
		{`{command: './nowhere;ls'}`, "", ""},
		{`{command: [sh, -c, exit], restart: [./again]}`, "", "there is no program ./again"},
		{`{command: [sh, -c, exit], restore: [./back]}`, "", "there is no program ./back"},
		{`{env_file: {path: web.env, key: WORKERS}}`, "", ""},
		{`{env_file: {path: gone.env, key: WORKERS}}`, "", "there is no file gone.env: make it first"},
		{`{env_file: {path: /nowhere/gone.env, key: WORKERS}}`, "", "there is no file /nowhere/gone.env"},
		{`{ssh: {host: web-1, command: [./nowhere]}, restart: [./nowhere]}`, "", ""},
		{`{http: {url: "http://127.0.0.1:1/"}}`, ", read: {command: [./ask]}", "there is no program ./ask"},
		{`{http: {url: "http://127.0.0.1:1/"}}`, "}\nrestart: [./again", "there is no program ./again"},
	} {
		if strings.HasPrefix(c.apply, "{ssh") {
			fake(t, "ssh", "")
		}
		tail := "}\n"
		if strings.Contains(c.more, "restart") {
			tail = "]\n"
		}
		f, err := tuning.Parse("x.yaml", []byte("scenario: a.yaml\nparams:\n  - {name: workers, values: [1, 2], current: 1, apply: "+c.apply+c.more+tail))
		if err != nil {
			t.Fatalf("%s: %v", c.apply, err)
		}
		got := strings.Join(Missing(f, path), "\n")
		if got == "" != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s%s: %q, want %q", c.apply, c.more, got, c.want)
		}
	}
}

// TestWhatSeveralHooksLackIsNamedOnce, where the first of them is.
func TestWhatSeveralHooksLackIsNamedOnce(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	f, err := tuning.Parse("x.yaml", []byte(units))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(Missing(f, "nowhere/x.yaml"), "\n"); got != "nowhere/x.yaml:6: there is no file web.env: make it first, as whoever starts the service reads it\nnowhere/x.yaml:6: there is no program systemctl" {
		t.Errorf("%q", got)
	}
}
