package balancer

import (
	"fmt"
	"strings"
)

// Prometheus is the status in Prometheus' text format. Names of backends are
// validated, so nothing in a label needs to be escaped.
func (s *Status) Prometheus() string {
	t := &metrics{}
	t.one("connections", "gauge", "Connections of clients.", float64(s.Connections.Active))
	t.one("connections_limit", "gauge", "Connections of clients that the machine's limits allow.", float64(s.Connections.Limit))
	t.one("connections_accepted_total", "counter", "Connections accepted since the start.", float64(s.Connections.Accepted))
	t.one("requests_total", "counter", "Requests of clients since the start.", float64(s.Requests))
	t.one("reloads_total", "counter", "Reloads since the start.", float64(s.Reloads))
	t.maybe("denied_total", "counter", "Requests refused by the rate limit.", s.Denied)
	t.each("backend_up", "gauge", "1 while a backend is in, 0 while it is out; absent when nothing checks it.", s.Backends, up)
	t.each("backend_requests_total", "counter", "Requests sent to a backend.", s.Backends, func(u *Upstream) *int64 { return &u.Requests })
	t.each("backend_errors_total", "counter", "Of these, those without an answer.", s.Backends, func(u *Upstream) *int64 { return &u.Errors })
	t.each("backend_active", "gauge", "Requests in flight to a backend.", s.Backends, func(u *Upstream) *int64 { return u.Active })
	t.each("backend_queue", "gauge", "Requests that wait for a connection to a backend.", s.Backends, func(u *Upstream) *int64 { return u.Queue })
	t.each("backend_retried_total", "counter", "Requests sent again, to the same backend or another.", s.Backends, func(u *Upstream) *int64 { return u.Retried })
	t.each("backend_answers_5xx_total", "counter", "Answers of 5xx of a backend.", s.Backends, func(u *Upstream) *int64 { return u.Answers5xx })
	return t.String()
}

func up(u *Upstream) *int64 {
	switch u.State {
	case "up":
		return ptr(int64(1))
	case "unchecked":
		return nil
	}
	return ptr(int64(0))
}

type metrics struct{ strings.Builder }

const prefix = "loadctl_balancer_"

func (t *metrics) head(name, kind, help string) {
	fmt.Fprintf(t, "# HELP %s%s %s\n# TYPE %s%s %s\n", prefix, name, help, prefix, name, kind)
}

func (t *metrics) one(name, kind, help string, v float64) {
	t.head(name, kind, help)
	fmt.Fprintf(t, "%s%s %.0f\n", prefix, name, v)
}

func (t *metrics) maybe(name, kind, help string, v *int64) {
	if v != nil {
		t.one(name, kind, help, float64(*v))
	}
}

func (t *metrics) each(name, kind, help string, all []Upstream, of func(*Upstream) *int64) {
	begun := false
	for i := range all {
		v := of(&all[i])
		if v == nil {
			continue
		}
		if !begun {
			t.head(name, kind, help)
			begun = true
		}
		fmt.Fprintf(t, "%s%s{backend=%q} %d\n", prefix, name, all[i].Name, *v)
	}
}
