package scenarios

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// RequestsKey is the same for files whose requests cost the same to make, whatever their
// load is: the same methods, paths and sizes in the same shares, over connections kept
// as long, with and without what a trial leaves out. Of headers and bodies only the length counts: values may be secrets. It is
// empty where nothing is asked.
func (s *Scenario) RequestsKey() string {
	mix := s.mix()
	if len(mix) == 0 {
		return ""
	}
	h := sha256.New()
	fmt.Fprintln(h, s.Untried())
	for i := range mix {
		mix[i].key(h)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (m *portion) key(w io.Writer) {
	p := m.phase.Pool
	fmt.Fprintf(w, "user %.1f %v %v %d %t\n", m.share, p.Reuse, p.MaxAge, p.MaxRequests, p.Reset)
	for i := range m.user.Tasks {
		t := &m.user.Tasks[i]
		fmt.Fprintf(w, "task %d\n", t.Weight)
		for j := range t.Steps {
			t.Steps[j].key(w)
		}
	}
}

func (s *Step) key(w io.Writer) {
	fmt.Fprintf(w, "%s %q\n", s.Method, s.Path)
	for _, h := range s.Headers {
		fmt.Fprintf(w, "%s %d\n", h.Name, len(h.Value.String()))
	}
	if s.Body != nil {
		fmt.Fprintf(w, "body %d %t\n", len(s.Body.String()), s.Body.Static())
	}
	if x := s.Extra; x != nil {
		fmt.Fprintln(w, "extra", x.Cookies, x.Redirects, x.Await)
		if x.Upload != nil {
			fmt.Fprintln(w, "upload", x.Upload.Size, x.Upload.File != "")
		}
	}
}
