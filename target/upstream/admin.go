package upstream

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Probe says whether a request is about the simulator rather than for it.
func (s *Simulator) Probe(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/-/") || r.Header.Get("Loadctl-Probe") == "1"
}

// probe answers what is counted apart. A probe of a served path is answered at
// once, without delay: it asks whether the simulator is there.
func (s *Simulator) probe(w http.ResponseWriter, r *http.Request) {
	_, _, isItem := item(r.URL.Path)
	switch {
	case r.URL.Path == "/-/stats":
		stats := s.Stats()
		if at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			stats.Address = at.String()
		}
		say(w, http.StatusOK, stats)
	case r.URL.Path == "/-/upstream":
		s.settings(w, r)
	case r.URL.Path == "/-/start" && r.Method == http.MethodPost:
		if s.allowed(w, r) {
			s.Start()
			writeJSON(w, http.StatusOK, []byte(okBody))
		}
	case r.URL.Path == "/health" || isItem:
		writeJSON(w, http.StatusOK, []byte(okBody))
	default:
		writeJSON(w, http.StatusNotFound, []byte(notFoundBody))
	}
}

// settings tells them, and changes them before that on a POST.
func (s *Simulator) settings(w http.ResponseWriter, r *http.Request) {
	if !s.allowed(w, r) {
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		if err := s.post(r); err != nil {
			say(w, http.StatusBadRequest, detail(err))
			return
		}
	default:
		w.Header().Set("Allow", "GET, POST")
		writeJSON(w, http.StatusMethodNotAllowed, []byte(notAllowedBody))
		return
	}
	say(w, http.StatusOK, s.Told())
}

// longestForm is more than any that says something.
const longestForm = 64 << 10

func (s *Simulator) post(r *http.Request) error {
	form, err := io.ReadAll(io.LimitReader(r.Body, longestForm))
	if err != nil || len(form) == longestForm {
		return errors.New("reading the form: it is cut off, or too long")
	}
	return s.Change(string(form) + "&" + r.URL.RawQuery)
}

// allowed says whether a request may see and change settings, and answers it if not.
func (s *Simulator) allowed(w http.ResponseWriter, r *http.Request) bool {
	if s.cfg.AdminToken != "" {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if strings.EqualFold(scheme, "Bearer") && same(token, s.cfg.AdminToken) {
			return true
		}
		w.Header().Set("WWW-Authenticate", "Bearer")
		say(w, http.StatusUnauthorized, detail(errors.New("the header Authorization: Bearer TOKEN is missing or has another token than --admin-token")))
		return false
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead || near(r) {
		return true
	}
	say(w, http.StatusForbidden, detail(errors.New("settings can be changed from this machine only: give --admin-token to change them from another one")))
	return false
}

// same compares so that the time it takes tells nothing of the token.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// near says whether a request was made on this machine, and not by a page of another
// site in its browser, or through a proxy on behalf of who knows whom.
func near(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && at.Addr().Unmap().IsLoopback() &&
		r.Header.Get("Forwarded") == "" && r.Header.Get("X-Forwarded-For") == "" &&
		http.NewCrossOriginProtection().Check(r) == nil
}

func detail(err error) map[string]string { return map[string]string{"detail": err.Error()} }

func say(w http.ResponseWriter, status int, what any) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false) // people read it in a terminal
	_ = enc.Encode(what)     // numbers and strings always do
	writeJSON(w, status, body.Bytes())
}
