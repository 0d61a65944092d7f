package scenarios

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// TestRequestsAreByRFC9112: what leaves is read by the standard library as it was
// meant: one Host and first (3.2), no body without a length and no length without a
// body that could be meant (6.2, RFC 9110, 8.6), no encodings (6.1) and nothing
// behind it.
func TestRequestsAreByRFC9112(t *testing.T) {
	for step, length := range map[string]int64{
		`get: "/a?b=${rand.int(1,9)}"`: 0, `head: /a`: 0, `options: /a`: 0, `delete: /a`: 0, `delete: /a, body: xy`: 2,
		`post: /a`: 0, `put: /a, body: ""`: 0, `patch: /a, json: {a: "${vu.id}"}`: 9, `post: /a, body: "${rand.int(10,99)}"`: 2,
		`put: /a, body_size: 3kB`: 3000, `post: /a, body_file: a.jpg`: 1000,
	} {
		s, err := Parse("x.yaml", []byte(`{target: {base_url: "http://h:8080/base"}, users: {u: {tasks: {t: {steps: [{`+step+`}]}}}}, phases: [{name: p, executor: constant-vus, vus: 1, duration: 1s}]}`), Options{File: storyFile})
		if err != nil {
			t.Fatal(err)
		}
		rand := arrival.NewRand(1)
		text := s.Users[0].Tasks[0].Steps[0].AppendRequest(nil, &Values{Rand: &rand, VU: 7})
		if s.Users[0].Tasks[0].Steps[0].Extra != nil {
			text = append(text, make([]byte, length)...) // streamed
		}
		from := bufio.NewReader(bytes.NewReader(text))
		r, err := http.ReadRequest(from)
		if err != nil {
			t.Errorf("%s: %v\n%s", step, err, text)
			continue
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || int64(len(body)) != length || r.ContentLength != length || from.Buffered() > 0 {
			t.Errorf("%s: length %d, body %d bytes, %d behind it, %v", step, r.ContentLength, len(body), from.Buffered(), err)
		}
		_, lines, _ := strings.Cut(string(text), "\r\n")
		if r.Host != "h:8080" || !strings.HasPrefix(lines, "Host: ") || strings.Count(lines, "Host:") != 1 || len(r.TransferEncoding) > 0 || r.Close {
			t.Errorf("%s:\n%s", step, text)
		}
		sends := strings.Contains(lines, "Content-Length: ")
		if asks := r.Method == "POST" || r.Method == "PUT" || r.Method == "PATCH"; sends != (asks || length > 0) {
			t.Errorf("%s: sends a length: %v", step, sends)
		}
	}
}
