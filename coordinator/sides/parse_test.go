package sides

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

func TestParseStory(t *testing.T) {
	datadriven.RunTest(t, "testdata/parse.txt", func(_ *testing.T, d *datadriven.TestData) string {
		c, err := Parse("sides/side.yaml", []byte(d.Input))
		if err != nil {
			return strings.ReplaceAll(err.Error(), "sides/", "") + "\n"
		}
		return fmt.Sprintf("start %v in %s\nurl %s, ready %s within %s\nstop %v %v within %s\nenv %v\nlog %s\n",
			c.Start, c.Dir, c.URL, c.Ready.URL, c.Ready.Within, c.Stop.Run, c.Stop.Signal, c.Stop.Within, c.Env, c.Log)
	})
}

func FuzzParse(f *testing.F) {
	f.Add("start: [a]\nurl: http://h\n")
	f.Add("start: &a [*a]\nurl: *a\nenv: {<<: *a}\n")
	f.Add("? [a, b]\n: c\n")
	f.Fuzz(func(t *testing.T, src string) {
		c, err := Parse("side.yaml", []byte(src))
		if err == nil && (len(c.Start) == 0 || c.URL == "" || c.Ready.Within <= 0 || c.Stop.Within <= 0) {
			t.Errorf("%q gives %+v", src, c)
		}
	})
}

func TestASourceIsWhatItLooksLike(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "side.yaml")
	if err := os.WriteFile(file, []byte("start: ./service\nurl: http://127.0.0.1:8081\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Kind{"http://127.0.0.1:8080": Service, "https://example.com/api": Service, "cmd:" + file: Started, dir: Run, "main": Name, "v1.2_x": Name} {
		if s, err := Read(text); err != nil || s.Kind != want {
			t.Errorf("%q is %v, %v: want %v", text, s.Kind, err, want)
		}
	}
	for text, want := range map[string]string{"ftp://host": "want http:// or https://", "http://": "names no host", "cmd:" + dir + "/none.yaml": "no such file",
		"../main": "no name of a baseline", "": "no name of a baseline", "127.0.0.1:80": "no name of a baseline"} {
		if _, err := Read(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestAddressesOfOnePlaceAreAlike(t *testing.T) {
	for a, b := range map[string]string{"http://localhost:80/x": "http://127.0.0.1", "https://H.example/": "https://h.example:443"} {
		if address(a) != address(b) {
			t.Errorf("%s is %s, and %s is %s", a, address(a), b, address(b))
		}
	}
	if address("http://127.0.0.1:8081") == address("http://127.0.0.1:8082") {
		t.Error("two ports are one address")
	}
}
