package document

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// closedAt is how many bytes the ${…} has that text begins with, found by reading on from there; 2 where it is not closed on its line.
func closedAt(text string) int {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '\n':
			return 2
		}
	}
	return 2
}

// TestExpressionsAreMasked to where they close on their line, with those inside them, and nothing else is.
func TestExpressionsAreMasked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"${", "$", "{", "}", ",", "\n", "a", "é"})).Draw(t, "pieces"), "")
		var want strings.Builder
		for rest := src; rest != ""; {
			n := 1
			if strings.HasPrefix(rest, "${") {
				n = closedAt(rest)
				want.WriteString(masks.Replace(rest[:n]))
			} else {
				want.WriteByte(rest[0])
			}
			rest = rest[n:]
		}
		if got := string(mask([]byte(src))); got != want.String() {
			t.Fatalf("%q is masked as %q, want %q", src, got, want.String())
		}
	})
}

// TestALineOfExpressionsThatNeverCloseIsRead, as any file of at most a megabyte: it took minutes.
func TestALineOfExpressionsThatNeverCloseIsRead(t *testing.T) {
	done := make(chan *Node)
	go func() { done <- new(Reader).Load([]byte("a: " + strings.Repeat("${", 500_000))) }()
	select {
	case n := <-done:
		if n == nil || len(n.Content) != 2 || len(n.Content[1].Value) != 1_000_000 {
			t.Error("it is not what was written")
		}
	case <-time.After(time.Minute):
		t.Fatal("it is not read within a minute")
	}
}
