// Package catalogue is what the stores of the reference service keep and what they
// say of it, whichever they are: items, how long it took to get one, and the ways in
// which that fails. It stores nothing itself.
package catalogue
