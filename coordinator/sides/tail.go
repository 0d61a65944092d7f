package sides

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/loadctl/loadctl/coordinator/secrets"
)

// tailBytes is how much is kept of what a side wrote.
const tailBytes = 4096

// shortest is the least length of a value in the file that is called like a secret.
const shortest = 3

// A tail keeps the end of what a child wrote, for the error that follows.
type tail struct {
	mu   sync.Mutex
	kept []byte
	cut  bool // something was written before
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cut = t.cut || len(t.kept)+len(p) > tailBytes
	t.kept = append(t.kept, p[max(0, len(p)-tailBytes):]...)
	if extra := len(t.kept) - tailBytes; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(p), nil
}

// quoted is what was kept as the end of an error, "" for nothing. Of a line that begins before what was kept nothing is
// quoted: the rest of a secret that was cut in two is not known as one.
func (t *tail) quoted(r *secrets.Redactor) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	said := string(t.kept)
	if t.cut {
		_, said, _ = strings.Cut(said, "\n")
	}
	if s := r.Lines(said); s != "" {
		return ":\n" + s
	}
	if t.cut {
		return fmt.Sprintf(": it said one line of more than %d bytes at last, which is not quoted", tailBytes)
	}
	return ""
}

// redactor knows the secrets of a side: the file's variables may all be ones, whatever they are
// called.
func (c *Command) redactor() *secrets.Redactor {
	r := secrets.New()
	r.LearnEnviron(os.Environ(), nil)
	for _, one := range c.Env {
		name, value, _ := strings.Cut(one, "=")
		least := secrets.Long
		if secrets.Named(name) {
			least = shortest
		}
		r.Learn(value, least)
	}
	return r
}
