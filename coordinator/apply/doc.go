// Package apply puts settings in force as a tuning file says, and puts back what was in
// force before, whatever happens: what it is about to change is in a journal on disk first,
// so that a loadctl that was killed restores at its next start. Every step is bounded in
// time, and what fails says which hook of which parameter it was. The package refuses to
// decide which setting is next, to take a target for set that is not healthy, and to work
// beside another loadctl in the same folder.
package apply
