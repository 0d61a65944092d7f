// Package monitor watches a run from outside: it asks the target, its balancer, its
// database and the machine how they are while load is on them, and lets them be profiled
// at phases. What it finds explains figures and is part of none: a source that cannot be
// had is a gap and a warning, and never stops a run. It asks only hosts that the run may
// load, one small question at a time, each with a deadline and a bound on the answer.
package monitor
