// Package curve has what the trials of a search show beside a capacity: how much good work
// a target did at each load, the knee by its usual convention, and the room that is left
// above the load of today. None of it is a verdict: a knee lies where a definition puts it,
// and says nothing of an SLO. The package refuses to smooth, and to put times of several
// trials into one.
package curve
