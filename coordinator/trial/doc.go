// Package trial has the values that searches speak in: capacity, gate and tune ask for
// one trial after another and are told what was seen. A search is a state machine without
// a world, so it is tried in virtual time by the thousand, and a search that was
// interrupted is had again by telling a new one what the old one was told. The package
// refuses to run anything, and to say which trial is next.
package trial
