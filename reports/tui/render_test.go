package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the goldens anew")

// told makes a model that has seen a story on a terminal of w×h.
func told(s story, w, h int) *model {
	m := newModel(Config{Controls: func(Control) {}, Env: []string{"LANG=C.UTF-8"}}, newFeed())
	m.w, m.h = w, h
	for _, u := range s.updates() {
		m.run.Apply(u)
	}
	m.refresh()
	return m
}

func TestRenderGoldens(t *testing.T) {
	sizes := [][2]int{{60, 16}, {80, 24}, {120, 34}, {160, 50}}
	stories := map[string]story{"demo": demo(), "troubled": troubled()}
	for name, s := range stories {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), func(t *testing.T) {
				golden(t, told(s, size[0], size[1]).draw().plain())
			})
		}
	}
}

// golden compares with testdata/<test>.txt.
func golden(t *testing.T, got string) {
	t.Helper()
	path := filepath.Join("testdata", filepath.Base(t.Name())+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got+"\n" != string(want) {
		t.Errorf("%s differs; run with -update and look.\ngot:\n%s", path, got)
	}
}
