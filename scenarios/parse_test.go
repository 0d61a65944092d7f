package scenarios

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios/document"
)

// FuzzParse: no file makes Parse panic or take long, every mistake has its place,
// and what is accepted can be sent.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte(minimal(`{post: "/${rand.int(1, 5)}", json: &a {n: ${vu.id}, a: [1, 0x1, .5]}, check: [{json: "$.a[0]"}]}`)))
	f.Add([]byte("a: &a [*a, *a]\n<<: *a\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		begin := time.Now()
		s, err := Parse("x.yaml", src, Options{BaseURL: "http://127.0.0.1:1"})
		if took := time.Since(begin); took > 5*time.Second {
			t.Fatalf("took %v", took)
		}
		if err == nil {
			wantSendable(t, s)
			return
		}
		var all *Errors
		if !errors.As(err, &all) || len(all.Mistakes) == 0 {
			t.Fatalf("no mistakes: %v", err)
		}
		for _, m := range all.Mistakes {
			if m.Line < 1 || m.Col < 1 || m.Text == "" {
				t.Fatalf("a mistake without a place: %+v", m)
			}
		}
		all.Excerpts()
	})
}

func wantSendable(t *testing.T, s *Scenario) {
	t.Helper()
	s.PlannedDuration()
	s.MaxConnections()
	for _, u := range s.Users {
		for _, task := range u.Tasks {
			for i := range task.Steps {
				step := &task.Steps[i]
				head, _, ok := strings.Cut(string(step.head.String()), "Content-Length: ")
				lines := 2 + len(step.Headers) + 1
				if indexHeader(step.Headers, "host") >= 0 {
					lines--
				}
				if indexHeader(step.Headers, "user-agent") >= 0 {
					lines--
				}
				if !ok {
					lines++
				}
				if strings.Count(head, "\r\n") != lines || strings.Count(head, "\n") != lines || strings.Count(head, "\r") != lines {
					t.Fatalf("a head of %d lines: %q", lines, head)
				}
			}
		}
	}
}

func TestLimitsOfFiles(t *testing.T) {
	deep := strings.Repeat("[", 60) + strings.Repeat("]", 60)
	var bomb strings.Builder
	bomb.WriteString("x: &a0 [1]\n")
	for i := 1; i < 30; i++ {
		fmt.Fprintf(&bomb, "x%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	for name, test := range map[string]struct{ src, want string }{
		"large":   {strings.Repeat("# x\n", 300_000), "x.yaml:1:1: the file has 1200000 bytes"},
		"deep":    {minimal(`{post: /, json: ` + deep + `}`), "more than 50 levels deep"},
		"bomb":    {bomb.String() + minimal(`{post: /, json: *a29}`), "too many values"},
		"binary":  {"name: \x00", "x.yaml:1:7: control character U+0000"},
		"latin 1": {"a: 1\nname: \xfc", "x.yaml:2:7: not UTF-8"},
		"two":     {"a: 1\n---\nb: 1\n", "multiple"},
	} {
		_, err := Parse("x.yaml", []byte(test.src), Options{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %.300v", name, err)
		}
		if lines := strings.Count(fmt.Sprint(err), "\n"); lines > document.MaxMistakes {
			t.Errorf("%s: %d lines", name, lines)
		}
	}
}

func TestBeyond200NamesThereIsOneRow(t *testing.T) {
	var steps []string
	for i := range 250 {
		steps = append(steps, fmt.Sprintf("{get: /%d}", i))
	}
	s, err := Parse("x.yaml", []byte(minimal(strings.Join(steps, ", "))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	last := s.Layout.Cells[len(s.Layout.Cells)-1]
	if len(s.Layout.Cells) != 201 || last.Name != "(other)" || len(s.Warnings) != 1 {
		t.Errorf("%d rows, the last %+v, warnings %q", len(s.Layout.Cells), last, s.Warnings)
	}
	if cell := s.Users[0].Tasks[0].Steps[249].Cells[0]; cell != 200 {
		t.Errorf("the last step has row %d", cell)
	}
}

func TestParseIsDeterministic(t *testing.T) {
	src, err := os.ReadFile("items.yaml")
	if err != nil {
		t.Fatal(err)
	}
	first := fmt.Sprintf("%+v", *parseFile(t, "items.yaml", Options{}).Layout)
	for range 20 {
		s, err := Parse("items.yaml", src, Options{})
		if err != nil || fmt.Sprintf("%+v", *s.Layout) != first {
			t.Fatal("another layout", err)
		}
	}
}

// TestBeatIsOfFilesThatOnlyHold: see Scenario.Beat.
func TestBeatIsOfFilesThatOnlyHold(t *testing.T) {
	const hold = `
version: 1
name: hold
target: {base_url: "http://127.0.0.1:1"}
users: {u: {tasks: {t: {steps: [{get: /}]}}}}
phases:
  - {name: hold, executor: held-connections, connections: 5, hold: 9s, user: u, heartbeat: {task: t, every: 4s}}
`
	const load = "  - {name: load, executor: constant-vus, user: u, vus: 1, duration: 1s}\n"
	for text, want := range map[string]time.Duration{hold: 4 * time.Second, hold + load: 0} {
		s, err := Parse("hold.yaml", []byte(text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Beat(); got != want {
			t.Errorf("%s\nbeat %s, want %s", text, got, want)
		}
	}
}
