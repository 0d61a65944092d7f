// Package study runs a search: it asks it for trials, has them made, and keeps on disk
// what came of each before the next is asked for. So a search that was interrupted, or whose process was
// killed, goes on where it was: what is on disk is told to a new one. It refuses
// to decide anything: which trial is next is the search's, how one is made is the caller's.
//
// A study is a directory beside those of runs:
//
//	study.json      what is searched, and how: see Head
//	trials.ndjson   a line for each trial: what was asked and told
//	aside.ndjson    those that a search with other options would not have made
//	trials/NNN      the run directory of each
//	result.json     what was found, once it is over
//	lock            empty; held by the loadctl that goes on with it
package study
