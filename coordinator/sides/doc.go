// Package sides has the two sides of a gate there when a trial asks for one: a service that is
// up already, or a build that is started for it by a small file and ended afterwards. What is
// started lives in a process group of its own, on a lifeline: it outlives neither the gate nor a crash of
// it. The package refuses to load a side, to compare sides, and to start one where something
// else answers already: that would be measured in its place.
package sides
