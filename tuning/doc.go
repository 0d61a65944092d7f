// Package tuning is the language of tuning files: which settings of a service may be
// tried, what they cost, how one is put in force, and what must hold. The files that people
// edit lie here too. Parse reads bytes and finds every mistake of a file at once, with its
// place. The package refuses to run a hook, to say which setting is tried next, and to work
// out the values that laws begin with: it keeps their facts.
package tuning
