package sides

import (
	"syscall"
	"time"
)

// A Command says how a build of the service is started, when it is ready, and how it is ended.
type Command struct {
	File  string
	Start []string // argv; of a line for the shell, the shell with it
	URL   string   // where it answers
	Ready Ready
	Stop  Stop
	Env   []string // NAME=value, beside what we have
	Dir   string   // it is started in
	Log   string   // file that all it writes is added to; "" = none
}

// Ready says when a side is ready: as soon as URL answers with a success, or where there is none, as
// soon as its address takes connections.
type Ready struct {
	URL    string
	Within time.Duration
}

// Stop says how a side is ended: by a command, or by a signal to its process group. What is not
// gone Within after it is killed.
type Stop struct {
	Run    []string
	Signal syscall.Signal
	Within time.Duration
}

// What is not said in a file.
const (
	defaultReady = 30 * time.Second
	defaultStop  = 10 * time.Second
	longest      = 10 * time.Minute // that anybody waits for a start or an end
)
