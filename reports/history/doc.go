// Package history puts the results of many runs and searches in order of time: a series for
// each scenario and figure, with the points from which on it was another. It is the
// second net beside a gate: it finds what crept in below the margin, and says so later. It refuses
// to read files, to mix invalid measurements in, and to be a verdict.
package history
