package answers_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/reports/html"
	"github.com/loadctl/loadctl/reports/text"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func write(t *testing.T, f func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func terminal(t *testing.T, b *brief.Brief, o text.BriefOptions) string {
	t.Helper()
	return write(t, func(w io.Writer) error {
		if err := text.Brief(w, b, o); err != nil {
			return err
		}
		return text.BriefResult(w, b)
	})
}

func markdown(t *testing.T, b *brief.Brief) string {
	t.Helper()
	return write(t, func(w io.Writer) error { return text.Markdown(w, b, "report.html") })
}

func page(t *testing.T, b *brief.Brief) string {
	t.Helper()
	return write(t, func(w io.Writer) error { return html.Brief(w, b) })
}

// TestTerminal: what every outcome says, and what a narrow terminal and a log of all details show.
func TestTerminal(t *testing.T) {
	briefs := all()
	for name, b := range briefs {
		golden(t, name+".txt", terminal(t, b, text.BriefOptions{Report: "report.html"}))
	}
	golden(t, "narrow.txt", terminal(t, briefs["gate-regression"], text.BriefOptions{Width: 60, Detail: true}))
	golden(t, "detail.txt", terminal(t, briefs["capacity-found"], text.BriefOptions{Width: 140, Detail: true}))
}

func TestMarkdown(t *testing.T) {
	briefs := all()
	for _, name := range []string{"capacity-found", "gate-regression", "gate-inconclusive", "tune-better"} {
		golden(t, name+".md", markdown(t, briefs[name]))
	}
}

// TestNarrowTerminals: no line is wider than what was asked for.
func TestNarrowTerminals(t *testing.T) {
	for name, b := range all() {
		for _, width := range []int{40, 60, 80, 100, 200} {
			for line := range strings.Lines(terminal(t, b, text.BriefOptions{Width: width, Detail: true})) {
				if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > width && !strings.HasPrefix(line, "RESULT") && !strings.HasPrefix(line, "    loadctl ") {
					t.Errorf("%s: %d of %d columns: %q", name, n, width, line)
				}
			}
		}
	}
}

// TestPages writes them where LOADCTL_LOOK says, and holds the drawings of three against what was
// looked at.
func TestPages(t *testing.T) {
	for name, b := range all() {
		p := page(t, b)
		if dir := os.Getenv("LOADCTL_LOOK"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name+".html"), []byte(p), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		checkPage(t, name, p)
		if name == "capacity-found" || name == "gate-regression" || name == "tune-better" {
			golden(t, name+".html", bodyOf(p))
		}
	}
}

// bodyOf leaves out the style and the script, which are files of their own.
func bodyOf(page string) string {
	_, body, _ := strings.Cut(page, "<body")
	body, _, _ = strings.Cut(body, "<script>")
	return "<body" + body + "\n"
}

var (
	drawings    = regexp.MustCompile(`(?s)<svg.*?</svg>`)
	inlineStyle = regexp.MustCompile(`<[^>]*\sstyle=`)
	identities  = regexp.MustCompile(`\sid="([^"]*)"`)
)

// checkPage: nothing is fetched, no drawing is broken, every name is there once.
func checkPage(t *testing.T, name, p string) {
	t.Helper()
	if m := inlineStyle.FindString(p); m != "" {
		t.Errorf("%s: an inline style, which policies forbid: %s", name, m)
	}
	for _, word := range []string{" src=", "<link", "@import", "url(", " onclick", "javascript:", "NaN", "Inf ", "%!"} {
		if strings.Contains(p, word) {
			t.Errorf("%s: the page holds %q", name, word)
		}
	}
	seen := map[string]bool{}
	for _, id := range identities.FindAllStringSubmatch(p, -1) {
		if seen[id[1]] {
			t.Errorf("%s: two elements are called %s", name, id[1])
		}
		seen[id[1]] = true
	}
	for _, m := range drawings.FindAllString(p, -1) {
		d := xml.NewDecoder(strings.NewReader(m))
		var err error
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Fatalf("%s: %v\n%.200s", name, err, m)
		}
		if strings.Contains(m, `role="img"`) && (!strings.Contains(m, "<title") || !strings.Contains(m, "<desc")) {
			t.Errorf("%s: no title or description: %.200s", name, m)
		}
	}
}
