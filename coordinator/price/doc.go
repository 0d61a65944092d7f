// Package price says what machines cost and which of them a load needs: catalogue and load in, dollars and counts out.
// Money is in whole millionths of a dollar, never in floats. It refuses to guess: what a catalogue does not tell is said
// to be unknown, and a sum without it is said to be a lower bound.
package price
