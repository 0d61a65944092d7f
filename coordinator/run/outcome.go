package run

import "github.com/loadctl/loadctl/stats"

// An Outcome is how a run ended, before its numbers are judged.
type Outcome struct {
	Interrupted bool
	Failed      string // why it could not be done: exit 1
	Aborted     string // why its measurement is worth nothing: exit 97
	Broken      string // the limit whose breaking ended it: exit 99
}

// Outcome tells how the run ended; it is final once Ended.
func (m *Machine) Outcome() Outcome { return m.outcome }

// word is what hosts are told.
func (o Outcome) word() string {
	switch {
	case o.Failed != "":
		return o.Failed
	case o.Aborted != "":
		return o.Aborted
	case o.Interrupted:
		return "interrupted"
	case o.Broken != "":
		return o.Broken
	}
	return "the run is over"
}

// Exit codes of the house that a run can end with.
const (
	exitHeld        = 0
	exitFailed      = 1
	exitInvalid     = 97
	exitBroken      = 99
	exitInterrupted = 130
)

// Result judges a run from how it ended, what its limits said and whether its
// numbers may be believed. With several reasons the order of the house holds:
// 130 > 1 > 97 > 99 > 0.
func (o Outcome) Result(verdicts []stats.Verdict, v stats.Validity, ended stats.Offset) stats.Result {
	r := stats.Result{Verdict: "pass", ExitCode: exitHeld, Ended: ended}
	switch {
	case o.Interrupted:
		r.Verdict, r.ExitCode, r.Reason = "aborted", exitInterrupted, "interrupted"
	case o.Failed != "":
		r.Verdict, r.ExitCode, r.Reason = "aborted", exitFailed, o.Failed
	case o.Aborted != "":
		r.Verdict, r.ExitCode, r.Reason = "aborted", exitInvalid, o.Aborted
	case v.Verdict == "invalid":
		r.Verdict, r.ExitCode, r.Reason = "invalid", exitInvalid, first(v.Reasons)
	case o.Broken != "" || !allHeld(verdicts):
		r.Verdict, r.ExitCode, r.Reason = "fail", exitBroken, o.Broken
	}
	return r
}

func allHeld(verdicts []stats.Verdict) bool {
	for _, v := range verdicts {
		if !v.Held {
			return false
		}
	}
	return true
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}
