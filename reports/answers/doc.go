// Package answers puts what searches found into words, figures and charts: how much load
// holds and how sure that is, whether a candidate is worse, which setting is best. Every
// number goes with its meaning: its interval and confidence, the clock, how many trials it
// rests on. The package refuses to run, search or judge anything, and to know how a
// document is shown.
package answers
