// Package text shows a run as lines: one now and then while it goes on (for
// pipes, logs and CI), the same as NDJSON for programs, and a summary at its
// end; and what plan, explain and doctor say before there is a run. It takes every
// figure from reports/view or coordinator/plan, writes no carriage return and no
// escape sequence unless colours are asked for, and reads no clock: lines carry
// the run's own time.
package text
