// Package stats holds what was measured: samples, histograms, snapshots of one
// second, the series they form, thresholds over them, and what is judged from
// them. It is arithmetic on values: it reads no clock, opens no file and starts
// no goroutine, so a ten-minute run is a test of milliseconds. It never averages
// a percentile: histograms are merged, then asked.
package stats

import "time"

// An Offset is a moment of a run, counted from its epoch.
type Offset = time.Duration

// Never marks a stamp that was not taken (a request that was never written has
// no Written stamp).
const Never Offset = -1 << 63

// A Class is the one way an intended request ended. Every intended request has
// exactly one class in the end, so
//
//	intended = ok + http_error + check_failed + timeout + conn_error + not_sent + censored
//
// holds exactly in the agent, in the merge, in the series and in the report.
type Class uint8

// The classes, in the order they are printed.
const (
	OK          Class = iota // an expected status, every check held
	HTTPError                // a whole answer whose status was not expected
	CheckFailed              // an expected status, but a check did not hold
	Timeout                  // asked, and not answered within the time-out
	ConnError                // refused, reset, closed early, or not HTTP
	NotSent                  // due, but never started within max_lag
	Censored                 // still open when the run ended or its agent was lost

	Classes = 7 // how many there are
)

var classNames = [Classes]string{"ok", "http_error", "check_failed", "timeout", "conn_error", "not_sent", "censored"}

// String gives the name used in files and reports, such as "http_error".
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "unknown"
}

// Failed says whether a request of this class counts as bad in the SLO view.
func (c Class) Failed() bool { return c != OK }

// Answered says whether the target sent a whole response: these are the classes
// its own request counter must agree with.
func (c Class) Answered() bool { return c == OK || c == HTTPError || c == CheckFailed }
