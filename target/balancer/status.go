package balancer

import "time"

// Status is what a running balancer does and has done. What its program does not
// tell is absent (nil), and Unknown says why.
type Status struct {
	Kind      Kind       `json:"kind"`
	Algorithm Algorithm  `json:"algorithm"`
	URL       string     `json:"url"`
	PID       int        `json:"pid"` // of the process that answers for it: the guard's
	Started   time.Time  `json:"started"`
	Reloads   int        `json:"reloads"`
	Reload    LastReload `json:"last_reload,omitzero"`
	// Connections of clients, at this moment; Accepted ever since the start.
	Connections Connections `json:"connections"`
	Requests    int64       `json:"requests"` // of clients, since the start
	Denied      *int64      `json:"denied,omitempty"`
	Backends    []Upstream  `json:"backends"`
	Limits      []string    `json:"limits"`
	Unknown     []string    `json:"unknown,omitempty"`
}

// LastReload is how the last one went.
type LastReload struct {
	At    time.Time `json:"at"`
	Why   string    `json:"why"`
	Error string    `json:"error,omitempty"` // the balancer goes on as it was
}

// Connections are those of clients.
type Connections struct {
	Active   int64  `json:"active"`
	Accepted int64  `json:"accepted"`
	Waiting  *int64 `json:"waiting,omitempty"` // of the active, idle between requests
	Limit    int    `json:"limit"`
}

// Upstream is the status of one backend.
type Upstream struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Weight  int    `json:"weight"`
	Backup  bool   `json:"backup,omitempty"`
	State   string `json:"state"`           // up, down, unchecked, or as HAProxy calls it
	Check   string `json:"check,omitempty"` // the last result
	// ForSeconds is how long it has been in this state.
	ForSeconds float64 `json:"for_seconds"`
	Requests   int64   `json:"requests"` // sent to it, those sent again elsewhere too
	Errors     int64   `json:"errors"`   // of these, with no answer
	Active     *int64  `json:"active,omitempty"`
	Queue      *int64  `json:"queue,omitempty"` // requests that wait for one of its connections
	Retried    *int64  `json:"retried,omitempty"`
	Answers5xx *int64  `json:"answers_5xx,omitempty"`
}

func ptr[T any](v T) *T { return &v }
