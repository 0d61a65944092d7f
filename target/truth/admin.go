package truth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

// isProbe says whether a request is about the server rather than for the queue.
// Probes are answered at once, frozen or not, and counted apart.
func isProbe(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/-/") || r.URL.Path == wellKnown || r.Header.Get("Loadctl-Probe") == "1"
}

// longestForm is more than any that says something.
const longestForm = 64 << 10

const wellKnown = "/.well-known/loadctl"

// probe answers what is about the server:
//
//	GET  /-/queue /-/stats      settings and counts, see Stats
//	POST /-/queue               changes settings: servers=2&mean=20ms, named as in Change
//	GET  /.well-known/loadctl   the token by which the server agrees to be loaded
func (c *conn) probe(r *http.Request) bool {
	form, err := io.ReadAll(io.LimitReader(r.Body, longestForm))
	if err != nil || len(form) == longestForm {
		return false
	}
	status, body := c.server.consult(r, string(form), c.tcp.LocalAddr())
	text := appendHead(nil, status, len(body), r.Close)
	text = append(text, "\r\n"...)
	if r.Method != http.MethodHead {
		text = append(text, body...)
	}
	_, err = c.tcp.Write(text)
	return err == nil && !r.Close
}

func (s *Server) consult(r *http.Request, form string, at net.Addr) (status int, body []byte) {
	s.mu.Lock()
	s.counts.probes++
	s.mu.Unlock()
	switch {
	case r.URL.Path == "/-/queue" && r.Method == http.MethodPost:
		if err := s.Change(form + "&" + r.URL.RawQuery); err != nil {
			return say(http.StatusBadRequest, map[string]string{"detail": err.Error()})
		}
		return say(http.StatusOK, s.statsAt(at))
	case r.URL.Path == "/-/queue" || r.URL.Path == "/-/stats":
		return say(http.StatusOK, s.statsAt(at))
	case r.URL.Path == wellKnown && s.cfg.AuthToken != "":
		return http.StatusOK, []byte(s.cfg.AuthToken + "\n")
	case strings.HasPrefix(r.URL.Path, "/-/") || r.URL.Path == wellKnown:
		return say(http.StatusNotFound, map[string]string{"detail": "Not Found"})
	}
	return say(http.StatusOK, map[string]string{"status": "ok"})
}

func (s *Server) statsAt(at net.Addr) Stats {
	stats := s.Stats()
	stats.Address = at.String()
	return stats
}

func say(status int, what any) (int, []byte) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false) // people read it in a terminal
	_ = enc.Encode(what)     // numbers and strings always do
	return status, body.Bytes()
}

// A change is what a form asks for.
type change struct {
	set                 queue.Settings
	freezeAt, freezeFor time.Duration
}

// fields are what a form can change, by the names of the command's flags.
var fields = map[string]func(c *change, value string) error{
	"service":    func(c *change, v string) error { c.set.Law.Kind = queue.Kind(v); return nil },
	"mean":       func(c *change, v string) error { return duration(&c.set.Law.Mean, v) },
	"cv":         func(c *change, v string) error { return number(&c.set.Law.CV, v) },
	"servers":    func(c *change, v string) error { return whole(&c.set.Servers, v) },
	"pool":       func(c *change, v string) error { return whole(&c.set.Pools.Pool, v) },
	"workers":    func(c *change, v string) error { return whole(&c.set.Pools.Workers, v) },
	"capacity":   func(c *change, v string) error { return whole(&c.set.Capacity, v) },
	"slow":       func(c *change, v string) error { return number(&c.set.Slow, v) },
	"error-rate": func(c *change, v string) error { return number(&c.set.ErrorRate, v) },
	"black-hole": func(c *change, v string) error { return yes(&c.set.BlackHole, v) },
	"seed":       func(c *change, v string) (err error) { c.set.Seed, err = strconv.ParseUint(v, 10, 64); return err },
	"freeze-at":  func(c *change, v string) error { return duration(&c.freezeAt, v) },
	"freeze-for": func(c *change, v string) error { return duration(&c.freezeFor, v) },
}

// Change does what a form says, such as servers=2&mean=20ms, or nothing of it when
// any of it is wrong. freeze-at counts from now. It holds for requests that arrive
// from now on; a freeze stops those inside too.
func (s *Server) Change(form string) error {
	asked, err := url.ParseQuery(form)
	if err != nil {
		return fmt.Errorf("reading the form: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := change{set: s.queue.Settings()}
	if asked.Has("service") && !asked.Has("cv") {
		c.set.Law.CV = 0 // that of the former law says nothing of this one
	}
	if err := errors.Join(c.read(asked), c.set.Validate()); err != nil {
		return err
	}
	now := s.now()
	s.queue.Change(now, c.set)
	s.queue.Freeze(now+c.freezeAt, c.freezeFor)
	s.wake()
	return nil
}

func (c *change) read(asked url.Values) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		set, ok := fields[name]
		if !ok {
			all := slices.Sorted(maps.Keys(fields))
			errs = append(errs, fmt.Errorf("%s: there is no such setting; there are %s", name, strings.Join(all, ", ")))
			continue
		}
		values := asked[name]
		if err := set(c, values[len(values)-1]); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	if c.freezeAt < 0 || c.freezeFor < 0 {
		errs = append(errs, errors.New("freeze: must not be negative"))
	}
	return errors.Join(errs...)
}

func duration(to *time.Duration, v string) (err error) { *to, err = time.ParseDuration(v); return err }
func number(to *float64, v string) (err error)         { *to, err = strconv.ParseFloat(v, 64); return err }
func whole(to *int, v string) (err error)              { *to, err = strconv.Atoi(v); return err }
func yes(to *bool, v string) (err error)               { *to, err = strconv.ParseBool(v); return err }
