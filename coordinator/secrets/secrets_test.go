package secrets

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestASecretIsNotToldHoweverItIsSpelt(t *testing.T) {
	r := New()
	r.LearnEnviron([]string{"MY_TOKEN=p@ss/w \"<é", "PIN=4711", "DEBUG_KEY=true"}, []string{"PIN"})
	for _, said := range []string{`got p@ss/w "<é back`, "GET /?k=p%40ss%2Fw+%22%3C%C3%A9", "GET /?k=p%40ss%2Fw%20%22%3C%C3%A9", `{"a":"p@ss/w \"<é"}`, `{"a":"p@ss/w \"\u003cé"}`, "pin 4711",
		"postgres://me:hunter2@host/x", "Authorization: Bearer abcdef", `password = "hunter2"`,
		"fatal: could not read from https://hunter2@git.example/x.git", `"https://hunter2@host"`, "redis://:hunter2@host"} {
		for _, left := range []string{"ss/w", "ss%2Fw", "4711", "hunter2", "abcdef"} {
			if got := r.Text(said); strings.Contains(got, left) {
				t.Errorf("%q is told as %q", said, got)
			}
		}
	}
	for _, plain := range []string{"this is true", "http://host/@scope/x", "https://host?mail=a@b", "https://host#a@b", `["http://host","me@x"]`, "http://host, me@x"} {
		if got := r.Text(plain); got != plain {
			t.Errorf("what is no secret spoils messages: %q", got)
		}
	}
}

func TestNoSecretIsLeftInHalf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[a-z@/ "<&%+]{6,12}`).Filter(func(s string) bool { return strings.TrimSpace(s) == s }).Draw(t, "secret")
		r := New()
		r.Learn(secret, Long)
		r.Learn(secret[:len(secret)-1], Long) // one that is the beginning of another
		quoted, _ := json.Marshal(secret)
		for _, said := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), string(quoted[1 : len(quoted)-1])} {
			if got := r.Text("<" + said + ">"); strings.Contains(got, said) {
				t.Fatalf("%q in %q", said, got)
			}
		}
	})
}

func TestWhatTerminalsObeyIsNotQuoted(t *testing.T) {
	r := New()
	if got := r.Lines("\x1b[31mno\nwhat\x00\r\n"); got != "[31mno\nwhat" {
		t.Errorf("%q", got)
	}
	if got := r.Line("a\n\n b \x07\n"); got != "a | b" {
		t.Errorf("%q", got)
	}
	if got := []rune(r.Line(strings.Repeat("x", 5000))); len(got) != mostQuoted+1 {
		t.Errorf("%d characters", len(got))
	}
}
