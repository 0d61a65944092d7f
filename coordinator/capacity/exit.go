package capacity

import "github.com/loadctl/loadctl/stats"

// What a search says to whoever runs it, as exit codes do.
const (
	exitFound        = 0
	exitBroken       = 1
	exitInconclusive = 3
	exitInvalid      = 97
	exitNothing      = 99
)

// ExitCode is that of an outcome: 0 a capacity, 1 no trial could be made, 3 not known, 97 the generator was
// measured, 99 no load holds. The generator was where no trial was valid, or none confirmed what it left as the
// answer.
func (r *Result) ExitCode() int {
	switch r.Outcome {
	case Found:
		return exitFound
	case AtLeast:
		if r.Verified == 0 && invalidTrials(r.Trials) > 0 {
			return exitInvalid
		}
		return exitFound
	case Nothing:
		return exitNothing
	case Broken:
		if n := invalidTrials(r.Trials); n > 0 && n == len(r.Trials) {
			return exitInvalid
		}
		return exitBroken
	}
	return exitInconclusive
}

func invalidTrials(all []Tried) (n int) {
	for i := range all {
		if all[i].Broken == "" && all[i].Validity == stats.Invalid {
			n++
		}
	}
	return n
}
