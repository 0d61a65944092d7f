package service

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"

	"github.com/loadctl/loadctl/target/counts"
)

// Header values that never change, shared by all responses: net/http reads them only.
var jsonType = []string{"application/json"}

// answer counts and writes one whole response of the application. Counting comes
// first, see counts.Slot.
func (s *Service) answer(w http.ResponseWriter, r *http.Request, rt counts.Route, status int, body []byte) {
	s.slot.Answered[rt][status/100].Add(1)
	if r.Context().Err() != nil {
		s.slot.Abandoned.Add(1)
	}
	writeJSON(w, status, body)
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone; its answer is counted all the same
}

// problem is the body of every error.
type problem struct {
	Detail    string `json:"detail"`
	RequestID string `json:"request_id"`
}

// fail counts and writes an error of the application.
func (s *Service) fail(w http.ResponseWriter, r *http.Request, rt counts.Route, status int, detail string) {
	s.answer(w, r, rt, status, s.problem(w, r, detail))
}

// problem is the body of an error; it also names the request in a header.
func (s *Service) problem(w http.ResponseWriter, r *http.Request, detail string) []byte {
	id := s.requestID(r)
	w.Header()["X-Request-Id"] = []string{id}
	body, _ := json.Marshal(problem{detail, id}) // two strings always marshal
	return append(body, '\n')
}

// requestID is the client's own name for the request when it is one worth
// repeating, else a new one.
func (s *Service) requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); id != "" && len(id) <= 64 && plain(id) {
		return id
	}
	return fmt.Sprintf("%x-%x", os.Getpid(), s.named.Add(1))
}

// plain says whether s is visible ASCII without quotes or backslashes.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
