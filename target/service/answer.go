package service

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"
)

// Header values that never change, shared by all responses: net/http reads them only.
var jsonType = []string{"application/json"}

// count counts a response that is about to be written, see counts.Slot.
func (s *Service) count(x *exchange, status int) {
	s.slot.Answered[x.route][status/100].Add(1)
	s.slot.Took[x.route].Add(time.Since(x.began))
	if x.r.Context().Err() != nil {
		s.slot.Abandoned.Add(1)
	}
}

// answer counts and writes one whole response of the application.
func (s *Service) answer(x *exchange, status int, body []byte) {
	s.count(x, status)
	h := x.w.Header()
	if timing := x.timing(); timing != "" {
		h["Server-Timing"] = []string{timing}
	}
	writeJSON(x.w, status, body)
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	if h["Content-Type"] == nil {
		h["Content-Type"] = jsonType
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone; its answer is counted all the same
}

// problem is the body of every error.
type problem struct {
	Detail    any    `json:"detail"` // what is wrong; of a body that is wrong, a list of faults
	RequestID string `json:"request_id"`
}

// fail counts and writes an error of the application.
func (s *Service) fail(x *exchange, status int, detail any) {
	s.answer(x, status, s.problem(x.w, x.r, detail))
}

// problem is the body of an error; it also names the request in a header.
func (s *Service) problem(w http.ResponseWriter, r *http.Request, detail any) []byte {
	id := s.requestID(r)
	w.Header()["X-Request-Id"] = []string{id}
	body, _ := json.Marshal(problem{detail, id}) // strings always marshal
	return append(body, '\n')
}

// requestID is the client's own name for the request when it is one worth
// repeating, else a new one.
func (s *Service) requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); worthRepeating(id) {
		return id
	}
	return fmt.Sprintf("%x-%x", os.Getpid(), s.named.Add(1))
}

func worthRepeating(id string) bool { return id != "" && len(id) <= 64 && plain(id) }

// plain says whether s is visible ASCII without quotes or backslashes.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
