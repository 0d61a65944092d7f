package loop

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestKindsAreDocumented: the table in docs/measurement.md lists what the code can say,
// no more and no less. What package stats and checks add is listed here.
func TestKindsAreDocumented(t *testing.T) {
	said := append(constants(t, "kinds.go", "kind"), constants(t, "../http1/parser.go", "Err")...)
	said = append(said, constants(t, "../http1/redirect.go", "Err")...)
	for _, file := range []string{"../../scenarios/secure/fault.go", "redirect.go", "upload.go"} {
		said = append(said, constants(t, file, "")...)
	}
	said = append(said, "status NNN", "the check, as written", "not sent in time", "still open at the end")
	doc, err := os.ReadFile("../../docs/measurement.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "| kind | class |")
	table, _, _ = strings.Cut(table, "\n\n")
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(table, -1) {
		listed = append(listed, m[1])
	}
	slices.Sort(said)
	slices.Sort(listed)
	if !slices.Equal(said, listed) {
		t.Errorf("the code says  %q\nthe table lists %q", said, listed)
	}
}

// constants are the texts of a file's constants whose names begin so.
func constants(t *testing.T, file, prefix string) (texts []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && len(spec.Values) == 1 && strings.HasPrefix(spec.Names[0].Name, prefix) {
			literal, ok := spec.Values[0].(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(text, ": ") {
				text += "…"
			}
			texts = append(texts, text)
		}
		return true
	})
	return texts
}

// TestKindsAreUsedByName: a text made up on the spot would be in no list.
func TestKindsAreUsedByName(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	literal := regexp.MustCompile(`(?:l\.fail|l\.neverSent|l\.starve)\([^)]*"[^"]+"`)
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range literal.FindAllString(string(text), -1) {
			t.Errorf("%s: %s…: give it a name in kinds.go", f.Name(), m)
		}
	}
}
