// Package view holds everything a reader of a run sees, computed once from a
// stats.Run: Look for what is going on now (dashboard, plain lines, NDJSON),
// New for the report of a whole run. It merges histograms and asks them, words
// the sentences, and decides what must be marked; those who show a view do no
// arithmetic. It reads no clock and opens no file.
package view
