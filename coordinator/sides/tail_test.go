package sides

import (
	"strings"
	"testing"

	"github.com/loadctl/loadctl/coordinator/secrets"
)

// quotedOf is what is quoted of something that was written in pieces of n bytes.
func quotedOf(said string, n int) string {
	r := secrets.New()
	r.Learn("hunter2-and-more", shortest)
	var of tail
	for len(said) > 0 {
		n = min(n, len(said))
		_, _ = of.Write([]byte(said[:n]))
		said = said[n:]
	}
	return of.quoted(r)
}

// TestHalfASecretIsNotQuoted: the end that is kept began in the middle of one, whose rest is not known as a secret.
func TestHalfASecretIsNotQuoted(t *testing.T) {
	for _, size := range []int{1, 100, tailBytes, 1 << 20} {
		for cut := range len("hunter2-and-more") {
			rest := "and why\n" + strings.Repeat("x", tailBytes-cut-len("and why\n")-1)
			got := quotedOf("hunter2-and-more\n"+rest, size)
			if strings.Contains(got, "more") || strings.Contains(got, "-and-") || !strings.HasPrefix(got, ":\nand why\nxxx") {
				t.Fatalf("%d bytes of the secret are kept: %.60q", cut, got)
			}
		}
	}
}

// TestTheEndIsQuoted as far as it is kept; of one line that is longer, nothing but that.
func TestTheEndIsQuoted(t *testing.T) {
	for said, want := range map[string]string{
		"":                                   "",
		"\n":                                 "",
		"no port\nhunter2-and-more":          ":\nno port\n…",
		strings.Repeat("y", tailBytes):       ":\n" + strings.Repeat("y", tailBytes),
		strings.Repeat("y", tailBytes+1):     ": it said one line of more than 4096 bytes at last, which is not quoted",
		strings.Repeat("y\n", tailBytes)[1:]: ":\n" + strings.TrimSpace(strings.Repeat("y\n", tailBytes/2-1)),
	} {
		if got := quotedOf(said, 1000); got != want {
			t.Errorf("%.40q is quoted as %.60q, want %.60q", said, got, want)
		}
	}
}
