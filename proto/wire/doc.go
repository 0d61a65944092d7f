// Package wire turns values of the domain into messages and back; it is the only
// room that knows both. What comes back is checked: a message that does not fit
// the run's layout, or holds what no recorder could have counted, is an error
// and never a panic, because the other side may be another version, or broken.
//
// Encoding shares bytes of packed histograms with the message, and decoding keeps
// bytes of the message: neither may be changed afterwards.
package wire
